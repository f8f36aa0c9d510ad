//! The second factor: codes of an application (TOTP, RFC 6238), and recovery codes that stand in
//! for a lost telephone, once each.
//!
//! The secret is kept sealed ([`super::seal`]). While it is being set up, it is drawn from the key,
//! the session and the person's row and kept nowhere: it is the same at each look at the page, and
//! another one in another session.

use domain::ids::PersonId;
use domain::platform::limit::Attempt;
use qrcode::QrCode;
use qrcode::render::svg;
use totp_rs::{Builder, Secret, Totp};

use super::entering::EntryError;
use super::letters::{self, Letter};
use super::seal::SealError;
use super::sessions::{self, Place};
use super::{limits, recovery};
use crate::store::platform::people::{self, Person, SecondFactor};
use crate::store::platform::sessions::{self as session_store, held};
use crate::store::platform::{Entry, append, setting};
use crate::store::{Access, Tx};
use crate::usecases::{Actor, App, UseCaseError};

/// As applications show it beside the code.
const ISSUER: &str = "Travée";

/// A secret that is offered and not yet proved.
#[derive(Clone, PartialEq, Eq)]
pub struct Offer {
    /// In groups of four, for whoever types it.
    pub secret: String,
    /// What the picture holds.
    pub address: String,
}

fn totp(secret: &str, email: &str) -> Result<Totp, UseCaseError> {
    let doing = "reading a second factor";
    let secret = Secret::try_from_base32(secret).map_err(UseCaseError::failed(doing))?;
    Builder::new()
        .with_secret(secret)
        .with_skew(1)
        .with_issuer(Some(ISSUER))
        .with_account_name(email)
        .build()
        .map_err(UseCaseError::failed(doing))
}

fn seconds(app: &App) -> u64 {
    u64::try_from(app.wall.now().timestamp()).unwrap_or(0)
}

/// The time step of the code, if it is right now, a step ago or a step ahead.
fn step(app: &App, secret: &str, email: &str, code: &str) -> Result<Option<i64>, UseCaseError> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let step = totp(secret, email)?.check(&code, seconds(app));
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

async fn pending(
    app: &App,
    on: &impl Access,
    person: &Person,
    session: i64,
) -> Result<String, UseCaseError> {
    let of_session = session_store::token_hash(on, session).await?;
    let drawn =
        app.seal.drawn(&format!("second factor:{}:{}:{of_session}", person.id, person.version))?;
    let mut bytes = [0_u8; 20];
    bytes.copy_from_slice(&drawn[..20]);
    Ok(Secret::from(bytes).to_base32())
}

/// What a sealed secret is bound to.
fn row(person: PersonId) -> String {
    format!("second factor of person {person}")
}

fn sealed(app: &App, person: PersonId, secret: &str) -> Result<String, UseCaseError> {
    let doing = "sealing a second factor";
    app.seal.close(&row(person), secret).map_err(UseCaseError::failed(doing))
}

fn opened(app: &App, person: PersonId, factor: &SecondFactor) -> Result<String, UseCaseError> {
    let doing = "opening a second factor";
    app.seal.open(&row(person), &factor.sealed).map_err(UseCaseError::failed(doing))
}

/// Seals anew whatever another key sealed, or an older program kept unsealed. Answers how many.
///
/// # Errors
///
/// [`SealError::OtherKey`] as a refusal: this node was given another key than the database's.
pub async fn reseal(app: &App) -> Result<usize, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let mut changes = Vec::new();
    for person in people::with_second_factor(&tx).await? {
        let Some(factor) = person.second_factor else { continue };
        if app.seal.is_current(&factor.sealed) {
            continue;
        }
        let secret = match app.seal.open(&row(person.id), &factor.sealed) {
            Ok(secret) => secret,
            Err(SealError::OtherKey) => {
                let message = "Des secrets de double authentification sont chiffrés par une autre clé. Donnez à ce nœud la clé « secret_key » des autres, ou l’ancienne dans « former_secret_key ». Rien n’a été modifié.";
                return Err(UseCaseError::refused("other_key", message));
            }
            Err(error) => return Err(UseCaseError::failed("opening a second factor")(error)),
        };
        changes.push((factor.sealed, sealed(app, person.id, &secret)?));
    }
    people::reseal(&tx, &changes).await?;
    tx.commit().await?;
    Ok(changes.len())
}

/// What an application is given, to set the second factor up or to replace it.
pub async fn offer(app: &App, person: PersonId, session: i64) -> Result<Offer, UseCaseError> {
    let person = people::person(&app.store, person).await?;
    let secret = pending(app, &app.store, &person, session).await?;
    let address = totp(&secret, &person.email)?
        .to_url()
        .map_err(UseCaseError::failed("writing a second factor"))?;
    let letters: Vec<char> = secret.chars().collect();
    let groups: Vec<String> =
        letters.chunks(4).map(|group| group.iter().collect::<String>()).collect();
    Ok(Offer { secret: groups.join(" "), address })
}

/// The offer as a picture that a telephone reads.
pub fn picture(offer: &Offer) -> Result<String, UseCaseError> {
    let code = QrCode::new(offer.address.as_bytes())
        .map_err(UseCaseError::failed("drawing a second factor"))?;
    // Black on white also in dark mode: cameras read nothing else well.
    Ok(code
        .render()
        .min_dimensions(240, 240)
        .dark_color(svg::Color("#000000"))
        .light_color(svg::Color("#ffffff"))
        .build())
}

/// Sets the second factor up, once a code proves that the application has the secret. Answers
/// the session's new token and the recovery codes, which are shown this once.
pub async fn enrol(
    app: &App,
    person: PersonId,
    session: i64,
    code: &str,
    place: &Place,
) -> Result<(String, Vec<String>), EntryError> {
    super::accounts::fresh(app, session).await?;
    limits::attempt(app, Attempt::Code, Some(&person.to_string()), place).await?;
    // Before anything is written: recovery codes take a while to hash.
    let looked = people::person(&app.store, person).await?;
    let secret = pending(app, &app.store, &looked, session).await?;
    step(app, &secret, &looked.email, code)?.ok_or(EntryError::Wrong)?;
    let (codes, hashes) = recovery::new_codes().await?;
    let tx = app.store.begin_write().await?;
    let person = people::person(&tx, person).await?;
    let secret = pending(app, &tx, &person, session).await?;
    let step = step(app, &secret, &person.email, code)?.ok_or(EntryError::Wrong)?;
    let replaced = person.second_factor.is_some();
    let factor = SecondFactor { sealed: sealed(app, person.id, &secret)?, last_step: Some(step) };
    people::set_second_factor(&tx, person.id, Some(&factor)).await?;
    people::replace_recovery_codes(&tx, person.id, &hashes).await?;
    session_store::close_all_of(&tx, person.id, Some(session)).await?;
    let token = proved(app, &tx, &person, session).await?;
    letters::send(app, &tx, &Letter::second_factor_set(app, &person)?).await?;
    let details = if replaced { "application remplacée" } else { "application ajoutée" };
    done(app, tx, &person, "person.enrol", details).await?;
    Ok((token, codes))
}

/// Gives the second factor in a session: a code of the application, or a recovery code. Answers
/// the session's new token: whoever knew the former one is not let in with it.
pub async fn confirm(
    app: &App,
    person: PersonId,
    session: i64,
    code: &str,
    place: &Place,
) -> Result<String, EntryError> {
    let account = person.to_string();
    limits::attempt(app, Attempt::Code, Some(&account), place).await?;
    let recovery = recovery::known(app, person, code).await?;
    let tx = app.store.begin_write().await?;
    let person = people::person(&tx, person).await?;
    let factor = person.second_factor.clone().ok_or(EntryError::Wrong)?;
    let secret = opened(app, person.id, &factor)?;
    let how = match (step(app, &secret, &person.email, code)?, recovery) {
        (Some(step), _) => {
            people::take_step(&tx, person.id, step).await?.then_some("code de l’application")
        }
        (None, Some(hash)) => people::take_recovery_code(&tx, person.id, &hash, app.wall.now())
            .await?
            .then_some("code de secours"),
        (None, None) => None,
    };
    let Some(how) = how else {
        let details = "code de vérification refusé";
        done(app, tx, &person, "person.refuse", details).await?;
        return Err(EntryError::Wrong);
    };
    limits::forgive(&tx, Attempt::Code, &account).await?;
    let token = proved(app, &tx, &person, session).await?;
    done(app, tx, &person, "person.second_factor", how).await?;
    Ok(token)
}

/// New recovery codes in the place of the former ones.
pub async fn renew_codes(
    app: &App,
    person: PersonId,
    session: i64,
) -> Result<Vec<String>, EntryError> {
    super::accounts::fresh(app, session).await?;
    let (codes, hashes) = recovery::new_codes().await?;
    let tx = app.store.begin_write().await?;
    let person = people::person(&tx, person).await?;
    if person.second_factor.is_none() {
        return Err(EntryError::Wrong);
    }
    people::replace_recovery_codes(&tx, person.id, &hashes).await?;
    done(app, tx, &person, "person.recovery_codes", "codes de secours remplacés").await?;
    Ok(codes)
}

/// Gives the second factor up, unless a role asks for it.
pub async fn give_up(app: &App, person: PersonId, session: i64) -> Result<(), EntryError> {
    super::accounts::fresh(app, session).await?;
    let tx = app.store.begin_write().await?;
    let person = people::person(&tx, person).await?;
    let roles = held(&tx, person.id, app.today()).await?;
    if roles.iter().any(|held| held.grant.role.needs_second_factor()) {
        let message = "Votre rôle au CdG62 demande la double authentification : elle ne peut pas être retirée, seulement remplacée.";
        return Err(UseCaseError::refused("second_factor_needed", message).into());
    }
    people::set_second_factor(&tx, person.id, None).await?;
    people::replace_recovery_codes(&tx, person.id, &[]).await?;
    letters::send(app, &tx, &Letter::second_factor_taken(app, &person)?).await?;
    done(app, tx, &person, "person.second_factor_off", "retirée par la personne").await?;
    Ok(())
}

/// An administrator takes the second factor of somebody who lost telephone and codes: they set a
/// new one up at their next sign-in.
pub async fn reset(app: &App, actor: &Actor, person: PersonId) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let person = people::person(&tx, person).await?;
    people::set_second_factor(&tx, person.id, None).await?;
    people::replace_recovery_codes(&tx, person.id, &[]).await?;
    session_store::close_all_of(&tx, person.id, None).await?;
    letters::send(app, &tx, &Letter::second_factor_taken(app, &person)?).await?;
    let details = "retirée par l’administration";
    let entry = app.entry(actor, "person.second_factor_off", "person", person.id.0, details);
    append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}

/// Takes the second factor of everybody: the key that their secrets are sealed under is lost.
/// Whoever must have one sets it up at the next sign-in. Answers how many there were.
pub async fn forget_all(app: &App, actor: &Actor) -> Result<usize, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let entries: Vec<Entry> = people::with_second_factor(&tx)
        .await?
        .iter()
        .map(|person| {
            let details = "retirée : la clé des secrets est perdue";
            app.entry(actor, "person.second_factor_off", "person", person.id.0, details)
        })
        .collect();
    let count = entries.len();
    people::forget_second_factors(&tx).await?;
    session_store::close_all_proved(&tx).await?;
    append(&tx, entries).await?;
    tx.commit().await?;
    Ok(count)
}

/// Somebody's code of now and how many seconds it still holds: the demonstration's people have
/// no telephone. `None` outside the demonstration.
pub async fn demo_codes(app: &App) -> Result<Option<Vec<DemoCode>>, UseCaseError> {
    if !app.site.demo || setting(&app.store, "demo").await?.as_deref() != Some("built") {
        return Ok(None);
    }
    let mut codes = Vec::new();
    for person in people::with_second_factor(&app.store).await? {
        let Some(factor) = &person.second_factor else { continue };
        let totp = totp(&opened(app, person.id, factor)?, &person.email)?;
        let now = seconds(app);
        codes.push(DemoCode {
            name: person.name,
            email: person.email,
            code: totp.generate(now).to_string(),
            seconds_left: totp.next_step(now) - now,
        });
    }
    Ok(Some(codes))
}

/// A code of the demonstration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoCode {
    pub name: String,
    pub email: String,
    pub code: String,
    pub seconds_left: u64,
}

/// Gives somebody a fixed secret: the demonstration's people.
pub(crate) async fn set(
    app: &App,
    person: PersonId,
    secret: &[u8; 20],
) -> Result<(), UseCaseError> {
    let sealed = sealed(app, person, &Secret::from(*secret).to_base32())?;
    let factor = SecondFactor { sealed, last_step: None };
    let tx = app.store.begin_write().await?;
    people::set_second_factor(&tx, person, Some(&factor)).await?;
    Ok(tx.commit().await?)
}

async fn proved(app: &App, tx: &Tx, person: &Person, session: i64) -> Result<String, UseCaseError> {
    sessions::prove(app, tx, person.id, session).await
}

async fn done(
    app: &App,
    tx: Tx,
    person: &Person,
    action: &'static str,
    details: &str,
) -> Result<(), UseCaseError> {
    let actor = Actor(person.email.clone());
    append(&tx, vec![app.entry(&actor, action, "person", person.id.0, details)]).await?;
    Ok(tx.commit().await?)
}
