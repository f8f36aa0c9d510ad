//! Members' shares of invoices as they were written, and what is left to share of an order.

use std::collections::BTreeMap;

use domain::group::convention::FreightKey;
use domain::ids::{AllocationId, InvoiceId, OrderId, OrderLineId, OrganisationId, SiteId};
use domain::invoices::attribution::Holding;
use domain::money::{Cents, Gross};
use domain::quantity::Quantity;
use domain::siret::Siret;
use entities::{allocation, allocation_member};
use sea_orm::{EntityTrait, FromQueryResult, QueryFilter};

use super::super::group::coded;
use super::super::{Access, StoreError, sql};

/// What one member ordered, got and was invoiced at one delivery point, line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareLeft {
    /// The row of the order's share.
    pub share: i64,
    pub line: OrderLineId,
    pub member: OrganisationId,
    pub site: SiteId,
    pub name: String,
    /// The member's SIRET in use; `None` where it has none.
    pub siret: Option<Siret>,
    pub holding: Holding,
}

/// A quantity that a line is shared by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weight {
    /// Where the line stands in the invoice, from 0.
    pub position: usize,
    pub member: OrganisationId,
    /// The order's share; `None` for a line that the order does not have.
    pub share: Option<i64>,
    /// Booked, in thousandths: negative where a credit note or a line takes back.
    pub milli: i64,
    /// Whether goods are charged or given back; else it only says whose a price is.
    pub goods: bool,
}

/// An allocation with its members' totals, as booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAllocation {
    pub id: AllocationId,
    pub invoice: InvoiceId,
    pub mirrors: Option<AllocationId>,
    pub key: FreightKey,
    pub sha256: String,
    /// By member: what it owes, and the number of its statement once validated.
    pub members: BTreeMap<OrganisationId, MemberTotal>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberTotal {
    /// As it was shared with.
    pub siret: Siret,
    pub name: String,
    pub gross: Gross,
    pub payable: Cents,
    /// SHA-256 of the invoice and this member's share, in hexadecimal.
    pub code: String,
    pub statement_number: Option<String>,
}

#[derive(FromQueryResult)]
struct ShareRow {
    share_id: i64,
    line_id: i64,
    organisation_id: i64,
    site_id: i64,
    name: String,
    siret: Option<String>,
    quantity_milli: i64,
    delivered_milli: i64,
    accepted_milli: i64,
    invoiced_milli: i64,
    credited_milli: i64,
}

/// Every share of an order with what is left to invoice of it, by line, then by SIRET.
pub async fn shares_left(on: &impl Access, order: OrderId) -> Result<Vec<ShareLeft>, StoreError> {
    let on = on.connection();
    let rows = ShareRow::find_by_statement(sql(
        on,
        "SELECT s.id AS share_id, s.line_id, s.organisation_id, s.site_id, o.name, t.siret, \
         s.quantity_milli, s.delivered_milli, s.accepted_milli, \
         COALESCE(w.invoiced, 0) AS invoiced_milli, COALESCE(w.credited, 0) AS credited_milli \
         FROM order_share s JOIN organisation o ON o.id = s.organisation_id \
         LEFT JOIN siret t ON t.organisation_id = o.id AND t.valid_to IS NULL \
         LEFT JOIN (SELECT x.share_id, \
                    CAST(SUM(CASE WHEN x.quantity_milli > 0 THEN x.quantity_milli ELSE 0 END) \
                         AS BIGINT) AS invoiced, \
                    CAST(SUM(CASE WHEN x.quantity_milli < 0 THEN -x.quantity_milli ELSE 0 END) \
                         AS BIGINT) AS credited \
                    FROM allocation_weight x JOIN order_share y ON y.id = x.share_id \
                    WHERE y.order_id = $1 AND x.goods GROUP BY x.share_id) w ON w.share_id = s.id \
         WHERE s.order_id = $1 ORDER BY s.line_id, t.siret, s.site_id",
        [order.0.into()],
    ))
    .all(on)
    .await
    .map_err(StoreError::during("reading what is left to invoice"))?;
    rows.into_iter().map(share_left).collect()
}

fn share_left(row: ShareRow) -> Result<ShareLeft, StoreError> {
    let at = |column| ("order_share", row.share_id, column);
    let quantity = |column, stored: i64| {
        coded(Quantity::from_thousandths(stored).ok(), at(column), &stored.to_string())
    };
    Ok(ShareLeft {
        share: row.share_id,
        line: OrderLineId(row.line_id),
        member: OrganisationId(row.organisation_id),
        site: SiteId(row.site_id),
        siret: match &row.siret {
            Some(text) => Some(coded(text.parse().ok(), at("siret"), text)?),
            None => None,
        },
        holding: Holding {
            ordered: quantity("quantity_milli", row.quantity_milli)?,
            delivered: quantity("delivered_milli", row.delivered_milli)?,
            accepted: quantity("accepted_milli", row.accepted_milli)?,
            invoiced: quantity("invoiced_milli", row.invoiced_milli)?,
            credited: quantity("credited_milli", row.credited_milli)?,
        },
        name: row.name,
    })
}

/// The allocation of an invoice, if it has one.
pub async fn allocation_of(
    on: &impl Access,
    invoice: InvoiceId,
) -> Result<Option<StoredAllocation>, StoreError> {
    let doing = "reading an allocation";
    let found = allocation::Entity::find()
        .filter(allocation::COLUMN.invoice_id.eq(invoice.0))
        .one(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let Some(row) = found else { return Ok(None) };
    let members = allocation_member::Entity::find()
        .filter(allocation_member::COLUMN.allocation_id.eq(row.id))
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let key = FreightKey::from_code(&row.charge_key);
    Ok(Some(StoredAllocation {
        id: AllocationId(row.id),
        invoice,
        mirrors: row.mirrors_id.map(AllocationId),
        key: coded(key, ("allocation", row.id, "charge_key"), &row.charge_key)?,
        sha256: row.sha256,
        members: members.into_iter().map(member_total).collect::<Result<_, _>>()?,
    }))
}

fn member_total(
    row: allocation_member::Model,
) -> Result<(OrganisationId, MemberTotal), StoreError> {
    let siret = row.siret.parse().ok();
    let total = MemberTotal {
        siret: coded(siret, ("allocation_member", row.id, "siret"), &row.siret)?,
        name: row.name,
        gross: Gross::from_cents(row.gross_cents),
        payable: Cents(row.payable_cents),
        code: row.code,
        statement_number: row.statement_number,
    };
    Ok((OrganisationId(row.organisation_id), total))
}

/// The invoice that an allocation shares.
pub async fn invoice_of(on: &impl Access, id: AllocationId) -> Result<InvoiceId, StoreError> {
    allocation::Entity::find_by_id(id.0)
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading an allocation"))?
        .map(|row| InvoiceId(row.invoice_id))
        .ok_or(StoreError::NotFound { what: "allocation", id: id.to_string() })
}

/// The quantities that an invoice was shared by, by position and share.
pub async fn weights(on: &impl Access, invoice: InvoiceId) -> Result<Vec<Weight>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        position: i64,
        organisation_id: i64,
        share_id: Option<i64>,
        quantity_milli: i64,
        goods: bool,
    }
    let on = on.connection();
    let rows = Row::find_by_statement(sql(
        on,
        "SELECT w.id, l.position, w.organisation_id, w.share_id, w.quantity_milli, w.goods \
         FROM allocation_weight w JOIN invoice_line l ON l.id = w.line_id \
         WHERE l.invoice_id = $1 ORDER BY l.position, w.id",
        [invoice.0.into()],
    ))
    .all(on)
    .await
    .map_err(StoreError::during("reading the weights of an allocation"))?;
    rows.into_iter()
        .map(|row| {
            let at = ("allocation_weight", row.id, "line_id");
            let position = usize::try_from(row.position).ok();
            Ok(Weight {
                position: coded(position, at, &row.position.to_string())?,
                member: OrganisationId(row.organisation_id),
                share: row.share_id,
                milli: row.quantity_milli,
                goods: row.goods,
            })
        })
        .collect()
}

/// The delivery points of the shares that an invoice was shared by.
pub async fn sites_of_shares(
    on: &impl Access,
    invoice: InvoiceId,
) -> Result<BTreeMap<i64, SiteId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        site_id: i64,
    }
    let on = on.connection();
    let rows = Row::find_by_statement(sql(
        on,
        "SELECT DISTINCT s.id, s.site_id FROM allocation_weight w \
         JOIN invoice_line l ON l.id = w.line_id JOIN order_share s ON s.id = w.share_id \
         WHERE l.invoice_id = $1",
        [invoice.0.into()],
    ))
    .all(on)
    .await
    .map_err(StoreError::during("reading the delivery points of an allocation"))?;
    Ok(rows.into_iter().map(|row| (row.id, SiteId(row.site_id))).collect())
}

/// The family, sub-family and price with VAT of one unit of each line, to suggest accounts by;
/// lines without an article of the catalogue are left out.
pub async fn article_families(
    on: &impl Access,
    invoice: InvoiceId,
) -> Result<BTreeMap<usize, (String, String)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        position: i64,
        family: String,
        subfamily: String,
    }
    let on = on.connection();
    let rows = Row::find_by_statement(sql(
        on,
        "SELECT l.position, a.family, a.subfamily FROM invoice_line l \
         JOIN order_line o ON o.id = l.order_line_id JOIN article_version v ON v.id = o.version_id \
         JOIN article a ON a.id = v.article_id WHERE l.invoice_id = $1",
        [invoice.0.into()],
    ))
    .all(on)
    .await
    .map_err(StoreError::during("reading the families of an invoice"))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            usize::try_from(row.position).ok().map(|at| (at, (row.family, row.subfamily)))
        })
        .collect())
}
