//! Procedures and their lots.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::catalogue::LotCode;
use domain::ids::{CampaignId, ConventionId, LotId, ProcedureId, TenderLotId};
use domain::money::Net;
use domain::tenders::adviser::Procedure;
use entities::{lot_article, tender_lot, tender_procedure};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
};

use super::lot_articles::LotArticle;
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
    /// Why a lot of it is to last more than four years, where one is.
    pub long_duration_reason: Option<String>,
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
        long_duration_reason: Set(new.long_duration_reason.clone()),
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
            long_duration_reason: row.long_duration_reason,
        },
        lots,
    })
}
