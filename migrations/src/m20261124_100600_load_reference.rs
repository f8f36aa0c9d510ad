//! What a decree can change, as dated rows with their source, read in from `reference/*.csv`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::Value;
use sea_orm_migration::sea_orm::prelude::Date;

use crate::table::{drop, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// A reference table: its file, and the columns of both, dates apart.
struct Reference {
    table: &'static str,
    file: &'static str,
    texts: &'static [&'static str],
    /// Columns that may be empty.
    optional: &'static [&'static str],
    key: &'static [&'static str],
}

const REFERENCES: [Reference; 7] = [
    Reference {
        table: "threshold",
        file: include_str!("reference/thresholds.csv"),
        texts: &["kind", "scope", "value"],
        optional: &[],
        key: &["kind", "scope", "valid_from"],
    },
    Reference {
        table: "vat_rate",
        file: include_str!("reference/vat_rates.csv"),
        texts: &["category", "rate", "label"],
        optional: &[],
        key: &["category", "rate", "valid_from"],
    },
    Reference {
        table: "interest_rate",
        file: include_str!("reference/interest_rates.csv"),
        texts: &["refinancing_rate", "margin", "flat_recovery"],
        optional: &[],
        key: &["valid_from"],
    },
    Reference {
        table: "payment_delay",
        file: include_str!("reference/payment_delays.csv"),
        texts: &["days"],
        optional: &[],
        key: &["valid_from"],
    },
    Reference {
        table: "ccag_figure",
        file: include_str!("reference/ccag_figures.csv"),
        texts: &["code", "value", "unit"],
        optional: &[],
        key: &["code", "valid_from"],
    },
    Reference {
        table: "budget_account",
        file: include_str!("reference/budget_accounts.csv"),
        texts: &["family", "sub_family", "section", "account", "label"],
        optional: &["unit_from", "unit_below"],
        key: &["family", "sub_family", "account", "valid_from"],
    },
    Reference {
        table: "mandate",
        file: include_str!("reference/mandates.csv"),
        texts: &[],
        optional: &[],
        key: &["valid_from"],
    },
];

const CPV: &str = include_str!("reference/cpv.csv");

/// Rows of one INSERT: SQLite binds at most 32 766 values.
const BATCH: usize = 2_000;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for reference in &REFERENCES {
            let mut new = table(reference.table);
            for name in reference.texts {
                new = new.text(name);
            }
            for name in reference.optional {
                new = new.text_null(name);
            }
            new.date("valid_from")
                .date_null("valid_to")
                .text("source")
                .unique(reference.key)
                .create(manager)
                .await?;
            load(manager, reference).await?;
        }
        table("cpv").text("code").text("label").unique(&["code"]).create(manager).await?;
        load_cpv(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut tables: Vec<&'static str> =
            REFERENCES.iter().map(|reference| reference.table).collect();
        tables.push("cpv");
        drop(manager, &tables).await
    }
}

fn broken(error: impl std::fmt::Display) -> DbErr {
    DbErr::Migration(format!("a reference file does not read: {error}"))
}

fn field<'a>(row: &'a csv::StringRecord, heads: &csv::StringRecord, name: &str) -> Option<&'a str> {
    heads.iter().position(|head| head == name).and_then(|at| row.get(at))
}

async fn load(manager: &SchemaManager<'_>, reference: &Reference) -> Result<(), DbErr> {
    let mut reader = csv::Reader::from_reader(reference.file.as_bytes());
    let heads = reader.headers().map_err(broken)?.clone();
    let columns = reference.texts.iter().chain(reference.optional).copied();
    let mut insert = Query::insert();
    insert.into_table(reference.table).columns(columns.clone().chain([
        "valid_from",
        "valid_to",
        "source",
    ]));
    for row in reader.records() {
        let row = row.map_err(broken)?;
        let at = |name| field(&row, &heads, name).ok_or_else(|| broken(name));
        let date = |name| -> Result<Option<Date>, DbErr> {
            let text = at(name)?;
            if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(broken) }
        };
        let mut values: Vec<Expr> = Vec::new();
        for name in reference.texts {
            values.push(Expr::val(at(name)?));
        }
        for name in reference.optional {
            let text = at(name)?;
            values.push(Expr::val(Some(text).filter(|text| !text.is_empty())));
        }
        let from = date("from")?.ok_or_else(|| broken("from"))?;
        // Dates are bound as dates: PostgreSQL refuses text, SQLite would read a number.
        values.push(Expr::val(Value::from(from)));
        values.push(Expr::val(Value::from(date("to")?)));
        values.push(Expr::val(at("source")?));
        insert.values(values).map_err(broken)?;
    }
    manager.execute(insert).await
}

async fn load_cpv(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut reader = csv::Reader::from_reader(CPV.as_bytes());
    let rows = reader.records().collect::<Result<Vec<_>, _>>().map_err(broken)?;
    for batch in rows.chunks(BATCH) {
        let mut insert = Query::insert();
        insert.into_table("cpv").columns(["code", "label"]);
        for row in batch {
            insert.values(row.iter().map(Expr::val)).map_err(broken)?;
        }
        manager.execute(insert).await?;
    }
    Ok(())
}
