//! What the coordinator reads of all members: the list, and everything of one on one page.

use chrono::NaiveDate;
use domain::group::membership::MembershipState;
use domain::ids::{ConventionId, OrganisationId};
use sea_orm::{FromQueryResult, Value};

use crate::store::paged::paged;
use crate::store::{Access, Slice, StoreError, sql};

/// Which members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberFilter {
    pub epci: Option<OrganisationId>,
    /// In the convention that the list is about.
    pub state: Option<MembershipState>,
    /// Not even a prospect of it.
    pub outside: bool,
    /// Nobody has confirmed its SIRET.
    pub unconfirmed: bool,
}

/// One commune, EPCI or public body in the list.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct DeskMember {
    pub id: i64,
    pub name: String,
    pub kind: String,
    pub epci: Option<String>,
    pub population: Option<i64>,
    pub siret: Option<String>,
    pub siret_status: Option<String>,
    /// In the convention that the list is about.
    pub state: Option<String>,
    pub enforceable_on: Option<NaiveDate>,
    pub signed_on: Option<NaiveDate>,
    pub left_on: Option<NaiveDate>,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// The body that took its place.
    pub heir: Option<String>,
}

/// One page of the members, whose state is that in `convention`, and how many there are.
pub async fn desk_members(
    on: &impl Access,
    convention: Option<ConventionId>,
    filter: &MemberFilter,
    slice: &Slice,
) -> Result<(Vec<DeskMember>, u64), StoreError> {
    let mut values: Vec<Value> = vec![convention.map_or(0, |id| id.0).into()];
    let mut from = String::from(
        "FROM organisation o LEFT JOIN organisation e ON e.id = o.epci_id \
         LEFT JOIN organisation h ON h.id = o.heir_id \
         LEFT JOIN siret s ON s.organisation_id = o.id AND s.valid_to IS NULL \
         LEFT JOIN membership m ON m.organisation_id = o.id AND m.convention_id = $1 \
         WHERE o.kind IN ('commune', 'epci', 'public_body')",
    );
    if let Some(epci) = filter.epci {
        values.push(epci.0.into());
        from.push_str(&format!(" AND (o.epci_id = ${0} OR o.id = ${0})", values.len()));
    }
    if let Some(state) = filter.state {
        values.push(state.code().into());
        from.push_str(&format!(" AND m.state = ${}", values.len()));
    }
    if filter.outside {
        from.push_str(" AND m.id IS NULL");
    }
    if filter.unconfirmed {
        from.push_str(" AND o.heir_id IS NULL AND (s.status IS NULL OR s.status <> 'confirmed')");
    }
    if !slice.search.is_empty() {
        values.push(slice.pattern().into());
        let at = values.len();
        from.push_str(&format!(
            " AND (LOWER(o.name) LIKE ${at} ESCAPE '\\' OR s.siret LIKE ${at} ESCAPE '\\' \
             OR o.insee LIKE ${at} ESCAPE '\\')"
        ));
    }
    let columns = "o.id, o.name, o.kind, e.name AS epci, o.population, s.siret, s.status AS siret_status, m.state, \
         m.enforceable_on, m.signed_on, m.left_on, \
         (SELECT MIN(c.email) FROM contact c WHERE c.organisation_id = o.id) AS email, \
         (SELECT MIN(c.phone) FROM contact c WHERE c.organisation_id = o.id AND c.phone <> '') AS phone, \
         h.name AS heir";
    let allowed = [
        ("nom", "o.name"),
        ("epci", "e.name"),
        ("habitants", "o.population"),
        ("etat", "m.state"),
        ("executoire", "m.enforceable_on"),
        ("signature", "m.signed_on"),
    ];
    paged(on, "o.id", (columns, &from), &slice.order_by(&allowed, "o.id"), slice, values).await
}

/// The EPCI that members belong to, by name.
pub async fn epcis(on: &impl Access) -> Result<Vec<(OrganisationId, String)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        name: String,
    }
    let text = "SELECT id, name FROM organisation WHERE kind = 'epci' ORDER BY name";
    let rows = Row::find_by_statement(sql(on.connection(), text, []))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading EPCI"))?;
    Ok(rows.into_iter().map(|row| (OrganisationId(row.id), row.name)).collect())
}

/// What the list of members does not say of one.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Identity {
    pub insee: Option<String>,
    pub epci_id: Option<i64>,
    pub epci: Option<String>,
    pub heir_id: Option<i64>,
    pub heir: Option<String>,
    pub succeeded_on: Option<NaiveDate>,
}

pub async fn identity(on: &impl Access, id: OrganisationId) -> Result<Identity, StoreError> {
    let text = "SELECT o.insee, e.id AS epci_id, e.name AS epci, h.id AS heir_id, h.name AS heir, o.succeeded_on \
                FROM organisation o LEFT JOIN organisation e ON e.id = o.epci_id \
                LEFT JOIN organisation h ON h.id = o.heir_id WHERE o.id = $1";
    Identity::find_by_statement(sql(on.connection(), text, [id.0.into()]))
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading a member"))?
        .ok_or_else(|| StoreError::NotFound { what: "organisation", id: id.to_string() })
}

/// A membership of one member, or of all those of one convention.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct DeskMembership {
    pub id: i64,
    pub convention_id: i64,
    pub convention: String,
    pub subject: String,
    pub state: String,
    pub deliberation_number: Option<String>,
    pub deliberated_on: Option<NaiveDate>,
    pub enforceable_on: Option<NaiveDate>,
    pub signed_by: Option<String>,
    pub signed_on: Option<NaiveDate>,
    pub left_on: Option<NaiveDate>,
}

/// The memberships of one body, the newest first.
pub async fn memberships_of(
    on: &impl Access,
    member: OrganisationId,
) -> Result<Vec<DeskMembership>, StoreError> {
    let text = "SELECT m.id, m.convention_id, v.reference AS convention, v.subject, m.state, m.deliberation_number, \
                m.deliberated_on, m.enforceable_on, m.signed_by, m.signed_on, m.left_on \
                FROM membership m JOIN convention v ON v.id = m.convention_id \
                WHERE m.organisation_id = $1 ORDER BY m.id DESC";
    DeskMembership::find_by_statement(sql(on.connection(), text, [member.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading memberships"))
}

/// A need sheet of one member.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct DeskSheet {
    pub id: i64,
    pub campaign_id: i64,
    pub campaign: String,
    pub closes_on: NaiveDate,
    pub site: String,
    pub state: String,
    pub answer: Option<String>,
    pub lines: i64,
}

pub async fn sheets_of(
    on: &impl Access,
    member: OrganisationId,
) -> Result<Vec<DeskSheet>, StoreError> {
    let text = "SELECT n.id, n.campaign_id, c.title AS campaign, c.closes_on, t.name AS site, n.state, n.answer, \
                (SELECT COUNT(*) FROM need_line l WHERE l.sheet_id = n.id) AS lines \
                FROM need_sheet n JOIN campaign c ON c.id = n.campaign_id JOIN site t ON t.id = n.site_id \
                WHERE n.organisation_id = $1 ORDER BY c.opens_on DESC, t.name";
    DeskSheet::find_by_statement(sql(on.connection(), text, [member.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading need sheets"))
}

/// What an invoice asks of one member.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct DeskInvoice {
    pub id: i64,
    pub number: String,
    pub supplier: String,
    pub issue_date: NaiveDate,
    pub state: String,
    pub gross_cents: i64,
    pub due_on: Option<NaiveDate>,
}

/// The invoices addressed to one member, or shared with it, the newest first.
pub async fn invoices_of(
    on: &impl Access,
    member: OrganisationId,
    slice: &Slice,
) -> Result<(Vec<DeskInvoice>, u64), StoreError> {
    let from = "FROM invoice i JOIN organisation h ON h.id = i.supplier_id WHERE i.state <> 'rejected' \
                AND (i.buyer_id = $1 OR EXISTS (SELECT 1 FROM allocation a \
                JOIN allocation_member x ON x.allocation_id = a.id \
                WHERE a.invoice_id = i.id AND x.organisation_id = $1))";
    let columns =
        "i.id, i.number, h.name AS supplier, i.issue_date, i.state, i.gross_cents, i.due_on";
    let order = " ORDER BY i.issue_date DESC, i.id DESC";
    paged(on, "i.id", (columns, from), order, slice, vec![member.0.into()]).await
}

/// A paper that the coordinator may download.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct DeskPaper {
    pub id: i64,
    pub kind: String,
    pub number: String,
    pub title: String,
    pub file_key: String,
    pub bytes: i64,
    pub pages: i64,
    pub issued_on: NaiveDate,
}

const PAPERS: &str = "r.id, r.kind, r.number, r.title, r.file_key, r.bytes, r.pages, r.issued_on";

/// The papers of one member, the newest first.
pub async fn papers_of(
    on: &impl Access,
    member: OrganisationId,
    slice: &Slice,
) -> Result<(Vec<DeskPaper>, u64), StoreError> {
    let order = " ORDER BY r.issued_on DESC, r.id DESC";
    let from = "FROM paper r WHERE r.organisation_id = $1";
    paged(on, "r.id", (PAPERS, from), order, slice, vec![member.0.into()]).await
}

/// The papers of one order: itself, its amendments, the members' extracts.
pub async fn papers_of_order(
    on: &impl Access,
    order: domain::ids::OrderId,
    slice: &Slice,
) -> Result<(Vec<DeskPaper>, u64), StoreError> {
    let by = " ORDER BY CASE r.kind WHEN 'purchase_order' THEN 0 ELSE 1 END, r.number";
    let from = "FROM paper r WHERE r.order_id = $1";
    paged(on, "r.id", (PAPERS, from), by, slice, vec![order.0.into()]).await
}

/// The papers of the orders of one window.
pub async fn papers_of_window(
    on: &impl Access,
    window: domain::ids::OrderWindowId,
    slice: &Slice,
) -> Result<(Vec<DeskPaper>, u64), StoreError> {
    let by = " ORDER BY CASE r.kind WHEN 'purchase_order' THEN 0 ELSE 1 END, r.number";
    let from = "FROM paper r JOIN purchase_order p ON p.id = r.order_id WHERE p.window_id = $1";
    paged(on, "r.id", (PAPERS, from), by, slice, vec![window.0.into()]).await
}

/// A body found by a code that somebody typed.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Coded {
    pub id: i64,
    pub name: String,
    pub insee: Option<String>,
    pub siren: String,
    pub siret: Option<String>,
}

/// The bodies whose INSEE code, SIREN or SIRET in use is among `codes`.
pub async fn by_codes(on: &impl Access, codes: &[String]) -> Result<Vec<Coded>, StoreError> {
    if codes.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (1..=codes.len()).map(|place| format!("${place}")).collect();
    let list = places.join(", ");
    let text = format!(
        "SELECT o.id, o.name, o.insee, o.siren, s.siret FROM organisation o \
         LEFT JOIN siret s ON s.organisation_id = o.id AND s.valid_to IS NULL \
         WHERE o.insee IN ({list}) OR o.siren IN ({list}) OR s.siret IN ({list}) ORDER BY o.name"
    );
    let values: Vec<Value> = codes.iter().map(|code| code.as_str().into()).collect();
    Coded::find_by_statement(sql(on.connection(), &text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("finding bodies by their codes"))
}
