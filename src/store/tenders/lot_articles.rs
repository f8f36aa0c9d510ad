//! What all members need in a lot, and what a bid for it must price.

use std::collections::BTreeMap;

use domain::catalogue::{ArticleRef, PackSize};
use domain::ids::{ArticleId, ArticleVersionId, TenderLotId};
use domain::money::Net;
use domain::quantity::{Quantity, Unit};
use domain::vat::VatRate;
use sea_orm::FromQueryResult;

use super::consolidation::{pack, quantity, reference, year};
use crate::store::group::coded;
use crate::store::{Access, StoreError, sql};

/// What all members need of an article in one year, and what is ordered for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotArticle {
    pub version: ArticleVersionId,
    pub year: i32,
    pub members: i64,
    pub sites: i64,
    pub needed: Quantity,
    pub ordered: Quantity,
    /// `None` for what is measured.
    pub packs: Option<u64>,
    /// Ordered × reference price, rounded half-up once.
    pub net: Net,
}

/// The same with what the article is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotArticleRow {
    pub article: ArticleId,
    pub reference: ArticleRef,
    pub label: String,
    pub unit: Unit,
    pub unit_label: String,
    pub pack: Option<PackSize>,
    pub cpv: String,
    pub specification: String,
    pub standards: String,
    pub vat_rate: VatRate,
    pub needs: LotArticle,
}

/// An article that a bid for the lot must price: every article of its census, needed or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToPrice {
    pub version: ArticleVersionId,
    /// What bids are compared on: ordered for all members, over all years.
    pub quantity: Quantity,
    pub vat_rate: VatRate,
}

#[derive(FromQueryResult)]
struct ToPriceRow {
    article_id: i64,
    reference: String,
    version_id: i64,
    rate_bp: i64,
    ordered_milli: i64,
}

/// The articles to price of a lot.
pub async fn articles_to_price(
    on: &impl Access,
    lot: TenderLotId,
) -> Result<BTreeMap<ArticleRef, ToPrice>, StoreError> {
    let text = "SELECT a.id AS article_id, a.reference, v.id AS version_id, v.rate_bp, \
                CAST(COALESCE((SELECT SUM(n.ordered_milli) FROM lot_article n \
                  WHERE n.tender_lot_id = t.id AND n.version_id = v.id), 0) AS BIGINT) \
                  AS ordered_milli \
                FROM tender_lot t JOIN tender_procedure p ON p.id = t.procedure_id \
                JOIN lot l ON l.id = t.lot_id JOIN campaign_article c ON c.campaign_id = p.campaign_id \
                JOIN article a ON a.id = c.article_id AND a.lot = l.number \
                JOIN article_version v ON v.id = c.version_id WHERE t.id = $1";
    ToPriceRow::find_by_statement(sql(on.connection(), text, [lot.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the articles to price"))?
        .into_iter()
        .map(|row| {
            let rate = VatRate::from_basis_points(row.rate_bp).ok();
            let at = ("article_version", row.version_id, "rate_bp");
            let to_price = ToPrice {
                version: ArticleVersionId(row.version_id),
                quantity: quantity(("lot_article", lot.0, "ordered_milli"), row.ordered_milli)?,
                vat_rate: coded(rate, at, &row.rate_bp.to_string())?,
            };
            Ok((reference(row.article_id, &row.reference)?, to_price))
        })
        .collect()
}

#[derive(FromQueryResult)]
struct ArticleRow {
    id: i64,
    article_id: i64,
    reference: String,
    label: String,
    unit: String,
    unit_label: String,
    pack_milli: Option<i64>,
    cpv: String,
    specification: String,
    standards: String,
    rate_bp: i64,
    version_id: i64,
    year: i64,
    members: i64,
    sites: i64,
    needed_milli: i64,
    ordered_milli: i64,
    packs: Option<i64>,
    net_cents: i64,
}

/// What all members need in a lot, by article reference, then year.
pub async fn lot_articles(
    on: &impl Access,
    lot: TenderLotId,
) -> Result<Vec<LotArticleRow>, StoreError> {
    let text = "SELECT n.id, v.article_id, a.reference, v.label, v.unit, v.unit_label, v.pack_milli, \
                v.cpv, v.specification, v.standards, v.rate_bp, n.version_id, n.year, n.members, \
                n.sites, n.needed_milli, n.ordered_milli, n.packs, n.net_cents FROM lot_article n \
                JOIN article_version v ON v.id = n.version_id JOIN article a ON a.id = v.article_id \
                WHERE n.tender_lot_id = $1 ORDER BY a.reference, n.year";
    ArticleRow::find_by_statement(sql(on.connection(), text, [lot.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the articles of a lot"))?
        .into_iter()
        .map(LotArticleRow::try_from)
        .collect()
}

impl TryFrom<ArticleRow> for LotArticleRow {
    type Error = StoreError;

    fn try_from(row: ArticleRow) -> Result<Self, StoreError> {
        let at = |column| ("lot_article", row.id, column);
        let version = |column| ("article_version", row.version_id, column);
        let rate = VatRate::from_basis_points(row.rate_bp).ok();
        let packs = row
            .packs
            .map(|packs| coded(u64::try_from(packs).ok(), at("packs"), &packs.to_string()));
        Ok(Self {
            article: ArticleId(row.article_id),
            reference: reference(row.article_id, &row.reference)?,
            unit: coded(Unit::from_code(&row.unit), version("unit"), &row.unit)?,
            pack: pack(version("pack_milli"), row.pack_milli)?,
            vat_rate: coded(rate, version("rate_bp"), &row.rate_bp.to_string())?,
            needs: LotArticle {
                version: ArticleVersionId(row.version_id),
                year: year(at("year"), row.year)?,
                members: row.members,
                sites: row.sites,
                needed: quantity(at("needed_milli"), row.needed_milli)?,
                ordered: quantity(at("ordered_milli"), row.ordered_milli)?,
                packs: packs.transpose()?,
                net: Net::from_cents(row.net_cents),
            },
            label: row.label,
            unit_label: row.unit_label,
            cpv: row.cpv,
            specification: row.specification,
            standards: row.standards,
        })
    }
}
