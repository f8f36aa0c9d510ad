//! Dated price schedules, by article, with the indices that revised them.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::catalogue::{ArticleRef, PackSize};
use domain::ids::{ArticleId, ArticleVersionId, ContractId, PriceScheduleId};
use domain::orders::order::{PricedArticle, Taxation};
use domain::price::UnitPrice;
use domain::quantity::{Quantity, Unit};
use domain::tenders::prices::{PriceLine, PriceSchedule};
use domain::tenders::tiers::Tier;
use domain::vat::{VatCategory, VatRate};
use entities::{index_value, price_line, price_schedule};
use rust_decimal::Decimal;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    FromQueryResult, Value,
};

use super::consolidation::{pack, price, quantity, reference};
use crate::store::group::coded;
use crate::store::platform::insert_all;
use crate::store::{Access, StoreError, Tx, sql};

/// What the holder sells an article for, under one schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldArticle {
    pub reference: ArticleRef,
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

/// A published index value that a revision was computed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexUsed {
    /// The code under which it is published.
    pub name: String,
    /// The first day of the month it is of.
    pub month: NaiveDate,
    /// At most four decimals.
    pub value: Decimal,
    /// Where it was published.
    pub source: String,
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

impl SchedulePrices {
    /// The prices as the domain revises them; the indices behind them are not read back.
    pub fn schedule(&self) -> PriceSchedule {
        let line = |sold: &SoldArticle| (sold.reference.clone(), sold.line.clone());
        let lines = self.articles.values().map(line).collect();
        PriceSchedule::initial(self.from, lines)
    }

    /// The article version that each reference is sold as.
    pub fn versions(&self) -> BTreeMap<ArticleRef, ArticleVersionId> {
        self.articles.values().map(|sold| (sold.reference.clone(), sold.version)).collect()
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
    schedule_id: i64,
    article_id: i64,
    reference: String,
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

/// Every schedule that `condition` on `s` chooses, in the order of their first days.
async fn read(
    on: &impl Access,
    condition: &str,
    values: Vec<Value>,
) -> Result<Vec<SchedulePrices>, StoreError> {
    let doing = "reading a price schedule";
    let heads = format!(
        "SELECT s.id, s.valid_from, s.note, s.coefficient, (SELECT COUNT(*) FROM price_schedule e \
         WHERE e.contract_id = s.contract_id AND e.valid_from <= s.valid_from) AS rank \
         FROM price_schedule s WHERE {condition} ORDER BY s.valid_from"
    );
    let heads = Head::find_by_statement(sql(on.connection(), &heads, values.clone()))
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let lines = format!(
        "SELECT p.id, p.schedule_id, v.article_id, a.reference, p.version_id, v.unit, \
         v.takes_decimals, v.pack_milli, v.cpv, p.min_quantity_milli, p.price_e4, p.category, \
         p.rate_bp FROM price_schedule s JOIN price_line p ON p.schedule_id = s.id \
         JOIN article_version v ON v.id = p.version_id JOIN article a ON a.id = v.article_id \
         WHERE {condition} ORDER BY p.schedule_id, p.version_id, p.min_quantity_milli"
    );
    let rows = Row::find_by_statement(sql(on.connection(), &lines, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let mut articles: BTreeMap<i64, BTreeMap<ArticleId, SoldArticle>> = BTreeMap::new();
    for row in rows {
        add_line(articles.entry(row.schedule_id).or_default(), &row)?;
    }
    Ok(heads
        .into_iter()
        .map(|head| SchedulePrices {
            id: PriceScheduleId(head.id),
            from: head.valid_from,
            rank: head.rank,
            note: head.note,
            coefficient: head.coefficient,
            articles: articles.remove(&head.id).unwrap_or_default(),
        })
        .collect())
}

/// Rows come in ascending order of quantity: the first of an article is its price, the others
/// are its tiers.
fn add_line(articles: &mut BTreeMap<ArticleId, SoldArticle>, row: &Row) -> Result<(), StoreError> {
    let at = |column| ("price_line", row.id, column);
    let price = price(at("price_e4"), row.price_e4)?;
    if let Some(known) = articles.get_mut(&ArticleId(row.article_id)) {
        let from = quantity(at("min_quantity_milli"), row.min_quantity_milli)?;
        known.line.tiers.push(Tier { from, price });
        return Ok(());
    }
    let version = |column| ("article_version", row.version_id, column);
    let rate = VatRate::from_basis_points(row.rate_bp).ok();
    let category = VatCategory::from_code(&row.category);
    let taxation = Taxation {
        category: coded(category, at("category"), &row.category)?,
        rate: coded(rate, at("rate_bp"), &row.rate_bp.to_string())?,
    };
    let sold = SoldArticle {
        reference: reference(row.article_id, &row.reference)?,
        version: ArticleVersionId(row.version_id),
        unit: coded(Unit::from_code(&row.unit), version("unit"), &row.unit)?,
        pack: pack(version("pack_milli"), row.pack_milli.filter(|_| !row.takes_decimals))?,
        line: PriceLine::flat(price, taxation),
        amendable: row.cpv.starts_with(AMENDABLE_CPV),
    };
    articles.insert(ArticleId(row.article_id), sold);
    Ok(())
}

/// The schedule of `contract` in force on `day`; `None` before the first.
pub async fn schedule_in_force(
    on: &impl Access,
    contract: ContractId,
    day: NaiveDate,
) -> Result<Option<SchedulePrices>, StoreError> {
    let condition = "s.contract_id = $1 AND s.valid_from = (SELECT MAX(m.valid_from) \
                     FROM price_schedule m WHERE m.contract_id = $1 AND m.valid_from <= $2)";
    Ok(read(on, condition, vec![contract.0.into(), day.into()]).await?.pop())
}

/// The schedule `id`.
pub async fn schedule(on: &impl Access, id: PriceScheduleId) -> Result<SchedulePrices, StoreError> {
    read(on, "s.id = $1", vec![id.0.into()])
        .await?
        .pop()
        .ok_or_else(|| StoreError::NotFound { what: "price schedule", id: id.to_string() })
}

/// Every schedule of `contract`, the initial prices first.
pub async fn schedules(
    on: &impl Access,
    contract: ContractId,
) -> Result<Vec<SchedulePrices>, StoreError> {
    read(on, "s.contract_id = $1", vec![contract.0.into()]).await
}

/// Adds a schedule to `contract`; `versions` says which version each article is sold as. The
/// coefficient is kept for a revision, which `indices` tells.
pub async fn add_schedule(
    tx: &Tx,
    contract: ContractId,
    note: &str,
    schedule: &PriceSchedule,
    versions: &BTreeMap<ArticleRef, ArticleVersionId>,
    indices: &[IndexUsed],
) -> Result<PriceScheduleId, StoreError> {
    let doing = "adding a price schedule";
    let row = price_schedule::ActiveModel {
        id: NotSet,
        contract_id: Set(contract.0),
        valid_from: Set(schedule.from),
        note: Set(note.to_owned()),
        coefficient: Set((!indices.is_empty()).then(|| schedule.coefficient.to_string())),
    };
    let row = row.insert(tx.connection()).await.map_err(StoreError::during(doing))?;
    let mut lines = Vec::with_capacity(schedule.lines.len());
    for (reference, line) in &schedule.lines {
        let version = versions.get(reference);
        let version = version.ok_or_else(|| StoreError::NotFound {
            what: "article version",
            id: reference.to_string(),
        })?;
        for (from, price) in steps(line.price, &line.tiers)? {
            lines.push(price_line::ActiveModel {
                id: NotSet,
                schedule_id: Set(row.id),
                version_id: Set(version.0),
                min_quantity_milli: Set(from),
                price_e4: Set(price),
                category: Set(line.taxation.category.code().to_owned()),
                rate_bp: Set(line.taxation.rate.basis_points()),
            });
        }
    }
    insert_all::<price_line::Entity, _>(tx, lines, 7, doing).await?;
    let values = indices.iter().map(|used| {
        Ok(index_value::ActiveModel {
            id: NotSet,
            schedule_id: Set(row.id),
            name: Set(used.name.clone()),
            month: Set(used.month),
            value_e4: Set(ten_thousandths(used.value)?),
            source: Set(used.source.clone()),
        })
    });
    let values = values.collect::<Result<Vec<_>, StoreError>>()?;
    insert_all::<index_value::Entity, _>(tx, values, 6, doing).await?;
    Ok(PriceScheduleId(row.id))
}

/// The price of a line and its tiers, each from its quantity on, as stored.
pub(super) fn steps(price: UnitPrice, tiers: &[Tier]) -> Result<Vec<(i64, i64)>, StoreError> {
    let first = Tier { from: Quantity::ZERO, price };
    std::iter::once(&first)
        .chain(tiers)
        .map(|tier| Ok((tier.from.thousandths(), ten_thousandths(tier.price.decimal())?)))
        .collect()
}

fn ten_thousandths(value: Decimal) -> Result<i64, StoreError> {
    let exact = UnitPrice::scheduled(value).and_then(UnitPrice::ten_thousandths);
    exact.map_err(|_| {
        StoreError::Refused(
            "Un prix ou un indice a plus de quatre décimales ou est trop grand. Rien n’a été \
             enregistré ; corrigez-le.",
        )
    })
}
