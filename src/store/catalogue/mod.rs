//! Articles and their versions. Both are only ever added; an article retires.

mod list;

pub use list::{ArticleFilter, ArticleLine, article_list, families, frozen_by, lot_codes};

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::catalogue::{
    Article, ArticleRef, ArticleTerms, ArticleVersion, CatalogueEntry, LotCode, PackSize,
};
use domain::cpv::Cpv;
use domain::ids::{ArticleId, ArticleVersionId};
use domain::money::AmountError;
use domain::price::UnitPrice;
use domain::quantity::Unit;
use domain::vat::VatRate;
use entities::{article, article_version};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait, QueryFilter, QueryOrder,
};

use super::group::coded;
use super::platform::insert_all;
use super::{Access, StoreError, Tx};

/// An article with the numbers of its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredArticle {
    pub id: ArticleId,
    pub article: Article,
    /// In the order of `article.versions()`.
    pub versions: Vec<ArticleVersionId>,
}

impl StoredArticle {
    /// The version in force on `day` and its number, also of a retired article.
    pub fn in_force_on(&self, day: NaiveDate) -> Option<(ArticleVersionId, &ArticleVersion)> {
        let versions = self.article.versions().iter();
        let (version, id) = versions.zip(&self.versions).rfind(|(v, _)| v.from <= day)?;
        Some((*id, version))
    }
}

/// The whole catalogue, retired articles too, by reference.
pub async fn articles(on: &impl Access) -> Result<BTreeMap<ArticleRef, StoredArticle>, StoreError> {
    let doing = "reading the catalogue";
    let mut versions: BTreeMap<i64, Vec<article_version::Model>> = BTreeMap::new();
    let rows = article_version::Entity::find()
        .order_by_asc(article_version::COLUMN.valid_from)
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    for row in rows {
        versions.entry(row.article_id).or_default().push(row);
    }
    article::Entity::find()
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?
        .into_iter()
        .map(|row| {
            let stored = stored(&row, versions.remove(&row.id).unwrap_or_default())?;
            Ok((stored.article.reference.clone(), stored))
        })
        .collect()
}

fn stored(
    row: &article::Model,
    versions: Vec<article_version::Model>,
) -> Result<StoredArticle, StoreError> {
    let at = |column| ("article", row.id, column);
    let reference: ArticleRef = coded(row.reference.parse().ok(), at("reference"), &row.reference)?;
    let lot: LotCode = coded(row.lot.parse().ok(), at("lot"), &row.lot)?;
    let numbers = versions.iter().map(|version| ArticleVersionId(version.id)).collect();
    let versions = versions
        .into_iter()
        .map(|version| Ok(ArticleVersion { from: version.valid_from, terms: terms(version)? }))
        .collect::<Result<Vec<_>, StoreError>>()?;
    let families = (row.family.clone(), row.subfamily.clone());
    let article = Article::stored(reference, lot, families, versions, row.retired_on);
    let article = coded(article.ok(), at("reference"), &row.reference)?;
    Ok(StoredArticle { id: ArticleId(row.id), article, versions: numbers })
}

pub(crate) fn terms(row: article_version::Model) -> Result<ArticleTerms, StoreError> {
    let at = |column| ("article_version", row.id, column);
    let pack = row.pack_milli.map(|milli| {
        let units = u32::try_from(milli / 1000).ok().filter(|_| milli % 1000 == 0);
        let pack = units.and_then(|units| PackSize::new(units).ok());
        coded(pack, at("pack_milli"), &milli.to_string())
    });
    Ok(ArticleTerms {
        unit: coded(Unit::from_code(&row.unit), at("unit"), &row.unit)?,
        takes_decimals: row.takes_decimals,
        pack: pack.transpose()?,
        cpv: coded(Cpv::stored(&row.cpv), at("cpv"), &row.cpv)?,
        vat_rate: coded(
            VatRate::from_basis_points(row.rate_bp).ok(),
            at("rate_bp"),
            &row.rate_bp.to_string(),
        )?,
        reference_price: coded(
            UnitPrice::from_ten_thousandths(row.price_e4).ok(),
            at("price_e4"),
            &row.price_e4.to_string(),
        )?,
        label: row.label,
        unit_label: row.unit_label,
        specification: row.specification,
        standards: row.standards,
    })
}

/// The article `id` with all its versions.
pub async fn article(on: &impl Access, id: ArticleId) -> Result<StoredArticle, StoreError> {
    let doing = "reading an article";
    let row = article::Entity::find_by_id(id.0)
        .one(on.connection())
        .await
        .map_err(StoreError::during(doing))?
        .ok_or_else(|| StoreError::NotFound { what: "article", id: id.to_string() })?;
    let versions = article_version::Entity::find()
        .filter(article_version::COLUMN.article_id.eq(id.0))
        .order_by_asc(article_version::COLUMN.valid_from)
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    stored(&row, versions)
}

/// Adds articles without their versions.
pub async fn add_articles(tx: &Tx, entries: &[CatalogueEntry]) -> Result<(), StoreError> {
    let rows = entries.iter().map(|entry| article::ActiveModel {
        id: NotSet,
        reference: Set(entry.reference.to_string()),
        lot: Set(entry.lot.to_string()),
        family: Set(entry.family.clone()),
        subfamily: Set(entry.sub_family.clone()),
        retired_on: Set(None),
    });
    insert_all::<article::Entity, _>(tx, rows.collect(), 6, "adding articles").await
}

/// The numbers of all articles by reference.
pub async fn article_ids(on: &impl Access) -> Result<BTreeMap<String, ArticleId>, StoreError> {
    let rows = article::Entity::find()
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading articles"))?;
    Ok(rows.into_iter().map(|row| (row.reference, ArticleId(row.id))).collect())
}

/// Adds versions in force from `from` on.
///
/// # Errors
///
/// [`AmountError::PriceTooPrecise`] cannot come from a [`CatalogueEntry`] that was read: its
/// price is a schedule's.
pub async fn add_versions(
    tx: &Tx,
    from: NaiveDate,
    versions: &[(ArticleId, &ArticleTerms)],
) -> Result<(), StoreError> {
    let rows = versions
        .iter()
        .map(|(article, terms)| {
            Ok(article_version::ActiveModel {
                id: NotSet,
                article_id: Set(article.0),
                valid_from: Set(from),
                label: Set(terms.label.clone()),
                unit: Set(terms.unit.code().to_owned()),
                unit_label: Set(terms.unit_label.clone()),
                takes_decimals: Set(terms.takes_decimals),
                pack_milli: Set(terms.pack.map(|pack| i64::from(pack.units()) * 1000)),
                cpv: Set(terms.cpv.to_string()),
                rate_bp: Set(terms.vat_rate.basis_points()),
                specification: Set(terms.specification.clone()),
                standards: Set(terms.standards.clone()),
                price_e4: Set(terms.reference_price.ten_thousandths()?),
            })
        })
        .collect::<Result<Vec<_>, AmountError>>()
        .map_err(|_| StoreError::Refused("Un prix a plus de quatre décimales."))?;
    insert_all::<article_version::Entity, _>(tx, rows, 13, "adding versions of articles").await
}

/// From `day` on these articles can no longer be asked for; how many were still on offer then.
pub async fn retire(tx: &Tx, of: &BTreeSet<ArticleId>, day: NaiveDate) -> Result<u64, StoreError> {
    let earlier = article::COLUMN.retired_on.is_null().or(article::COLUMN.retired_on.gt(day));
    let moved = article::Entity::update_many()
        .col_expr(article::Column::RetiredOn, Expr::value(day))
        .filter(article::COLUMN.id.is_in(of.iter().map(|id| id.0)))
        .filter(earlier)
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("retiring articles"))?;
    Ok(moved.rows_affected)
}
