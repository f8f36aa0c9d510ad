//! A year of validated invoices by suggested budget account.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::catalogue::budget::suggestions;
use domain::money::{Cents, Gross, Net};
use rust_decimal::Decimal;

use super::super::{App, UseCaseError};
use crate::store::invoices as store;
use crate::store::reference;

/// What a year came to on one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearAccount {
    /// `None` for what suggests no account: freight, charges, allowances, lines of no article.
    pub account: Option<String>,
    pub label: String,
    pub source: String,
    pub net: Net,
}

/// The year by account, the largest first; their sum is the year's net.
pub async fn year_by_account(app: &App, year: i32) -> Result<Vec<YearAccount>, UseCaseError> {
    let rules = reference::budget_accounts(&app.store).await?;
    // The accounts of the year's last day, or of today while it runs.
    let last = NaiveDate::from_ymd_opt(year, 12, 31).unwrap_or(app.today()).min(app.today());
    let mut sums: BTreeMap<Option<(String, String, String)>, i64> = BTreeMap::new();
    for row in store::year_by_family(&app.store, year).await? {
        let account = row.family.as_ref().and_then(|(family, sub_family)| {
            let rate = Decimal::new(row.rate_bp, 4);
            let unit = row.unit_price.checked_mul(Decimal::ONE + rate)?;
            let unit = Gross(Cents::rounded(unit).ok()?);
            let rule = suggestions(&rules, family, sub_family, unit, last).into_iter().next()?;
            let value = &rule.value;
            Some((value.account.clone(), value.label.clone(), rule.source.clone()))
        });
        let sum = sums.entry(account).or_default();
        *sum = sum.saturating_add(row.net_cents);
    }
    let mut rows: Vec<YearAccount> = sums
        .into_iter()
        .filter(|(_, cents)| *cents != 0)
        .map(|(account, cents)| {
            let net = Net::from_cents(cents);
            match account {
                Some((account, label, source)) => {
                    YearAccount { account: Some(account), label, source, net }
                }
                None => YearAccount {
                    account: None,
                    label: "Port, frais, remises et lignes hors catalogue".into(),
                    source: String::new(),
                    net,
                },
            }
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.net.cents()));
    Ok(rows)
}
