//! The number of queries of a page does not grow with its rows.
//!
//! Every page is opened twice, by each role that may: with one row of everything, and with
//! thirty. Whoever reads row by row asks more often the second time.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

use domain::platform::role::Role;
use rstest::rstest;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use travee::store::Store;
use travee::usecases::App;
use travee::usecases::campaigns::complete_sheets;
use travee::usecases::catalogue::import_catalogue;
use travee::usecases::group::add_sites;

use crate::campaigns::entry;
use crate::client::Client;
use crate::fixtures::{buyer, day, site};
use crate::harness::{Fresh, On};
use crate::house::{House, newcomers};
use crate::routes::TABLE;
use crate::rows::address;

/// How many times everything is there again.
const AGAIN: i64 = 30;

/// Far beyond the numbers that the small world has given.
const APART: i64 = 10_000;

/// What is copied together: rows, the rows they belong to, and the texts of which there may be
/// one only.
type Copied = (&'static str, &'static [&'static str], &'static [&'static str]);

/// Purchases of the same members, and what their people have.
const COPIED: &[Copied] = &[
    ("contract", &[], &["number"]),
    ("price_schedule", &["contract_id"], &[]),
    ("price_line", &["schedule_id"], &[]),
    ("order_window", &["contract_id"], &[]),
    ("purchase_order", &["contract_id", "window_id", "schedule_id"], &["number"]),
    ("order_line", &["order_id"], &[]),
    ("order_share", &["line_id", "order_id"], &[]),
    ("order_tax", &["order_id"], &[]),
    ("delivery", &["order_id"], &[]),
    ("delivery_line", &["delivery_id", "share_id"], &[]),
    ("invoice", &["order_id"], &["number"]),
    ("invoice_line", &["invoice_id"], &[]),
    ("invoice_tax", &["invoice_id"], &[]),
    ("allocation", &["invoice_id"], &[]),
    ("allocation_member", &["allocation_id"], &["statement_number"]),
    ("allocation_cell", &["allocation_id"], &[]),
    ("recharge", &["allocation_id"], &["number"]),
    ("paper", &[], &["number", "file_key"]),
    ("attachment", &[], &["file_key"]),
    ("person", &[], &["email"]),
    ("role_grant", &["person_id"], &[]),
    ("session", &["person_id"], &["token_hash"]),
    ("mail", &[], &["key", "message_id"]),
    ("job", &[], &["key"]),
    ("notice", &[], &[]),
];

/// The statements sent since it was last asked.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<Vec<String>>>);

impl Ear {
    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// The application on a store that is listened to.
async fn listened(house: &House) -> (App, Ear) {
    let ear = Ear::default();
    let inside = ear.clone();
    let store = Store::connect_heard(&house.fresh().url, move |statement| {
        inside.0.lock().unwrap().push(statement.to_owned());
    })
    .await
    .unwrap();
    (App { store, ..house.app.clone() }, ear)
}

/// What each page asks of the database, by role.
async fn asked(house: &House, app: &App, ear: &Ear) -> BTreeMap<String, Vec<String>> {
    let anybody = Client::new(app);
    let mut asked = BTreeMap::new();
    for (method, path, who) in TABLE {
        // A download reads files, which the copied rows do not have.
        let download = [".zip", "/documents/annee/{year}", "/recepisse"];
        if *method != "GET" || download.iter().any(|end| path.ends_with(end)) {
            continue;
        }
        let Some(page) = address(house, path, house.arras()).await else { continue };
        for role in Role::ALL.iter().filter(|role| who.includes(**role)) {
            let client = anybody.beside(app, house.person(*role)).await;
            ear.heard();
            let answer = client.get(&page).await;
            assert!(!answer.status.is_server_error(), "{page} for {role}: {}", answer.status);
            asked.insert(format!("{path} for {role}"), ear.heard());
        }
    }
    asked
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn no_page_asks_more_of_the_database_when_there_are_more_rows(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let house = House::open(on).await;
    let (app, ear) = listened(&house).await;
    let few = asked(&house, &app, &ear).await;
    assert!(few.values().any(|statements| !statements.is_empty()), "nothing was heard");
    join(&house).await;
    copy(house.fresh()).await;
    let many = asked(&house, &app, &ear).await;
    let mut grown = Vec::new();
    for (page, before) in &few {
        let after = &many[page];
        if after.len() > before.len() {
            let more = most_repeated(after);
            grown.push(format!("{page}: {} then {}, mostly {more}", before.len(), after.len()));
        }
    }
    assert!(grown.is_empty(), "{grown:#?}");
    let most = few.iter().max_by_key(|(_, statements)| statements.len()).unwrap();
    println!("{} pages by role; the most queries: {} ({})", few.len(), most.1.len(), most.0);
}

fn most_repeated(statements: &[String]) -> String {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for statement in statements {
        *times.entry(statement).or_default() += 1;
    }
    let (statement, times) = times.into_iter().max_by_key(|(_, times)| *times).unwrap();
    format!("{times} × {}", statement.chars().take(200).collect::<String>())
}

async fn columns(fresh: &Fresh, table: &str) -> Vec<String> {
    let db = fresh.raw().await;
    let query = match db.get_database_backend() {
        DbBackend::Sqlite => format!("SELECT name AS name FROM pragma_table_info('{table}')"),
        _ => format!(
            "SELECT column_name::TEXT AS name FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name = '{table}' ORDER BY ordinal_position"
        ),
    };
    let statement = Statement::from_string(db.get_database_backend(), query);
    let rows = db.query_all_raw(statement).await.unwrap();
    db.close().await.unwrap();
    rows.iter().map(|row| row.try_get("", "name").unwrap()).collect()
}

/// More communes with their places and sheets, more articles in the open census.
async fn join(house: &House) {
    let app = &house.app;
    newcomers(app, house.shop.world.group, AGAIN).await;
    let sites: Vec<_> =
        (1..=AGAIN).map(|number| site(house.arras(), &format!("Annexe {number}"))).collect();
    add_sites(app, &buyer(), &sites).await.unwrap();
    let articles: Vec<_> =
        (1..=AGAIN).map(|n| entry(&format!("BOI-{}", 100 + n), "1", Some(10), "2.5")).collect();
    import_catalogue(app, &buyer(), &articles, day("2026-01-01")).await.unwrap();
    let census = house.census;
    house
        .fresh()
        .execute(&format!(
            "INSERT INTO campaign_article (campaign_id, article_id, version_id, pack_milli) \
             SELECT {census}, v.article_id, v.id, v.pack_milli FROM article_version v \
             JOIN article a ON a.id = v.article_id WHERE a.reference LIKE 'BOI-1%'"
        ))
        .await;
    complete_sheets(app, &buyer(), census).await.unwrap();
}

/// Copies rows with all that hangs on them: a copy's number, and those of the rows it belongs to
/// among the copied, are further on.
async fn copy(fresh: &Fresh) {
    for (table, parents, unique) in COPIED {
        let mut values = String::new();
        let names = columns(fresh, table).await;
        for name in &names {
            let name = name.as_str();
            let value = match (*table, name) {
                _ if name == "id" || parents.contains(&name) => format!("t.{name} + n.i * {APART}"),
                // Numbers of papers are read again: `BC-2026-1107`.
                ("purchase_order", "number") | (_, "statement_number") => {
                    format!("SUBSTR(t.{name}, 1, 8) || (1000 + n.i * 100 + t.id)")
                }
                (_, "email") => "'c' || n.i || t.email".into(),
                _ if unique.contains(&name) => format!("t.{name} || '-' || n.i"),
                _ => format!("t.{name}"),
            };
            if !values.is_empty() {
                values.push_str(", ");
            }
            write!(values, "{value}").unwrap();
        }
        let names = names.join(", ");
        fresh
            .execute(&format!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {AGAIN}) \
                 INSERT INTO {table} ({names}) SELECT {values} FROM {table} t CROSS JOIN n"
            ))
            .await;
    }
}
