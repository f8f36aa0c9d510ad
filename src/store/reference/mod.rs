//! What a decree can change, read back as dated values of the domain.

mod list;

pub use list::{Ending, ReferenceRow, add_interest_rate, ending, rows};

use std::sync::Arc;

use domain::catalogue::budget::{AccountRule, BudgetSection};
use domain::cpv::CpvList;
use domain::dates::Dated;
use domain::money::{Cents, Gross, Net};
use domain::orders::penalty::PenaltyTerms;
use domain::tenders::thresholds::{PurchaseScope, Threshold, ThresholdKind};
use domain::vat::VatRate;
use entities::{
    budget_account, ccag_figure, cpv, interest_rate, mandate, payment_delay, threshold, vat_rate,
};
use rust_decimal::Decimal;
use sea_orm::{EntityTrait, QueryFilter, QueryOrder};

use super::group::coded;
use super::kept::kept;
use super::{Access, StoreError};

const DOING: &str = "reading reference rows";

fn decimal(text: &str, at: (&'static str, i64, &'static str)) -> Result<Decimal, StoreError> {
    coded(text.parse().ok(), at, text)
}

/// The thresholds of the code de la commande publique.
pub async fn thresholds(on: &impl Access) -> Result<Vec<Dated<Threshold>>, StoreError> {
    let rows = threshold::Entity::find().order_by_asc(threshold::COLUMN.id);
    rows.all(on.connection())
        .await
        .map_err(StoreError::during(DOING))?
        .into_iter()
        .map(|row| {
            let at = |column| ("threshold", row.id, column);
            let value = Threshold {
                kind: coded(ThresholdKind::from_code(&row.kind), at("kind"), &row.kind)?,
                scope: coded(PurchaseScope::from_code(&row.scope), at("scope"), &row.scope)?,
                value: decimal(&row.value, at("value"))?,
            };
            Ok(Dated { from: row.valid_from, to: row.valid_to, value, source: row.source })
        })
        .collect()
}

/// The usual budget accounts by family of articles.
pub async fn budget_accounts(on: &impl Access) -> Result<Arc<[Dated<AccountRule>]>, StoreError> {
    kept(on, |kept| &kept.accounts, (), async |on| read_budget_accounts(on).await).await
}

async fn read_budget_accounts(on: &impl Access) -> Result<Vec<Dated<AccountRule>>, StoreError> {
    let rows = budget_account::Entity::find().order_by_asc(budget_account::COLUMN.id);
    rows.all(on.connection())
        .await
        .map_err(StoreError::during(DOING))?
        .into_iter()
        .map(|row| {
            let at = |column| ("budget_account", row.id, column);
            let amount = |text: Option<String>, column| match text {
                None => Ok(None),
                Some(text) => {
                    let cents: Option<Cents> = text.parse().ok();
                    coded(cents, at(column), &text).map(|cents| Some(Gross(cents)))
                }
            };
            let value = AccountRule {
                family: row.family,
                sub_family: Some(row.sub_family).filter(|name| !name.is_empty()),
                section: coded(
                    BudgetSection::from_code(&row.section),
                    at("section"),
                    &row.section,
                )?,
                account: row.account,
                label: row.label,
                unit_from: amount(row.unit_from, "unit_from")?,
                unit_below: amount(row.unit_below, "unit_below")?,
            };
            Ok(Dated { from: row.valid_from, to: row.valid_to, value, source: row.source })
        })
        .collect()
}

/// A late-interest row: percent a year and the flat indemnity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredInterest {
    /// The ECB's refinancing rate on the first day of the semester, in percent.
    pub refinancing_rate: Decimal,
    /// Points added to it (R2192-31 CCP).
    pub margin: Decimal,
    /// D2192-35 CCP.
    pub flat_recovery: Cents,
}

/// Late-interest rates, only as far as they were verified.
pub async fn interest_rates(on: &impl Access) -> Result<Vec<Dated<StoredInterest>>, StoreError> {
    let rows = interest_rate::Entity::find().order_by_asc(interest_rate::COLUMN.id);
    rows.all(on.connection())
        .await
        .map_err(StoreError::during(DOING))?
        .into_iter()
        .map(|row| {
            let at = |column| ("interest_rate", row.id, column);
            let flat: Option<Cents> = row.flat_recovery.parse().ok();
            let value = StoredInterest {
                refinancing_rate: decimal(&row.refinancing_rate, at("refinancing_rate"))?,
                margin: decimal(&row.margin, at("margin"))?,
                flat_recovery: coded(flat, at("flat_recovery"), &row.flat_recovery)?,
            };
            Ok(Dated { from: row.valid_from, to: row.valid_to, value, source: row.source })
        })
        .collect()
}

/// How many days a local authority has to pay (R2192-10 CCP).
pub async fn payment_delays(on: &impl Access) -> Result<Vec<Dated<u32>>, StoreError> {
    let rows = payment_delay::Entity::find().order_by_asc(payment_delay::COLUMN.id);
    rows.all(on.connection())
        .await
        .map_err(StoreError::during(DOING))?
        .into_iter()
        .map(|row| {
            let days = coded(row.days.parse().ok(), ("payment_delay", row.id, "days"), &row.days)?;
            Ok(Dated { from: row.valid_from, to: row.valid_to, value: days, source: row.source })
        })
        .collect()
}

/// The figures of the CCAG-FCS by their code: `penalty_divisor`, `comment_days`…
pub async fn ccag_figures(on: &impl Access) -> Result<Vec<Dated<(String, Decimal)>>, StoreError> {
    let rows = ccag_figure::Entity::find().order_by_asc(ccag_figure::COLUMN.id);
    rows.all(on.connection())
        .await
        .map_err(StoreError::during(DOING))?
        .into_iter()
        .map(|row| {
            let value = decimal(&row.value, ("ccag_figure", row.id, "value"))?;
            Ok(Dated {
                from: row.valid_from,
                to: row.valid_to,
                value: (row.code, value),
                source: row.source,
            })
        })
        .collect()
}

/// The penalty clause of the CCAG-FCS on `day`; `None` when a figure has no row.
pub fn penalty_terms(
    figures: &[Dated<(String, Decimal)>],
    day: chrono::NaiveDate,
) -> Option<PenaltyTerms> {
    let figure = |code: &str| {
        let row = figures.iter().find(|row| row.value.0 == code && row.holds_on(day))?;
        Some(row.value.1)
    };
    Some(PenaltyTerms {
        divisor: figure("penalty_divisor")?.try_into().ok()?,
        cap_percent: figure("penalty_cap")?.try_into().ok()?,
        exemption: Net(Cents::exactly(figure("penalty_exemption")?).ok()?),
    })
}

/// The municipal mandates: a power to sign ends with the one it was given in.
pub async fn mandates(on: &impl Access) -> Result<Vec<Dated<()>>, StoreError> {
    let rows = mandate::Entity::find().order_by_asc(mandate::COLUMN.id);
    let rows = rows.all(on.connection()).await.map_err(StoreError::during(DOING))?;
    Ok(rows
        .into_iter()
        .map(|row| Dated { from: row.valid_from, to: row.valid_to, value: (), source: row.source })
        .collect())
}

/// The standard rate of VAT, the highest of category S: what freight is taxed at.
pub async fn standard_rates(on: &impl Access) -> Result<Vec<Dated<VatRate>>, StoreError> {
    let rows = vat_rate::Entity::find().filter(vat_rate::COLUMN.category.eq("S"));
    let rows = rows.all(on.connection()).await.map_err(StoreError::during(DOING))?;
    let mut rates = Vec::with_capacity(rows.len());
    for row in rows {
        let at = ("vat_rate", row.id, "rate");
        let rate = coded(VatRate::percent(decimal(&row.rate, at)?).ok(), at, &row.rate)?;
        rates.push(Dated {
            from: row.valid_from,
            to: row.valid_to,
            value: rate,
            source: row.source,
        });
    }
    rates.sort_by_key(|rate| std::cmp::Reverse(rate.value));
    Ok(rates)
}

/// The CPV list.
pub async fn cpv_list(on: &impl Access) -> Result<CpvList, StoreError> {
    let rows = cpv::Entity::find().all(on.connection()).await.map_err(StoreError::during(DOING))?;
    Ok(CpvList::new(rows.iter().map(|row| (row.code.as_str(), row.label.as_str()))))
}
