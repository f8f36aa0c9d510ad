//! Framework agreements with their windows and how much of each is committed.

use chrono::NaiveDate;
use domain::dates::Dated;
use domain::group::convention::{CoordinationModel, PackingPolicy};
use domain::ids::{
    CampaignId, ContractId, ConventionId, LotId, OrderWindowId, OrganisationId, TenderLotId,
};
use domain::money::Net;
use domain::orders::calendar::Period;
use domain::orders::ceiling::{PastCeiling, Room};
use domain::orders::order::{FreightTerms, Taxation};
use domain::tenders::contract::{AgreementTerms, FrameworkAgreement};
use domain::tenders::revision::RevisionClause;
use domain::tenders::tiers::TierBase;
use domain::vat::{VatCategory, VatRate};
use entities::{contract, order_window};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
};

use super::consolidation::year;
use crate::store::group::coded;
use crate::store::{Access, StoreError, Tx, reference, sql};

/// A framework agreement, its place in the group, and what its orders count for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredContract {
    pub id: ContractId,
    pub title: String,
    /// Its freight is taxed at the standard rate of its first day.
    pub agreement: FrameworkAgreement,
    pub convention: ConventionId,
    pub coordinator: OrganisationId,
    pub tender_lot: TenderLotId,
    pub lot: LotId,
    pub lot_title: String,
    pub packing: PackingPolicy,
    pub holder_name: String,
    /// When its procedure was launched: who was bound later does not order (rule 1).
    pub launched_on: NaiveDate,
    pub notified_on: NaiveDate,
    /// When the unsuccessful tenderers were told, where they had to be.
    pub losers_told_on: Option<NaiveDate>,
    /// The mention of a holder under art. 293 B CGI.
    pub vat_exemption: Option<String>,
    /// What its orders count for under the ceiling.
    pub committed: Net,
    /// In the order of their days.
    pub windows: Vec<StoredWindow>,
}

/// The days on which members prepare the orders of one year of a census.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredWindow {
    pub id: OrderWindowId,
    pub contract: ContractId,
    pub campaign: CampaignId,
    /// Whose needs it orders.
    pub year: i32,
    pub days: Period,
    pub closed: bool,
}

impl StoredContract {
    /// What is left under the ceiling.
    ///
    /// # Errors
    ///
    /// [`PastCeiling`] when more is committed, which no order may cause.
    pub fn gauge(&self) -> Result<Room, PastCeiling> {
        self.agreement.gauge(self.committed)
    }
}

/// What an award adds to the agreement it makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewContractRow {
    pub title: String,
    pub agreement: FrameworkAgreement,
    pub convention: ConventionId,
    pub tender_lot: TenderLotId,
    pub lot: LotId,
    pub launched_on: NaiveDate,
    pub notified_on: NaiveDate,
    pub losers_told_on: Option<NaiveDate>,
    pub vat_exemption: Option<String>,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    number: String,
    title: String,
    convention_id: i64,
    coordinator_id: i64,
    tender_lot_id: i64,
    lot_id: i64,
    lot_number: String,
    lot_title: String,
    model: String,
    packing: String,
    holder_id: i64,
    holder_name: String,
    launched_on: NaiveDate,
    notified_on: NaiveDate,
    losers_told_on: Option<NaiveDate>,
    starts_on: NaiveDate,
    months: i64,
    long_duration_reason: Option<String>,
    floor_cents: Option<i64>,
    ceiling_cents: i64,
    committed_cents: i64,
    delivery_days: i64,
    freight_cents: i64,
    franco_cents: Option<i64>,
    tier_base: String,
    revision_clause: Option<String>,
    vat_exemption: Option<String>,
}

const CONTRACT: &str = "SELECT c.id, c.number, c.title, c.convention_id, v.coordinator_id, \
     c.tender_lot_id, c.lot_id, l.number AS lot_number, l.title AS lot_title, l.model, l.packing, \
     c.holder_id, h.name AS holder_name, c.launched_on, c.notified_on, c.starts_on, c.months, \
     c.long_duration_reason, c.floor_cents, c.ceiling_cents, c.committed_cents, c.delivery_days, \
     c.freight_cents, c.franco_cents, c.tier_base, c.revision_clause, c.vat_exemption, \
     c.losers_told_on \
     FROM contract c JOIN lot l ON l.id = c.lot_id JOIN convention v ON v.id = c.convention_id \
     JOIN organisation h ON h.id = c.holder_id WHERE c.id = $1";

/// The contract `id`, with its gauge and windows.
pub async fn contract(on: &impl Access, id: ContractId) -> Result<StoredContract, StoreError> {
    let doing = "reading a contract";
    let row = Row::find_by_statement(sql(on.connection(), CONTRACT, [id.0.into()]))
        .one(on.connection())
        .await
        .map_err(StoreError::during(doing))?
        .ok_or_else(|| StoreError::NotFound { what: "contract", id: id.to_string() })?;
    let windows = order_window::Entity::find()
        .filter(order_window::COLUMN.contract_id.eq(id.0))
        .order_by_asc(order_window::COLUMN.opens_on)
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let windows = windows.iter().map(window).collect::<Result<_, _>>()?;
    stored(row, windows, &reference::standard_rates(on).await?)
}

/// The number of every contract, in their order.
pub async fn contract_numbers(on: &impl Access) -> Result<Vec<(ContractId, String)>, StoreError> {
    contract::Entity::find()
        .select_only()
        .columns([contract::Column::Id, contract::Column::Number])
        .order_by_asc(contract::COLUMN.number)
        .into_tuple::<(i64, String)>()
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the numbers of contracts"))
        .map(|rows| rows.into_iter().map(|(id, number)| (ContractId(id), number)).collect())
}

/// The contract `id`, which nobody else changes before this transaction ends.
pub async fn lock_contract(tx: &Tx, id: ContractId) -> Result<StoredContract, StoreError> {
    let row = contract::Entity::find_by_id(id.0).lock_exclusive();
    row.one(tx.connection()).await.map_err(StoreError::during("locking a contract"))?;
    contract(tx, id).await
}

/// Whether a contract already has this number.
pub async fn is_numbered(on: &impl Access, number: &str) -> Result<bool, StoreError> {
    let found = contract::Entity::find()
        .filter(contract::COLUMN.number.eq(number))
        .one(on.connection())
        .await
        .map_err(StoreError::during("finding a contract"))?;
    Ok(found.is_some())
}

fn window(row: &order_window::Model) -> Result<StoredWindow, StoreError> {
    let closed = match row.state.as_str() {
        "open" => Some(false),
        "closed" => Some(true),
        _ => None,
    };
    Ok(StoredWindow {
        id: OrderWindowId(row.id),
        contract: ContractId(row.contract_id),
        campaign: CampaignId(row.campaign_id),
        year: year(("order_window", row.id, "year"), row.year)?,
        days: Period { from: row.opens_on, to: row.closes_on },
        closed: coded(closed, ("order_window", row.id, "state"), &row.state)?,
    })
}

fn stored(
    row: Row,
    windows: Vec<StoredWindow>,
    rates: &[Dated<VatRate>],
) -> Result<StoredContract, StoreError> {
    let at = |column| ("contract", row.id, column);
    let small =
        |stored: i64, column| coded(u32::try_from(stored).ok(), at(column), &stored.to_string());
    let lot = |column| ("lot", row.lot_id, column);
    let taxation = match &row.vat_exemption {
        Some(_) => Some(Taxation { category: VatCategory::E, rate: VatRate::ZERO }),
        None => rates
            .iter()
            .find(|rate| rate.holds_on(row.starts_on))
            .map(|rate| Taxation { category: VatCategory::S, rate: rate.value }),
    };
    let freight = (row.freight_cents != 0).then_some(row.freight_cents).map(|flat| {
        Ok::<_, StoreError>(FreightTerms {
            flat: Net::from_cents(flat),
            franco: row.franco_cents.map(Net::from_cents),
            taxation: coded(taxation, at("starts_on"), &row.starts_on.to_string())?,
        })
    });
    let revision = row.revision_clause.as_ref().map(|clause| {
        coded(serde_json::from_str::<RevisionClause>(clause).ok(), at("revision_clause"), clause)
    });
    let terms = AgreementTerms {
        number: row.number.clone(),
        lot: coded(row.lot_number.parse().ok(), lot("number"), &row.lot_number)?,
        holder: OrganisationId(row.holder_id),
        model: coded(CoordinationModel::from_code(&row.model), lot("model"), &row.model)?,
        starts_on: row.starts_on,
        months: small(row.months, "months")?,
        exceptional_duration_reason: row.long_duration_reason,
        ceiling: Net::from_cents(row.ceiling_cents),
        floor: row.floor_cents.map(Net::from_cents),
        delivery_days: small(row.delivery_days, "delivery_days")?,
        freight: freight.transpose()?,
        tier_base: coded(TierBase::from_code(&row.tier_base), at("tier_base"), &row.tier_base)?,
        revision: revision.transpose()?,
        windows: windows.iter().map(|window| window.days).collect(),
    };
    let agreement = FrameworkAgreement::new(terms).map_err(|error| StoreError::Corrupt {
        table: "contract",
        id: row.id,
        column: "number",
        found: format!("{} ({error})", row.number),
    })?;
    Ok(StoredContract {
        id: ContractId(row.id),
        title: row.title,
        agreement,
        convention: ConventionId(row.convention_id),
        coordinator: OrganisationId(row.coordinator_id),
        tender_lot: TenderLotId(row.tender_lot_id),
        lot: LotId(row.lot_id),
        lot_title: row.lot_title,
        packing: coded(PackingPolicy::from_code(&row.packing), lot("packing"), &row.packing)?,
        holder_name: row.holder_name,
        launched_on: row.launched_on,
        notified_on: row.notified_on,
        losers_told_on: row.losers_told_on,
        vat_exemption: row.vat_exemption,
        committed: Net::from_cents(row.committed_cents),
        windows,
    })
}

/// Adds a contract; nothing is committed yet.
pub async fn add_contract(tx: &Tx, new: &NewContractRow) -> Result<ContractId, StoreError> {
    let terms = new.agreement.terms();
    let clause = terms.revision.as_ref().map(serde_json::to_string).transpose();
    let clause = clause.map_err(|_| {
        StoreError::Refused("La clause de révision ne peut pas être enregistrée. Corrigez-la.")
    })?;
    let row = contract::ActiveModel {
        id: NotSet,
        number: Set(terms.number.clone()),
        title: Set(new.title.clone()),
        convention_id: Set(new.convention.0),
        tender_lot_id: Set(new.tender_lot.0),
        lot_id: Set(new.lot.0),
        holder_id: Set(terms.holder.0),
        launched_on: Set(new.launched_on),
        notified_on: Set(new.notified_on),
        losers_told_on: Set(new.losers_told_on),
        starts_on: Set(terms.starts_on),
        months: Set(terms.months.into()),
        last_order_on: Set(new.agreement.period().to),
        long_duration_reason: Set(terms.exceptional_duration_reason.clone()),
        floor_cents: Set(terms.floor.map(Net::cents)),
        ceiling_cents: Set(terms.ceiling.cents()),
        committed_cents: Set(0),
        delivery_days: Set(terms.delivery_days.into()),
        freight_cents: Set(terms.freight.map_or(0, |freight| freight.flat.cents())),
        franco_cents: Set(terms.freight.and_then(|freight| freight.franco).map(Net::cents)),
        tier_base: Set(terms.tier_base.code().to_owned()),
        revision_clause: Set(clause),
        vat_exemption: Set(new.vat_exemption.clone()),
    };
    let row = row.insert(tx.connection()).await.map_err(StoreError::during("adding a contract"))?;
    Ok(ContractId(row.id))
}

/// Adds an open window.
pub async fn add_window(
    tx: &Tx,
    contract: ContractId,
    campaign: CampaignId,
    year: i32,
    days: Period,
) -> Result<OrderWindowId, StoreError> {
    let row = order_window::ActiveModel {
        id: NotSet,
        contract_id: Set(contract.0),
        campaign_id: Set(campaign.0),
        year: Set(year.into()),
        opens_on: Set(days.from),
        closes_on: Set(days.to),
        state: Set("open".to_owned()),
    };
    let row =
        row.insert(tx.connection()).await.map_err(StoreError::during("opening an order window"))?;
    Ok(OrderWindowId(row.id))
}

/// Closes an open window; whether it was open.
pub async fn close_window(tx: &Tx, id: OrderWindowId) -> Result<bool, StoreError> {
    let moved = order_window::Entity::update_many()
        .col_expr(order_window::Column::State, Expr::value("closed"))
        .filter(order_window::COLUMN.id.eq(id.0))
        .filter(order_window::COLUMN.state.eq("open"))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("closing an order window"))?;
    Ok(moved.rows_affected == 1)
}
