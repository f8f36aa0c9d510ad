//! The price schedule in force, and the quantities that choose a tier.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::catalogue::PackSize;
use domain::ids::{ArticleId, ArticleVersionId, ContractId, OrderWindowId, PriceScheduleId};
use domain::orders::order::{PricedArticle, Taxation};
use domain::price::UnitPrice;
use domain::quantity::{Quantity, Unit};
use domain::tenders::prices::PriceLine;
use domain::tenders::tiers::Tier;
use domain::vat::{VatCategory, VatRate};
use sea_orm::{FromQueryResult, Value};

use crate::store::group::coded;
use crate::store::{Access, StoreError, sql};

/// What the holder sells an article for, under one schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldArticle {
    pub version: ArticleVersionId,
    pub unit: Unit,
    /// `None` where the unit takes decimals.
    pub pack: Option<PackSize>,
    pub line: PriceLine,
    pub amendable: bool,
}

/// A price schedule, by article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchedulePrices {
    pub id: PriceScheduleId,
    pub from: NaiveDate,
    /// From 1 in its contract.
    pub rank: i64,
    pub note: String,
    /// Of the revision; `None` for initial prices.
    pub coefficient: Option<String>,
    pub articles: BTreeMap<ArticleId, SoldArticle>,
}

/// Reliure and finishing services (CPV 7997…): a binder measures the volume before it binds,
/// so such a line may be amended after issue.
const AMENDABLE_CPV: &str = "7997";

impl SoldArticle {
    /// The article at the first price of its line; `whole_packs` for each share.
    pub fn priced(&self, whole_packs: bool) -> PricedArticle {
        let pack = self.pack.filter(|_| whole_packs);
        PricedArticle {
            version: self.version,
            unit: self.unit,
            pack: pack.map(|pack| Quantity::whole(pack.units())),
            price: self.line.price,
            taxation: self.line.taxation,
            amendable: self.amendable,
        }
    }
}

#[derive(FromQueryResult)]
struct Head {
    id: i64,
    valid_from: NaiveDate,
    note: String,
    coefficient: Option<String>,
    rank: i64,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    article_id: i64,
    version_id: i64,
    unit: String,
    takes_decimals: bool,
    pack_milli: Option<i64>,
    cpv: String,
    min_quantity_milli: i64,
    price_e4: i64,
    category: String,
    rate_bp: i64,
}

const HEAD: &str = "SELECT s.id, s.valid_from, s.note, s.coefficient, \
     (SELECT COUNT(*) FROM price_schedule e WHERE e.contract_id = s.contract_id \
      AND e.valid_from <= s.valid_from) AS rank FROM price_schedule s";

/// The schedule of `contract` in force on `day`; `None` before the first.
pub async fn in_force(
    on: &impl Access,
    contract: ContractId,
    day: NaiveDate,
) -> Result<Option<SchedulePrices>, StoreError> {
    let text = format!(
        "{HEAD} WHERE s.contract_id = $1 AND s.valid_from <= $2 ORDER BY s.valid_from DESC LIMIT 1"
    );
    read(on, &text, vec![contract.0.into(), day.into()]).await
}

/// The schedule `id`.
pub async fn schedule(on: &impl Access, id: PriceScheduleId) -> Result<SchedulePrices, StoreError> {
    read(on, &format!("{HEAD} WHERE s.id = $1"), vec![id.0.into()])
        .await?
        .ok_or_else(|| StoreError::NotFound { what: "price schedule", id: id.to_string() })
}

async fn read(
    on: &impl Access,
    head: &str,
    values: Vec<Value>,
) -> Result<Option<SchedulePrices>, StoreError> {
    let doing = "reading a price schedule";
    let head = Head::find_by_statement(sql(on.connection(), head, values))
        .one(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let Some(head) = head else { return Ok(None) };
    let text = "SELECT p.id, v.article_id, p.version_id, v.unit, v.takes_decimals, v.pack_milli, v.cpv, \
                p.min_quantity_milli, p.price_e4, p.category, p.rate_bp \
                FROM price_line p JOIN article_version v ON v.id = p.version_id \
                WHERE p.schedule_id = $1 ORDER BY p.version_id, p.min_quantity_milli";
    let rows = Row::find_by_statement(sql(on.connection(), text, [head.id.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let mut articles: BTreeMap<ArticleId, SoldArticle> = BTreeMap::new();
    for row in rows {
        let at = |column| ("price_line", row.id, column);
        let price = UnitPrice::from_ten_thousandths(row.price_e4).ok();
        let price = coded(price, at("price_e4"), &row.price_e4.to_string())?;
        if let Some(known) = articles.get_mut(&ArticleId(row.article_id)) {
            // Ascending: the first row is the price, the others its tiers.
            let from = Quantity::from_thousandths(row.min_quantity_milli).ok();
            let from = coded(from, at("min_quantity_milli"), &row.min_quantity_milli.to_string())?;
            known.line.tiers.push(Tier { from, price });
            continue;
        }
        let pack = row.pack_milli.filter(|_| !row.takes_decimals).map(|milli| {
            let units = u32::try_from(milli / 1000).ok().filter(|_| milli % 1000 == 0);
            coded(
                units.and_then(|units| PackSize::new(units).ok()),
                at("pack_milli"),
                &milli.to_string(),
            )
        });
        let category = coded(VatCategory::from_code(&row.category), at("category"), &row.category)?;
        let rate = VatRate::from_basis_points(row.rate_bp).ok();
        let sold = SoldArticle {
            version: ArticleVersionId(row.version_id),
            unit: coded(Unit::from_code(&row.unit), at("unit"), &row.unit)?,
            pack: pack.transpose()?,
            line: PriceLine::flat(
                price,
                Taxation { category, rate: coded(rate, at("rate_bp"), &row.rate_bp.to_string())? },
            ),
            amendable: row.cpv.starts_with(AMENDABLE_CPV),
        };
        articles.insert(ArticleId(row.article_id), sold);
    }
    Ok(Some(SchedulePrices {
        id: PriceScheduleId(head.id),
        from: head.valid_from,
        rank: head.rank,
        note: head.note,
        coefficient: head.coefficient,
        articles,
    }))
}

#[derive(FromQueryResult)]
struct Sum {
    version_id: i64,
    quantity_milli: i64,
}

async fn sums(
    on: &impl Access,
    which: &str,
    values: Vec<Value>,
) -> Result<BTreeMap<ArticleVersionId, Quantity>, StoreError> {
    let text = format!(
        "SELECT l.version_id, CAST(SUM(l.quantity_milli) AS BIGINT) AS quantity_milli \
         FROM order_line l JOIN purchase_order p ON p.id = l.order_id \
         WHERE {which} GROUP BY l.version_id"
    );
    Sum::find_by_statement(sql(on.connection(), &text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("adding up orders"))?
        .into_iter()
        .map(|row| {
            let at = ("order_line", row.version_id, "quantity_milli");
            let sum = Quantity::from_thousandths(row.quantity_milli).ok();
            let sum = coded(sum, at, &row.quantity_milli.to_string())?;
            Ok((ArticleVersionId(row.version_id), sum))
        })
        .collect()
}

/// What all orders of a window ask for, by article: drafts and validated ones alike.
pub async fn window_quantities(
    on: &impl Access,
    window: OrderWindowId,
) -> Result<BTreeMap<ArticleVersionId, Quantity>, StoreError> {
    sums(on, "p.window_id = $1 AND p.state <> 'cancelled'", vec![window.0.into()]).await
}

/// What was validated under a contract since `day`, by article.
pub async fn ordered_since(
    on: &impl Access,
    contract: ContractId,
    day: NaiveDate,
) -> Result<BTreeMap<ArticleVersionId, Quantity>, StoreError> {
    let which =
        "p.contract_id = $1 AND p.state IN ('validated', 'issued', 'closed') AND p.signed_on >= $2";
    sums(on, which, vec![contract.0.into(), day.into()]).await
}
