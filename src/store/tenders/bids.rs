//! The bids for a lot, article by article, and the one that wins.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::catalogue::ArticleRef;
use domain::ids::{ArticleVersionId, BidId, OrganisationId, ProcedureId, TenderLotId};
use domain::money::Net;
use domain::orders::order::Taxation;
use domain::tenders::bids::{Award, Bid};
use domain::tenders::prices::PriceLine;
use domain::tenders::tiers::Tier;
use domain::vat::{VatCategory, VatRate};
use entities::{bid, bid_price};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
};

use super::consolidation::{price, quantity, reference};
use super::prices::steps;
use crate::store::group::coded;
use crate::store::platform::insert_all;
use crate::store::{Access, StoreError, Tx, sql};

/// A bid with its row's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBid {
    pub id: BidId,
    pub received_on: NaiveDate,
    /// Taxed as the articles are: whether the holder is exempt is known at the award.
    pub bid: Bid,
    /// On the buyer's quantities, of the articles it has a price for.
    pub net: Net,
    pub awarded: Option<Decision>,
}

/// When a bid was chosen, and why where it is not the cheapest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub on: NaiveDate,
    pub reason: Option<String>,
}

/// How an article is taxed unless its seller is exempt.
pub fn usual_taxation(rate: VatRate) -> Taxation {
    let category = if rate == VatRate::ZERO { VatCategory::Z } else { VatCategory::S };
    Taxation { category, rate }
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    bid_id: i64,
    article_id: i64,
    reference: String,
    version_id: i64,
    min_quantity_milli: i64,
    price_e4: i64,
    rate_bp: i64,
}

/// The bids for `lot`, in the order they were recorded.
pub async fn bids(on: &impl Access, lot: TenderLotId) -> Result<Vec<StoredBid>, StoreError> {
    let doing = "reading bids";
    let text = "SELECT p.id, p.bid_id, v.article_id, a.reference, p.version_id, \
                p.min_quantity_milli, p.price_e4, v.rate_bp FROM bid b \
                JOIN bid_price p ON p.bid_id = b.id JOIN article_version v ON v.id = p.version_id \
                JOIN article a ON a.id = v.article_id WHERE b.tender_lot_id = $1 \
                ORDER BY p.bid_id, p.version_id, p.min_quantity_milli";
    let rows = Row::find_by_statement(sql(on.connection(), text, [lot.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let mut prices: BTreeMap<i64, BTreeMap<ArticleRef, PriceLine>> = BTreeMap::new();
    for row in rows {
        let at = |column| ("bid_price", row.id, column);
        let of_the_bid = prices.entry(row.bid_id).or_default();
        let article = reference(row.article_id, &row.reference)?;
        let step = price(at("price_e4"), row.price_e4)?;
        if let Some(line) = of_the_bid.get_mut(&article) {
            // Ascending: the first row is the price, the others its tiers.
            let from = quantity(at("min_quantity_milli"), row.min_quantity_milli)?;
            line.tiers.push(Tier { from, price: step });
            continue;
        }
        let rate = VatRate::from_basis_points(row.rate_bp).ok();
        let version = ("article_version", row.version_id, "rate_bp");
        let rate = coded(rate, version, &row.rate_bp.to_string())?;
        of_the_bid.insert(article, PriceLine::flat(step, usual_taxation(rate)));
    }
    let heads = bid::Entity::find()
        .filter(bid::COLUMN.tender_lot_id.eq(lot.0))
        .order_by_asc(bid::COLUMN.id)
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    Ok(heads
        .into_iter()
        .map(|head| StoredBid {
            id: BidId(head.id),
            received_on: head.received_on,
            bid: Bid {
                candidate: OrganisationId(head.supplier_id),
                prices: prices.remove(&head.id).unwrap_or_default(),
            },
            net: Net::from_cents(head.total_cents),
            awarded: head.decided_on.map(|on| Decision { on, reason: head.award_reason }),
        })
        .collect())
}

/// How many bids each lot of a procedure has, and whether one of them won; a lot without a bid
/// is not there.
pub async fn bid_counts(
    on: &impl Access,
    procedure: ProcedureId,
) -> Result<BTreeMap<TenderLotId, (usize, bool)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Count {
        tender_lot_id: i64,
        bids: i64,
        awarded: i64,
    }
    let text = "SELECT b.tender_lot_id, COUNT(*) AS bids, \
                CAST(SUM(CASE WHEN b.awarded THEN 1 ELSE 0 END) AS BIGINT) AS awarded FROM bid b \
                JOIN tender_lot t ON t.id = b.tender_lot_id WHERE t.procedure_id = $1 \
                GROUP BY b.tender_lot_id";
    let rows = Count::find_by_statement(sql(on.connection(), text, [procedure.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("counting bids"))?;
    let count = |row: Count| {
        let bids = usize::try_from(row.bids).unwrap_or_default();
        (TenderLotId(row.tender_lot_id), (bids, row.awarded > 0))
    };
    Ok(rows.into_iter().map(count).collect())
}

/// The lot that bid `id` is for.
pub async fn lot_of_bid(on: &impl Access, id: BidId) -> Result<TenderLotId, StoreError> {
    let found = bid::Entity::find_by_id(id.0)
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading a bid"))?;
    let found = found.ok_or_else(|| StoreError::NotFound { what: "bid", id: id.to_string() })?;
    Ok(TenderLotId(found.tender_lot_id))
}

/// Writes a bid of `net`: `known` names the one it replaces, regularised. `versions` says which
/// version of each article it prices.
pub async fn put_bid(
    tx: &Tx,
    lot: TenderLotId,
    new: &Bid,
    received_on: NaiveDate,
    net: Net,
    versions: &BTreeMap<ArticleRef, ArticleVersionId>,
    known: Option<BidId>,
) -> Result<BidId, StoreError> {
    let doing = "recording a bid";
    let id = if let Some(id) = known {
        bid_price::Entity::delete_many()
            .filter(bid_price::COLUMN.bid_id.eq(id.0))
            .exec(tx.connection())
            .await
            .map_err(StoreError::during(doing))?;
        bid::Entity::update_many()
            .col_expr(bid::Column::ReceivedOn, Expr::value(received_on))
            .col_expr(bid::Column::TotalCents, Expr::value(net.cents()))
            .filter(bid::COLUMN.id.eq(id.0))
            .exec(tx.connection())
            .await
            .map_err(StoreError::during(doing))?;
        id
    } else {
        let row = bid::ActiveModel {
            id: NotSet,
            tender_lot_id: Set(lot.0),
            supplier_id: Set(new.candidate.0),
            received_on: Set(received_on),
            total_cents: Set(net.cents()),
            awarded: Set(false),
            decided_on: Set(None),
            award_reason: Set(None),
        };
        BidId(row.insert(tx.connection()).await.map_err(StoreError::during(doing))?.id)
    };
    let mut prices = Vec::with_capacity(new.prices.len());
    for (reference, line) in &new.prices {
        let version = versions.get(reference).ok_or_else(|| StoreError::NotFound {
            what: "article version",
            id: reference.to_string(),
        })?;
        for (from, price) in steps(line.price, &line.tiers)? {
            prices.push(bid_price::ActiveModel {
                id: NotSet,
                bid_id: Set(id.0),
                version_id: Set(version.0),
                min_quantity_milli: Set(from),
                price_e4: Set(price),
            });
        }
    }
    insert_all::<bid_price::Entity, _>(tx, prices, 5, doing).await?;
    Ok(id)
}

/// Marks the winning bid, unless it was marked before.
pub async fn award_bid(tx: &Tx, id: BidId, award: &Award) -> Result<(), StoreError> {
    let moved = bid::Entity::update_many()
        .col_expr(bid::Column::Awarded, Expr::value(true))
        .col_expr(bid::Column::DecidedOn, Expr::value(award.decided_on))
        .col_expr(bid::Column::AwardReason, Expr::value(award.reason.clone()))
        .filter(bid::COLUMN.id.eq(id.0))
        .filter(bid::COLUMN.awarded.eq(false))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("awarding a bid"))?;
    if moved.rows_affected == 1 {
        Ok(())
    } else {
        Err(StoreError::Overtaken { what: "bid", id: id.0 })
    }
}
