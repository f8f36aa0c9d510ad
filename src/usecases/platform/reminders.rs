//! Letters to whoever is asked: a census opens, its closing moves, or comes near.
//!
//! One letter a person and day for all that is open, over all the organisations they act for. An
//! organisation where nobody has an account is reached at its contact's address, with the
//! census's shared link. Whoever has answered gets none.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::ids::{CampaignId, OrganisationId, PersonId};
use domain::platform::mail::MailKind;
use domain::platform::reminder;

use super::census_links;
use super::mail::{Message, Recipient, queue_all};
use super::news::about;
use crate::documents::Paper;
use crate::documents::emails::{Letter, OpenTask};
use crate::documents::reminder_letters::{self, LetterTo, ReminderLetters};
use crate::store::platform::reminders::{self as store, Waiting};
use crate::store::platform::{self, mail};
use crate::store::{Tx, campaigns, group};
use crate::usecases::{Actor, App, UseCaseError, letterhead};

/// How many letters one transaction writes.
const CHUNK: usize = 100;

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Census,
    Window,
}

#[derive(Debug, Clone)]
struct Task {
    subject: Subject,
    waiting: Waiting,
}

/// Somebody to write to, and what about.
#[derive(Debug, Clone)]
struct Addressee {
    /// `person:7` or `organisation:7`.
    key: String,
    to: Recipient,
    tasks: Vec<Task>,
}

/// Who is written to about `tasks`; the organisations that nobody can be reached for.
async fn addressees(
    app: &App,
    tasks: &[Task],
) -> Result<(Vec<Addressee>, BTreeSet<i64>), UseCaseError> {
    let mut by_organisation: BTreeMap<i64, Vec<Task>> = BTreeMap::new();
    for task in tasks {
        by_organisation.entry(task.waiting.organisation_id).or_default().push(task.clone());
    }
    let mut left: BTreeSet<i64> = by_organisation.keys().copied().collect();
    let mut people: BTreeMap<i64, Addressee> = BTreeMap::new();
    for person in store::people(&app.store, app.today()).await? {
        let Some(tasks) = by_organisation.get(&person.organisation_id) else { continue };
        left.remove(&person.organisation_id);
        let organisation = OrganisationId(person.organisation_id);
        let addressee = people.entry(person.person_id).or_insert_with(|| Addressee {
            key: format!("person:{}", person.person_id),
            to: Recipient {
                address: person.email,
                name: person.name,
                person: Some(PersonId(person.person_id)),
                organisation: Some(organisation),
            },
            tasks: Vec::new(),
        });
        addressee.tasks.extend(tasks.iter().cloned());
    }
    let mut all: Vec<Addressee> = people.into_values().collect();
    for contact in store::contacts(&app.store).await? {
        if !left.remove(&contact.organisation_id) {
            continue;
        }
        all.push(Addressee {
            key: format!("organisation:{}", contact.organisation_id),
            to: Recipient {
                address: contact.email,
                name: contact.name,
                person: None,
                organisation: Some(OrganisationId(contact.organisation_id)),
            },
            tasks: by_organisation.remove(&contact.organisation_id).unwrap_or_default(),
        });
    }
    for addressee in &mut all {
        addressee.tasks.sort_by(|a, b| {
            let key = |task: &Task| (task.waiting.closes_on, task.waiting.organisation.clone());
            key(a).cmp(&key(b))
        });
    }
    Ok((all, left))
}

/// A task as its letter lists it. Without an account a census is opened by its shared link.
async fn open_task(
    app: &App,
    tx: &Tx,
    to: &Recipient,
    task: &Task,
) -> Result<OpenTask, UseCaseError> {
    let waiting = &task.waiting;
    let organisation = OrganisationId(waiting.organisation_id);
    let (what, label, path) = match (task.subject, to.person) {
        (Subject::Census, Some(_)) => (
            format!("recensement « {} »", waiting.title),
            "Répondre au recensement",
            about(organisation, &format!("/campagnes/{}/besoins", waiting.id)),
        ),
        (Subject::Census, None) => {
            let campaign = CampaignId(waiting.id);
            let token = census_links::make(app, tx, organisation, campaign, &to.address).await?;
            (
                format!("recensement « {} »", waiting.title),
                "Répondre au recensement",
                format!("/r/{token}"),
            )
        }
        (Subject::Window, _) => (
            format!("commandes « {} » à valider", waiting.title),
            "Voir mes commandes",
            about(organisation, "/commandes"),
        ),
    };
    Ok(OpenTask {
        organisation: waiting.organisation.clone(),
        what,
        until: waiting.closes_on,
        label: label.to_owned(),
        path,
    })
}

/// Writes a letter to each of `addressees` that has none of this kind and `end` yet; how many.
async fn write(
    app: &App,
    actor: &Actor,
    (kind, end, campaign): (MailKind, &str, Option<CampaignId>),
    addressees: Vec<Addressee>,
    letter: impl Fn(Vec<OpenTask>) -> Letter,
) -> Result<usize, UseCaseError> {
    let known = mail::keys(&app.store, kind, end).await?;
    let key = |addressee: &Addressee| format!("{}{end}", addressee.key);
    let new: Vec<&Addressee> =
        addressees.iter().filter(|addressee| !known.contains(&key(addressee))).collect();
    let mut written = 0;
    for chunk in new.chunks(CHUNK) {
        let tx = app.store.begin_write().await?;
        let mut messages = Vec::with_capacity(chunk.len());
        for addressee in chunk {
            let mut open = Vec::with_capacity(addressee.tasks.len());
            for task in &addressee.tasks {
                open.push(open_task(app, &tx, &addressee.to, task).await?);
            }
            messages.push(Message {
                key: key(addressee),
                to: addressee.to.clone(),
                campaign,
                letter: letter(open),
                attached: None,
            });
        }
        let queued = queue_all(&tx, app, &messages).await?;
        let details = format!("{} : {queued}", kind.code());
        let id = campaign.map_or(0, |campaign| campaign.0);
        let entry = app.entry(actor, "mail.write", "campaign", id, details);
        platform::append(&tx, vec![entry]).await?;
        tx.commit().await?;
        written += usize::try_from(queued).unwrap_or(usize::MAX);
    }
    Ok(written)
}

fn tasks(subject: Subject, waiting: Vec<Waiting>) -> Vec<Task> {
    waiting.into_iter().map(|waiting| Task { subject, waiting }).collect()
}

/// Reminds whoever has something that closes in 21, 10, 3 or 1 days, of all that is open for
/// them. Run again on the same day, it writes only what is missing.
pub async fn remind(app: &App, actor: &Actor, day: NaiveDate) -> Result<usize, UseCaseError> {
    let mut open = tasks(Subject::Census, store::censuses(&app.store, day).await?);
    open.extend(tasks(Subject::Window, store::windows(&app.store, day).await?));
    let (mut all, _) = addressees(app, &open).await?;
    let leaves = |task: &Task| reminder::leaves_on(day, task.waiting.closes_on);
    all.retain(|addressee| addressee.tasks.iter().any(leaves));
    let letter = |open: Vec<OpenTask>| {
        let nearest = open.iter().map(|task| task.until).min().unwrap_or(day);
        Letter::Reminder { days_left: (nearest - day).num_days(), open }
    };
    write(app, actor, (MailKind::Reminder, &format!(":{day}"), None), all, letter).await
}

/// Reminds whoever has not answered a census, whatever the calendar says. Who was reminded the
/// same day, by the calendar or by a buyer, is not written to again.
pub async fn remind_census(
    app: &App,
    actor: &Actor,
    campaign: CampaignId,
    day: NaiveDate,
) -> Result<usize, UseCaseError> {
    let mut open = store::censuses(&app.store, day).await?;
    open.retain(|waiting| waiting.id == campaign.0);
    let (all, _) = addressees(app, &tasks(Subject::Census, open)).await?;
    let letter = |open: Vec<OpenTask>| {
        let nearest = open.iter().map(|task| task.until).min().unwrap_or(day);
        Letter::Reminder { days_left: (nearest - day).num_days(), open }
    };
    let end = format!(":{day}");
    write(app, actor, (MailKind::Reminder, &end, Some(campaign)), all, letter).await
}

/// Tells whoever a census asks that it is open.
pub async fn announce(
    app: &App,
    actor: &Actor,
    campaign: CampaignId,
) -> Result<usize, UseCaseError> {
    let census = campaigns::census(&app.store, campaign).await?.census;
    let asked = tasks(Subject::Census, store::asked(&app.store, campaign).await?);
    let (all, _) = addressees(app, &asked).await?;
    let letter = |open| Letter::CensusOpened {
        title: census.name.clone(),
        closes_on: census.closes_on,
        open,
    };
    let end = format!(":campaign:{campaign}");
    write(app, actor, (MailKind::CensusOpened, &end, Some(campaign)), all, letter).await
}

/// Tells whoever a census asks, answered or not, that it closes on another day than `before`.
pub async fn closing_changed(
    app: &App,
    actor: &Actor,
    campaign: CampaignId,
    before: NaiveDate,
) -> Result<usize, UseCaseError> {
    let census = campaigns::census(&app.store, campaign).await?.census;
    let asked = tasks(Subject::Census, store::asked(&app.store, campaign).await?);
    let (all, _) = addressees(app, &asked).await?;
    let closes_on = census.closes_on;
    let title = census.name.clone();
    let letter = |open| Letter::ClosingChanged { title: title.clone(), before, closes_on, open };
    let end = format!(":campaign:{campaign}:{closes_on}");
    write(app, actor, (MailKind::ClosingChanged, &end, Some(campaign)), all, letter).await
}

/// The letters to whoever has not answered a census and no e-mail reaches, one a page in one
/// file, ready to be put in envelopes. Nothing is recorded: a letter says what is open today.
///
/// # Errors
///
/// Refused when everybody can be reached by e-mail or has answered.
pub async fn letters(app: &App, campaign: CampaignId) -> Result<Paper, UseCaseError> {
    let census = campaigns::census(&app.store, campaign).await?.census;
    let silent = campaigns::unreachable(&app.store, campaign, app.today()).await?;
    if silent.is_empty() {
        return Err(UseCaseError::refused(
            "aucune_lettre",
            "Aucune lettre à imprimer : chaque organisme a répondu ou peut être joint par courriel.",
        ));
    }
    let letterhead = letterhead::coordinator(app)
        .await?
        .ok_or_else(|| UseCaseError::refused("coordonnateur", "Le coordonnateur n’existe pas."))?;
    let mut addresses: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for listed in group::organisations(&app.store, &[]).await? {
        if let Some(postal) = listed.organisation.address {
            let mut lines = postal.lines.clone();
            lines.push(format!("{} {}", postal.postcode, postal.town));
            addresses.insert(listed.id.0, lines);
        }
    }
    let to = silent.into_iter().map(|silent| LetterTo {
        address: addresses.remove(&silent.id).unwrap_or_default(),
        name: silent.name,
    });
    let letters = ReminderLetters {
        letterhead,
        census: census.name,
        closes_on: census.closes_on,
        made_on: app.today(),
        to: to.collect(),
    };
    let made = tokio::task::spawn_blocking(move || reminder_letters::render(&letters)).await;
    made.map_err(UseCaseError::failed("making letters"))?.map_err(|error| UseCaseError::Failed {
        doing: "making letters",
        message: error.for_the_reader(),
    })
}
