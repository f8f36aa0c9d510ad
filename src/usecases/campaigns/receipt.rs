//! What one member's receipt says: its needs, in whole packs, at the frozen prices.
//!
//! A year's need is that year's order line, so it is rounded to packs and to the cent year by
//! year, and a line is the sum of its years. VAT is rounded once for each year, account and
//! rate, so that years and accounts add up to the same total. All of it is an estimate.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::campaigns::sheet::{AnswerSource, NeedAnswer, NeedLine};
use domain::catalogue::budget::{self, AccountRule};
use domain::dates::{Dated, paris_day};
use domain::french;
use domain::group::convention::PackingPolicy;
use domain::group::site::DeliveryPoint;
use domain::ids::{ArticleId, OrganisationId, SiteId};
use domain::money::{AmountError, Gross, Net, Vat};
use domain::quantity::{Quantity, QuantityError};
use domain::tenders::packing::{self, Ask};
use domain::vat::VatRate;

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
    pub(super) articles: BTreeMap<ArticleId, FrozenArticle>,
    pub(super) sites: BTreeMap<SiteId, DeliveryPoint>,
    pub(super) bodies: BTreeMap<OrganisationId, Listed>,
    pub(super) accounts: Vec<Dated<AccountRule>>,
    pub(super) today: NaiveDate,
}

/// Why a receipt cannot be composed: an amount or a quantity is out of range, or a row that
/// the answer names is gone.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReceiptError {
    #[error("un montant est trop grand ({0})")]
    Amount(#[from] AmountError),
    #[error("une quantité est trop grande ({0})")]
    Quantity(#[from] QuantityError),
    #[error("{0} ne se retrouve pas")]
    Gone(&'static str),
}

/// Net amounts by year, account and rate: the cells that the totals are made of.
type Cells = BTreeMap<(usize, BudgetAccount, VatRate), Net>;

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
        let mut cells = Cells::new();
        let mut points = Vec::new();
        for sheet in sheets {
            if let NeedAnswer::Needs(lines) = &sheet.sheet.answer {
                points.push(self.point(sheet.sheet.site, lines, &mut cells)?);
            }
        }
        let mut by_year = vec![NeedsTotal::default(); census.years];
        let mut by_account: BTreeMap<BudgetAccount, NeedsTotal> = BTreeMap::new();
        let mut total = NeedsTotal::default();
        for ((year, account, rate), net) in cells {
            let vat = rate.on(net)?;
            let account = by_account.entry(account).or_default();
            for sum in by_year.get_mut(year).into_iter().chain([account, &mut total]) {
                add(sum, net, vat)?;
            }
        }
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
            by_year,
            by_account: by_account
                .into_iter()
                .map(|(account, total)| AccountTotal { account, total })
                .collect(),
            total,
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
        cells: &mut Cells,
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

    fn line(&self, line: &NeedLine, cells: &mut Cells) -> Result<NeedsLine, ReceiptError> {
        let article = self.articles.get(&line.article).ok_or(ReceiptError::Gone("l’article"))?;
        let terms = &article.terms;
        let account = self.account(article)?;
        let (mut ordered, mut net) = (Quantity::ZERO, Net::ZERO);
        let mut packs = terms.pack.map(|_| 0_u64);
        for (year, needed) in line.quantities.iter().enumerate() {
            let ask = Ask { needed: *needed, tolerance: Quantity::ZERO };
            let packed = packing::pack(PackingPolicy::Site, terms.pack, &[ask])?;
            let amount = terms.reference_price.times(packed.ordered)?;
            ordered = ordered.plus(packed.ordered)?;
            net = net.plus(amount)?;
            packs = packs.zip(packed.packs).map(|(all, more)| all.saturating_add(more));
            let cell = cells.entry((year, account.clone(), terms.vat_rate)).or_default();
            *cell = cell.plus(amount)?;
        }
        Ok(NeedsLine {
            reference: article.reference.to_string(),
            designation: terms.label.clone(),
            unit: terms.unit_label.clone(),
            pack: terms.pack.map(|pack| Quantity::whole(pack.units())),
            needed: line.quantities.clone(),
            ordered,
            packs,
            unit_price: terms.reference_price,
            vat_rate: terms.vat_rate,
            net,
        })
    }

    /// The first account of the table for this article.
    fn account(&self, article: &FrozenArticle) -> Result<BudgetAccount, ReceiptError> {
        let unit = article.terms.reference_price.times(Quantity::whole(1))?;
        let unit: Gross = unit.with(article.terms.vat_rate.on(unit)?)?;
        let day = self.census.census.closes_on;
        let found =
            budget::suggestions(&self.accounts, &article.family, &article.sub_family, unit, day);
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
}

fn add(sum: &mut NeedsTotal, net: Net, vat: Vat) -> Result<(), AmountError> {
    sum.net = sum.net.plus(net)?;
    sum.vat = sum.vat.plus(vat)?;
    sum.gross = sum.net.with(sum.vat)?;
    Ok(())
}

fn said_by(source: &AnswerSource) -> String {
    match &source.told_by {
        Some(told_by) => {
            format!("{told_by}, {} (saisi par {})", source.channel.french(), source.typed_by)
        }
        None => format!("{}, {}", source.typed_by, source.channel.french()),
    }
}
