//! What a buyer of the coordinator is to do: censuses, bids, awards, essential data to publish.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use domain::french;
use domain::money::Net;
use domain::platform::role::Right;
use domain::tenders::adviser::Adviser;
use domain::tenders::thresholds::PurchaseScope;
use sea_orm::{FromQueryResult, Value};

use super::{Todo, TodoKind, by_date};
use crate::store::{Access, StoreError, reference, sql};

/// What a buyer is to do, the nearest date first; nothing for who may only read.
pub async fn buyer(
    on: &impl Access,
    rights: &BTreeSet<Right>,
    today: NaiveDate,
) -> Result<Vec<Todo>, StoreError> {
    let mut todos = Vec::new();
    if !rights.contains(&Right::Buy) {
        return Ok(todos);
    }
    censuses(on, today, &mut todos).await?;
    procedures(on, &mut todos).await?;
    essential_data(on, today, &mut todos).await?;
    by_date(&mut todos);
    Ok(todos)
}

async fn rows<T: FromQueryResult>(
    on: &impl Access,
    text: &str,
    values: Vec<Value>,
) -> Result<Vec<T>, StoreError> {
    T::find_by_statement(sql(on.connection(), text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading what a buyer is to do"))
}

#[derive(FromQueryResult)]
struct Census {
    id: i64,
    title: String,
    state: String,
    opens_on: NaiveDate,
    closes_on: NaiveDate,
    silent: i64,
    procedures: i64,
}

fn todo(
    kind: TodoKind,
    title: String,
    detail: String,
    until: Option<NaiveDate>,
    link: String,
) -> Todo {
    Todo { kind, title, detail, until, link, blocked: None }
}

async fn censuses(
    on: &impl Access,
    today: NaiveDate,
    todos: &mut Vec<Todo>,
) -> Result<(), StoreError> {
    let text = "SELECT c.id, c.title, c.state, c.opens_on, c.closes_on, \
                (SELECT COUNT(*) FROM (SELECT s.organisation_id FROM need_sheet s \
                  WHERE s.campaign_id = c.id GROUP BY s.organisation_id \
                  HAVING MAX(CASE WHEN s.state <> 'draft' AND s.answer IS NOT NULL THEN 1 ELSE 0 END) = 0) x) \
                  AS silent, \
                (SELECT COUNT(*) FROM tender_procedure p WHERE p.campaign_id = c.id) AS procedures \
                FROM campaign c WHERE c.state IN ('draft', 'open', 'closed') ORDER BY c.closes_on, c.id";
    for row in rows::<Census>(on, text, vec![]).await? {
        let home = format!("/gestion/recensements/{}", row.id);
        let silent = french::counted(row.silent, "membre", "membres") + " sans réponse.";
        let title = &row.title;
        let found = match row.state.as_str() {
            "draft" => todo(
                TodoKind::Census,
                format!("Ouvrir le recensement « {title} »"),
                "Personne ne le voit avant.".into(),
                Some(row.opens_on),
                format!("{home}/ouverture"),
            ),
            "open" if row.closes_on < today || row.silent == 0 => todo(
                TodoKind::Census,
                format!("Clore le recensement « {title} »"),
                silent,
                Some(row.closes_on),
                format!("{home}/cloture"),
            ),
            "open" => todo(
                TodoKind::Census,
                format!("Suivre le recensement « {title} »"),
                silent,
                Some(row.closes_on),
                format!("{home}/silencieux"),
            ),
            _ if row.procedures > 0 => continue,
            _ => todo(
                TodoKind::Census,
                format!("Consolider « {title} » et lancer la consultation"),
                "Le recensement est clos.".into(),
                None,
                format!("{home}/consolidation"),
            ),
        };
        todos.push(found);
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct Procedure {
    id: i64,
    reference: String,
    lots: i64,
    bidden: i64,
}

async fn procedures(on: &impl Access, todos: &mut Vec<Todo>) -> Result<(), StoreError> {
    let text = "SELECT p.id, p.reference, COUNT(*) AS lots, \
                CAST(SUM(CASE WHEN EXISTS (SELECT 1 FROM bid b WHERE b.tender_lot_id = t.id) \
                  THEN 1 ELSE 0 END) AS BIGINT) AS bidden \
                FROM tender_procedure p JOIN tender_lot t ON t.procedure_id = p.id \
                WHERE NOT EXISTS (SELECT 1 FROM bid b WHERE b.tender_lot_id = t.id AND b.awarded) \
                GROUP BY p.id, p.reference ORDER BY p.id";
    for row in rows::<Procedure>(on, text, vec![]).await? {
        let lots = usize::try_from(row.lots).unwrap_or(usize::MAX);
        let title = if row.bidden > 0 {
            format!("Attribuer les lots de {}", row.reference)
        } else {
            format!("Enregistrer les offres de {}", row.reference)
        };
        let detail =
            format!("{} {} à attribuer.", french::count(lots), french::plural(lots, "lot", "lots"));
        let link = format!("/gestion/procedures/{}", row.id);
        todos.push(todo(TodoKind::Contract, title, detail, None, link));
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct Notified {
    number: String,
    procedure_id: i64,
    notified_on: NaiveDate,
    need_cents: i64,
}

/// The essential data (DECP) whose last day is still ahead, by the law of the notification.
async fn essential_data(
    on: &impl Access,
    today: NaiveDate,
    todos: &mut Vec<Todo>,
) -> Result<(), StoreError> {
    let text = "SELECT c.number, p.id AS procedure_id, c.notified_on, p.estimated_cents AS need_cents \
                FROM contract c JOIN tender_lot t ON t.id = c.tender_lot_id \
                JOIN tender_procedure p ON p.id = t.procedure_id ORDER BY c.notified_on, c.number";
    let contracts = rows::<Notified>(on, text, vec![]).await?;
    if contracts.is_empty() {
        return Ok(());
    }
    let thresholds = reference::thresholds(on).await?;
    let adviser = Adviser { rows: &thresholds, scope: PurchaseScope::Local };
    for row in contracts {
        let need = Net::from_cents(row.need_cents);
        // Where the table knows no row for that day, the contract's own page says so.
        let Ok(ruling) = adviser.essential_data_due(need, row.notified_on) else { continue };
        if let Some(due) = ruling.answer.filter(|due| *due >= today) {
            todos.push(todo(
                TodoKind::Contract,
                format!("Publier les données essentielles du marché {}", row.number),
                format!("Marché notifié le {}.", french::date(row.notified_on)),
                Some(due),
                format!("/gestion/procedures/{}", row.procedure_id),
            ));
        }
    }
    Ok(())
}
