//! The letters as the administrator lists them, and what became of addresses.

use chrono::{DateTime, Utc};
use domain::ids::MailId;
use domain::platform::mail::{MailKind, MailState};
use entities::mail;
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult};

use crate::store::{Access, Slice, StoreError, sql};

/// A letter in the list of those that were sent, without its text.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct MailRow {
    pub id: i64,
    pub kind: String,
    pub to_address: String,
    pub to_name: String,
    pub organisation: Option<String>,
    pub subject: String,
    pub state: String,
    pub attempts: i64,
    pub queued_at: DateTime<Utc>,
    pub next_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub last_error: Option<String>,
    pub attached_name: Option<String>,
}

impl MailRow {
    pub fn state(&self) -> Option<MailState> {
        MailState::from_code(&self.state)
    }

    pub fn kind(&self) -> Option<MailKind> {
        MailKind::from_code(&self.kind)
    }
}

const COLUMNS: &str = "m.id, m.kind, m.to_address, m.to_name, o.name AS organisation, m.subject, \
                       m.state, m.attempts, m.queued_at, m.next_at, m.sent_at, m.last_error, \
                       m.attached_name";
const FROM: &str = " FROM mail m LEFT JOIN organisation o ON o.id = m.organisation_id";
const SORTS: [(&str, &str); 5] = [
    ("date", "m.queued_at"),
    ("destinataire", "m.to_address"),
    ("objet", "m.subject"),
    ("etat", "m.state"),
    ("organisme", "o.name"),
];

/// The letters of all, in one `state` if one is given; the part asked for, and how many in all.
pub async fn list(
    on: &impl Access,
    state: Option<MailState>,
    slice: &Slice,
) -> Result<(Vec<MailRow>, u64), StoreError> {
    let on = on.connection();
    let doing = "listing e-mails";
    let condition = " WHERE ($1 = '' OR m.state = $1) AND (LOWER(m.to_address) LIKE $2 ESCAPE '\\' \
                     OR LOWER(m.to_name) LIKE $2 ESCAPE '\\' OR LOWER(m.subject) LIKE $2 ESCAPE '\\' \
                     OR LOWER(COALESCE(o.name, '')) LIKE $2 ESCAPE '\\')";
    let values = || [state.map_or("", MailState::code).into(), slice.pattern().into()];
    let text = format!(
        "SELECT {COLUMNS}{FROM}{condition}{}{}",
        slice.order_by(&SORTS, "m.id DESC"),
        slice.cut()
    );
    let rows = MailRow::find_by_statement(sql(on, &text, values()))
        .all(on)
        .await
        .map_err(StoreError::during(doing))?;
    let text = format!("SELECT COUNT(*) AS number{FROM}{condition}");
    Ok((rows, counted(on, &text, values()).await?))
}

#[derive(FromQueryResult)]
struct Counted {
    number: i64,
}

pub(in crate::store) async fn counted<C: ConnectionTrait>(
    on: &C,
    text: &str,
    values: impl IntoIterator<Item = sea_orm::Value>,
) -> Result<u64, StoreError> {
    let found = Counted::find_by_statement(sql(on, text, values))
        .one(on)
        .await
        .map_err(StoreError::during("counting rows"))?;
    Ok(found.and_then(|row| u64::try_from(row.number).ok()).unwrap_or_default())
}

/// A letter with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub row: MailRow,
    pub text: String,
    pub message_id: String,
}

pub async fn letter(on: &impl Access, id: MailId) -> Result<Letter, StoreError> {
    let connection = on.connection();
    let not_found = || StoreError::NotFound { what: "e-mail", id: id.to_string() };
    let doing = "reading an e-mail";
    let text = format!("SELECT {COLUMNS}{FROM} WHERE m.id = $1");
    let row = MailRow::find_by_statement(sql(connection, &text, [id.0.into()]))
        .one(connection)
        .await
        .map_err(StoreError::during(doing))?
        .ok_or_else(not_found)?;
    let whole = mail::Entity::find_by_id(id.0)
        .one(connection)
        .await
        .map_err(StoreError::during(doing))?
        .ok_or_else(not_found)?;
    Ok(Letter { row, text: whole.text, message_id: whole.message_id })
}

/// An address that our letters do not reach.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Undeliverable {
    /// In lower case.
    pub address: String,
    /// The organisation that the last letter was about.
    pub organisation_id: Option<i64>,
    pub organisation: Option<String>,
    /// Its kind's code.
    pub kind: Option<String>,
    /// What the mail server said.
    pub reason: Option<String>,
}

/// The addresses whose last letter came back or was refused, until a later one leaves: whoever
/// keeps people and contacts corrects them. Letters that are under way do not count.
pub async fn undeliverable(on: &impl Access) -> Result<Vec<Undeliverable>, StoreError> {
    let connection = on.connection();
    let text = "SELECT LOWER(m.to_address) AS address, m.organisation_id, o.name AS organisation, \
                o.kind, m.last_error AS reason FROM mail m \
                LEFT JOIN organisation o ON o.id = m.organisation_id \
                WHERE m.state IN ('bounced', 'failed') AND NOT EXISTS (SELECT 1 FROM mail n \
                WHERE LOWER(n.to_address) = LOWER(m.to_address) AND n.id > m.id \
                AND n.state IN ('sent', 'bounced', 'failed')) ORDER BY address";
    Undeliverable::find_by_statement(sql(connection, text, []))
        .all(connection)
        .await
        .map_err(StoreError::during("reading undeliverable addresses"))
}
