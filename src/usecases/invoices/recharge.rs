//! What the coordinator claims back (model C) leaves for its finance software.
//!
//! A claim leaves once, in one batch; the batch's file can be taken again and is the same, with
//! the accounts and their sources as they were that day.

use std::collections::BTreeSet;

use domain::catalogue::budget::AccountRule;
use domain::dates::Dated;

use super::super::{Actor, App, UseCaseError};
use crate::store::invoices as store;
use crate::store::{platform, reference};

const USE_CASE: &str = "recharge.export";

/// Exports every claim that waits; answers the batch.
///
/// # Errors
///
/// Refused when nothing waits.
pub async fn export_recharges(app: &App, actor: &Actor, key: &str) -> Result<i64, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let waiting = store::lock_waiting(&tx).await?;
    if let Some(made) = platform::already_done(&tx, USE_CASE, key).await? {
        return made.parse().map_err(UseCaseError::failed("reading an idempotency key"));
    }
    if waiting.is_empty() {
        return Err(UseCaseError::refused(
            "rien_a_exporter",
            "Aucune créance n’attend d’export : elles ont toutes déjà été exportées. Reprenez le \
             fichier d’un export précédent.",
        ));
    }
    let rules = reference::budget_accounts(&tx).await?;
    let today = app.today();
    let rows: Vec<(i64, String, String)> = waiting
        .into_iter()
        .map(|(id, account)| {
            let source = sources(&rules, &account, today);
            (id, account, source)
        })
        .collect();
    let batch = store::add_batch(&tx, &actor.0, today, &rows).await?;
    platform::note_done(&tx, USE_CASE, key, batch.to_string(), app.clock.now()).await?;
    let details = format!("{} créances", rows.len());
    let entry = app.entry(actor, "recharge_batch.export", "recharge_batch", batch, details);
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(batch)
}

/// The texts that the suggested accounts come from, each once.
fn sources(rules: &[Dated<AccountRule>], accounts: &str, day: chrono::NaiveDate) -> String {
    let named: BTreeSet<&str> = accounts.split(", ").collect();
    let found: BTreeSet<&str> = rules
        .iter()
        .filter(|rule| rule.holds_on(day) && named.contains(rule.value.account.as_str()))
        .map(|rule| rule.source.as_str())
        .collect();
    found.into_iter().collect::<Vec<_>>().join(" ; ")
}
