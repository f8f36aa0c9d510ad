//! What a contract says of every order placed under it, and its windows.

use chrono::NaiveDate;
use domain::dates::Dated;
use domain::group::convention::{CoordinationModel, PackingPolicy};
use domain::ids::{CampaignId, ContractId, ConventionId, LotId, OrderWindowId, OrganisationId};
use domain::money::Net;
use domain::orders::calendar::Period;
use domain::orders::draft::DraftHead;
use domain::orders::order::{FreightTerms, Taxation};
use domain::tenders::tiers::TierBase;
use domain::vat::{VatCategory, VatRate};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use crate::store::group::coded;
use crate::store::{Access, StoreError, Tx, sql};

/// A contract as its orders need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractTerms {
    pub id: ContractId,
    pub number: String,
    pub title: String,
    pub lot: LotId,
    pub lot_number: String,
    pub lot_title: String,
    pub model: CoordinationModel,
    pub packing: PackingPolicy,
    pub convention: ConventionId,
    pub coordinator: OrganisationId,
    pub holder: OrganisationId,
    /// When its procedure was launched: who was bound later does not order (rule 1).
    pub launched_on: NaiveDate,
    pub notified_on: NaiveDate,
    /// The days on which an order may be placed (rule 4).
    pub period: Period,
    pub ceiling: Net,
    pub committed: Net,
    pub delivery_days: u32,
    pub tier_base: TierBase,
    pub freight: Freight,
}

/// What a contract charges for carriage, before its tax is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freight {
    pub flat: Net,
    pub franco: Option<Net>,
    /// The mention of a holder under art. 293 B CGI.
    pub exemption: Option<String>,
}

/// An order window with its contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    pub id: OrderWindowId,
    pub campaign: CampaignId,
    /// Whose needs it orders.
    pub year: i32,
    pub days: Period,
    pub closed: bool,
    pub contract: ContractTerms,
}

impl Freight {
    /// The terms, where `standard` is the rate that carriage is taxed at: the standard one of
    /// the day from which the order's price schedule is in force, so that a later change of the
    /// rate touches no order. `None` where the prices are delivered prices.
    pub fn at(&self, standard: VatRate) -> Option<FreightTerms> {
        if self.flat == Net::ZERO {
            return None;
        }
        let taxation = match &self.exemption {
            Some(_) => Taxation { category: VatCategory::E, rate: VatRate::ZERO },
            None => Taxation { category: VatCategory::S, rate: standard },
        };
        Some(FreightTerms { flat: self.flat, franco: self.franco, taxation })
    }
}

impl ContractTerms {
    /// Whether prices are set when the window closes: model C, and tiers by what all order.
    pub fn priced_at_close(&self) -> bool {
        self.model.coordinator_pays() || self.tier_base == TierBase::Consolidated
    }

    pub fn head(&self, window: OrderWindowId, freight: Option<FreightTerms>) -> DraftHead {
        DraftHead { contract: self.id, lot: self.lot, window, model: self.model, freight }
    }
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    number: String,
    title: String,
    lot_id: i64,
    lot_number: String,
    lot_title: String,
    model: String,
    packing: String,
    convention_id: i64,
    coordinator_id: i64,
    holder_id: i64,
    launched_on: NaiveDate,
    notified_on: NaiveDate,
    starts_on: NaiveDate,
    last_order_on: NaiveDate,
    ceiling_cents: i64,
    committed_cents: i64,
    delivery_days: i64,
    tier_base: String,
    freight_cents: i64,
    franco_cents: Option<i64>,
    vat_exemption: Option<String>,
}

/// The terms of contract `id`.
pub async fn contract_terms(on: &impl Access, id: ContractId) -> Result<ContractTerms, StoreError> {
    let text = "SELECT c.id, c.number, c.title, c.lot_id, l.number AS lot_number, l.title AS lot_title, \
                l.model, l.packing, c.convention_id, v.coordinator_id, c.holder_id, c.launched_on, \
                c.notified_on, c.starts_on, c.last_order_on, c.ceiling_cents, c.committed_cents, \
                c.delivery_days, c.tier_base, c.freight_cents, c.franco_cents, c.vat_exemption \
                FROM contract c JOIN lot l ON l.id = c.lot_id \
                JOIN convention v ON v.id = c.convention_id WHERE c.id = $1";
    let row = Row::find_by_statement(sql(on.connection(), text, [id.0.into()]))
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading a contract"))?
        .ok_or_else(|| StoreError::NotFound { what: "contract", id: id.to_string() })?;
    let at = |column| ("contract", row.id, column);
    let delay = u32::try_from(row.delivery_days).ok();
    Ok(ContractTerms {
        id,
        lot: LotId(row.lot_id),
        model: coded(CoordinationModel::from_code(&row.model), at("model"), &row.model)?,
        packing: coded(PackingPolicy::from_code(&row.packing), at("packing"), &row.packing)?,
        convention: ConventionId(row.convention_id),
        coordinator: OrganisationId(row.coordinator_id),
        holder: OrganisationId(row.holder_id),
        launched_on: row.launched_on,
        notified_on: row.notified_on,
        period: Period { from: row.starts_on, to: row.last_order_on },
        ceiling: Net::from_cents(row.ceiling_cents),
        committed: Net::from_cents(row.committed_cents),
        delivery_days: coded(delay, at("delivery_days"), &row.delivery_days.to_string())?,
        tier_base: coded(TierBase::from_code(&row.tier_base), at("tier_base"), &row.tier_base)?,
        freight: Freight {
            flat: Net::from_cents(row.freight_cents),
            franco: row.franco_cents.map(Net::from_cents),
            exemption: row.vat_exemption,
        },
        number: row.number,
        title: row.title,
        lot_number: row.lot_number,
        lot_title: row.lot_title,
    })
}

#[derive(FromQueryResult)]
struct WindowRow {
    id: i64,
    contract_id: i64,
    campaign_id: i64,
    year: i64,
    opens_on: NaiveDate,
    closes_on: NaiveDate,
    state: String,
}

/// The order window `id`.
pub async fn window(on: &impl Access, id: OrderWindowId) -> Result<Window, StoreError> {
    let text = "SELECT id, contract_id, campaign_id, year, opens_on, closes_on, state \
                FROM order_window WHERE id = $1";
    let row = WindowRow::find_by_statement(sql(on.connection(), text, [id.0.into()]))
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading an order window"))?
        .ok_or_else(|| StoreError::NotFound { what: "order window", id: id.to_string() })?;
    let closed = match row.state.as_str() {
        "open" => Some(false),
        "closed" => Some(true),
        _ => None,
    };
    let year = i32::try_from(row.year).ok();
    Ok(Window {
        id: OrderWindowId(row.id),
        campaign: CampaignId(row.campaign_id),
        year: coded(year, ("order_window", row.id, "year"), &row.year.to_string())?,
        days: Period { from: row.opens_on, to: row.closes_on },
        closed: coded(closed, ("order_window", row.id, "state"), &row.state)?,
        contract: contract_terms(on, ContractId(row.contract_id)).await?,
    })
}

/// The window and contract that an order belongs to.
pub async fn window_of(
    on: &impl Access,
    order: domain::ids::OrderId,
) -> Result<Window, StoreError> {
    #[derive(FromQueryResult)]
    struct Of {
        window_id: i64,
    }
    let text = "SELECT window_id FROM purchase_order WHERE id = $1";
    let found = Of::find_by_statement(sql(on.connection(), text, [order.0.into()]))
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading an order"))?
        .ok_or_else(|| StoreError::NotFound { what: "order", id: order.to_string() })?;
    window(on, OrderWindowId(found.window_id)).await
}

/// Closes an open window; whether it was open.
pub async fn close_window(tx: &Tx, id: OrderWindowId) -> Result<bool, StoreError> {
    let on = tx.connection();
    let text = "UPDATE order_window SET state = 'closed' WHERE id = $1 AND state = 'open'";
    let moved = on
        .execute_raw(sql(on, text, [Value::from(id.0)]))
        .await
        .map_err(StoreError::during("closing an order window"))?;
    Ok(moved.rows_affected() == 1)
}

/// The standard rate on `day`, of rates from the highest to the lowest.
pub fn standard_on(rates: &[Dated<VatRate>], day: NaiveDate) -> Result<VatRate, StoreError> {
    let found = rates.iter().find(|row| row.holds_on(day)).map(|row| row.value);
    found.ok_or_else(|| StoreError::NotFound { what: "standard VAT rate", id: day.to_string() })
}
