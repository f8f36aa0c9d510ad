//! The rows of an order put together as a value of the domain.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::dates::Dated;
use domain::group::contact::Signature;
use domain::group::convention::CoordinationModel;
use domain::ids::{
    ArticleVersionId, ContractId, LotId, OrderId, OrderWindowId, OrganisationId, PriceScheduleId,
    SiteId,
};
use domain::money::{Gross, Net, Vat};
use domain::orders::delivery::{Receipt, Receipts, ShareKey};
use domain::orders::order::{
    FreightTerms, Issue, Order, OrderLine, PricedArticle, Share, Taxation,
};
use domain::orders::state::OrderState;
use domain::price::UnitPrice;
use domain::quantity::{Quantity, Unit};
use domain::vat::{VatCategory, VatRate};
use sea_orm::FromQueryResult;

use super::read::{Printed, StoredOrder};
use crate::store::StoreError;
use crate::store::group::coded;

#[derive(FromQueryResult)]
pub(super) struct Head {
    pub(super) id: i64,
    pub(super) number: Option<String>,
    pub(super) contract_id: i64,
    pub(super) window_id: i64,
    pub(super) schedule_id: i64,
    pub(super) buyer_id: i64,
    pub(super) state: String,
    pub(super) version: i64,
    pub(super) lines_cents: i64,
    pub(super) freight_cents: i64,
    pub(super) net_cents: i64,
    pub(super) vat_cents: i64,
    pub(super) gross_cents: i64,
    pub(super) committed_cents: i64,
    pub(super) commitment_number: Option<String>,
    pub(super) service_code: Option<String>,
    pub(super) budget_account: Option<String>,
    pub(super) signed_by: Option<String>,
    pub(super) signed_quality: Option<String>,
    pub(super) signed_on: Option<NaiveDate>,
    pub(super) issued_on: Option<NaiveDate>,
    pub(super) deliver_by: Option<NaiveDate>,
    pub(super) cancel_reason: Option<String>,
    pub(super) lot_id: i64,
    pub(super) model: String,
    pub(super) flat_cents: i64,
    pub(super) franco_cents: Option<i64>,
    pub(super) vat_exemption: Option<String>,
    pub(super) starts_on: NaiveDate,
}

#[derive(FromQueryResult)]
pub(super) struct Line {
    pub(super) id: i64,
    pub(super) order_id: i64,
    pub(super) position: i64,
    pub(super) version_id: i64,
    pub(super) pack_milli: Option<i64>,
    pub(super) price_e4: i64,
    pub(super) category: String,
    pub(super) rate_bp: i64,
    pub(super) amendable: bool,
    pub(super) unit: String,
}

#[derive(FromQueryResult)]
pub(super) struct ShareRow {
    pub(super) id: i64,
    pub(super) line_id: i64,
    pub(super) organisation_id: i64,
    pub(super) site_id: i64,
    pub(super) quantity_milli: i64,
    pub(super) delivered_milli: i64,
    pub(super) accepted_milli: i64,
    pub(super) rejected_milli: i64,
    pub(super) reduction_cents: i64,
}

fn quantity(
    milli: i64,
    (table, id, column): (&'static str, i64, &'static str),
) -> Result<Quantity, StoreError> {
    coded(Quantity::from_thousandths(milli).ok(), (table, id, column), &milli.to_string())
}

pub(super) fn assemble(
    head: Head,
    rows: Vec<(Line, Vec<ShareRow>)>,
    rates: &[Dated<VatRate>],
) -> Result<StoredOrder, StoreError> {
    let at = |column| ("purchase_order", head.id, column);
    let mut lines = Vec::with_capacity(rows.len());
    let (mut receipts, mut line_rows, mut share_rows) =
        (Receipts::new(), BTreeMap::new(), BTreeMap::new());
    for (row, shares) in rows {
        let line = line(&row, &shares)?;
        line_rows.insert(line.position, row.id);
        for (share, row) in line.shares.iter().zip(&shares) {
            let key = ShareKey::of(line.position, share);
            share_rows.insert(key, row.id);
            if row.delivered_milli > 0 {
                receipts.insert(key, receipt(row)?);
            }
        }
        lines.push(line);
    }
    let freight = (head.flat_cents != 0)
        .then(|| {
            Ok::<_, StoreError>(FreightTerms {
                flat: Net::from_cents(head.flat_cents),
                franco: head.franco_cents.map(Net::from_cents),
                taxation: freight_taxation(&head, rates)?,
            })
        })
        .transpose()?;
    let validated = head
        .signed_by
        .zip(head.signed_quality)
        .zip(head.signed_on)
        .map(|((name, quality), on)| Signature { name, quality, on });
    let issue = match (head.number, head.issued_on, head.deliver_by) {
        (Some(number), Some(on), Some(deliver_by)) => {
            let number = coded(number.parse().ok(), at("number"), &number)?;
            Some(Issue { number, on, deliver_by })
        }
        _ => None,
    };
    let order = Order {
        state: coded(OrderState::from_code(&head.state), at("state"), &head.state)?,
        contract: ContractId(head.contract_id),
        lot: LotId(head.lot_id),
        window: OrderWindowId(head.window_id),
        model: coded(
            CoordinationModel::from_code(&head.model),
            ("lot", head.lot_id, "model"),
            &head.model,
        )?,
        buyer: OrganisationId(head.buyer_id),
        lines,
        freight,
        commitment_number: head.commitment_number,
        service_code: head.service_code,
        validated,
        issue,
    };
    Ok(StoredOrder {
        id: OrderId(head.id),
        version: head.version,
        schedule: PriceScheduleId(head.schedule_id),
        order,
        receipts,
        totals: Printed {
            lines: Net::from_cents(head.lines_cents),
            freight: Net::from_cents(head.freight_cents),
            net: Net::from_cents(head.net_cents),
            vat: Vat::from_cents(head.vat_cents),
            gross: Gross::from_cents(head.gross_cents),
        },
        committed: Net::from_cents(head.committed_cents),
        budget_account: head.budget_account,
        cancel_reason: head.cancel_reason,
        line_rows,
        share_rows,
    })
}

/// Carriage is taxed at the standard rate of the contract's first day, as the contract says.
fn freight_taxation(head: &Head, rates: &[Dated<VatRate>]) -> Result<Taxation, StoreError> {
    if head.vat_exemption.is_some() {
        return Ok(Taxation { category: VatCategory::E, rate: VatRate::ZERO });
    }
    let rate = rates.iter().find(|rate| rate.holds_on(head.starts_on)).map(|rate| rate.value);
    let at = ("contract", head.contract_id, "starts_on");
    Ok(Taxation { category: VatCategory::S, rate: coded(rate, at, &head.starts_on.to_string())? })
}

fn line(row: &Line, shares: &[ShareRow]) -> Result<OrderLine, StoreError> {
    let at = |column| ("order_line", row.id, column);
    let price = UnitPrice::from_ten_thousandths(row.price_e4).ok();
    let rate = VatRate::from_basis_points(row.rate_bp).ok();
    let pack = row.pack_milli.map(|milli| quantity(milli, at("pack_milli")));
    let article = PricedArticle {
        version: ArticleVersionId(row.version_id),
        unit: coded(
            Unit::from_code(&row.unit),
            ("article_version", row.version_id, "unit"),
            &row.unit,
        )?,
        pack: pack.transpose()?,
        price: coded(price, at("price_e4"), &row.price_e4.to_string())?,
        taxation: Taxation {
            category: coded(VatCategory::from_code(&row.category), at("category"), &row.category)?,
            rate: coded(rate, at("rate_bp"), &row.rate_bp.to_string())?,
        },
        amendable: row.amendable,
    };
    let position = u32::try_from(row.position).ok();
    let shares = shares
        .iter()
        .map(|share| {
            Ok(Share {
                member: OrganisationId(share.organisation_id),
                site: SiteId(share.site_id),
                quantity: quantity(
                    share.quantity_milli,
                    ("order_share", share.id, "quantity_milli"),
                )?,
            })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(OrderLine {
        position: coded(position, at("position"), &row.position.to_string())?,
        article,
        shares,
    })
}

fn receipt(row: &ShareRow) -> Result<Receipt, StoreError> {
    let at = |column| ("order_share", row.id, column);
    Ok(Receipt {
        delivered: quantity(row.delivered_milli, at("delivered_milli"))?,
        accepted: quantity(row.accepted_milli, at("accepted_milli"))?,
        rejected: quantity(row.rejected_milli, at("rejected_milli"))?,
        reduction: Net::from_cents(row.reduction_cents),
    })
}
