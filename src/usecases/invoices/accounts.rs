//! Which budget accounts an invoice suggests (M57), line by line and for a member's share.

use std::collections::BTreeMap;

use domain::catalogue::budget::{AccountRule, BudgetSection as Section, suggestions};
use domain::invoices::allocation::MemberShare;
use domain::money::{Cents, Gross};
use rust_decimal::Decimal;

use super::super::{App, UseCaseError};
use super::sharing::Printed;
use crate::documents::allocation_statement::AccountShare;
use crate::documents::parties::{BudgetAccount, BudgetSection};
use crate::store::invoices as store;
use crate::store::{Access, reference};

/// The account suggested for each line with an article, by its position.
pub(super) async fn accounts(
    on: &impl Access,
    app: &App,
    document: &Printed,
) -> Result<BTreeMap<usize, AccountRule>, UseCaseError> {
    let rows = reference::budget_accounts(on).await?;
    let families = store::article_families(on, document.stored.id).await?;
    let mut found = BTreeMap::new();
    for (position, (family, sub_family)) in families {
        let Some(line) = document.invoice.lines.get(position) else { continue };
        let with_vat = Decimal::ONE + line.rate.decimal() / Decimal::ONE_HUNDRED;
        let unit = line
            .unit_price
            .decimal()
            .checked_div(line.base_quantity)
            .and_then(|price| price.checked_mul(with_vat))
            .and_then(|price| Cents::rounded(price).ok())
            .map_or(Gross::ZERO, Gross);
        let first = suggestions(&rows, &family, &sub_family, unit, app.today()).into_iter().next();
        found.extend(first.map(|row| (position, row.value.clone())));
    }
    Ok(found)
}

/// Every account suggested for an invoice, each once: `6064, 60632`.
pub(super) fn accounts_text(accounts: &BTreeMap<usize, AccountRule>) -> String {
    let mut names: Vec<&str> = accounts.values().map(|rule| rule.account.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}

/// The gross amount by suggested account, in proportion to the lines; the cents left over go to
/// the largest remainders.
pub(super) fn account_shares(
    share: &MemberShare,
    accounts: &BTreeMap<usize, AccountRule>,
) -> Vec<AccountShare> {
    let mut nets: BTreeMap<BudgetAccount, i64> = BTreeMap::new();
    for line in &share.lines {
        if let Some(rule) = accounts.get(&line.index) {
            let net = nets.entry(account(rule)).or_default();
            *net = net.saturating_add(line.net.amount.0.abs());
        }
    }
    let total: i128 = nets.values().map(|net| i128::from(*net)).sum();
    if total == 0 {
        return Vec::new();
    }
    let gross = i128::from(share.gross.cents());
    let mut parts: Vec<(BudgetAccount, i128, i128)> = nets
        .into_iter()
        .map(|(account, net)| {
            let exact = gross.abs() * i128::from(net);
            (account, exact / total, exact % total)
        })
        .collect();
    let mut left = gross.abs() - parts.iter().map(|(_, part, _)| part).sum::<i128>();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(parts[*at].2));
    for at in order {
        if left == 0 {
            break;
        }
        parts[at].1 += 1;
        left -= 1;
    }
    parts
        .into_iter()
        .map(|(account, part, _)| {
            let cents = i64::try_from(part * gross.signum()).unwrap_or(i64::MAX);
            AccountShare { account, gross: Gross(Cents(cents)) }
        })
        .collect()
}

fn account(rule: &AccountRule) -> BudgetAccount {
    BudgetAccount {
        nature: rule.account.clone(),
        label: rule.label.clone(),
        section: match rule.section {
            Section::Operating => BudgetSection::Operating,
            Section::Investment => BudgetSection::Investment,
        },
    }
}
