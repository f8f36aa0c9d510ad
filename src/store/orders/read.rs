//! Orders as values of the domain: heads, lines and shares, in three queries for many.

use std::collections::{BTreeMap, HashMap};

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
use sea_orm::{FromQueryResult, Value};

use super::values::list;
use crate::store::group::coded;
use crate::store::{Access, StoreError, Viewer, reference, sql};

/// Which orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    These(Vec<OrderId>),
    Window(OrderWindowId),
    /// Those of a window that stand at one state.
    At(OrderWindowId, OrderState),
    Contract(ContractId),
    /// Every order that the viewer may see.
    All,
}

/// The totals as stored when the order last changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Printed {
    pub lines: Net,
    pub freight: Net,
    pub net: Net,
    pub vat: Vat,
    pub gross: Gross,
}

/// An order with what its rows say beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOrder {
    pub id: OrderId,
    /// Moved by every change: see the module's head.
    pub version: i64,
    pub schedule: PriceScheduleId,
    pub order: Order,
    pub receipts: Receipts,
    pub totals: Printed,
    /// What it counts for under the ceiling.
    pub committed: Net,
    pub budget_account: Option<String>,
    pub cancel_reason: Option<String>,
    /// The rows of its lines, by position.
    pub line_rows: BTreeMap<u32, i64>,
    /// The rows of its shares.
    pub share_rows: BTreeMap<ShareKey, i64>,
}

impl StoredOrder {
    /// What a person calls it: its number, or its row before it has one.
    pub fn name(&self) -> String {
        match &self.order.issue {
            Some(issue) => issue.number.to_string(),
            None => format!("commande {}", self.id),
        }
    }
}

#[derive(FromQueryResult)]
struct Head {
    id: i64,
    number: Option<String>,
    contract_id: i64,
    window_id: i64,
    schedule_id: i64,
    buyer_id: i64,
    state: String,
    version: i64,
    lines_cents: i64,
    freight_cents: i64,
    net_cents: i64,
    vat_cents: i64,
    gross_cents: i64,
    committed_cents: i64,
    commitment_number: Option<String>,
    service_code: Option<String>,
    budget_account: Option<String>,
    signed_by: Option<String>,
    signed_quality: Option<String>,
    signed_on: Option<NaiveDate>,
    issued_on: Option<NaiveDate>,
    deliver_by: Option<NaiveDate>,
    cancel_reason: Option<String>,
    lot_id: i64,
    model: String,
    flat_cents: i64,
    franco_cents: Option<i64>,
    vat_exemption: Option<String>,
    starts_on: NaiveDate,
}

#[derive(FromQueryResult)]
struct Line {
    id: i64,
    order_id: i64,
    position: i64,
    version_id: i64,
    pack_milli: Option<i64>,
    price_e4: i64,
    category: String,
    rate_bp: i64,
    amendable: bool,
    unit: String,
}

#[derive(FromQueryResult)]
struct ShareRow {
    id: i64,
    line_id: i64,
    organisation_id: i64,
    site_id: i64,
    quantity_milli: i64,
    delivered_milli: i64,
    accepted_milli: i64,
    rejected_milli: i64,
    reduction_cents: i64,
}

/// The condition on `purchase_order p`, and whose shares are seen.
struct Scope {
    orders: String,
    shares: String,
    values: Vec<Value>,
}

/// Every read of orders begins here: a member sees its own orders, and of the coordinator's
/// its own shares.
fn visible(viewer: Viewer, which: &Which) -> Scope {
    let (mut orders, mut values) = match which {
        Which::These(ids) => {
            let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
            let (text, values) = list(&ids, 1);
            (format!("p.id IN {text}"), values)
        }
        Which::Window(window) => ("p.window_id = $1".to_owned(), vec![window.0.into()]),
        Which::At(window, state) => (
            "p.window_id = $1 AND p.state = $2".to_owned(),
            vec![window.0.into(), state.code().into()],
        ),
        Which::Contract(contract) => ("p.contract_id = $1".to_owned(), vec![contract.0.into()]),
        Which::All => ("1 = 1".to_owned(), vec![]),
    };
    let mut shares = String::new();
    if let Viewer::Member(member) = viewer {
        values.push(member.0.into());
        let at = values.len();
        let own = format!(
            " AND (p.buyer_id = ${at} OR EXISTS (SELECT 1 FROM order_share x \
             WHERE x.order_id = p.id AND x.organisation_id = ${at}))"
        );
        orders.push_str(&own);
        shares = format!(" AND (p.buyer_id = ${at} OR s.organisation_id = ${at})");
    }
    Scope { orders, shares, values }
}

/// The orders that `viewer` may see, by id.
pub async fn load(
    on: &impl Access,
    viewer: Viewer,
    which: &Which,
) -> Result<Vec<StoredOrder>, StoreError> {
    let doing = "reading orders";
    if matches!(which, Which::These(ids) if ids.is_empty()) {
        return Ok(Vec::new());
    }
    let db = on.connection();
    let scope = visible(viewer, which);
    let text = format!(
        "SELECT p.id, p.number, p.contract_id, p.window_id, p.schedule_id, p.buyer_id, p.state, p.version, \
         p.lines_cents, p.freight_cents, p.net_cents, p.vat_cents, p.gross_cents, p.committed_cents, \
         p.commitment_number, p.service_code, p.budget_account, p.signed_by, p.signed_quality, \
         p.signed_on, p.issued_on, p.deliver_by, p.cancel_reason, c.lot_id, l.model, \
         c.freight_cents AS flat_cents, c.franco_cents, c.vat_exemption, c.starts_on \
         FROM purchase_order p JOIN contract c ON c.id = p.contract_id JOIN lot l ON l.id = c.lot_id WHERE {} ORDER BY p.id",
        scope.orders
    );
    let heads = Head::find_by_statement(sql(db, &text, scope.values.clone()))
        .all(db)
        .await
        .map_err(StoreError::during(doing))?;
    let text = format!(
        "SELECT l.id, l.order_id, l.position, l.version_id, l.pack_milli, l.price_e4, l.category, \
         l.rate_bp, l.amendable, v.unit FROM order_line l JOIN purchase_order p ON p.id = l.order_id \
         JOIN article_version v ON v.id = l.version_id WHERE {} ORDER BY l.order_id, l.position",
        scope.orders
    );
    let lines = Line::find_by_statement(sql(db, &text, scope.values.clone()))
        .all(db)
        .await
        .map_err(StoreError::during(doing))?;
    let text = format!(
        "SELECT s.id, s.line_id, s.organisation_id, s.site_id, s.quantity_milli, s.delivered_milli, \
         s.accepted_milli, s.rejected_milli, s.reduction_cents FROM order_share s \
         JOIN purchase_order p ON p.id = s.order_id WHERE {}{} \
         ORDER BY s.line_id, s.organisation_id, s.site_id",
        scope.orders, scope.shares
    );
    let shares = ShareRow::find_by_statement(sql(db, &text, scope.values))
        .all(db)
        .await
        .map_err(StoreError::during(doing))?;
    let rates = reference::standard_rates(on).await?;

    let mut shares_of: HashMap<i64, Vec<ShareRow>> = HashMap::new();
    for share in shares {
        shares_of.entry(share.line_id).or_default().push(share);
    }
    let mut lines_of: HashMap<i64, Vec<(Line, Vec<ShareRow>)>> = HashMap::new();
    for line in lines {
        let shares = shares_of.remove(&line.id).unwrap_or_default();
        // A line of which the viewer has no share is not the viewer's.
        if !shares.is_empty() {
            lines_of.entry(line.order_id).or_default().push((line, shares));
        }
    }
    heads
        .into_iter()
        .map(|head| {
            let lines = lines_of.remove(&head.id).unwrap_or_default();
            assemble(head, lines, &rates)
        })
        .collect()
}

/// One order that `viewer` may see.
pub async fn one(on: &impl Access, viewer: Viewer, id: OrderId) -> Result<StoredOrder, StoreError> {
    load(on, viewer, &Which::These(vec![id]))
        .await?
        .pop()
        .ok_or_else(|| StoreError::NotFound { what: "order", id: id.to_string() })
}

fn quantity(
    milli: i64,
    (table, id, column): (&'static str, i64, &'static str),
) -> Result<Quantity, StoreError> {
    coded(Quantity::from_thousandths(milli).ok(), (table, id, column), &milli.to_string())
}

fn assemble(
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
