//! Consolidation of 54,000 lines of needs in the database, beside the bare `GROUP BY` of the
//! same lines in the same run.
//!
//! Ours answers members, delivery points, needs, tolerances and whole packs of each article and
//! year; the bare one only sums quantities by delivery point and article, then by article, on
//! the same covering index. It is asked twice, in the words of the target and in the order of
//! the index, and the faster of the two counts. Both only read; each figure is the fastest of
//! several interleaved rounds. The target: at most 1.5 times the bare one, on SQLite and on
//! PostgreSQL (where `TRAVEE_TEST_POSTGRES` names a server, as `tests/postgres.sh` does).

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints and may stop")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use domain::ids::CampaignId;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use travee::store::Store;
use travee::store::tenders::need_totals;

const MEMBERS: i64 = 900;
const ARTICLES: i64 = 60;
const ROUNDS: usize = 25;
const AS_SAID: &str = "SELECT article_id, SUM(needed) AS needed FROM (SELECT site_id, article_id, \
     SUM(quantity_milli) AS needed FROM need_line WHERE campaign_id = 1 \
     GROUP BY site_id, article_id) g GROUP BY article_id";
const AS_INDEXED: &str = "SELECT article_id, SUM(needed) AS needed FROM (SELECT article_id, year, site_id, \
     SUM(quantity_milli) AS needed FROM need_line WHERE campaign_id = 1 \
     GROUP BY article_id, year, site_id) g GROUP BY article_id";

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    measure("SQLite", &Store::embedded(folder.path())).await;
    if let Ok(server) = std::env::var("TRAVEE_TEST_POSTGRES") {
        let name = format!("bench_{}", std::process::id());
        let admin = Database::connect(format!("{server}/postgres")).await.unwrap();
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        measure("PostgreSQL", &format!("{server}/{name}")).await;
        admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
    } else {
        println!("PostgreSQL: not measured, TRAVEE_TEST_POSTGRES names no server");
    }
}

async fn measure(name: &str, url: &str) {
    let store = Store::connect(url).await.unwrap();
    store.migrate().await.unwrap();
    let bare = Database::connect(url).await.unwrap();
    fill(&bare).await;
    let lines = MEMBERS * ARTICLES;
    let [mut ours, mut said, mut indexed] = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let totals = need_totals(&store, black_box(CampaignId(1))).await.unwrap();
        ours = ours.min(start.elapsed());
        assert_eq!(totals.iter().map(|total| total.sites).sum::<i64>(), lines);
        said = said.min(time(&bare, AS_SAID).await);
        indexed = indexed.min(time(&bare, AS_INDEXED).await);
    }
    let ratio = ours.as_nanos() * 100 / said.min(indexed).as_nanos();
    println!(
        "{name}: {lines} lines, consolidation {} µs, bare GROUP BY {} µs by site and article, {} µs \
         in the order of the index, ratio {}.{:02}",
        ours.as_micros(),
        said.as_micros(),
        indexed.as_micros(),
        ratio / 100,
        ratio % 100
    );
}

async fn time(on: &DatabaseConnection, text: &str) -> Duration {
    let start = Instant::now();
    let statement = Statement::from_string(on.get_database_backend(), text);
    let rows = on.query_all_raw(statement).await.unwrap();
    assert_eq!(black_box(rows).len(), 60);
    start.elapsed()
}

/// 900 members with one delivery point each, all of which ask for all of 60 articles.
async fn fill(on: &DatabaseConnection) {
    let postgres = on.get_database_backend() == DbBackend::Postgres;
    run(
        on,
        "INSERT INTO organisation (id, kind, name, siren, address_lines, chorus_service_code, \
             chorus_commitment_number) VALUES ",
        1..=MEMBERS,
        |id| format!("({id}, 'commune', 'Commune {id}', '{id:09}', '', false, false)"),
    )
    .await;
    run(
        on,
        "INSERT INTO site (id, organisation_id, name, address_lines, postcode, town, hours, \
             constraints, retired) VALUES ",
        1..=MEMBERS,
        |id| format!("({id}, {id}, 'Mairie', '', '62000', 'Arras', '', '', false)"),
    )
    .await;
    on.execute_unprepared(
        "INSERT INTO convention (id, reference, subject, permanent, starts_on, coordinator_id, \
         committee, freight_key, fee_key) \
         VALUES (1, '2026-GC-01', '', true, '2026-01-01', 1, 'coordinator', 'net', 'equal'); \
         INSERT INTO lot (id, convention_id, number, title, model, packing) \
         VALUES (1, 1, '1', 'Boîtes', 'C', 'site'); \
         INSERT INTO campaign (id, convention_id, title, state, opens_on, closes_on, first_year, years) \
         VALUES (1, 1, 'Besoins', 'closed', '2026-01-01', '2026-02-01', 2026, 1); \
         INSERT INTO campaign_lot (id, campaign_id, lot_id) VALUES (1, 1, 1)",
    )
    .await
    .unwrap();
    run(
        on,
        "INSERT INTO membership (id, convention_id, organisation_id, state) VALUES ",
        1..=MEMBERS,
        |id| format!("({id}, 1, {id}, 'active')"),
    )
    .await;
    run(
        on,
        "INSERT INTO article (id, reference, lot, family, subfamily) VALUES ",
        1..=ARTICLES,
        |id| format!("({id}, 'BOI-{id:03}', '1', 'boites', '')"),
    )
    .await;
    // One article of six is measured and has no pack.
    let pack = |id: i64| match id % 6 {
        0 => "NULL".to_owned(),
        rest => (rest * 5_000).to_string(),
    };
    run(
        on,
        "INSERT INTO article_version (id, article_id, valid_from, label, unit, unit_label, \
             takes_decimals, pack_milli, cpv, rate_bp, specification, standards, price_e4) VALUES ",
        1..=ARTICLES,
        |id| {
            format!(
                "({id}, {id}, '2026-01-01', 'Article', 'H87', 'unité', false, {}, '30193700-5', \
                      2000, '', '', {})",
                pack(id),
                id * 1_234
            )
        },
    )
    .await;
    run(on, "INSERT INTO campaign_article (id, campaign_id, article_id, version_id, pack_milli) VALUES ",
        1..=ARTICLES, |id| format!("({id}, 1, {id}, {id}, {})", pack(id))).await;
    run(on, "INSERT INTO need_sheet (id, campaign_id, organisation_id, site_id, state, answer, channel, \
             typed_by, note, answered_at, version) VALUES ", 1..=MEMBERS,
        |id| format!("({id}, 1, {id}, {id}, 'locked', 'needs', 'online', 'L. Petit', '', \
                      '2026-01-15 12:00:00+00:00', 2)")).await;
    run(
        on,
        "INSERT INTO need_line (id, sheet_id, campaign_id, organisation_id, site_id, article_id, \
             year, quantity_milli, tolerance_milli) VALUES ",
        0..=MEMBERS * ARTICLES - 1,
        |id| {
            let (member, article) = (id / ARTICLES + 1, id % ARTICLES + 1);
            // Any spread will do, so long as it is the same each time.
            let quantity = 1 + (id * 7_919 + 13) % 400;
            format!(
                "({}, {member}, 1, {member}, {member}, {article}, 2026, {quantity}000, {}000)",
                id + 1,
                id % 5
            )
        },
    )
    .await;
    // What autovacuum would have done by the next morning.
    if postgres {
        on.execute_unprepared("VACUUM ANALYZE").await.unwrap();
    }
}

/// Inserts a row for each of `ids`.
async fn run(
    on: &DatabaseConnection,
    head: &str,
    ids: std::ops::RangeInclusive<i64>,
    row: impl Fn(i64) -> String,
) {
    let ids: Vec<i64> = ids.collect();
    for batch in ids.chunks(5_000) {
        let mut text = head.to_owned();
        for (index, id) in batch.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(text, "{comma}{}", row(*id)).unwrap();
        }
        on.execute_unprepared(&text).await.unwrap();
    }
}
