//! Who answered a census: one row a member, searched, sorted and paged by the database.
//!
//! The amount of a member is what its receipt says: whole packs at each delivery point, each
//! article's amount of a year rounded half-up once.

use chrono::{DateTime, Utc};
use domain::campaigns::sheet::AnswerChannel;
use domain::campaigns::standing::AnswerStanding;
use domain::ids::{CampaignId, OrganisationId};
use domain::money::Net;
use sea_orm::{FromQueryResult, Value};

use crate::store::group::coded;
use crate::store::{Access, Slice, StoreError, sql};

/// What is listed of a member asked by a census.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberAnswer {
    pub member: OrganisationId,
    pub name: String,
    pub epci: Option<String>,
    pub population: Option<i64>,
    pub standing: AnswerStanding,
    /// Sheets that were answered, of how many.
    pub answered: i64,
    pub sheets: i64,
    pub unsigned: i64,
    /// Before VAT, at the frozen reference prices; zero while nothing was asked for.
    pub net: Net,
    /// The last of its sheets that was answered, and how it came in.
    pub answered_at: Option<DateTime<Utc>>,
    pub channel: Option<AnswerChannel>,
    /// The last e-mail about this census that was queued for it.
    pub told_at: Option<DateTime<Utc>>,
}

/// Which members are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AnswerFilter {
    pub standing: Option<AnswerStanding>,
    pub epci: Option<OrganisationId>,
    pub unsigned: bool,
    pub phoned: bool,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    name: String,
    epci: Option<String>,
    population: Option<i64>,
    answered: i64,
    sheets: i64,
    needs: i64,
    unsigned: i64,
    net_cents: i64,
    answered_at: Option<DateTime<Utc>>,
    channel: Option<String>,
    told_at: Option<DateTime<Utc>>,
}

#[derive(FromQueryResult)]
struct Total {
    total: i64,
}

/// The members of census `$1`.
const ASKED: &str = "SELECT DISTINCT organisation_id FROM need_sheet WHERE campaign_id = $1";

/// One row a member of census `$1`: how many sheets it has and what they say. Grouped by
/// [`EACH`]; a further condition may stand between.
const SAID: &str = "SELECT organisation_id, COUNT(*) AS sheets, \
     CAST(SUM(CASE WHEN state <> 'draft' AND answer IS NOT NULL THEN 1 ELSE 0 END) AS BIGINT) AS answered, \
     CAST(SUM(CASE WHEN state <> 'draft' AND answer = 'needs' THEN 1 ELSE 0 END) AS BIGINT) AS needs, \
     CAST(SUM(CASE WHEN state <> 'draft' AND answer IS NOT NULL AND signed_by IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS unsigned, \
     CAST(SUM(CASE WHEN channel = 'phone' THEN 1 ELSE 0 END) AS BIGINT) AS phoned, \
     MAX(answered_at) AS answered_at, MAX(channel) AS channel \
     FROM need_sheet WHERE campaign_id = $1";
const EACH: &str = "GROUP BY organisation_id";

/// What `member` asks for, in cents: packs at each delivery point, as `PackingPolicy::Site`
/// packs, each amount half-up as `UnitPrice::times` rounds it.
///
/// Its sheets come first: `CROSS JOIN` says so to SQLite, whose planner keeps no statistics and
/// would read every line of every article for each member.
fn net_of(member: &str) -> String {
    format!(
        "(SELECT CAST(COALESCE(SUM((CASE WHEN f.pack_milli IS NULL THEN n.quantity_milli ELSE \
           (n.quantity_milli + f.pack_milli - 1) / f.pack_milli * f.pack_milli END \
           * v.price_e4 + 50000) / 100000), 0) AS BIGINT) \
         FROM need_sheet s CROSS JOIN need_line n CROSS JOIN campaign_article f \
         CROSS JOIN article_version v WHERE s.campaign_id = $1 AND s.organisation_id = {member} \
           AND s.state <> 'draft' AND s.answer = 'needs' AND n.sheet_id = s.id \
           AND f.campaign_id = s.campaign_id AND f.article_id = n.article_id \
           AND v.id = f.version_id)"
    )
}

const FROM: &str = "JOIN organisation o ON o.id = m.organisation_id \
     LEFT JOIN organisation e ON e.id = CASE WHEN o.kind = 'epci' THEN o.id ELSE o.epci_id END";

fn condition(filter: AnswerFilter, searched: bool) -> String {
    let standing = match filter.standing {
        None => "1 = 1",
        Some(AnswerStanding::Silent) => "m.answered = 0",
        Some(AnswerStanding::Nothing) => "m.answered > 0 AND m.needs = 0",
        Some(AnswerStanding::Needs) => "m.needs > 0 AND m.answered = m.sheets",
        Some(AnswerStanding::Partial) => "m.answered > 0 AND m.answered < m.sheets",
    };
    let unsigned = if filter.unsigned { " AND m.unsigned > 0" } else { "" };
    let phoned = if filter.phoned { " AND m.phoned > 0" } else { "" };
    let named = if searched { " AND LOWER(o.name) LIKE $3 ESCAPE '\\'" } else { "" };
    format!("WHERE {standing}{unsigned}{phoned}{named} AND ($2 = 0 OR e.id = $2)")
}

/// What the address may sort by: whether what the sheets say decides, what comes before, and the
/// key itself. Members without an answer come last by date.
fn keys(sort: &str) -> (bool, &'static str, String) {
    match sort {
        "epci" => (false, "", "COALESCE(e.name, '')".into()),
        "population" => (false, "", "COALESCE(o.population, 0)".into()),
        "date" => {
            let silent_last = "CASE WHEN m.answered_at IS NULL THEN 1 ELSE 0 END, ";
            (true, silent_last, "m.answered_at".into())
        }
        "montant" => (false, "", net_of("o.id")),
        "etat" => {
            let standing = "CASE WHEN m.answered = 0 THEN 0 WHEN m.answered < m.sheets THEN 1 \
                            WHEN m.needs = 0 THEN 2 ELSE 3 END";
            (true, "", standing.into())
        }
        // A key of nobody's sorts by name, like no key.
        _ => (false, "", "o.name".into()),
    }
}

/// One page of the members of a census, and how many there are in all.
pub async fn member_answers(
    on: &impl Access,
    campaign: CampaignId,
    filter: AnswerFilter,
    slice: &Slice,
) -> Result<(Vec<MemberAnswer>, u64), StoreError> {
    let doing = "reading the answers of a census";
    let searched = !slice.search.is_empty();
    let epci = filter.epci.map_or(0, |epci| epci.0);
    let mut values: Vec<Value> = vec![campaign.0.into(), epci.into()];
    values.extend(searched.then(|| slice.pattern().into()));
    let (sorts, first, key) = keys(&slice.sort);
    let chooses = filter.standing.is_some() || filter.unsigned || filter.phoned;
    // What the sheets say is added up for every member only where it chooses or sorts them.
    let members = if chooses || sorts { format!("{SAID} {EACH}") } else { ASKED.to_owned() };
    let found = format!("FROM ({members}) m {FROM} {}", condition(filter, searched));
    let text = format!("SELECT COUNT(*) AS total {found}");
    let total = Total::find_by_statement(sql(on.connection(), &text, values.clone()))
        .one(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let way = if slice.descending { "DESC" } else { "ASC" };
    let order = format!("ORDER BY {first}{key} {way}, o.name, o.id");
    let page = format!("SELECT o.id {found} {order} {}", slice.cut());
    let net = net_of("o.id");
    let text = format!(
        "SELECT o.id, o.name, e.name AS epci, o.population, m.answered, m.sheets, m.needs, \
         m.unsigned, m.answered_at, m.channel, {net} AS net_cents, \
         (SELECT MAX(x.queued_at) FROM mail x \
         WHERE x.campaign_id = $1 AND x.organisation_id = o.id) AS told_at \
         FROM ({SAID} AND organisation_id IN ({page}) {EACH}) m {FROM} {order}"
    );
    let rows = Row::find_by_statement(sql(on.connection(), &text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let members = rows.into_iter().map(MemberAnswer::try_from).collect::<Result<_, _>>()?;
    Ok((members, total.map_or(0, |row| row.total.unsigned_abs())))
}

impl TryFrom<Row> for MemberAnswer {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let count = i64::unsigned_abs;
        let channel = row.channel.map(|code| {
            coded(AnswerChannel::from_code(&code), ("organisation", row.id, "channel"), &code)
        });
        Ok(Self {
            member: OrganisationId(row.id),
            name: row.name,
            epci: row.epci,
            population: row.population,
            standing: AnswerStanding::of(count(row.sheets), count(row.answered), count(row.needs)),
            answered: row.answered,
            sheets: row.sheets,
            unsigned: row.unsigned,
            net: Net::from_cents(row.net_cents),
            answered_at: row.answered_at,
            channel: channel.transpose()?,
            told_at: row.told_at,
        })
    }
}
