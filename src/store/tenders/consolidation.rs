//! What all members need of each article in each year, added up by the database.
//!
//! One delivery point has one line for an article and year, so the lines need no
//! grouping of their own: whole packs per delivery point are integer arithmetic on
//! each line, in the same pass as the sums. Only sheets that were answered count, and
//! none of a member that has left the group since.

use domain::catalogue::{ArticleRef, LotCode, PackSize};
use domain::ids::{ArticleId, ArticleVersionId, CampaignId};
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use domain::tenders::packing::AddedUp;
use sea_orm::FromQueryResult;

use crate::store::group::coded;
use crate::store::{Access, StoreError, is_postgres, sql};

/// One article in one year, of all members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeedTotal {
    pub lot: LotCode,
    pub article: ArticleId,
    pub reference: ArticleRef,
    /// The version that the census froze.
    pub version: ArticleVersionId,
    pub pack: Option<PackSize>,
    /// Before VAT, what the need is valued at.
    pub reference_price: UnitPrice,
    pub year: i32,
    /// How many members need it.
    pub members: i64,
    /// At how many delivery points.
    pub sites: i64,
    pub asks: AddedUp,
}

#[derive(FromQueryResult)]
struct Row {
    article_id: i64,
    lot: String,
    reference: String,
    version_id: i64,
    pack_milli: Option<i64>,
    price_e4: i64,
    year: i64,
    members: i64,
    sites: i64,
    needed_milli: i64,
    tolerance_milli: i64,
    whole_milli: i64,
}

/// The members that have left the group of census `$1`, today or on a day already known: whatever
/// they asked for, they will not order.
pub(super) const LEFT: &str = "SELECT m.organisation_id FROM membership m \
     JOIN campaign k ON k.convention_id = m.convention_id \
     WHERE k.id = $1 AND m.state = 'withdrawn'";

/// The census's articles come first: each is then one range of the covering index of `need_line`,
/// in the order of the groups. `CROSS JOIN` says so to SQLite, whose planner keeps no statistics.
fn totals(postgres: bool) -> String {
    let join = if postgres { "JOIN" } else { "CROSS JOIN" };
    format!(
        "SELECT a.id AS article_id, a.lot, a.reference, f.version_id, f.pack_milli, v.price_e4, \
         t.year, t.members, t.sites, t.needed_milli, t.tolerance_milli, t.whole_milli FROM (\
           SELECT c.article_id, n.year, \
             COUNT(DISTINCT n.organisation_id) AS members, COUNT(*) AS sites, \
             CAST(SUM(n.quantity_milli) AS BIGINT) AS needed_milli, \
             CAST(SUM(n.tolerance_milli) AS BIGINT) AS tolerance_milli, \
             CAST(SUM(CASE WHEN c.pack_milli IS NULL THEN n.quantity_milli ELSE \
               (n.quantity_milli + c.pack_milli - 1) / c.pack_milli * c.pack_milli END) AS BIGINT) \
               AS whole_milli \
           FROM campaign_article c {join} need_line n \
             ON n.campaign_id = c.campaign_id AND n.article_id = c.article_id \
           WHERE c.campaign_id = $1 AND n.campaign_id = $1 AND n.quantity_milli > 0 \
             AND n.site_id NOT IN (SELECT s.site_id FROM need_sheet s WHERE s.campaign_id = $1 \
               AND (s.state = 'draft' OR s.answer <> 'needs' OR s.organisation_id IN ({LEFT}))) \
           GROUP BY c.article_id, n.year) t \
         JOIN campaign_article f ON f.campaign_id = $1 AND f.article_id = t.article_id \
         JOIN article a ON a.id = t.article_id JOIN article_version v ON v.id = f.version_id \
         ORDER BY a.reference, t.year"
    )
}

/// The needs of `campaign` that count, by article reference, then year.
pub async fn need_totals(
    on: &impl Access,
    campaign: CampaignId,
) -> Result<Vec<NeedTotal>, StoreError> {
    let text = totals(is_postgres(on.connection()));
    Row::find_by_statement(sql(on.connection(), &text, [campaign.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("consolidating needs"))?
        .into_iter()
        .map(NeedTotal::try_from)
        .collect()
}

impl TryFrom<Row> for NeedTotal {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let sum = |milli: i64, column| {
            let at = ("need_line", row.article_id, column);
            coded(Quantity::from_thousandths(milli).ok(), at, &milli.to_string())
        };
        let at = |column| ("article_version", row.version_id, column);
        Ok(Self {
            lot: coded(row.lot.parse().ok(), ("article", row.article_id, "lot"), &row.lot)?,
            article: ArticleId(row.article_id),
            reference: reference(row.article_id, &row.reference)?,
            version: ArticleVersionId(row.version_id),
            pack: pack(at("pack_milli"), row.pack_milli)?,
            reference_price: price(at("price_e4"), row.price_e4)?,
            year: year(("need_line", row.article_id, "year"), row.year)?,
            members: row.members,
            sites: row.sites,
            asks: AddedUp {
                needed: sum(row.needed_milli, "quantity_milli")?,
                tolerance: sum(row.tolerance_milli, "tolerance_milli")?,
                whole_packs: sum(row.whole_milli, "quantity_milli")?,
            },
        })
    }
}

/// Where a stored value stands: table, row, column.
type Place = (&'static str, i64, &'static str);

pub(super) fn reference(article: i64, text: &str) -> Result<ArticleRef, StoreError> {
    coded(text.parse().ok(), ("article", article, "reference"), text)
}

/// A stored pack; nothing where there is none.
pub(super) fn pack(at: Place, milli: Option<i64>) -> Result<Option<PackSize>, StoreError> {
    let read = |milli: i64| {
        let units = u32::try_from(milli / 1000).ok().filter(|_| milli % 1000 == 0);
        coded(units.and_then(|units| PackSize::new(units).ok()), at, &milli.to_string())
    };
    milli.map(read).transpose()
}

pub(super) fn price(at: Place, stored: i64) -> Result<UnitPrice, StoreError> {
    coded(UnitPrice::from_ten_thousandths(stored).ok(), at, &stored.to_string())
}

pub(super) fn year(at: Place, stored: i64) -> Result<i32, StoreError> {
    coded(i32::try_from(stored).ok(), at, &stored.to_string())
}

pub(super) fn quantity(at: Place, milli: i64) -> Result<Quantity, StoreError> {
    coded(Quantity::from_thousandths(milli).ok(), at, &milli.to_string())
}
