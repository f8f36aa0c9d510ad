//! Whose rows a path names, and that nobody reaches another member's.
//!
//! Each path with parameters has a line here that finds its rows; a path without one fails. What
//! belongs to a member is asked for by each role of another member that may open the page: always
//! 404, whether it is read or written. What belongs to the group is asked for by who may. The table
//! of lines makes it long.

use axum::http::StatusCode;
use domain::ids::OrganisationId;
use domain::platform::role::Role;
use rstest::rstest;

use crate::client::{Answer, Client};
use crate::harness::On;
use crate::house::{House, found};
use crate::routes::TABLE;

/// To whom a row belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// To one member: nobody of another reaches it.
    Member,
    /// To the group, or to who is signed in: the path's right is all there is.
    Group,
}

use Whose::{Group, Member};

/// The beginning of paths, whose row it names, and the query that finds it: the text of its
/// parameters, parted by slashes. `$org` is the member.
const ROWS: &[(&str, Whose, &str)] = &[
    // accounts
    ("/connexion/lien/{token}", Group, "SELECT 'perime'"),
    ("/mot-de-passe/{token}", Group, "SELECT 'perime'"),
    ("/invitation/{token}", Group, "SELECT 'perime'"),
    ("/r/{token}", Group, "SELECT 'perime'"),
    ("/compte/adresse/{token}", Group, "SELECT 'perime'"),
    ("/envois/{token}", Group, "SELECT 'perime'"),
    ("/envois/fichier/{token}", Group, "SELECT 'perime'"),
    (
        "/compte/appareils/{id}",
        Member,
        "SELECT CAST(s.id AS TEXT) FROM session s JOIN role_grant g ON g.person_id = s.person_id WHERE g.organisation_id = $org ORDER BY s.id",
    ),
    (
        "/equipe/{person}",
        Member,
        "SELECT CAST(person_id AS TEXT) FROM role_grant WHERE organisation_id = $org ORDER BY id DESC",
    ),
    (
        "/equipe/{person}/roles/{grant}",
        Member,
        "SELECT CAST(person_id AS TEXT) || '/' || CAST(id AS TEXT) FROM role_grant WHERE organisation_id = $org ORDER BY id DESC",
    ),
    (
        "/equipe/pouvoirs/{contact}",
        Member,
        "SELECT CAST(id AS TEXT) FROM contact WHERE organisation_id = $org ORDER BY id",
    ),
    ("/gestion/membres/{id}", Group, "SELECT '$org'"),
    (
        "/gestion/membres/{id}/equipe/{person}",
        Group,
        "SELECT CAST(organisation_id AS TEXT) || '/' || CAST(person_id AS TEXT) FROM role_grant WHERE organisation_id = $org ORDER BY id DESC",
    ),
    (
        "/gestion/membres/{id}/equipe/{person}/roles/{grant}",
        Group,
        "SELECT CAST(organisation_id AS TEXT) || '/' || CAST(person_id AS TEXT) || '/' || CAST(id AS TEXT) FROM role_grant WHERE organisation_id = $org ORDER BY id DESC",
    ),
    (
        "/gestion/membres/{id}/contacts/{contact}",
        Group,
        "SELECT CAST(organisation_id AS TEXT) || '/' || CAST(id AS TEXT) FROM contact WHERE organisation_id = $org ORDER BY id",
    ),
    (
        "/gestion/membres/{id}/pouvoirs/{contact}",
        Group,
        "SELECT CAST(organisation_id AS TEXT) || '/' || CAST(id AS TEXT) FROM contact WHERE organisation_id = $org ORDER BY id",
    ),
    ("/administration/organismes/{id}", Group, "SELECT '$org'"),
    (
        "/administration/organismes/{id}/equipe/{person}",
        Group,
        "SELECT CAST(organisation_id AS TEXT) || '/' || CAST(person_id AS TEXT) FROM role_grant WHERE organisation_id = $org ORDER BY id DESC",
    ),
    (
        "/administration/organismes/{id}/equipe/{person}/roles/{grant}",
        Group,
        "SELECT CAST(organisation_id AS TEXT) || '/' || CAST(person_id AS TEXT) || '/' || CAST(id AS TEXT) FROM role_grant WHERE organisation_id = $org ORDER BY id DESC",
    ),
    (
        "/administration/personnes/{id}",
        Group,
        "SELECT CAST(person_id AS TEXT) FROM role_grant WHERE organisation_id = $org ORDER BY id DESC",
    ),
    // census
    ("/campagnes/{id}", Group, "SELECT CAST(MAX(id) AS TEXT) FROM campaign"),
    ("/campagnes/{id}/merci", Group, "SELECT '1'"),
    ("/campagnes/{id}/recepisse", Group, "SELECT '1'"),
    ("/campagnes/{id}/signature", Group, "SELECT '1'"),
    (
        "/campagnes/{id}/livraison/{lieu}",
        Member,
        "SELECT CAST(campaign_id AS TEXT) || '/' || CAST(site_id AS TEXT) FROM need_sheet WHERE organisation_id = $org ORDER BY campaign_id DESC, id",
    ),
    (
        "/lieux/{id}",
        Member,
        "SELECT CAST(id AS TEXT) FROM site WHERE organisation_id = $org ORDER BY id",
    ),
    // orders
    ("/commandes/{id}", Member, ISSUED),
    ("/commandes/{id}/quantites", Member, DRAFT),
    ("/commandes/{id}/validation", Member, DRAFT),
    ("/commandes/{id}/signature-papier", Member, DRAFT),
    ("/livraisons/{order}", Member, ISSUED),
    (
        "/livraisons/pieces/{id}",
        Member,
        "SELECT CAST(id AS TEXT) FROM attachment WHERE organisation_id = $org ORDER BY attachment.id",
    ),
    (
        "/adhesion/pieces/{id}",
        Member,
        "SELECT CAST(id AS TEXT) FROM attachment WHERE subject = 'membership' AND organisation_id = $org ORDER BY attachment.id",
    ),
    // invoices and papers
    (
        "/factures/{id}",
        Member,
        "SELECT CAST(id AS TEXT) FROM invoice WHERE buyer_id = $org ORDER BY id",
    ),
    (
        "/documents/{id}",
        Member,
        "SELECT CAST(id AS TEXT) FROM paper WHERE organisation_id = $org ORDER BY id",
    ),
    ("/documents/annee/{year}", Group, "SELECT '2026'"),
    // buyers
    ("/gestion/recensements/{id}", Group, "SELECT CAST(MAX(id) AS TEXT) FROM campaign"),
    ("/gestion/recensements/{id}/consolidation", Group, "SELECT '1'"),
    ("/gestion/recensements/{id}/consultation", Group, "SELECT '1'"),
    ("/gestion/recensements/{id}/arret", Group, "SELECT '1'"),
    ("/gestion/recensements/{id}/reouverture", Group, "SELECT '1'"),
    (
        "/gestion/recensements/{id}/fiches/{sheet}",
        Group,
        "SELECT CAST(campaign_id AS TEXT) || '/' || CAST(id AS TEXT) FROM need_sheet WHERE organisation_id = $org ORDER BY campaign_id DESC, id",
    ),
    (
        "/gestion/recensements/{id}/membres/{member}",
        Group,
        "SELECT CAST(campaign_id AS TEXT) || '/' || CAST(organisation_id AS TEXT) FROM need_sheet WHERE organisation_id = $org ORDER BY campaign_id DESC, id",
    ),
    (
        "/gestion/recensements/{id}/consolidation/{article}",
        Group,
        "SELECT CAST(campaign_id AS TEXT) || '/' || CAST(article_id AS TEXT) FROM need_line ORDER BY id",
    ),
    (
        "/gestion/procedures/{id}",
        Group,
        "SELECT CAST(id AS TEXT) FROM tender_procedure WHERE 1 = 1 ORDER BY id",
    ),
    (
        "/gestion/procedures/lots/{id}",
        Group,
        "SELECT CAST(id AS TEXT) FROM tender_lot WHERE 1 = 1 ORDER BY id",
    ),
    (
        "/gestion/procedures/offres/{id}",
        Group,
        "SELECT CAST(id AS TEXT) FROM bid WHERE 1 = 1 ORDER BY id",
    ),
    ("/gestion/commandes/{id}", Group, ISSUED),
    ("/gestion/commandes/{id}/emission", Group, DRAFT),
    ("/gestion/commandes/{id}/signature", Group, DRAFT),
    ("/gestion/commandes/{id}/parts", Group, DRAFT),
    ("/gestion/commandes/{id}/signature-papier", Group, DRAFT),
    (
        "/gestion/pieces/{id}",
        Group,
        "SELECT CAST(id AS TEXT) FROM attachment WHERE kind = 'delivery_photo' ORDER BY attachment.id",
    ),
    (
        "/gestion/textes/{id}",
        Group,
        "SELECT CAST(id AS TEXT) FROM attachment WHERE kind = 'convention' ORDER BY attachment.id",
    ),
    (
        "/gestion/documents/{id}",
        Group,
        "SELECT CAST(id AS TEXT) FROM paper WHERE 1 = 1 ORDER BY id",
    ),
    (
        "/gestion/fenetres/{id}",
        Group,
        "SELECT CAST(id AS TEXT) FROM order_window WHERE 1 = 1 ORDER BY id",
    ),
    (
        "/gestion/fenetres/{id}/cloture",
        Group,
        "SELECT CAST(id AS TEXT) FROM order_window WHERE state = 'open' ORDER BY id",
    ),
    (
        "/gestion/fenetres/{id}/envois/{rang}",
        Group,
        "SELECT CAST(window_id AS TEXT) || '/' || CAST(rank AS TEXT) FROM holder_pack ORDER BY id",
    ),
    (
        "/gestion/livraisons/{id}",
        Group,
        "SELECT CAST(s.id AS TEXT) FROM order_share s JOIN order_line l ON l.id = s.line_id JOIN purchase_order p ON p.id = l.order_id WHERE p.issued_on IS NOT NULL ORDER BY s.id",
    ),
    (
        "/gestion/marches/{id}",
        Group,
        "SELECT CAST(id AS TEXT) FROM contract WHERE 1 = 1 ORDER BY id",
    ),
    (
        "/gestion/conventions/{id}",
        Group,
        "SELECT CAST(id AS TEXT) FROM convention WHERE 1 = 1 ORDER BY id",
    ),
    (
        "/gestion/conventions/{id}/membres/{membre}",
        Group,
        "SELECT CAST(convention_id AS TEXT) || '/' || CAST(organisation_id AS TEXT) FROM membership WHERE organisation_id = $org ORDER BY id",
    ),
    (
        "/gestion/deliberations/{id}",
        Group,
        "SELECT CAST(id AS TEXT) FROM attachment WHERE kind = 'deliberation' ORDER BY attachment.id",
    ),
    (
        "/gestion/catalogue/{id}",
        Group,
        "SELECT CAST(id AS TEXT) FROM article WHERE 1 = 1 ORDER BY id",
    ),
    // finance
    (
        "/comptabilite/factures/{id}",
        Group,
        "SELECT CAST(invoice_id AS TEXT) FROM allocation ORDER BY id",
    ),
    (
        "/comptabilite/factures/{id}/etapes/{step}",
        Group,
        "SELECT CAST(id AS TEXT) || '/suspendre' FROM invoice ORDER BY id",
    ),
    (
        "/comptabilite/releves/{id}",
        Group,
        "SELECT CAST(id AS TEXT) FROM paper WHERE kind = 'allocation_statement' ORDER BY id",
    ),
    (
        "/comptabilite/titres/{id}",
        Group,
        "SELECT CAST(id AS TEXT) FROM recharge WHERE 1 = 1 ORDER BY id",
    ),
    ("/comptabilite/annees/{year}", Group, "SELECT '2026'"),
    // administration
    (
        "/administration/taches/{id}",
        Group,
        "SELECT CAST(id AS TEXT) FROM job WHERE 1 = 1 ORDER BY id",
    ),
    (
        "/administration/courriels/{id}",
        Group,
        "SELECT CAST(id AS TEXT) FROM mail WHERE 1 = 1 ORDER BY id",
    ),
    ("/taches/{id}", Group, "SELECT CAST(id AS TEXT) FROM job WHERE 1 = 1 ORDER BY id"),
    ("/demo/courriels/{id}", Group, "SELECT CAST(id AS TEXT) FROM mail WHERE 1 = 1 ORDER BY id"),
];

const ISSUED: &str = "SELECT CAST(id AS TEXT) FROM purchase_order WHERE buyer_id = $org \
                      AND state = 'issued' ORDER BY id";
const DRAFT: &str = "SELECT CAST(id AS TEXT) FROM purchase_order WHERE buyer_id = $org \
                     AND state = 'draft' ORDER BY id";

/// A path and what it posts so that its form reads: without it, what is wrong with the form would be
/// told before whose row it is.
type Form = (&'static str, &'static [(&'static str, &'static str)]);
const FORMS: &[Form] = &[
    ("/commandes/{id}/validation", &[("version", "0")]),
    ("/campagnes/{id}/livraison/{lieu}", PLACE),
    ("/lieux/{id}", PLACE),
];

const PLACE: &[(&str, &str)] = &[
    ("nom", "Mairie"),
    ("rue", "1 place de la Mairie"),
    ("code_postal", "62000"),
    ("ville", "Arras"),
];

/// The paths that take files.
const UPLOADS: &[&str] = &["/commandes/{id}/signature-papier", "/livraisons/{order}/reception"];

/// The roles of members: what they may open, they may open of their own only.
const MEMBERS: [Role; 4] =
    [Role::MemberContact, Role::Signatory, Role::MemberFinance, Role::MemberReader];

fn line(path: &str) -> Option<&'static (&'static str, Whose, &'static str)> {
    let begins = |start: &str| path == start || path.starts_with(&format!("{start}/"));
    ROWS.iter().filter(|(start, ..)| begins(start)).max_by_key(|(start, ..)| start.len())
}

/// The path with rows of `member` in it; `None` for a path of files that the program carries.
pub(crate) async fn address(house: &House, path: &str, member: OrganisationId) -> Option<String> {
    if path.starts_with("/actifs/") {
        return None;
    }
    if !path.contains('{') {
        return Some(path.to_owned());
    }
    let (_, _, query) = line(path).unwrap_or_else(|| panic!("{path} has no line in ROWS"));
    let query = query.replace("$org", &member.to_string());
    let rows = found(house.fresh(), &query).await;
    let rows = rows.unwrap_or_else(|| panic!("{path}: no row for member {member}: {query}"));
    let mut rows = rows.split('/');
    let mut filled = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        filled.push_str(rows.next().unwrap_or_else(|| panic!("{path}: too few in {query}")));
        rest = after.split_once('}').unwrap().1;
    }
    Some(filled + rest)
}

async fn ask(client: &Client, method: &str, path: &str, address: &str) -> Answer {
    let fields = FORMS.iter().find(|(form, _)| *form == path).map_or(&[][..], |(_, fields)| fields);
    if method == "GET" {
        client.get(address).await
    } else if UPLOADS.contains(&path) {
        client.upload(address, fields, &[("fichier", "acte.pdf", b"%PDF-1.4\n%%EOF\n")]).await
    } else {
        client.post(address, fields).await
    }
}

#[test]
fn every_line_of_rows_is_of_a_route() {
    let routes = travee::web::route_list();
    for (start, ..) in ROWS {
        let begun = |path: &str| path == *start || path.starts_with(&format!("{start}/"));
        assert!(routes.iter().any(|route| begun(route.path)), "{start} begins no route");
    }
    for path in UPLOADS.iter().chain(FORMS.iter().map(|(path, _)| path)) {
        assert!(routes.iter().any(|route| route.path == *path), "{path} is no route");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_another_member_does_not_exist(#[values(On::Sqlite, On::Postgres)] on: On) {
    let house = House::open(on).await;
    let anybody = Client::new(&house.app);
    let (mut tried, mut expected, mut wrong) = (0, 0, Vec::new());
    for (method, path, who) in TABLE {
        let Some((_, Member, _)) = line(path) else { continue };
        let theirs = address(&house, path, house.bapaume()).await.unwrap();
        for role in MEMBERS.into_iter().filter(|role| who.includes(*role)) {
            expected += 1;
            let client = anybody.beside(&house.app, house.person(role)).await;
            let answer = ask(&client, method, path, &theirs).await;
            if answer.status != StatusCode::NOT_FOUND {
                wrong.push(format!("{method} {theirs} for {role}: {}", answer.status));
            }
            tried += 1;
        }
    }
    assert!(wrong.is_empty(), "{} attempts answered: {wrong:#?}", wrong.len());
    assert_eq!(tried, expected);
    assert!(tried > 0 || ROWS.is_empty(), "nothing was tried");
    println!("{tried} attempts at another member's rows, all 404");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_opens_every_page_of_its_own(#[values(On::Sqlite, On::Postgres)] on: On) {
    let house = House::open(on).await;
    let anybody = Client::new(&house.app);
    let (mut opened, mut wrong) = (0, Vec::new());
    for (method, path, who) in TABLE {
        if *method != "GET" {
            continue;
        }
        let Some(mine) = address(&house, path, house.arras()).await else { continue };
        for role in Role::ALL.iter().filter(|role| who.includes(**role)) {
            let client = anybody.beside(&house.app, house.person(*role)).await;
            let answer = client.get(&mine).await;
            // A link that is none says so; the browser's stories open true ones.
            let over = path.ends_with("/{token}") && answer.status == StatusCode::GONE;
            // Work is shown to whoever asked for it, and to the administrator.
            let of_one = path.starts_with("/taches/") && answer.status == StatusCode::NOT_FOUND;
            // The mailbox is the demonstration's alone; a step that is over is refused in words.
            let demo = path.starts_with("/demo/") && answer.status == StatusCode::NOT_FOUND;
            let refused = answer.status == StatusCode::UNPROCESSABLE_ENTITY;
            let opens = answer.status.is_success() || answer.status.is_redirection();
            if !(opens || over || of_one || demo || refused) {
                wrong.push(format!("{mine} for {role}: {}", answer.status));
            }
            opened += 1;
        }
    }
    assert!(wrong.is_empty(), "{} pages do not open: {wrong:#?}", wrong.len());
    println!("{opened} pairs of page and role opened");
}
