//! Procedures, their lots, and what all members need in each.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::catalogue::{ArticleRef, LotCode, PackSize};
use domain::ids::{
    ArticleId, ArticleVersionId, CampaignId, ConventionId, LotId, ProcedureId, TenderLotId,
};
use domain::money::Net;
use domain::quantity::{Quantity, Unit};
use domain::tenders::adviser::Procedure;
use domain::vat::VatRate;
use entities::{lot_article, tender_lot, tender_procedure};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
};

use super::consolidation::{pack, quantity, reference, year};
use crate::store::group::coded;
use crate::store::platform::insert_all;
use crate::store::{Access, StoreError, Tx, sql};

/// A lot of a procedure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLot {
    pub id: TenderLotId,
    pub procedure: ProcedureId,
    pub lot: LotId,
    /// The catalogue's code.
    pub code: LotCode,
    pub title: String,
    pub months: u32,
    /// The needs over the whole duration, before VAT.
    pub estimate: Net,
    /// The maximum announced.
    pub ceiling: Net,
}

/// What a procedure is, and what the law made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcedureHead {
    pub convention: ConventionId,
    pub campaign: CampaignId,
    pub reference: String,
    pub title: String,
    pub launched_on: NaiveDate,
    pub kind: Procedure,
    /// What the law compares with its thresholds (rule 5).
    pub value: Net,
    /// The sentences that led to `kind` and publicity, with the rows they rest on.
    pub advice: String,
}

/// A procedure with its lots, in the order of their codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredProcedure {
    pub id: ProcedureId,
    pub head: ProcedureHead,
    pub lots: Vec<StoredLot>,
}

/// A lot of a procedure before it has a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLotRow {
    pub lot: LotId,
    pub months: u32,
    pub estimate: Net,
    pub ceiling: Net,
    pub articles: Vec<LotArticle>,
}

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

/// Adds a procedure with its lots and their articles.
pub async fn add_procedure(
    tx: &Tx,
    new: &ProcedureHead,
    lots: &[NewLotRow],
) -> Result<ProcedureId, StoreError> {
    let doing = "adding a procedure";
    let row = tender_procedure::ActiveModel {
        id: NotSet,
        convention_id: Set(new.convention.0),
        campaign_id: Set(new.campaign.0),
        reference: Set(new.reference.clone()),
        title: Set(new.title.clone()),
        launched_on: Set(new.launched_on),
        kind: Set(new.kind.code().to_owned()),
        estimated_cents: Set(new.value.cents()),
        threshold_source: Set(new.advice.clone()),
    };
    let row = row.insert(tx.connection()).await.map_err(StoreError::during(doing))?;
    let rows = lots.iter().map(|lot| tender_lot::ActiveModel {
        id: NotSet,
        procedure_id: Set(row.id),
        lot_id: Set(lot.lot.0),
        duration_months: Set(lot.months.into()),
        estimated_cents: Set(lot.estimate.cents()),
        ceiling_cents: Set(lot.ceiling.cents()),
    });
    insert_all::<tender_lot::Entity, _>(tx, rows.collect(), 6, doing).await?;
    let ids: BTreeMap<i64, i64> = tender_lot::Entity::find()
        .filter(tender_lot::COLUMN.procedure_id.eq(row.id))
        .all(tx.connection())
        .await
        .map_err(StoreError::during(doing))?
        .into_iter()
        .map(|lot| (lot.lot_id, lot.id))
        .collect();
    let articles = lots.iter().flat_map(|lot| {
        let id = ids.get(&lot.lot.0).copied().unwrap_or_default();
        lot.articles.iter().map(move |needs| lot_article::ActiveModel {
            id: NotSet,
            tender_lot_id: Set(id),
            version_id: Set(needs.version.0),
            year: Set(needs.year.into()),
            members: Set(needs.members),
            sites: Set(needs.sites),
            needed_milli: Set(needs.needed.thousandths()),
            ordered_milli: Set(needs.ordered.thousandths()),
            packs: Set(needs.packs.map(|packs| i64::try_from(packs).unwrap_or(i64::MAX))),
            net_cents: Set(needs.net.cents()),
        })
    });
    insert_all::<lot_article::Entity, _>(tx, articles.collect(), 10, doing).await?;
    Ok(ProcedureId(row.id))
}

#[derive(FromQueryResult)]
struct LotRow {
    id: i64,
    procedure_id: i64,
    lot_id: i64,
    number: String,
    title: String,
    duration_months: i64,
    estimated_cents: i64,
    ceiling_cents: i64,
}

const LOTS: &str = "SELECT t.id, t.procedure_id, t.lot_id, l.number, l.title, t.duration_months, \
     t.estimated_cents, t.ceiling_cents FROM tender_lot t JOIN lot l ON l.id = t.lot_id";

impl TryFrom<LotRow> for StoredLot {
    type Error = StoreError;

    fn try_from(row: LotRow) -> Result<Self, StoreError> {
        let months = u32::try_from(row.duration_months).ok();
        let at = ("tender_lot", row.id, "duration_months");
        Ok(Self {
            id: TenderLotId(row.id),
            procedure: ProcedureId(row.procedure_id),
            lot: LotId(row.lot_id),
            code: coded(row.number.parse().ok(), ("lot", row.lot_id, "number"), &row.number)?,
            title: row.title,
            months: coded(months, at, &row.duration_months.to_string())?,
            estimate: Net::from_cents(row.estimated_cents),
            ceiling: Net::from_cents(row.ceiling_cents),
        })
    }
}

async fn lots(
    on: &impl Access,
    condition: &str,
    id: Option<i64>,
) -> Result<Vec<StoredLot>, StoreError> {
    let text = format!("{LOTS} {condition}");
    LotRow::find_by_statement(sql(on.connection(), &text, id.map(Into::into)))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading lots"))?
        .into_iter()
        .map(StoredLot::try_from)
        .collect()
}

/// The lot `id` of a procedure.
pub async fn tender_lot(on: &impl Access, id: TenderLotId) -> Result<StoredLot, StoreError> {
    lots(on, "WHERE t.id = $1", Some(id.0))
        .await?
        .pop()
        .ok_or_else(|| StoreError::NotFound { what: "lot", id: id.to_string() })
}

/// The same, for a transaction that changes its bids: nobody else does until it ends.
pub async fn lock_tender_lot(tx: &Tx, id: TenderLotId) -> Result<StoredLot, StoreError> {
    let row = tender_lot::Entity::find_by_id(id.0).lock_exclusive();
    row.one(tx.connection()).await.map_err(StoreError::during("locking a lot"))?;
    tender_lot(tx, id).await
}

/// The procedure `id`.
pub async fn procedure(on: &impl Access, id: ProcedureId) -> Result<StoredProcedure, StoreError> {
    let row = tender_procedure::Entity::find_by_id(id.0)
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading a procedure"))?
        .ok_or_else(|| StoreError::NotFound { what: "procedure", id: id.to_string() })?;
    stored(row, lots(on, "WHERE t.procedure_id = $1", Some(id.0)).await?)
}

/// The same, for a transaction that issues its papers: nobody else does until it ends.
pub async fn lock_procedure(tx: &Tx, id: ProcedureId) -> Result<StoredProcedure, StoreError> {
    let row = tender_procedure::Entity::find_by_id(id.0).lock_exclusive();
    row.one(tx.connection()).await.map_err(StoreError::during("locking a procedure"))?;
    procedure(tx, id).await
}

/// Every procedure, the last launched first.
pub async fn procedures(on: &impl Access) -> Result<Vec<StoredProcedure>, StoreError> {
    let rows = tender_procedure::Entity::find()
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading procedures"))?;
    let mut by_procedure: BTreeMap<i64, Vec<StoredLot>> = BTreeMap::new();
    for lot in lots(on, "", None).await? {
        by_procedure.entry(lot.procedure.0).or_default().push(lot);
    }
    let mut all = rows
        .into_iter()
        .map(|row| {
            let lots = by_procedure.remove(&row.id).unwrap_or_default();
            stored(row, lots)
        })
        .collect::<Result<Vec<_>, _>>()?;
    all.sort_by_key(|procedure| std::cmp::Reverse((procedure.head.launched_on, procedure.id)));
    Ok(all)
}

/// Whether a procedure already has this reference.
pub async fn is_referenced(on: &impl Access, reference: &str) -> Result<bool, StoreError> {
    let found = tender_procedure::Entity::find()
        .filter(tender_procedure::COLUMN.reference.eq(reference))
        .one(on.connection())
        .await
        .map_err(StoreError::during("finding a procedure"))?;
    Ok(found.is_some())
}

fn stored(
    row: tender_procedure::Model,
    mut lots: Vec<StoredLot>,
) -> Result<StoredProcedure, StoreError> {
    lots.sort_by(|a, b| a.code.cmp(&b.code));
    let kind = Procedure::from_code(&row.kind);
    Ok(StoredProcedure {
        id: ProcedureId(row.id),
        head: ProcedureHead {
            convention: ConventionId(row.convention_id),
            campaign: CampaignId(row.campaign_id),
            reference: row.reference,
            title: row.title,
            launched_on: row.launched_on,
            kind: coded(kind, ("tender_procedure", row.id, "kind"), &row.kind)?,
            value: Net::from_cents(row.estimated_cents),
            advice: row.threshold_source,
        },
        lots,
    })
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
