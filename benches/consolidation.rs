//! Consolidation of 54,000 needs in the database, beside the bare `GROUP BY` by site and
//! article, then article, in the same run, read only.
//!
//! The bare query is given an index of its own that covers just what it reads, in its order:
//! the fastest it can be. Each figure is the fastest of several interleaved rounds. The target:
//! at most 1.5 times the bare query, on SQLite and, where `TRAVEE_TEST_POSTGRES` names a server,
//! on PostgreSQL.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints and may stop")]

use std::fmt::Write;
use std::time::{Duration, Instant};

use domain::ids::CampaignId;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use travee::store::Store;
use travee::store::tenders::need_totals;

const SITES: i64 = 900;
/// Eight members of nine delivery points.
const MEMBERS: i64 = 800;
const ARTICLES: i64 = 60;
/// Sheets that were never sent, whose lines must not count.
const DRAFTS: i64 = 20;
const ROUNDS: usize = 41;
const CAMPAIGN: CampaignId = CampaignId(1);

const BARE: &str = "SELECT article_id, COUNT(*) AS sites, CAST(SUM(needed) AS BIGINT) AS needed FROM (\
     SELECT site_id, article_id, SUM(quantity_milli) AS needed FROM need_line \
     WHERE campaign_id = 1 GROUP BY site_id, article_id) s GROUP BY article_id";

fn main() {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        measure("SQLite", &Store::embedded(folder.path())).await;
        match std::env::var("TRAVEE_TEST_POSTGRES") {
            Ok(server) => {
                let name = format!("bench_{}", std::process::id());
                let admin = Database::connect(format!("{server}/postgres")).await.unwrap();
                admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
                measure("PostgreSQL", &format!("{server}/{name}")).await;
            }
            Err(_) => println!("PostgreSQL: TRAVEE_TEST_POSTGRES names no server"),
        }
    });
}

async fn measure(name: &str, url: &str) {
    let store = Store::connect(url).await.unwrap();
    store.migrate().await.unwrap();
    let raw = Database::connect(url).await.unwrap();
    fill(&raw).await;
    raw.execute_unprepared(
        "CREATE INDEX bare ON need_line (campaign_id, article_id, site_id, quantity_milli)",
    )
    .await
    .unwrap();
    // What autovacuum does for a table at rest; SQLite plans without statistics, as served.
    if raw.get_database_backend() == DbBackend::Postgres {
        raw.execute_unprepared("VACUUM ANALYZE").await.unwrap();
    }
    let (mut ours, mut bare) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let totals = need_totals(&store, CAMPAIGN).await.unwrap();
        ours = ours.min(start.elapsed());
        let sites: i64 = totals.iter().map(|total| total.sites).sum();
        assert_eq!((totals.len(), sites), (60, SITES * ARTICLES));
        let start = Instant::now();
        let rows = raw.query_all_raw(Statement::from_string(raw.get_database_backend(), BARE));
        let rows = rows.await.unwrap();
        bare = bare.min(start.elapsed());
        assert_eq!(rows.len(), 60);
    }
    let ratio = (ours.as_nanos() * 100 / bare.as_nanos().max(1)).to_string();
    let (whole, parts) = ratio.split_at(ratio.len() - 2);
    println!("{name}: consolidation {ours:.1?}, bare GROUP BY {bare:.1?}: {whole}.{parts} times");
}

/// A census whose delivery points each need every article.
async fn fill(raw: &DatabaseConnection) {
    let mut text = String::from(
        "INSERT INTO organisation (id, kind, name, siren, address_lines, chorus_service_code, \
           chorus_commitment_number) VALUES (1, 'coordinator', 'C', '000000000', '', FALSE, FALSE);\
         INSERT INTO convention (id, reference, subject, permanent, starts_on, coordinator_id, \
           committee, freight_key, fee_key) VALUES (1, 'c', 's', TRUE, '2026-01-01', 1, \
           'coordinator', 'net', 'equal');\
         INSERT INTO campaign (id, convention_id, title, state, opens_on, closes_on, first_year, \
           years) VALUES (1, 1, 't', 'closed', '2026-03-01', '2026-04-30', 2027, 1);",
    );
    for member in 2..MEMBERS + 2 {
        write!(
            text,
            "INSERT INTO organisation (id, kind, name, siren, address_lines, chorus_service_code, \
               chorus_commitment_number) VALUES ({member}, 'commune', 'M', '{member:09}', '', FALSE, \
               FALSE);"
        )
        .unwrap();
    }
    for article in 1..=ARTICLES {
        // A tenth is measured, the others come in packs of 1 to 50.
        let pack = match article % 10 {
            0 => "NULL".to_owned(),
            other => (other * other % 51 * 1_000).to_string(),
        };
        write!(
            text,
            "INSERT INTO article (id, reference, lot, family, subfamily) \
               VALUES ({article}, 'A-{article}', '1', 'f', '');\
             INSERT INTO article_version (id, article_id, valid_from, label, unit, unit_label, \
               takes_decimals, pack_milli, cpv, rate_bp, specification, standards, price_e4) \
               VALUES ({article}, {article}, '2026-01-01', 'l', 'H87', 'u', FALSE, {pack}, '', 2000, \
               '', '', 8900);\
             INSERT INTO campaign_article (campaign_id, article_id, version_id, pack_milli) \
               VALUES (1, {article}, {article}, {pack});"
        )
        .unwrap();
    }
    let mut noise = 20_261_122_u64;
    for site in 1..=SITES + DRAFTS {
        let owner = 2 + site % MEMBERS;
        let state = if site <= SITES { "locked" } else { "draft" };
        write!(
            text,
            "INSERT INTO site (id, organisation_id, name, address_lines, postcode, town, hours, \
               constraints, retired) VALUES ({site}, {owner}, 'S{site}', '', '62000', '', '', '', FALSE);\
             INSERT INTO need_sheet (id, campaign_id, organisation_id, site_id, state, answer, \
               channel, typed_by, note, answered_at) VALUES ({site}, 1, {owner}, {site}, '{state}', \
               'needs', 'online', 'x', '', '2026-04-01T00:00:00+00:00');\
             INSERT INTO need_line (sheet_id, campaign_id, organisation_id, site_id, article_id, \
               year, quantity_milli, tolerance_milli) VALUES "
        )
        .unwrap();
        for article in 1..=ARTICLES {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (quantity, end) =
                ((noise >> 33) % 400 + 1, if article == ARTICLES { ";" } else { "," });
            write!(
                text,
                "({site}, 1, {owner}, {site}, {article}, 2027, {}, 0){end}",
                quantity * 1_000
            )
            .unwrap();
        }
    }
    raw.execute_unprepared(&format!("BEGIN;{text}COMMIT;")).await.unwrap();
}
