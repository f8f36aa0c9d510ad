//! An order as an invoice is matched with it.

use chrono::NaiveDate;
use domain::group::convention::{CoordinationModel, FreightKey};
use domain::ids::{ContractId, ConventionId, InvoiceId, OrderId, OrderLineId, OrganisationId};
use domain::invoices::state::InvoiceState;
use domain::money::Net;
use domain::orders::state::OrderState;
use domain::price::{INVOICE_DECIMALS, SCHEDULE_DECIMALS, UnitPrice};
use domain::quantity::{Quantity, Unit};
use domain::siret::{Siren, Siret};
use domain::vat::{VatCategory, VatRate};
use entities::{contract, organisation};
use rust_decimal::Decimal;
use sea_orm::{EntityTrait, FromQueryResult, QueryFilter, Value};

use super::super::group::coded;
use super::super::{Access, StoreError, sql};

/// An issued order with what an invoice must agree with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderedFor {
    pub id: OrderId,
    pub number: String,
    pub state: OrderState,
    pub contract: ContractId,
    pub contract_number: String,
    pub convention: ConventionId,
    pub coordinator: OrganisationId,
    pub model: CoordinationModel,
    pub freight_key: FreightKey,
    pub holder: OrganisationId,
    pub buyer: OrganisationId,
    /// Freight of the order, before VAT.
    pub freight: Net,
    /// In the order of their positions.
    pub lines: Vec<OrderedLine>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderedLine {
    pub id: OrderLineId,
    /// From 1, as printed on the order.
    pub position: u32,
    /// The catalogue's article reference.
    pub reference: String,
    pub unit: Unit,
    pub ordered: Quantity,
    /// Of all members and delivery points.
    pub accepted: Quantity,
    /// The price reductions on what was accepted.
    pub reduction: Net,
    pub price: UnitPrice,
    pub category: VatCategory,
    pub rate: VatRate,
}

/// What another invoice or credit note of the order says of one of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoicedQuantity {
    pub line: OrderLineId,
    pub invoice: InvoiceId,
    /// The invoice that a credit note corrects.
    pub corrects: Option<InvoiceId>,
    pub state: InvoiceState,
    /// As booked: negative where a credit note takes back.
    pub quantity: Decimal,
    /// Before VAT, as booked.
    pub net: Net,
    /// Of one credit line: whether its price is the order's, so that it gives goods back.
    pub at_order_price: bool,
}

#[derive(Debug, FromQueryResult)]
struct OrderRow {
    id: i64,
    number: Option<String>,
    state: String,
    contract_id: i64,
    contract_number: String,
    convention_id: i64,
    coordinator_id: i64,
    model: String,
    freight_key: String,
    holder_id: i64,
    buyer_id: i64,
    freight_cents: i64,
}

#[derive(Debug, FromQueryResult)]
struct LineRow {
    id: i64,
    position: i64,
    reference: String,
    unit: String,
    quantity_milli: i64,
    accepted_milli: i64,
    reduction_cents: i64,
    price_e4: i64,
    category: String,
    rate_bp: i64,
}

const ORDER: &str = "SELECT o.id, o.number, o.state, o.contract_id, \
     c.number AS contract_number, c.convention_id, g.coordinator_id, l.model, g.freight_key, \
     c.holder_id, o.buyer_id, o.freight_cents \
     FROM purchase_order o JOIN contract c ON c.id = o.contract_id \
     JOIN lot l ON l.id = c.lot_id JOIN convention g ON g.id = c.convention_id";

/// The order that an invoice quotes (BT-13); `None` where no order has that number.
pub async fn order_by_number(
    on: &impl Access,
    number: &str,
) -> Result<Option<OrderedFor>, StoreError> {
    order_where(on, "o.number = $1", number.into()).await
}

/// The order of an invoice that was matched.
pub async fn order(on: &impl Access, id: OrderId) -> Result<OrderedFor, StoreError> {
    order_where(on, "o.id = $1", id.0.into())
        .await?
        .ok_or(StoreError::NotFound { what: "order", id: id.to_string() })
}

async fn order_where(
    on: &impl Access,
    condition: &str,
    value: Value,
) -> Result<Option<OrderedFor>, StoreError> {
    let doing = "reading the order of an invoice";
    let on = on.connection();
    let text = format!("{ORDER} WHERE {condition}");
    let found = OrderRow::find_by_statement(sql(on, &text, [value]))
        .one(on)
        .await
        .map_err(StoreError::during(doing))?;
    let Some(row) = found else { return Ok(None) };
    let lines = LineRow::find_by_statement(sql(
        on,
        "SELECT l.id, l.position, a.reference, v.unit, l.quantity_milli, l.price_e4, l.category, \
         l.rate_bp, CAST(COALESCE(SUM(s.accepted_milli), 0) AS BIGINT) AS accepted_milli, \
         CAST(COALESCE(SUM(s.reduction_cents), 0) AS BIGINT) AS reduction_cents \
         FROM order_line l JOIN article_version v ON v.id = l.version_id \
         JOIN article a ON a.id = v.article_id LEFT JOIN order_share s ON s.line_id = l.id \
         WHERE l.order_id = $1 \
         GROUP BY l.id, l.position, a.reference, v.unit, l.quantity_milli, l.price_e4, \
         l.category, l.rate_bp ORDER BY l.position",
        [row.id.into()],
    ))
    .all(on)
    .await
    .map_err(StoreError::during(doing))?;
    let at = |column| ("purchase_order", row.id, column);
    Ok(Some(OrderedFor {
        id: OrderId(row.id),
        number: row.number.unwrap_or_default(),
        state: coded(OrderState::from_code(&row.state), at("state"), &row.state)?,
        contract: ContractId(row.contract_id),
        contract_number: row.contract_number,
        convention: ConventionId(row.convention_id),
        coordinator: OrganisationId(row.coordinator_id),
        model: coded(CoordinationModel::from_code(&row.model), at("model"), &row.model)?,
        freight_key: coded(
            FreightKey::from_code(&row.freight_key),
            at("freight_key"),
            &row.freight_key,
        )?,
        holder: OrganisationId(row.holder_id),
        buyer: OrganisationId(row.buyer_id),
        freight: Net::from_cents(row.freight_cents),
        lines: lines.into_iter().map(ordered_line).collect::<Result<_, _>>()?,
    }))
}

fn ordered_line(row: LineRow) -> Result<OrderedLine, StoreError> {
    let at = |column| ("order_line", row.id, column);
    let quantity = |column, stored: i64| {
        coded(Quantity::from_thousandths(stored).ok(), at(column), &stored.to_string())
    };
    let position = u32::try_from(row.position).ok();
    Ok(OrderedLine {
        id: OrderLineId(row.id),
        position: coded(position, at("position"), &row.position.to_string())?,
        unit: coded(Unit::from_code(&row.unit), at("unit"), &row.unit)?,
        ordered: quantity("quantity_milli", row.quantity_milli)?,
        accepted: quantity("accepted_milli", row.accepted_milli)?,
        reduction: Net::from_cents(row.reduction_cents),
        price: coded(
            UnitPrice::from_ten_thousandths(row.price_e4).ok(),
            at("price_e4"),
            &row.price_e4.to_string(),
        )?,
        category: coded(VatCategory::from_code(&row.category), at("category"), &row.category)?,
        rate: coded(
            VatRate::from_basis_points(row.rate_bp).ok(),
            at("rate_bp"),
            &row.rate_bp.to_string(),
        )?,
        reference: row.reference,
    })
}

/// What the order's other invoices and credit notes say, those rejected left out, the oldest
/// first.
pub async fn invoiced(
    on: &impl Access,
    order: OrderId,
) -> Result<Vec<InvoicedQuantity>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        order_line_id: i64,
        invoice_id: i64,
        corrects_id: Option<i64>,
        state: String,
        credit: bool,
        quantity: String,
        price_e10: i64,
        base_quantity: String,
        net_cents: i64,
        order_price_e4: i64,
    }
    let on = on.connection();
    let rows = Row::find_by_statement(sql(
        on,
        "SELECT l.id, l.order_line_id, l.invoice_id, i.corrects_id, i.state, i.credit, l.quantity, \
         l.price_e10, l.base_quantity, l.net_cents, o.price_e4 AS order_price_e4 \
         FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id \
         JOIN order_line o ON o.id = l.order_line_id \
         WHERE i.order_id = $1 AND i.state <> 'rejected' \
         ORDER BY i.id, l.position",
        [order.0.into()],
    ))
    .all(on)
    .await
    .map_err(StoreError::during("reading what an order was invoiced for"))?;
    rows.into_iter()
        .map(|row| {
            let at = |column| ("invoice_line", row.id, column);
            let printed: Decimal = coded(row.quantity.parse().ok(), at("quantity"), &row.quantity)?;
            let base: Decimal =
                coded(row.base_quantity.parse().ok(), at("base_quantity"), &row.base_quantity)?;
            let price = Decimal::new(row.price_e10, INVOICE_DECIMALS);
            let ordered = Decimal::new(row.order_price_e4, SCHEDULE_DECIMALS);
            Ok(InvoicedQuantity {
                line: OrderLineId(row.order_line_id),
                invoice: InvoiceId(row.invoice_id),
                corrects: row.corrects_id.map(InvoiceId),
                state: coded(InvoiceState::from_code(&row.state), at("state"), &row.state)?,
                quantity: if row.credit { -printed } else { printed },
                net: Net::from_cents(if row.credit { -row.net_cents } else { row.net_cents }),
                at_order_price: ordered.checked_mul(base) == Some(price),
            })
        })
        .collect()
}

/// The number of the first invoice of an order that was not rejected, if there is one.
pub async fn first_of_order(
    on: &impl Access,
    order: OrderId,
) -> Result<Option<String>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        number: String,
    }
    let on = on.connection();
    let found = Row::find_by_statement(sql(
        on,
        "SELECT number FROM invoice WHERE order_id = $1 AND state <> 'rejected' \
         ORDER BY id LIMIT 1",
        [order.0.into()],
    ))
    .one(on)
    .await
    .map_err(StoreError::during("finding the invoice of an order"))?;
    Ok(found.map(|row| row.number))
}

/// The last day on which something of an order was accepted.
pub async fn service_rendered(
    on: &impl Access,
    order: OrderId,
) -> Result<Option<NaiveDate>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        day: Option<NaiveDate>,
    }
    let on = on.connection();
    let row = Row::find_by_statement(sql(
        on,
        "SELECT MAX(d.decided_on) AS day FROM delivery_decision d \
         JOIN order_share s ON s.id = d.share_id \
         WHERE s.order_id = $1 AND d.verdict <> 'rejected'",
        [order.0.into()],
    ))
    .one(on)
    .await
    .map_err(StoreError::during("reading the last acceptance of an order"))?;
    Ok(row.and_then(|row| row.day))
}

/// Every SIRET that an invoice to `buyer` may name: its own and those of its heir.
pub async fn sirets_of_buyer(
    on: &impl Access,
    buyer: OrganisationId,
) -> Result<Vec<Siret>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        siret: String,
    }
    let on = on.connection();
    // The one in use first: it is the one a refusal names.
    let rows = Row::find_by_statement(sql(
        on,
        "SELECT t.id, t.siret FROM siret t WHERE t.organisation_id = $1 OR t.organisation_id = \
         (SELECT o.heir_id FROM organisation o WHERE o.id = $1) \
         ORDER BY CASE WHEN t.organisation_id = $1 AND t.valid_to IS NULL THEN 0 ELSE 1 END, t.id",
        [buyer.0.into()],
    ))
    .all(on)
    .await
    .map_err(StoreError::during("reading the SIRETs of a buyer"))?;
    rows.into_iter()
        .map(|row| coded(row.siret.parse().ok(), ("siret", row.id, "siret"), &row.siret))
        .collect()
}

/// The organisation with this SIREN.
pub async fn by_siren(
    on: &impl Access,
    siren: &Siren,
) -> Result<Option<OrganisationId>, StoreError> {
    let found = organisation::Entity::find()
        .filter(organisation::COLUMN.siren.eq(siren.as_str()))
        .one(on.connection())
        .await
        .map_err(StoreError::during("finding a SIREN"))?;
    Ok(found.map(|row| OrganisationId(row.id)))
}

/// Whether a contract has this number.
pub async fn is_contract(on: &impl Access, number: &str) -> Result<bool, StoreError> {
    let found = contract::Entity::find()
        .filter(contract::COLUMN.number.eq(number))
        .one(on.connection())
        .await
        .map_err(StoreError::during("finding a contract"))?;
    Ok(found.is_some())
}
