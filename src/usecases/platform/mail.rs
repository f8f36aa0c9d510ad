//! E-mails: written in the transaction that causes them, sent after it.

use domain::ids::{CampaignId, MailId, OrganisationId, PersonId};
use domain::platform::mail::wait_after;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};

use crate::documents::emails::{Letter, Sender, Writer};
use crate::mailer::{MailError, Mailer};
use crate::store::platform::mail::{self as store, Attached, NewMail, Outgoing};
use crate::store::{Access, Tx, platform};
use crate::usecases::{Actor, App, UseCaseError, letterhead};

/// Who a letter goes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipient {
    pub address: String,
    pub name: String,
    pub person: Option<PersonId>,
    /// On whose behalf it concerns them.
    pub organisation: Option<OrganisationId>,
}

/// A letter to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What it is about. A letter of a kind and key is written once, however often its cause
    /// comes back: `order:7`. Never holds the secret of a link.
    pub key: String,
    pub to: Recipient,
    pub campaign: Option<CampaignId>,
    pub letter: Letter,
    pub attached: Option<Attached>,
}

/// Writes a letter in the transaction of its cause; whether it is new.
pub async fn queue(tx: &Tx, app: &App, message: &Message) -> Result<bool, UseCaseError> {
    Ok(queue_all(tx, app, std::slice::from_ref(message)).await? == 1)
}

/// Writes letters in the transaction of their cause; how many are new.
pub async fn queue_all(tx: &Tx, app: &App, messages: &[Message]) -> Result<u64, UseCaseError> {
    if messages.is_empty() {
        return Ok(0);
    }
    let writer =
        Writer::new(sender(app, tx).await?).map_err(UseCaseError::failed("writing an e-mail"))?;
    let host = host(&app.site.base_url);
    let letters = messages.iter().map(|message| {
        let kind = message.letter.kind();
        let email = writer
            .write(&message.letter, &message.to.name)
            .map_err(UseCaseError::failed("writing an e-mail"))?;
        Ok(NewMail {
            kind,
            key: message.key.clone(),
            address: message.to.address.clone(),
            name: message.to.name.clone(),
            person: message.to.person,
            organisation: message.to.organisation,
            campaign: message.campaign,
            subject: email.subject,
            text: email.text,
            html: email.html,
            attached: message.attached.clone(),
            message_id: message_id(kind.code(), &message.key, host),
        })
    });
    let letters = letters.collect::<Result<Vec<_>, UseCaseError>>()?;
    Ok(store::queue(tx, letters, app.wall.now()).await?)
}

async fn sender(app: &App, on: &impl Access) -> Result<Sender, UseCaseError> {
    let letterhead = letterhead::settings(on).await?;
    let lines = [letterhead.short_name, letterhead.service, letterhead.contact];
    Ok(Sender {
        base_url: app.site.base_url.clone(),
        signature: lines.into_iter().filter(|line| !line.is_empty()).collect(),
    })
}

/// The host of an address: what comes after the scheme, without path and port.
fn host(base_url: &str) -> &str {
    let rest = base_url.split_once("://").map_or(base_url, |(_, rest)| rest);
    rest.split(['/', ':']).next().filter(|host| !host.is_empty()).unwrap_or("localhost")
}

/// The same for the same kind and key: a letter sent twice by accident is seen as one.
fn message_id(kind: &str, key: &str, host: &str) -> String {
    let digest = Sha256::digest(format!("{kind}\n{key}"));
    let id: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("<{id}@{host}>")
}

/// How many letters one sender holds at a time, and for how long nobody else takes them.
const BATCH: u64 = 20;
const LEASE: chrono::Duration = chrono::Duration::minutes(15);

/// How many leave side by side.
const ABREAST: usize = 4;

/// Sends what is due; how many left. A letter that the server refuses is given up at once, one
/// that it cannot take now is tried later.
pub async fn send_due(app: &App, mailer: &Mailer) -> Result<usize, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let now = app.wall.now();
    let letters = store::take_due(&tx, now, now + LEASE, BATCH).await?;
    tx.commit().await?;
    let sent = futures_util::stream::iter(letters)
        .map(|letter| async move { send_one(app, mailer, &letter).await })
        .buffer_unordered(ABREAST)
        .collect::<Vec<_>>()
        .await;
    let sent = sent.into_iter().collect::<Result<Vec<bool>, _>>()?;
    Ok(sent.into_iter().filter(|left| *left).count())
}

async fn send_one(app: &App, mailer: &Mailer, letter: &Outgoing) -> Result<bool, UseCaseError> {
    let bytes = match &letter.attached {
        Some(attached) => Some(app.files.get(&attached.file_key).await),
        None => None,
    };
    let outcome = match bytes.transpose() {
        Ok(bytes) => mailer.send(letter, bytes, app.wall.now()).await,
        Err(error) => Err(MailError::Later(crate::store::chain(&error))),
    };
    let now = app.wall.now();
    let tx = app.store.begin_write().await?;
    match &outcome {
        Ok(()) => {
            let forget = letter.kind.opens_something() && !app.site.demo;
            store::delivered(&tx, letter.id, now, forget).await?;
        }
        Err(MailError::Refused(why)) => store::not_delivered(&tx, letter.id, None, why).await?,
        Err(MailError::Later(why) | MailError::Sender(why) | MailError::Server(why)) => {
            let next = wait_after(letter.attempts).map(|wait| now + wait);
            store::not_delivered(&tx, letter.id, next, why).await?;
        }
    }
    tx.commit().await?;
    if let Err(error) = &outcome {
        tracing::warn!(
            mail.id = letter.id.0,
            error = crate::store::chain(error),
            "e-mail not sent"
        );
    }
    Ok(outcome.is_ok())
}

/// Says that a letter came back.
pub async fn bounced(
    app: &App,
    actor: &Actor,
    id: MailId,
    reason: &str,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    store::bounced(&tx, id, reason).await?;
    platform::append(&tx, vec![app.entry(actor, "mail.bounce", "mail", id.0, reason)]).await?;
    Ok(tx.commit().await?)
}

/// Sends a letter that failed or came back once more. One whose text is gone cannot be.
pub async fn again(app: &App, actor: &Actor, id: MailId) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    if store::letter(&tx, id).await?.text.is_empty() {
        return Err(UseCaseError::refused(
            "texte_efface",
            "Le texte de ce courriel est effacé, parce qu’il contenait un lien personnel. \
             Provoquez un nouvel envoi depuis la page de la personne ou du recensement.",
        ));
    }
    store::again(&tx, id, app.wall.now()).await?;
    platform::append(&tx, vec![app.entry(actor, "mail.again", "mail", id.0, "")]).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_names_the_host_and_hides_the_key() {
        let id = message_id("sign_in", "12", host("https://achats.cdg62.example:8443/x"));
        assert!(id.ends_with("@achats.cdg62.example>"), "{id}");
        assert_eq!(id, message_id("sign_in", "12", "achats.cdg62.example"));
        assert_ne!(id, message_id("sign_in", "13", "achats.cdg62.example"));
        assert_eq!(host(""), "localhost");
    }
}
