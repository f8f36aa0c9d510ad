//! Files that are not what they say, sent where a photo is asked for.

use axum::http::StatusCode;
use domain::platform::role::Role;
use rstest::rstest;
use travee::store::Viewer;
use travee::store::platform::attachments;

use super::issuing::{issue, validated};
use super::member::{LATE, field, hidden, somebody};
use super::shop::{AFTER, Deal};
use crate::harness::On;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_file_is_refused_or_served_as_what_its_bytes_are(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = validated(on, &Deal::bindings()).await;
    issue(&shop.on(AFTER), &shop).await;
    let secretary = somebody(&shop, LATE, 2, Role::MemberContact).await;
    let id = shop.order_of(2).await.id;
    let path = format!("/livraisons/{id}/reception");
    let form = secretary.get(&path).await.text();
    let (site, name) = (hidden(&form, "lieu"), field(&form, "q-"));
    let decision = format!("{name}-decision");
    let fields = [
        ("lieu", site.as_str()),
        ("bon", "BL-77"),
        ("livre-le", "20/08/2026"),
        (name.as_str(), "5"),
        (decision.as_str(), "accepted"),
    ];
    let kept = async || {
        let store = &shop.world.app.store;
        attachments::of(store, Viewer::Coordinator, ("order", id.0)).await.unwrap()
    };
    for (what, bytes) in [
        ("page.jpg", &b"<!DOCTYPE html><script>alert(1)</script>"[..]),
        ("dessin.png", b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>"),
        ("bombe.jpg", b"PK\x03\x04\x14\x00\x08\x00"),
        ("bombe.png", b"\x1f\x8b\x08\x00"),
        ("programme.jpg", b"MZ\x90\x00"),
        ("programme.png", b"\x7fELF\x02\x01"),
        ("macro.jpg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("animation.jpg", b"GIF89a"),
        ("papier.jpg", b"%PDF-1.7"),
        ("rien.jpg", b""),
    ] {
        let photo: (&str, &str, &[u8]) = ("photo", what, bytes);
        let answer = secretary.upload(&path, &fields, &[photo]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
        assert!(answer.text().contains("Ajoutez une photo"), "{what}: {}", answer.text());
        assert!(kept().await.is_empty(), "{what}");
    }
    // A picture that also reads as a page, under a name that climbs.
    let both: &[u8] = b"\xff\xd8\xff\xe0<script>alert(document.domain)</script>";
    let photo = ("photo", "../../x.php/page.html", both);
    secretary.upload(&path, &fields, &[photo]).await.leads_to(&format!("/commandes/{id}"));
    let [file] = kept().await.try_into().unwrap();
    assert_eq!((file.name.as_str(), file.content_type.as_str()), ("page.html.jpg", "image/jpeg"));
    assert!(!file.file_key.contains("page"), "{}", file.file_key);
    let served = secretary.get(&format!("/livraisons/pieces/{}", file.id)).await;
    assert_eq!(served.status, StatusCode::OK);
    assert_eq!(served.bytes, both);
    for (header, value) in [
        ("content-type", "image/jpeg"),
        ("content-disposition", "attachment; filename=\"page.html.jpg\""),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(served.headers[header], value);
    }
    let policy = served.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"), "{policy}");
    let neighbour = somebody(&shop, LATE, 3, Role::MemberContact).await;
    let theirs = neighbour.get(&format!("/livraisons/pieces/{}", file.id)).await;
    assert_eq!(theirs.status, StatusCode::NOT_FOUND);
}
