//! The outbox: what is to be sent, what was sent, what came back.

mod list;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::ids::{CampaignId, MailId, OrganisationId, PersonId};
use domain::platform::mail::{MailAction, MailKind, MailState, STEPS};
use entities::mail;
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, OnConflict, Query};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    Condition, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
};

use crate::store::group::coded;
use crate::store::{Access, StoreError, Tx, is_postgres, rows_per_statement, sql};

pub(in crate::store) use list::counted;
pub use list::{Letter, MailRow, Undeliverable, letter, list, undeliverable};

/// A file of the store that goes with a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    pub file_key: String,
    /// As the reader sees it: `commandes.zip`.
    pub name: String,
}

/// A letter to be kept until it is sent.
#[derive(Debug, Clone)]
pub struct NewMail {
    pub kind: MailKind,
    /// What it is about; a letter of a kind and key is written once.
    pub key: String,
    pub address: String,
    pub name: String,
    pub person: Option<PersonId>,
    pub organisation: Option<OrganisationId>,
    pub campaign: Option<CampaignId>,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub attached: Option<Attached>,
    pub message_id: String,
}

/// Keeps letters until they are sent; how many are new.
pub async fn queue(tx: &Tx, letters: Vec<NewMail>, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let mut new = 0;
    let rows: Vec<mail::ActiveModel> = letters
        .into_iter()
        .map(|letter| {
            let (attached_key, attached_name) = match letter.attached {
                Some(attached) => (Some(attached.file_key), Some(attached.name)),
                None => (None, None),
            };
            mail::ActiveModel {
                id: NotSet,
                kind: Set(letter.kind.code().to_owned()),
                key: Set(letter.key),
                to_address: Set(letter.address),
                to_name: Set(letter.name),
                person_id: Set(letter.person.map(|id| id.0)),
                organisation_id: Set(letter.organisation.map(|id| id.0)),
                campaign_id: Set(letter.campaign.map(|id| id.0)),
                subject: Set(letter.subject),
                text: Set(letter.text),
                html: Set(letter.html),
                attached_key: Set(attached_key),
                attached_name: Set(attached_name),
                state: Set(MailState::Waiting.code().to_owned()),
                attempts: Set(0),
                next_at: Set(now),
                locked_until: Set(None),
                queued_at: Set(now),
                sent_at: Set(None),
                last_error: Set(None),
                message_id: Set(letter.message_id),
            }
        })
        .collect();
    for rows in rows.chunks(rows_per_statement(20)) {
        new += mail::Entity::insert_many(rows.to_vec())
            .on_conflict(
                OnConflict::columns([mail::Column::Kind, mail::Column::Key])
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(tx.connection())
            .await
            .map_err(StoreError::during("queueing e-mails"))?;
    }
    Ok(new)
}

/// A letter that is being sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    pub id: MailId,
    pub kind: MailKind,
    pub address: String,
    pub name: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub attached: Option<Attached>,
    pub message_id: String,
    /// This one counted.
    pub attempts: i64,
}

fn outgoing(row: mail::Model) -> Result<Outgoing, StoreError> {
    Ok(Outgoing {
        id: MailId(row.id),
        kind: coded(MailKind::from_code(&row.kind), ("mail", row.id, "kind"), &row.kind)?,
        address: row.to_address,
        name: row.to_name,
        subject: row.subject,
        text: row.text,
        html: row.html,
        attached: row
            .attached_key
            .zip(row.attached_name)
            .map(|(file_key, name)| Attached { file_key, name }),
        message_id: row.message_id,
        attempts: row.attempts,
    })
}

/// Takes letters that are due, each until `lease`: no other node takes them before. Those of a
/// sender that was stopped come back once its lease is over.
pub async fn take_due(
    tx: &Tx,
    now: DateTime<Utc>,
    lease: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Outgoing>, StoreError> {
    let on = tx.connection();
    let due = Condition::any()
        .add(
            Condition::all()
                .add(mail::COLUMN.state.eq(MailState::Waiting.code()))
                .add(mail::COLUMN.next_at.lte(now)),
        )
        .add(
            Condition::all()
                .add(mail::COLUMN.state.eq(MailState::Sending.code()))
                .add(mail::COLUMN.locked_until.lt(now)),
        );
    let mut which = Query::select();
    which
        .column(mail::Column::Id)
        .from(mail::Entity)
        .cond_where(due)
        // Whoever waits at the door comes before nine hundred reminders.
        .order_by_expr(
            Expr::cust("CASE WHEN kind IN ('sign_in', 'reset', 'change_email') THEN 0 ELSE 1 END"),
            sea_orm::Order::Asc,
        )
        .order_by(mail::Column::NextAt, sea_orm::Order::Asc)
        .order_by(mail::Column::Id, sea_orm::Order::Asc)
        .limit(limit);
    if is_postgres(on) {
        which.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    let rows = mail::Entity::update_many()
        .col_expr(mail::Column::State, Expr::value(MailState::Sending.code()))
        .col_expr(mail::Column::LockedUntil, Expr::value(lease))
        .col_expr(mail::Column::Attempts, Expr::col(mail::Column::Attempts).add(1))
        .filter(mail::COLUMN.id.in_subquery(which))
        .exec_with_returning(on)
        .await
        .map_err(StoreError::during("taking e-mails"))?;
    let mut taken = rows.into_iter().map(outgoing).collect::<Result<Vec<_>, _>>()?;
    taken.sort_by_key(|letter| letter.id);
    Ok(taken)
}

/// An update that moves a letter by `action`, from wherever the table of its life allows.
fn step(id: MailId, action: MailAction) -> sea_orm::UpdateMany<mail::Entity> {
    let from = STEPS.0.iter().filter(|step| step.1 == action);
    let to = STEPS.0.iter().find(|step| step.1 == action).map(|step| step.2.code());
    mail::Entity::update_many()
        .col_expr(mail::Column::State, Expr::value(to))
        .col_expr(mail::Column::LockedUntil, Expr::value(None::<DateTime<Utc>>))
        .filter(mail::COLUMN.id.eq(id.0))
        .filter(mail::COLUMN.state.is_in(from.map(|step| step.0.code())))
}

async fn moved(
    tx: &Tx,
    id: MailId,
    step: sea_orm::UpdateMany<mail::Entity>,
) -> Result<(), StoreError> {
    let done = step.exec(tx.connection()).await.map_err(StoreError::during("moving an e-mail"))?;
    match done.rows_affected {
        1 => Ok(()),
        _ => Err(StoreError::Overtaken { what: "e-mail", id: id.0 }),
    }
}

/// The server took it. A letter whose link opens something keeps no text.
pub async fn delivered(
    tx: &Tx,
    id: MailId,
    now: DateTime<Utc>,
    forget_text: bool,
) -> Result<(), StoreError> {
    let mut step = step(id, MailAction::Deliver)
        .col_expr(mail::Column::SentAt, Expr::value(now))
        .col_expr(mail::Column::LastError, Expr::value(None::<String>));
    if forget_text {
        step = step
            .col_expr(mail::Column::Text, Expr::value(""))
            .col_expr(mail::Column::Html, Expr::value(""));
    }
    moved(tx, id, step).await
}

/// The server did not take it: again at `next`, or never.
pub async fn not_delivered(
    tx: &Tx,
    id: MailId,
    next: Option<DateTime<Utc>>,
    error: &str,
) -> Result<(), StoreError> {
    let action = if next.is_some() { MailAction::Fail } else { MailAction::GiveUp };
    let mut step = step(id, action).col_expr(mail::Column::LastError, Expr::value(error));
    if let Some(next) = next {
        step = step.col_expr(mail::Column::NextAt, Expr::value(next));
    }
    moved(tx, id, step).await
}

/// The mailbox sent it back.
pub async fn bounced(tx: &Tx, id: MailId, reason: &str) -> Result<(), StoreError> {
    let step = step(id, MailAction::Bounce).col_expr(mail::Column::LastError, Expr::value(reason));
    moved(tx, id, step).await
}

/// Sends it once more, from the first attempt.
pub async fn again(tx: &Tx, id: MailId, now: DateTime<Utc>) -> Result<(), StoreError> {
    let step = step(id, MailAction::Again)
        .col_expr(mail::Column::NextAt, Expr::value(now))
        .col_expr(mail::Column::Attempts, Expr::value(0_i64));
    moved(tx, id, step).await
}

/// A letter as a bounce names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub id: MailId,
    pub address: String,
    pub subject: String,
    pub state: MailState,
}

/// The letters with these Message-IDs, as bounces name them.
pub async fn by_message_ids(
    on: &impl Access,
    message_ids: &[&str],
) -> Result<BTreeMap<String, Named>, StoreError> {
    let mut named = BTreeMap::new();
    for ids in message_ids.chunks(10_000) {
        let rows = mail::Entity::find()
            .filter(mail::COLUMN.message_id.is_in(ids.iter().copied()))
            .all(on.connection())
            .await
            .map_err(StoreError::during("looking for e-mails"))?;
        for row in rows {
            let state =
                coded(MailState::from_code(&row.state), ("mail", row.id, "state"), &row.state)?;
            let (address, subject) = (row.to_address, row.subject);
            named.insert(row.message_id, Named { id: MailId(row.id), address, subject, state });
        }
    }
    Ok(named)
}

/// Erases the text of letters written before that never left, where it holds a link; how many.
pub async fn forget_texts(tx: &Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let kinds = MailKind::ALL.iter().filter(|kind| kind.opens_something());
    let gone = mail::Entity::update_many()
        .col_expr(mail::Column::Text, Expr::value(""))
        .col_expr(mail::Column::Html, Expr::value(""))
        .filter(mail::COLUMN.state.eq(MailState::Failed.code()))
        .filter(mail::COLUMN.kind.is_in(kinds.map(|kind| kind.code())))
        .filter(mail::COLUMN.queued_at.lt(before))
        .filter(mail::COLUMN.text.ne(""))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("erasing the texts of letters"))?;
    Ok(gone.rows_affected)
}

/// Which of `keys` a letter of this kind was written under.
pub async fn known(
    on: &impl Access,
    kind: MailKind,
    keys: &[&str],
) -> Result<BTreeSet<String>, StoreError> {
    let mut known = BTreeSet::new();
    for keys in keys.chunks(10_000) {
        let rows: Vec<String> = mail::Entity::find()
            .select_only()
            .column(mail::Column::Key)
            .filter(mail::COLUMN.kind.eq(kind.code()))
            .filter(mail::COLUMN.key.is_in(keys.iter().copied()))
            .into_tuple()
            .all(on.connection())
            .await
            .map_err(StoreError::during("reading what was written"))?;
        known.extend(rows);
    }
    Ok(known)
}

/// The keys of a kind that end in `end`: whom a reminder of a day has been written to.
pub async fn keys(
    on: &impl Access,
    kind: MailKind,
    end: &str,
) -> Result<BTreeSet<String>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        key: String,
    }
    let connection = on.connection();
    let text = "SELECT key FROM mail WHERE kind = $1 AND key LIKE '%' || $2";
    let rows = Row::find_by_statement(sql(connection, text, [kind.code().into(), end.into()]))
        .all(connection)
        .await
        .map_err(StoreError::during("reading what was written"))?;
    Ok(rows.into_iter().map(|row| row.key).collect())
}
