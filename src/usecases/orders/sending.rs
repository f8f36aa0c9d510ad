//! A pack leaves for the holder, and the holder acknowledges it.
//!
//! The letter has a link that gives the pack for a month and takes the acknowledgement; the pack
//! itself goes with it unless mail servers would turn it away. A pack that nobody acknowledged can
//! be sent again: the day that counts is the last.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use domain::dates::paris_day;
use domain::ids::{OrderWindowId, OrganisationId};
use domain::money::Net;
use domain::platform::limit::Attempt;

use crate::documents::emails::Letter;
use crate::store::orders::{self as store, HolderPack};
use crate::store::platform::Entry;
use crate::store::platform::mail::Attached;
use crate::store::{Access, Tx, group, platform};
use crate::usecases::platform::entering::EntryError;
use crate::usecases::platform::mail::{self, Message, Recipient};
use crate::usecases::platform::sessions::Place;
use crate::usecases::platform::{limits, secret};
use crate::usecases::{Actor, App, UseCaseError};

/// What mail servers let through, attachment encoded: a third more than its bytes.
pub const LARGEST_BY_MAIL: i64 = 10 * 1024 * 1024;

/// How long a link gives its pack: the holder's holidays included.
pub const LINK: Duration = Duration::days(30);

/// Whom of the holder the pack of a window goes to: who has an address, the first recorded.
pub async fn pack_recipient(
    on: &impl Access,
    holder: OrganisationId,
) -> Result<Option<Recipient>, UseCaseError> {
    let people = group::contacts(on, Some(holder)).await?;
    let found = people.into_values().find_map(|person| {
        Some(Recipient {
            address: person.email?.as_str().to_owned(),
            name: person.name,
            person: None,
            organisation: Some(holder),
        })
    });
    Ok(found)
}

async fn found(
    on: &impl Access,
    window: OrderWindowId,
    rank: i64,
) -> Result<HolderPack, UseCaseError> {
    let packs = store::packs_of_window(on, window).await?;
    let found = packs.into_iter().find(|pack| pack.rank == rank);
    found.ok_or_else(|| UseCaseError::refused("envoi", "Cet envoi n’existe pas."))
}

/// Sends a pack to the holder by e-mail, for the first time or again, and notes that it left
/// today; answers to whom. The same `key` sends it once.
///
/// # Errors
///
/// Refused for a holder without an address, and once the holder has acknowledged the pack.
pub async fn mail_pack(
    app: &App,
    actor: &Actor,
    window: OrderWindowId,
    rank: i64,
    key: &str,
) -> Result<Recipient, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let mut pack = found(&tx, window, rank).await?;
    if platform::already_done(&tx, "holder_pack.send", key).await?.is_some() {
        let holder = store::window(&tx, window).await?.holder();
        return pack_recipient(&tx, holder).await?.ok_or_else(no_address);
    }
    let (to, entry) = mail_in(app, actor, &tx, &mut pack, key).await?;
    let outcome = format!("{window}/{rank}");
    platform::note_done(&tx, "holder_pack.send", key, outcome, app.clock.now()).await?;
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(to)
}

fn no_address() -> UseCaseError {
    UseCaseError::refused(
        "sans_adresse",
        "Le titulaire n’a pas d’adresse électronique : ajoutez-la à ses contacts.",
    )
}

/// Writes the letter of `pack` and marks it as sent, in the transaction of whoever asks.
pub(super) async fn mail_in(
    app: &App,
    actor: &Actor,
    tx: &Tx,
    pack: &mut HolderPack,
    key: &str,
) -> Result<(Recipient, Entry), UseCaseError> {
    let (window, rank, day) = (pack.window, pack.rank, app.today());
    let of = store::window(tx, window).await?;
    let to = pack_recipient(tx, of.holder()).await?.ok_or_else(no_address)?;
    if !store::pack_sent(tx, (window, rank), pack.sent_on, day).await? {
        return Err(UseCaseError::refused(
            "envoi",
            "Le titulaire a accusé réception de cet envoi, ou quelqu’un vient de l’envoyer.",
        ));
    }
    let states = store::window_states(tx, window).await?;
    let sent = states.iter().filter(|row| matches!(row.state.as_str(), "issued" | "closed"));
    let net = Net::sum(sent.map(|row| Net::from_cents(row.net_cents)))
        .map_err(UseCaseError::failed("adding up a pack"))?;
    let number = &of.contract.agreement.terms().number;
    let file = format!("commandes_{number}_{rank}.zip");
    let light = pack.bytes <= LARGEST_BY_MAIL;
    let token = secret::token()?;
    let expires_at = app.wall.now() + LINK;
    store::add_pack_link(tx, (window, rank), secret::hash(&token), expires_at).await?;
    let message = Message {
        key: format!("{window}/{rank}/{key}"),
        to: to.clone(),
        campaign: None,
        letter: Letter::HolderPack {
            contract: number.clone(),
            orders: usize::try_from(pack.orders).unwrap_or_default(),
            net,
            file: light.then(|| file.clone()),
            path: format!("/envois/{token}"),
            until: paris_day(expires_at),
        },
        attached: light.then(|| Attached { file_key: pack.file_key.clone(), name: file }),
    };
    mail::queue(tx, app, &message).await?;
    let again = if pack.sent_on.is_some() { " de nouveau" } else { "" };
    let details = format!("envoi {rank}{again} à {}", to.address);
    pack.sent_on = Some(day);
    Ok((to, app.entry(actor, "holder_pack.send", "order_window", window.0, details)))
}

/// Notes that a pack was sent to the holder today, by another way than ours.
pub async fn send_pack(
    app: &App,
    actor: &Actor,
    window: OrderWindowId,
    rank: i64,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    if !store::pack_sent(&tx, (window, rank), None, app.today()).await? {
        let message = "Cet envoi n’existe pas, ou est déjà parti.";
        return Err(UseCaseError::refused("envoi", message));
    }
    let details = format!("envoi {rank}");
    let entry = app.entry(actor, "holder_pack.send", "order_window", window.0, details);
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}

/// Notes that the holder acknowledged a pack today.
pub async fn acknowledge_pack(
    app: &App,
    actor: &Actor,
    window: OrderWindowId,
    rank: i64,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    if !store::pack_acknowledged(&tx, (window, rank), app.today()).await? {
        let message = "Cet envoi n’est pas parti, ou sa réception est déjà notée.";
        return Err(UseCaseError::refused("envoi", message));
    }
    let details = format!("envoi {rank}");
    let entry = app.entry(actor, "holder_pack.acknowledge", "order_window", window.0, details);
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}

/// What a link gives the holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedPack {
    pub pack: HolderPack,
    /// The contract's number.
    pub contract: String,
    pub lot: String,
    pub holder: String,
    pub until: NaiveDate,
}

/// The pack that a link gives. Looking changes nothing: mail scanners look.
pub async fn linked_pack(app: &App, token: &str) -> Result<LinkedPack, EntryError> {
    let linked = store::linked_pack(&app.store, &secret::hash(token), app.wall.now()).await?;
    let (window, rank, until): (OrderWindowId, i64, DateTime<Utc>) =
        linked.ok_or(EntryError::Gone)?;
    let of = store::window(&app.store, window).await?;
    let terms = of.contract.agreement.terms();
    Ok(LinkedPack {
        pack: found(&app.store, window, rank).await?,
        contract: terms.number.clone(),
        lot: of.contract.lot_title.clone(),
        holder: of.contract.holder_name.clone(),
        until: paris_day(until),
    })
}

/// The holder acknowledges the pack of a link; again, it changes nothing.
pub async fn acknowledge_by_link(
    app: &App,
    token: &str,
    place: &Place,
) -> Result<LinkedPack, EntryError> {
    limits::attempt(app, Attempt::Open, None, place).await?;
    let mut linked = linked_pack(app, token).await?;
    if linked.pack.acknowledged_on.is_none() {
        let actor = Actor(format!("lien de l’envoi, {}", linked.holder));
        acknowledge_pack(app, &actor, linked.pack.window, linked.pack.rank).await?;
        linked.pack.acknowledged_on = Some(app.today());
    }
    Ok(linked)
}
