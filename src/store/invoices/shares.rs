//! Members' shares of invoices: written once, in bulk, thrown away only before validation.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::group::convention::FreightKey;
use domain::ids::{AllocationId, InvoiceId, OrderId, OrderLineId, OrganisationId, SiteId};
use domain::invoices::allocation::{Allocation, KeyedShare, MemberShare};
use domain::invoices::attribution::Holding;
use domain::money::{Cents, Gross};
use domain::quantity::Quantity;
use domain::siret::Siret;
use entities::{
    allocation, allocation_cell, allocation_member, allocation_weight, invoice_line, recharge,
};
use sea_orm::sea_query::{CaseStatement, Expr};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
};

use super::super::group::coded;
use super::super::platform::insert_all;
use super::super::{Access, StoreError, Tx, sql};

/// A `CASE` is walked for each row: short ones keep that cheap.
const MEMBERS_AT_ONCE: usize = 200;

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

/// Shares to be written, as booked.
#[derive(Debug)]
pub struct NewAllocation<'a> {
    pub invoice: InvoiceId,
    /// The allocation that a full credit note mirrors.
    pub mirrors: Option<AllocationId>,
    pub key: FreightKey,
    /// Over the canonical report of the shares as printed.
    pub sha256: String,
    pub at: DateTime<Utc>,
    pub weights: &'a [Weight],
    /// Negated already where it books a credit note.
    pub booked: &'a Allocation,
    pub members: &'a BTreeMap<Siret, OrganisationId>,
    /// The verification code of each member's statement.
    pub codes: &'a BTreeMap<OrganisationId, String>,
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

/// What the coordinator claims back from a member, negative after a credit note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecharge {
    pub member: OrganisationId,
    pub number: String,
    pub amount: Cents,
    /// Suggested M57 accounts: `6064`, `6064, 60632`.
    pub account: String,
    pub on: NaiveDate,
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

/// Writes an allocation with its weights, members and cells.
pub async fn add_allocation(tx: &Tx, new: &NewAllocation<'_>) -> Result<AllocationId, StoreError> {
    let doing = "writing an allocation";
    let row = allocation::ActiveModel {
        id: NotSet,
        invoice_id: Set(new.invoice.0),
        mirrors_id: Set(new.mirrors.map(|id| id.0)),
        charge_key: Set(new.key.code().to_owned()),
        sha256: Set(new.sha256.clone()),
        allocated_at: Set(new.at),
    }
    .insert(tx.connection())
    .await
    .map_err(StoreError::during(doing))?;
    add_weights(tx, new, row.id).await?;
    let mut totals = Vec::with_capacity(new.booked.members.len());
    let mut cells = Vec::new();
    for share in &new.booked.members {
        let member = new.members.get(&share.siret).copied().ok_or_else(|| {
            StoreError::NotFound { what: "member with SIRET", id: share.siret.to_string() }
        })?;
        totals.push(allocation_member::ActiveModel {
            id: NotSet,
            allocation_id: Set(row.id),
            organisation_id: Set(member.0),
            siret: Set(share.siret.to_string()),
            name: Set(share.name.clone()),
            net_cents: Set(share.net.cents()),
            vat_cents: Set(share.vat_total.cents()),
            gross_cents: Set(share.gross.cents()),
            prepaid_cents: Set(share.prepaid.amount.0),
            rounding_cents: Set(share.rounding.amount.0),
            payable_cents: Set(share.payable.0),
            code: Set(new.codes.get(&member).cloned().unwrap_or_default()),
            statement_number: Set(None),
        });
        cells.extend(cells_of(new.booked, share).map(|(kind, position, cents)| {
            allocation_cell::ActiveModel {
                id: NotSet,
                allocation_id: Set(row.id),
                organisation_id: Set(member.0),
                kind: Set(kind.to_owned()),
                position: Set(i64::try_from(position).unwrap_or(i64::MAX)),
                amount_cents: Set(cents.0),
            }
        }));
    }
    insert_all::<allocation_member::Entity, _>(tx, totals, 13, doing).await?;
    insert_all::<allocation_cell::Entity, _>(tx, cells, 6, doing).await?;
    Ok(AllocationId(row.id))
}

/// Books a full credit note: its invoice's shares, figure by figure, negated.
pub async fn mirror_allocation(
    tx: &Tx,
    original: &StoredAllocation,
    credit: InvoiceId,
    sha256: &str,
    codes: &BTreeMap<OrganisationId, String>,
    at: DateTime<Utc>,
) -> Result<AllocationId, StoreError> {
    let doing = "mirroring an allocation";
    let on = tx.connection();
    let row = allocation::ActiveModel {
        id: NotSet,
        invoice_id: Set(credit.0),
        mirrors_id: Set(Some(original.id.0)),
        charge_key: Set(original.key.code().to_owned()),
        sha256: Set(sha256.to_owned()),
        allocated_at: Set(at),
    }
    .insert(on)
    .await
    .map_err(StoreError::during(doing))?;
    for text in [
        "INSERT INTO allocation_weight \
         (allocation_id, line_id, organisation_id, share_id, quantity_milli, goods) \
         SELECT $1, theirs.id, w.organisation_id, w.share_id, -w.quantity_milli, w.goods \
         FROM allocation_weight w JOIN invoice_line own ON own.id = w.line_id \
         JOIN allocation a ON a.id = $1 \
         JOIN invoice_line theirs ON theirs.invoice_id = a.invoice_id \
         AND theirs.position = own.position WHERE w.allocation_id = $2 ORDER BY w.id",
        "INSERT INTO allocation_cell \
         (allocation_id, organisation_id, kind, position, amount_cents) \
         SELECT $1, organisation_id, kind, position, -amount_cents \
         FROM allocation_cell WHERE allocation_id = $2 ORDER BY id",
        "INSERT INTO allocation_member (allocation_id, organisation_id, siret, name, net_cents, \
         vat_cents, gross_cents, prepaid_cents, rounding_cents, payable_cents, code) \
         SELECT $1, organisation_id, siret, name, -net_cents, -vat_cents, -gross_cents, -prepaid_cents, \
         -rounding_cents, -payable_cents, '' FROM allocation_member WHERE allocation_id = $2 \
         ORDER BY id",
    ] {
        on.execute_raw(sql(on, text, [row.id.into(), original.id.0.into()]))
            .await
            .map_err(StoreError::during(doing))?;
    }
    let codes: Vec<_> = codes.iter().map(|(member, code)| (*member, code.clone())).collect();
    let id = AllocationId(row.id);
    set_by_member(tx, id, allocation_member::Column::Code, &codes, doing).await?;
    Ok(id)
}

async fn add_weights(
    tx: &Tx,
    new: &NewAllocation<'_>,
    allocation_id: i64,
) -> Result<(), StoreError> {
    let doing = "writing the weights of an allocation";
    let lines: Vec<i64> = invoice_line::Entity::find()
        .filter(invoice_line::COLUMN.invoice_id.eq(new.invoice.0))
        .order_by_asc(invoice_line::COLUMN.position)
        .all(tx.connection())
        .await
        .map_err(StoreError::during(doing))?
        .into_iter()
        .map(|line| line.id)
        .collect();
    let rows = new.weights.iter().map(|weight| {
        let line = lines.get(weight.position).copied().ok_or_else(|| StoreError::NotFound {
            what: "invoice line",
            id: weight.position.to_string(),
        })?;
        Ok(allocation_weight::ActiveModel {
            id: NotSet,
            allocation_id: Set(allocation_id),
            line_id: Set(line),
            organisation_id: Set(weight.member.0),
            share_id: Set(weight.share),
            quantity_milli: Set(weight.milli),
            goods: Set(weight.goods),
        })
    });
    let rows = rows.collect::<Result<Vec<_>, StoreError>>()?;
    insert_all::<allocation_weight::Entity, _>(tx, rows, 7, doing).await
}

/// Every figure of a member's share: kind, position of its row in the invoice, cents.
fn cells_of<'a>(
    allocation: &'a Allocation,
    share: &'a MemberShare,
) -> impl Iterator<Item = (&'static str, usize, Cents)> + 'a {
    let lines = share.lines.iter().map(|line| ("line", line.index, line.net.amount));
    let keyed = |kind, rows: &'a [KeyedShare]| {
        rows.iter().map(move |row| (kind, row.index, row.net.amount))
    };
    // A difference stands by the rate it is of.
    let differences = share.base_differences.iter().map(|row| {
        let rate = allocation.proof.base_differences.get(row.index).map_or(0, |rate| rate.index);
        ("difference", rate, row.net.amount)
    });
    let net_difference = share.net_difference.amount;
    let net_difference =
        (net_difference != Cents::ZERO).then_some(("net_difference", 0, net_difference));
    let taxes = share.vat.iter().flat_map(|rate| {
        [("base", rate.index, rate.base.amount), ("tax", rate.index, rate.tax.amount)]
    });
    lines
        .chain(keyed("line", &share.freight_lines))
        .chain(keyed("charge", &share.charges))
        .chain(keyed("allowance", &share.allowances))
        .chain(differences)
        .chain(net_difference)
        .chain(taxes)
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

/// Throws away the shares of an invoice that nobody has validated.
pub async fn drop_allocation(tx: &Tx, id: AllocationId) -> Result<(), StoreError> {
    let doing = "throwing shares away";
    let on = tx.connection();
    for table in ["allocation_cell", "allocation_weight", "allocation_member"] {
        let text = format!("DELETE FROM {table} WHERE allocation_id = $1");
        on.execute_raw(sql(on, &text, [id.0.into()])).await.map_err(StoreError::during(doing))?;
    }
    allocation::Entity::delete_by_id(id.0).exec(on).await.map_err(StoreError::during(doing))?;
    Ok(())
}

/// Writes what is claimed back from each member.
pub async fn add_recharges(
    tx: &Tx,
    allocation: AllocationId,
    recharges: &[NewRecharge],
) -> Result<(), StoreError> {
    let rows = recharges.iter().map(|new| recharge::ActiveModel {
        id: NotSet,
        allocation_id: Set(allocation.0),
        organisation_id: Set(new.member.0),
        number: Set(new.number.clone()),
        amount_cents: Set(new.amount.0),
        account: Set(new.account.clone()),
        prepared_on: Set(new.on),
        state: Set("prepared".to_owned()),
    });
    insert_all::<recharge::Entity, _>(tx, rows.collect(), 8, "preparing recharges").await
}

/// Gives each member's statement its number.
pub async fn number_statements(
    tx: &Tx,
    allocation: AllocationId,
    numbers: &[(OrganisationId, String)],
) -> Result<(), StoreError> {
    let column = allocation_member::Column::StatementNumber;
    set_by_member(tx, allocation, column, numbers, "numbering statements").await
}

/// Sets one column of many members at once.
async fn set_by_member(
    tx: &Tx,
    allocation: AllocationId,
    column: allocation_member::Column,
    values: &[(OrganisationId, String)],
    doing: &'static str,
) -> Result<(), StoreError> {
    for chunk in values.chunks(MEMBERS_AT_ONCE) {
        let mut case = CaseStatement::new();
        for (member, value) in chunk {
            let is = allocation_member::COLUMN.organisation_id.eq(member.0);
            case = case.case(is, Expr::value(value.clone()));
        }
        allocation_member::Entity::update_many()
            .col_expr(column, case.into())
            .filter(allocation_member::COLUMN.allocation_id.eq(allocation.0))
            .filter(
                allocation_member::COLUMN
                    .organisation_id
                    .is_in(chunk.iter().map(|(member, _)| member.0)),
            )
            .exec(tx.connection())
            .await
            .map_err(StoreError::during(doing))?;
    }
    Ok(())
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
