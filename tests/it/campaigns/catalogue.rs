//! The catalogue comes in by versions, and articles retire.

use std::collections::BTreeSet;

use domain::catalogue::ArticleRef;
use rstest::rstest;
use travee::store::catalogue;
use travee::usecases::catalogue::{import_catalogue, retire_articles};

use super::world::{World, codes, entries, entry};
use crate::fixtures::{buyer, day};
use crate::harness::On;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_read_again_adds_versions_only_where_terms_changed(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let app = &world.app;
    let again = import_catalogue(app, &buyer(), &entries(), day("2026-01-01")).await.unwrap();
    assert_eq!((again.added, again.revised, again.unchanged), (0, 0, 4));
    let mut dearer = entries();
    dearer[0] = entry("BOI-001", "1", Some(25), "0.95");
    dearer.push(entry("BOI-003", "1", Some(1), "2"));
    let next = import_catalogue(app, &buyer(), &dearer, day("2027-01-01")).await.unwrap();
    assert_eq!((next.added, next.revised, next.unchanged), (1, 1, 3));
    let articles = catalogue::articles(&app.store).await.unwrap();
    let boxes = &articles[&"BOI-001".parse().unwrap()];
    let price = |text| {
        boxes.in_force_on(day(text)).map(|(_, version)| version.terms.reference_price.machine())
    };
    assert_eq!(price("2026-12-31").as_deref(), Some("0.89"));
    assert_eq!(price("2027-01-01").as_deref(), Some("0.95"));
    assert_eq!(boxes.versions.len(), 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_past_of_the_catalogue_is_not_rewritten_and_nothing_is_half_imported(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let app = &world.app;
    let retired: BTreeSet<ArticleRef> = ["REL-001".parse().unwrap()].into();
    assert_eq!(retire_articles(app, &buyer(), &retired, day("2026-06-01")).await.unwrap(), 1);
    let changed = [
        entry("NEW-001", "1", Some(1), "1"),
        entry("BOI-001", "1", Some(50), "0.89"),
        entry("REL-001", "3", Some(1), "39"),
        entry("BOI-002", "2", Some(10), "3.5"),
    ];
    let refused = import_catalogue(app, &buyer(), &changed, day("2026-01-01")).await;
    let same_day = ["version_anterieure", "version_anterieure", "article_change_de_lot"];
    assert_eq!(codes(refused.unwrap_err()), same_day);
    let refused = import_catalogue(app, &buyer(), &changed, day("2026-07-01")).await;
    assert_eq!(codes(refused.unwrap_err()), ["article_retire", "article_change_de_lot"]);
    let articles = catalogue::articles(&app.store).await.unwrap();
    assert_eq!(articles.len(), 4, "the good entries of a refused file are not taken either");
    let binding = &articles[&"REL-001".parse().unwrap()];
    assert!(binding.article.on_offer(day("2026-06-01")).is_none());
    let unknown: BTreeSet<ArticleRef> = ["XXX-1".parse().unwrap()].into();
    let refused = retire_articles(app, &buyer(), &unknown, day("2026-06-01")).await;
    assert_eq!(codes(refused.unwrap_err()), ["reference_inconnue"]);
}
