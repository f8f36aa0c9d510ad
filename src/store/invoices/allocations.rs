//! Members' shares of invoices: written once, in bulk, thrown away only before validation.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::group::convention::FreightKey;
use domain::ids::{AllocationId, InvoiceId, OrganisationId};
use domain::invoices::allocation::{Allocation, KeyedShare, MemberShare};
use domain::money::Cents;
use domain::siret::Siret;
use entities::{
    allocation, allocation_cell, allocation_member, allocation_weight, invoice_line, recharge,
};
use sea_orm::sea_query::{CaseStatement, Expr};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};

use super::super::platform::insert_all;
use super::super::{Access, StoreError, Tx, sql};
use super::{StoredAllocation, Weight};

/// A `CASE` is walked for each row: short ones keep that cheap.
const MEMBERS_AT_ONCE: usize = 200;

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
