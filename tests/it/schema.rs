//! Entities and migrations agree, and every migration can be taken back.

use std::collections::BTreeSet;

use rstest::rstest;
use sea_orm::{
    ColumnTrait, ColumnType, ConnectionTrait, DbBackend, EntityName, Iterable, Statement,
};
use travee::store::Store;

use crate::harness::On;

/// A column as both sides describe it: name, kind, whether it may be empty.
type Described = BTreeSet<(String, &'static str, bool)>;

#[expect(clippy::wildcard_enum_match_arm, reason = "sea-orm's own list is long and may grow")]
fn kind_of_column(kind: &ColumnType) -> &'static str {
    match kind {
        ColumnType::BigInteger | ColumnType::Integer => "int",
        ColumnType::Text | ColumnType::String(_) => "text",
        ColumnType::Boolean => "bool",
        ColumnType::Date => "date",
        ColumnType::TimestampWithTimeZone => "instant",
        other => panic!("no column of ours is {other:?}"),
    }
}

fn kind_of_type(declared: &str) -> &'static str {
    match declared.to_lowercase().as_str() {
        "bigint" | "integer" => "int",
        "text" => "text",
        "boolean" => "bool",
        "date" | "date_text" => "date",
        "timestamp with time zone" | "timestamp_with_timezone_text" => "instant",
        other => panic!("no migration of ours makes {other}"),
    }
}

async fn in_the_database(db: &impl ConnectionTrait, table: &str) -> Described {
    let sqlite = format!(
        "SELECT name, type AS kind, \"notnull\" = 0 AND pk = 0 AS nullable FROM pragma_table_info('{table}')"
    );
    let postgres = format!(
        "SELECT column_name::text AS name, data_type::text AS kind, is_nullable = 'YES' AS nullable \
         FROM information_schema.columns WHERE table_name = '{table}'"
    );
    let backend = db.get_database_backend();
    let sql = if backend == DbBackend::Sqlite { sqlite } else { postgres };
    let rows = db.query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
    rows.iter()
        .map(|row| {
            let kind: String = row.try_get("", "kind").unwrap();
            (
                row.try_get("", "name").unwrap(),
                kind_of_type(&kind),
                row.try_get("", "nullable").unwrap(),
            )
        })
        .collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_entity_has_the_columns_of_its_table(#[values(On::Sqlite, On::Postgres)] on: On) {
    let fresh = on.fresh().await;
    let db = fresh.raw().await;
    let mut tables = 0;
    macro_rules! compare {
        ($table:ident) => {
            let entity: Described = entities::$table::Column::iter()
                .map(|column| {
                    let definition = column.def();
                    let name = sea_orm::IdenStatic::as_str(&column).to_owned();
                    (name, kind_of_column(definition.get_column_type()), definition.is_null())
                })
                .collect();
            let name = entities::$table::Entity.table_name().to_owned();
            assert_eq!(in_the_database(&db, &name).await, entity, "{name}");
            tables += 1;
        };
    }
    entities::for_each_table!(compare);
    let all = "SELECT count(*) AS n FROM ";
    let count = match on {
        On::Sqlite => format!(
            "{all} sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'seaql_migrations'"
        ),
        On::Postgres => format!(
            "{all} information_schema.tables WHERE table_schema = 'public' AND table_name <> 'seaql_migrations'"
        ),
    };
    let row = db
        .query_one_raw(Statement::from_string(db.get_database_backend(), count))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.try_get::<i64>("", "n").unwrap(), tables, "a table without an entity");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn down_takes_every_migration_back_and_up_brings_it_again(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let (url, _folder) = on.empty().await;
    let store = Store::connect(&url).await.unwrap();
    store.migrate().await.unwrap();
    let all = store.migration_status().await.unwrap().len();
    for left in (0..all).rev() {
        store.migrate_down().await.unwrap();
        let applied = store.migration_status().await.unwrap().iter().filter(|m| m.applied).count();
        assert_eq!(applied, left);
    }
    store.migrate().await.unwrap();
    store.require_current().await.unwrap();
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_program_is_refused_untouched(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    fresh
        .execute("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20991231_000000_from_the_future', 0)")
        .await;
    let error = fresh.store.migrate().await.unwrap_err();
    assert!(error.in_french().contains("version plus récente"), "{}", error.in_french());
}
