//! The pack a holder gets.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use rstest::rstest;
use serde_json::Value;
use travee::store::Viewer;
use travee::store::orders::packs_of_window;
use travee::usecases::orders::{acknowledge_pack, cancel_order, make_pack, send_pack};
use zip::ZipArchive;

use super::issuing::{issue, validated};
use super::shop::{AFTER, Deal, codes};
use crate::fixtures::{ARRAS, buyer, sha256};
use crate::harness::On;

fn unzip(zip: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(zip)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            (file.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

#[rstest]
#[case::members_orders(Deal::bindings(), 3)]
#[case::one_order_and_its_extracts(Deal::boxes(), 4)]
#[tokio::test(flavor = "multi_thread")]
async fn the_pack_holds_every_paper_its_manifest_and_all_lines(
    #[values(On::Sqlite, On::Postgres)] on: On,
    #[case] deal: Deal,
    #[case] papers: usize,
) {
    let shop = validated(on, &deal).await;
    // A designation that a spreadsheet would compute.
    shop.fresh()
        .execute("UPDATE article_version SET label = '=1+1' WHERE label = 'Article BOI-001'")
        .await;
    let app = shop.on(AFTER);
    let early = make_pack(&app, &buyer(), shop.window).await.unwrap_err();
    assert_eq!(codes(&early), ["rien_emis"]);
    issue(&app, &shop).await;
    let pack = make_pack(&app, &buyer(), shop.window).await.unwrap();
    let zip = app.files.get(&pack.file_key).await.unwrap();
    assert_eq!(
        (sha256(&zip), i64::try_from(zip.len()).unwrap()),
        (pack.sha256.clone(), pack.bytes)
    );
    let files = unzip(&zip);
    assert_eq!(files.len(), papers + 2);
    let manifest: Vec<Value> = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(manifest.len(), papers + 1);
    for row in &manifest {
        let name = row["file"].as_str().unwrap();
        assert_eq!(row["sha256"], sha256(&files[name]), "{name}");
        let is_paper = std::path::Path::new(name).extension().is_some_and(|kind| kind == "pdf");
        assert_eq!(row["pages"].is_i64(), is_paper, "{name}");
    }
    assert!(files.keys().any(|name| name.starts_with(ARRAS)), "{:?}", files.keys());
    let book = unzip(&files["lignes.xlsx"]);
    let sheet = String::from_utf8(book["xl/worksheets/sheet1.xml"].clone()).unwrap();
    let deliveries = String::from_utf8(book["xl/worksheets/sheet2.xml"].clone()).unwrap();
    assert!(!sheet.contains("<f>") && !deliveries.contains("<f>"), "no formula");
    for text in if papers == 3 {
        ["<v>228</v>", "<v>38</v>", "BC-2026-0001", "REL-001"]
    } else {
        ["<v>467.5</v>", "<v>1.87</v>", "BC-2026-0001", "=1+1"]
    } {
        assert!(sheet.contains(text), "{text} in {sheet}");
    }
    assert!(deliveries.contains("24/08/2026") && deliveries.contains("Mairie"));
    // Asked for again: the same pack; the same bytes even when it is made anew.
    assert_eq!(make_pack(&app, &buyer(), shop.window).await.unwrap(), pack);
    shop.fresh().execute("DELETE FROM holder_pack").await;
    assert_eq!(make_pack(&app, &buyer(), shop.window).await.unwrap().sha256, pack.sha256);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_pack_is_sent_then_acknowledged_and_another_follows_a_change(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = validated(on, &Deal::bindings()).await;
    let app = shop.on(AFTER);
    issue(&app, &shop).await;
    make_pack(&app, &buyer(), shop.window).await.unwrap();
    let early = acknowledge_pack(&app, &buyer(), shop.window, 1).await.unwrap_err();
    assert_eq!(codes(&early), ["envoi"]);
    send_pack(&app, &buyer(), shop.window, 1).await.unwrap();
    assert!(send_pack(&app, &buyer(), shop.window, 1).await.is_err(), "sent once");
    acknowledge_pack(&shop.on("2026-08-05"), &buyer(), shop.window, 1).await.unwrap();
    let bapaume = shop.order_of(3).await.id;
    cancel_order(&app, &buyer(), Viewer::Coordinator, bapaume, "doublon").await.unwrap();
    let next = make_pack(&app, &buyer(), shop.window).await.unwrap();
    assert_eq!((next.rank, next.orders), (2, 2));
    let packs = packs_of_window(&app.store, shop.window).await.unwrap();
    let days: Vec<_> = packs.iter().map(|pack| (pack.sent_on, pack.acknowledged_on)).collect();
    let on = |text: &str| text.parse().ok();
    assert_eq!(days, [(on(AFTER), on("2026-08-05")), (None, None)]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_paper_that_was_altered_is_not_sent(#[values(On::Sqlite, On::Postgres)] on: On) {
    let shop = validated(on, &Deal::bindings()).await;
    let app = shop.on(AFTER);
    issue(&app, &shop).await;
    let papers = travee::store::orders::papers_of_window(&app.store, shop.window).await.unwrap();
    app.files.put(&papers[0].file_key, b"%PDF-1.7".to_vec()).await.unwrap();
    let refused = make_pack(&app, &buyer(), shop.window).await.unwrap_err();
    assert_eq!(codes(&refused), ["document_altere"]);
    assert_eq!(packs_of_window(&app.store, shop.window).await.unwrap(), []);
}
