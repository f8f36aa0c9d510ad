//! The catalogue as it is listed: one row an article, at its version of a day.

use chrono::NaiveDate;
use domain::ids::ArticleId;
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use domain::vat::VatRate;
use sea_orm::{FromQueryResult, Value};

use crate::store::group::coded;
use crate::store::{Access, Slice, StoreError, sql};

/// An article in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleLine {
    pub id: ArticleId,
    pub reference: String,
    pub lot: String,
    pub family: String,
    pub sub_family: String,
    pub label: String,
    pub unit_label: String,
    /// `None` for what is measured.
    pub pack: Option<Quantity>,
    /// Before VAT.
    pub price: UnitPrice,
    pub vat_rate: VatRate,
    pub cpv: String,
    pub specification: String,
    pub standards: String,
    /// The first day of the version.
    pub since: NaiveDate,
    pub versions: i64,
    pub retired_on: Option<NaiveDate>,
}

/// Which articles are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArticleFilter {
    pub family: Option<String>,
    pub lot: Option<String>,
    /// Retired ones too.
    pub retired: bool,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    reference: String,
    lot: String,
    family: String,
    subfamily: String,
    label: String,
    unit_label: String,
    pack_milli: Option<i64>,
    price_e4: i64,
    rate_bp: i64,
    cpv: String,
    specification: String,
    standards: String,
    valid_from: NaiveDate,
    versions: i64,
    retired_on: Option<NaiveDate>,
}

/// `$1` the day, `$2` what is looked for, `$3` a family, `$4` a lot; empty for all. An article
/// that has no version yet on that day is shown at its first one.
const FROM: &str = "FROM article a JOIN article_version v ON v.id = COALESCE( \
       (SELECT o.id FROM article_version o WHERE o.article_id = a.id AND o.valid_from <= $1 \
        ORDER BY o.valid_from DESC LIMIT 1), \
       (SELECT o.id FROM article_version o WHERE o.article_id = a.id ORDER BY o.valid_from LIMIT 1)) \
     WHERE (LOWER(a.reference) LIKE $2 ESCAPE '\\' OR LOWER(v.label) LIKE $2 ESCAPE '\\' OR LOWER(v.specification) LIKE $2 ESCAPE '\\') \
     AND ($3 = '' OR a.family = $3) AND ($4 = '' OR a.lot = $4)";

const SORTED: [(&str, &str); 6] = [
    ("famille", "a.family"),
    ("reference", "a.reference"),
    ("article", "LOWER(v.label)"),
    ("prix", "v.price_e4"),
    ("lot", "a.lot"),
    ("depuis", "v.valid_from"),
];

/// One page of the catalogue as of `day`, and how many articles there are in all.
pub async fn article_list(
    on: &impl Access,
    day: NaiveDate,
    filter: &ArticleFilter,
    slice: &Slice,
) -> Result<(Vec<ArticleLine>, u64), StoreError> {
    #[derive(FromQueryResult)]
    struct Total {
        total: i64,
    }
    let doing = "reading the list of articles";
    let retired =
        if filter.retired { "" } else { "AND (a.retired_on IS NULL OR a.retired_on > $1)" };
    let values: Vec<Value> = vec![
        day.into(),
        slice.pattern().into(),
        filter.family.clone().unwrap_or_default().into(),
        filter.lot.clone().unwrap_or_default().into(),
    ];
    let text = format!("SELECT COUNT(*) AS total {FROM} {retired}");
    let total = Total::find_by_statement(sql(on.connection(), &text, values.clone()))
        .one(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let order = slice.order_by(&SORTED, "a.family, a.subfamily, a.reference");
    let cut = slice.cut();
    let text = format!(
        "SELECT a.id, a.reference, a.lot, a.family, a.subfamily, v.label, v.unit_label, v.pack_milli, \
         v.price_e4, v.rate_bp, v.cpv, v.specification, v.standards, v.valid_from, \
         (SELECT COUNT(*) FROM article_version o WHERE o.article_id = a.id) AS versions, a.retired_on \
         {FROM} {retired}{order}{cut}"
    );
    let rows = Row::find_by_statement(sql(on.connection(), &text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let lines = rows.into_iter().map(ArticleLine::try_from).collect::<Result<_, _>>()?;
    Ok((lines, total.map_or(0, |row| row.total.unsigned_abs())))
}

/// The families of the catalogue, in alphabetical order.
pub async fn families(on: &impl Access) -> Result<Vec<String>, StoreError> {
    words(on, "SELECT DISTINCT family AS word FROM article ORDER BY family").await
}

/// The lots that articles of the catalogue belong to, in order.
pub async fn lot_codes(on: &impl Access) -> Result<Vec<String>, StoreError> {
    words(on, "SELECT DISTINCT lot AS word FROM article ORDER BY lot").await
}

async fn words(on: &impl Access, text: &str) -> Result<Vec<String>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        word: String,
    }
    let rows = Row::find_by_statement(sql(on.connection(), text, []))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading families and lots of articles"))?;
    Ok(rows.into_iter().map(|row| row.word).collect())
}

/// The censuses that froze each version of an article: version and name.
pub async fn frozen_by(
    on: &impl Access,
    article: ArticleId,
) -> Result<Vec<(i64, String)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Frozen {
        version_id: i64,
        title: String,
    }
    let text = "SELECT f.version_id, c.title FROM campaign_article f \
                JOIN campaign c ON c.id = f.campaign_id WHERE f.article_id = $1 \
                ORDER BY c.opens_on, c.id";
    let rows = Frozen::find_by_statement(sql(on.connection(), text, [article.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading which censuses froze an article"))?;
    Ok(rows.into_iter().map(|row| (row.version_id, row.title)).collect())
}

impl TryFrom<Row> for ArticleLine {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let at = |column| ("article_version", row.id, column);
        let pack = row.pack_milli.map(|milli| {
            coded(Quantity::from_thousandths(milli).ok(), at("pack_milli"), &milli.to_string())
        });
        let price = UnitPrice::from_ten_thousandths(row.price_e4).ok();
        let rate = VatRate::from_basis_points(row.rate_bp).ok();
        Ok(Self {
            id: ArticleId(row.id),
            pack: pack.transpose()?,
            price: coded(price, at("price_e4"), &row.price_e4.to_string())?,
            vat_rate: coded(rate, at("rate_bp"), &row.rate_bp.to_string())?,
            reference: row.reference,
            lot: row.lot,
            family: row.family,
            sub_family: row.subfamily,
            label: row.label,
            unit_label: row.unit_label,
            cpv: row.cpv,
            specification: row.specification,
            standards: row.standards,
            since: row.valid_from,
            versions: row.versions,
            retired_on: row.retired_on,
        })
    }
}
