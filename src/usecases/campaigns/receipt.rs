//! What one member's receipt says: its needs, in whole packs, at the frozen prices.
//!
//! The rule of the amounts is domain `campaigns::valuation`. All of it is an estimate.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use domain::campaigns::sheet::{AnswerSource, NeedAnswer, NeedLine};
use domain::campaigns::valuation::{self, Cells, Total, ValuationError};
use domain::catalogue::budget::{self, AccountRule};
use domain::dates::{Dated, paris_day};
use domain::french;
use domain::group::site::DeliveryPoint;
use domain::ids::{ArticleId, OrganisationId, SiteId};
use domain::money::{AmountError, Gross};
use domain::quantity::Quantity;

use crate::documents::needs_receipt::{
    AccountTotal, NeedsLine, NeedsPoint, NeedsReceipt, NeedsTotal,
};
use crate::documents::parties::{BudgetAccount, BudgetSection, ConventionRef, Letterhead, Member};
use crate::store::campaigns::{FrozenArticle, StoredCensus, StoredSheet};
use crate::store::group::Listed;

/// What all receipts of one census share.
pub(super) struct Shared {
    pub(super) letterhead: Letterhead,
    pub(super) convention: ConventionRef,
    pub(super) census: StoredCensus,
    pub(super) articles: BTreeMap<ArticleId, Arc<FrozenArticle>>,
    pub(super) sites: BTreeMap<SiteId, DeliveryPoint>,
    pub(super) bodies: BTreeMap<OrganisationId, Listed>,
    pub(super) accounts: Arc<[Dated<AccountRule>]>,
    pub(super) today: NaiveDate,
}

/// Why a receipt cannot be composed: an amount or a quantity is out of range, or a row that
/// the answer names is gone.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReceiptError {
    #[error(transparent)]
    Value(#[from] ValuationError),
    #[error("{0} ne se retrouve pas")]
    Gone(&'static str),
}

impl Shared {
    /// The receipt of `member`, whose answered sheets are `sheets`.
    pub(super) fn receipt(
        &self,
        number: String,
        member: OrganisationId,
        sheets: &[&StoredSheet],
    ) -> Result<NeedsReceipt, ReceiptError> {
        let census = &self.census.census;
        let last = sheets.iter().max_by_key(|sheet| sheet.answered_at);
        let last = last.ok_or(ReceiptError::Gone("la réponse"))?;
        let mut cells = Cells::default();
        let mut points = Vec::new();
        for sheet in sheets {
            if let NeedAnswer::Needs(lines) = &sheet.sheet.answer {
                points.push(self.point(sheet.sheet.site, lines, &mut cells)?);
            }
        }
        let totals = cells.totals(census.years)?;
        Ok(NeedsReceipt {
            letterhead: self.letterhead.clone(),
            number,
            census_title: census.name.clone(),
            closes_on: census.closes_on,
            convention: self.convention.clone(),
            member: self.member(member)?,
            submitted_on: last.answered_at.map_or(self.today, paris_day),
            submitted_by: last.sheet.source.as_ref().map(said_by).unwrap_or_default(),
            years: census.year_numbers().collect(),
            price_basis: format!(
                "prix indicatifs du catalogue au {}",
                french::date(census.opens_on)
            ),
            points,
            by_year: totals.by_year.into_iter().map(needs_total).collect(),
            by_account: totals
                .by_account
                .into_iter()
                .map(|(account, total)| AccountTotal { account, total: needs_total(total) })
                .collect(),
            total: needs_total(totals.all),
        })
    }

    fn member(&self, id: OrganisationId) -> Result<Member, ReceiptError> {
        let listed = self.bodies.get(&id).ok_or(ReceiptError::Gone("le membre"))?;
        let body = &listed.organisation;
        let address = body.address.as_ref().map(|address| {
            let town = format!("{} {}", address.postcode, address.town);
            address.lines.iter().cloned().chain([town]).collect()
        });
        let confirmed = body.sirets.confirmed_on(self.today).ok();
        Ok(Member {
            name: body.name.clone(),
            siret: confirmed.map(|proof| proof.siret().clone()),
            address: address.unwrap_or_default(),
        })
    }

    fn point(
        &self,
        site: Option<SiteId>,
        lines: &[NeedLine],
        cells: &mut Cells<BudgetAccount>,
    ) -> Result<NeedsPoint, ReceiptError> {
        let point = site.and_then(|site| self.sites.get(&site));
        let point = point.ok_or(ReceiptError::Gone("le point de livraison"))?;
        let mut made = Vec::with_capacity(lines.len());
        for line in lines {
            made.push(self.line(line, cells)?);
        }
        made.sort_by(|a, b| a.reference.cmp(&b.reference));
        let access = [&point.access.hours, &point.access.constraints];
        let access: Vec<&str> =
            access.into_iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
        Ok(NeedsPoint {
            name: point.name.clone(),
            address: point.address.to_string(),
            access: (!access.is_empty()).then(|| access.join(" · ")),
            lines: made,
        })
    }

    fn line(
        &self,
        line: &NeedLine,
        cells: &mut Cells<BudgetAccount>,
    ) -> Result<NeedsLine, ReceiptError> {
        let article = self.articles.get(&line.article).ok_or(ReceiptError::Gone("l’article"))?;
        let terms = &article.terms;
        let account = account(&self.accounts, article, self.census.census.closes_on)
            .map_err(ValuationError::from)?;
        let value = valuation::line(terms.reference_price, terms.pack, &line.quantities)?;
        cells.add(&account, terms.vat_rate, &value)?;
        Ok(NeedsLine {
            reference: article.reference.to_string(),
            designation: terms.label.clone(),
            unit: terms.unit_label.clone(),
            pack: terms.pack.map(|pack| Quantity::whole(pack.units())),
            needed: line.quantities.clone(),
            ordered: value.ordered,
            packs: value.packs,
            unit_price: terms.reference_price,
            vat_rate: terms.vat_rate,
            net: value.net,
        })
    }
}

/// The first account of the table for this article.
pub(super) fn account(
    accounts: &[Dated<AccountRule>],
    article: &FrozenArticle,
    day: NaiveDate,
) -> Result<BudgetAccount, AmountError> {
    let unit = article.terms.reference_price.times(Quantity::whole(1))?;
    let unit: Gross = unit.with(article.terms.vat_rate.on(unit)?)?;
    let found = budget::suggestions(accounts, &article.family, &article.sub_family, unit, day);
    Ok(match found.first() {
        Some(row) => BudgetAccount {
            nature: row.value.account.clone(),
            label: row.value.label.clone(),
            section: match row.value.section {
                budget::BudgetSection::Operating => BudgetSection::Operating,
                budget::BudgetSection::Investment => BudgetSection::Investment,
            },
        },
        None => BudgetAccount {
            nature: "–".into(),
            label: "Compte à choisir par le membre".into(),
            section: BudgetSection::Operating,
        },
    })
}

fn needs_total(total: Total) -> NeedsTotal {
    NeedsTotal { net: total.net, vat: total.vat, gross: total.gross }
}

fn said_by(source: &AnswerSource) -> String {
    match &source.told_by {
        Some(told_by) => {
            format!("{told_by}, {} (saisi par {})", source.channel.french(), source.typed_by)
        }
        None => format!("{}, {}", source.typed_by, source.channel.french()),
    }
}
