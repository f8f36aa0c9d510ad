//! What the coordinator claims back (model C), on its way to its finance software.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::money::Cents;
use entities::{recharge, recharge_batch, recharge_batch_row};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Value,
};

use super::super::platform::insert_all;
use super::super::{Access, Slice, StoreError, Tx, rows_per_statement, sql};

/// A claim with all that a receipt order names.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Claim {
    pub id: i64,
    pub number: String,
    pub debtor_siret: String,
    pub debtor: String,
    /// Negative after a credit note.
    pub amount_cents: i64,
    /// Suggested M57 accounts, as noted at validation: `6064, 60632`.
    pub account: String,
    /// Where a batch took it: the texts that the accounts come from.
    pub account_source: Option<String>,
    pub prepared_on: NaiveDate,
    pub invoice_id: i64,
    pub invoice_number: String,
    pub supplier: String,
    pub order_number: Option<String>,
    pub contract_number: String,
    pub contract_title: String,
    pub statement_number: Option<String>,
    pub batch_id: Option<i64>,
}

impl Claim {
    pub fn amount(&self) -> Cents {
        Cents(self.amount_cents)
    }
}

/// Which claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claims {
    /// Those that no batch has taken.
    Waiting,
    Of(i64),
}

/// A batch with its figures.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Batch {
    pub id: i64,
    pub exported_on: NaiveDate,
    pub exported_by: String,
    pub claims: i64,
    pub total_cents: i64,
}

const ROWS: &str = "SELECT r.id, r.number, m.siret AS debtor_siret, m.name AS debtor, \
     r.amount_cents, COALESCE(w.account, r.account) AS account, w.account_source, r.prepared_on, \
     i.id AS invoice_id, i.number AS invoice_number, s.name AS supplier, o.number AS order_number, \
     c.number AS contract_number, c.title AS contract_title, m.statement_number, w.batch_id";
const FROM: &str = " FROM recharge r JOIN allocation a ON a.id = r.allocation_id \
     JOIN allocation_member m ON m.allocation_id = r.allocation_id \
     AND m.organisation_id = r.organisation_id \
     JOIN invoice i ON i.id = a.invoice_id JOIN organisation s ON s.id = i.supplier_id \
     JOIN purchase_order o ON o.id = i.order_id JOIN contract c ON c.id = o.contract_id \
     LEFT JOIN recharge_batch_row w ON w.recharge_id = r.id";
const SORTS: [(&str, &str); 5] = [
    ("numero", "r.number"),
    ("debiteur", "m.name"),
    ("montant", "r.amount_cents"),
    ("facture", "i.number"),
    ("compte", "r.account"),
];

/// One page of claims, how many there are and their sum in cents.
pub async fn claims(
    on: &impl Access,
    which: Claims,
    slice: &Slice,
) -> Result<(Vec<Claim>, u64, Cents), StoreError> {
    #[derive(FromQueryResult)]
    struct Total {
        total: i64,
        cents: i64,
    }
    let doing = "listing what is claimed back";
    let on = on.connection();
    let mut values: Vec<Value> = Vec::new();
    let mut condition = match which {
        Claims::Waiting => " WHERE r.state = 'prepared' AND w.id IS NULL".to_owned(),
        Claims::Of(batch) => {
            values.push(batch.into());
            " WHERE w.batch_id = $1".to_owned()
        }
    };
    if !slice.search.trim().is_empty() {
        values.push(slice.pattern().into());
        let at = values.len();
        condition.push_str(&format!(
            " AND (LOWER(m.name) LIKE ${at} ESCAPE '\\' OR LOWER(r.number) LIKE ${at} ESCAPE '\\' \
             OR LOWER(i.number) LIKE ${at} ESCAPE '\\' OR m.siret LIKE ${at} ESCAPE '\\')"
        ));
    }
    let text = format!(
        "SELECT COUNT(*) AS total, CAST(COALESCE(SUM(r.amount_cents), 0) AS BIGINT) AS cents\
         {FROM}{condition}"
    );
    let total = Total::find_by_statement(sql(on, &text, values.clone()))
        .one(on)
        .await
        .map_err(StoreError::during(doing))?;
    let order = slice.order_by(&SORTS, "r.id");
    let text = format!("{ROWS}{FROM}{condition}{order}{}", slice.cut());
    let rows = Claim::find_by_statement(sql(on, &text, values))
        .all(on)
        .await
        .map_err(StoreError::during(doing))?;
    let (count, cents) = total.map_or((0, 0), |row| (row.total, row.cents));
    Ok((rows, u64::try_from(count).unwrap_or(0), Cents(cents)))
}

/// Makes everybody else who would export wait until this transaction ends, and answers the
/// account of every waiting claim.
pub async fn lock_waiting(tx: &Tx) -> Result<BTreeMap<i64, String>, StoreError> {
    let rows = recharge::Entity::find()
        .filter(recharge::COLUMN.state.eq("prepared"))
        .lock_exclusive()
        .all(tx.connection())
        .await
        .map_err(StoreError::during("locking what is claimed back"))?;
    Ok(rows.into_iter().map(|row| (row.id, row.account)).collect())
}

/// Puts claims into a new batch, each with its account and the account's source, and moves them
/// from prepared to sent.
pub async fn add_batch(
    tx: &Tx,
    by: &str,
    day: NaiveDate,
    rows: &[(i64, String, String)],
) -> Result<i64, StoreError> {
    let doing = "exporting what is claimed back";
    let batch = recharge_batch::ActiveModel {
        id: NotSet,
        exported_on: Set(day),
        exported_by: Set(by.to_owned()),
    }
    .insert(tx.connection())
    .await
    .map_err(StoreError::during(doing))?;
    let all = rows.iter().map(|(claim, account, source)| recharge_batch_row::ActiveModel {
        id: NotSet,
        batch_id: Set(batch.id),
        recharge_id: Set(*claim),
        account: Set(account.clone()),
        account_source: Set(source.clone()),
    });
    insert_all::<recharge_batch_row::Entity, _>(tx, all.collect(), 5, doing).await?;
    for chunk in rows.chunks(rows_per_statement(2)) {
        let moved = recharge::Entity::update_many()
            .col_expr(recharge::Column::State, Expr::value("sent"))
            .filter(recharge::COLUMN.id.is_in(chunk.iter().map(|(id, ..)| *id)))
            .filter(recharge::COLUMN.state.eq("prepared"))
            .exec(tx.connection())
            .await
            .map_err(StoreError::during(doing))?;
        if moved.rows_affected != chunk.len() as u64 {
            return Err(StoreError::Overtaken { what: "recharge", id: batch.id });
        }
    }
    Ok(batch.id)
}

const BATCHES: &str = "SELECT b.id, b.exported_on, COALESCE(p.name, b.exported_by) AS exported_by, \
     COUNT(w.id) AS claims, CAST(COALESCE(SUM(r.amount_cents), 0) AS BIGINT) AS total_cents \
     FROM recharge_batch b LEFT JOIN person p ON p.email = b.exported_by \
     JOIN recharge_batch_row w ON w.batch_id = b.id JOIN recharge r ON r.id = w.recharge_id";
const BATCHES_BY: &str = " GROUP BY b.id, b.exported_on, b.exported_by, p.name ORDER BY b.id DESC";

/// The batches, the last first.
pub async fn batches(on: &impl Access) -> Result<Vec<Batch>, StoreError> {
    let on = on.connection();
    Batch::find_by_statement(sql(on, &format!("{BATCHES}{BATCHES_BY}"), []))
        .all(on)
        .await
        .map_err(StoreError::during("listing batches of claims"))
}

/// One batch.
pub async fn batch(on: &impl Access, id: i64) -> Result<Batch, StoreError> {
    let on = on.connection();
    let text = format!("{BATCHES} WHERE b.id = $1{BATCHES_BY}");
    Batch::find_by_statement(sql(on, &text, [id.into()]))
        .one(on)
        .await
        .map_err(StoreError::during("reading a batch of claims"))?
        .ok_or(StoreError::NotFound { what: "batch", id: id.to_string() })
}
