//! Passwords: argon2id at rest, checked with the same work whether or not there is anybody.

use std::sync::OnceLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use domain::ids::PersonId;
use domain::platform::account::{self, LinkPurpose};
use domain::platform::limit::Attempt;
use domain::platform::password;
use tokio::sync::Semaphore;

use super::entering::EntryError;
use super::letters::{self, Letter};
use super::sessions::Place;
use super::{accounts, limits, links, secret};
use crate::store::Tx;
use crate::store::platform::people::{self, Person};
use crate::store::platform::{append, grants, sessions as session_store};
use crate::usecases::{Actor, App, UseCaseError};

/// A hash takes 19 MiB and a core for some tens of milliseconds: at most this many at once, the
/// others wait.
static HASHING: Semaphore = Semaphore::const_new(4);

pub(super) async fn hashing<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, UseCaseError> + Send + 'static,
) -> Result<T, UseCaseError> {
    let doing = "hashing a password";
    let _turn = HASHING.acquire().await.map_err(UseCaseError::failed(doing))?;
    tokio::task::spawn_blocking(work).await.map_err(UseCaseError::failed(doing))?
}

pub(super) fn hashed(password: &str) -> Result<String, UseCaseError> {
    // The parameters that OWASP asks for (19 MiB, two passes) are the crate's own.
    let hash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(UseCaseError::failed("hashing a password"))?;
    Ok(hash.to_string())
}

/// What a password is compared with when there is none: of a secret that nobody knows.
fn nobody() -> Result<&'static str, UseCaseError> {
    static NOBODY: OnceLock<String> = OnceLock::new();
    if let Some(hash) = NOBODY.get() {
        return Ok(hash);
    }
    let hash = hashed(&secret::token()?)?;
    Ok(NOBODY.get_or_init(|| hash))
}

pub(super) fn same(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// One comparison, of the account's hash or of nobody's, and then only who it was.
fn compared(
    password: &str,
    hash: Option<&str>,
    nobody: &str,
    mut same: impl FnMut(&str, &str) -> bool,
) -> bool {
    let right = same(password, hash.unwrap_or(nobody));
    right && hash.is_some()
}

/// Whether it is the password behind `hash`; takes as long when there is no hash.
pub(super) async fn verify(password: &str, hash: Option<&str>) -> Result<bool, UseCaseError> {
    let (password, hash) = (password.to_owned(), hash.map(str::to_owned));
    hashing(move || Ok(compared(&password, hash.as_deref(), nobody()?, same))).await
}

/// Checks a password that `person` chooses against what others know of them.
async fn accept(app: &App, person: &Person, password: &str) -> Result<String, EntryError> {
    let held = grants::of_person(&app.store, person.id).await?;
    let mut known = vec![person.email.as_str(), person.name.as_str()];
    known.extend(held.iter().map(|held| held.organisation_name.as_str()));
    password::check(password, &known)?;
    let password = password.to_owned();
    Ok(hashing(move || hashed(&password)).await?)
}

/// Gives somebody a password outside any link: the demonstration's people.
pub(crate) async fn set(app: &App, person: PersonId, password: &str) -> Result<(), EntryError> {
    let person = people::person(&app.store, person).await?;
    let hash = accept(app, &person, password).await?;
    let tx = app.store.begin_write().await?;
    people::set_password(&tx, person.id, &hash).await?;
    Ok(tx.commit().await?)
}

/// Sends a link to choose a password, if anybody signs in with this address. The answer is
/// always the same, and takes as long.
pub async fn ask_reset(app: &App, typed: &str, place: &Place) -> Result<(), EntryError> {
    let floor = accounts::floor();
    let email = account::sign_in_address(typed).map_err(|_| EntryError::NotAnAddress)?;
    limits::attempt(app, Attempt::Link, Some(email.as_str()), place).await?;
    let found = accounts::reachable(app, email.as_str()).await?;
    let tx = app.store.begin_write().await?;
    let token = links::make(app, &tx, LinkPurpose::Reset, found.as_ref(), email.as_str()).await?;
    if let Some(person) = &found {
        letters::send(app, &tx, &Letter::reset(app, person, &token)).await?;
    }
    tx.commit().await?;
    tokio::time::sleep_until(floor).await;
    Ok(())
}

/// Chooses a password by a sent link, which is then used up. Whoever was signed in no longer is:
/// a password is often changed because somebody else knew it.
pub async fn choose(
    app: &App,
    token: &str,
    password: &str,
    place: &Place,
) -> Result<(), EntryError> {
    limits::attempt(app, Attempt::Open, None, place).await?;
    let person = links::person(app, &app.store, token, LinkPurpose::Reset).await?;
    let hash = accept(app, &person, password).await?;
    let tx = app.store.begin_write().await?;
    links::take(app, &tx, token, LinkPurpose::Reset).await?;
    people::set_password(&tx, person.id, &hash).await?;
    session_store::close_all_of(&tx, person.id, None).await?;
    limits::forgive(&tx, Attempt::Password, &person.email).await?;
    noted(app, tx, &person, "mot de passe choisi par un lien").await
}

/// A password in the place of another.
#[derive(Clone, Copy)]
pub struct Change<'a> {
    /// The former one; not looked at when there was none.
    pub former: &'a str,
    pub new: &'a str,
}

/// Changes the password of somebody who signed in lately and knows the former one, or had none;
/// their other devices are signed out.
pub async fn change(
    app: &App,
    person: PersonId,
    session: i64,
    typed: Change<'_>,
    place: &Place,
) -> Result<(), EntryError> {
    accounts::fresh(app, session).await?;
    let person = people::person(&app.store, person).await?;
    if let Some(former) = &person.password_hash {
        limits::attempt(app, Attempt::Password, Some(&person.email), place).await?;
        if !verify(typed.former, Some(former)).await? {
            let tx = app.store.begin_write().await?;
            let actor = Actor(person.email.clone());
            let details = "mot de passe actuel refusé";
            let entry = app.entry(&actor, "person.refuse", "person", person.id.0, details);
            append(&tx, vec![entry]).await?;
            tx.commit().await?;
            return Err(EntryError::Wrong);
        }
    }
    let hash = accept(app, &person, typed.new).await?;
    let tx = app.store.begin_write().await?;
    people::set_password(&tx, person.id, &hash).await?;
    session_store::close_all_of(&tx, person.id, Some(session)).await?;
    limits::forgive(&tx, Attempt::Password, &person.email).await?;
    noted(app, tx, &person, "mot de passe changé").await
}

/// Tells the person and the journal that the password changed.
async fn noted(app: &App, tx: Tx, person: &Person, what: &str) -> Result<(), EntryError> {
    letters::send(app, &tx, &Letter::password_changed(app, person)?).await?;
    let actor = Actor(person.email.clone());
    let entry = app.entry(&actor, "person.password", "person", person.id.0, what);
    append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}

/// Whether the link can still be used to choose a password.
pub async fn look(app: &App, token: &str) -> Result<(), EntryError> {
    links::person(app, &app.store, token, LinkPurpose::Reset).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Barrier;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn four_hashes_at_most_are_made_at_once_and_none_on_the_threads_that_answer() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let all = Arc::new(Barrier::new(20));
        let here = std::thread::current().id();
        let mut asked = Vec::new();
        for _ in 0..20 {
            let (now, most, all) = (now.clone(), most.clone(), all.clone());
            asked.push(tokio::spawn(async move {
                all.wait().await;
                hashing(move || {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let hash = hashed("lanterne rouge velours");
                    now.fetch_sub(1, Ordering::SeqCst);
                    assert_ne!(std::thread::current().id(), here);
                    hash
                })
                .await
                .unwrap()
            }));
        }
        for one in asked {
            one.await.unwrap();
        }
        assert!((1..=4).contains(&most.load(Ordering::SeqCst)), "{most:?}");
    }

    #[test]
    fn one_hash_is_compared_whether_or_not_there_is_an_account() {
        for (hash, right, expected) in [
            (Some("theirs"), true, true),
            (Some("theirs"), false, false),
            (None, false, false),
            // Even the password behind nobody's hash opens nothing.
            (None, true, false),
        ] {
            let mut seen = Vec::new();
            let answer = compared("typed", hash, "nobody", |_, against| {
                seen.push(against.to_owned());
                right
            });
            assert_eq!(seen, [hash.unwrap_or("nobody")], "{hash:?}");
            assert_eq!(answer, expected, "{hash:?} {right}");
        }
    }

    #[test]
    fn nobody_s_hash_costs_what_everybody_s_does() {
        let (theirs, nobody) = (hashed("lanterne rouge velours").unwrap(), nobody().unwrap());
        let cost = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(cost(&theirs), cost(nobody));
        assert!(cost(nobody).starts_with("$argon2id$v=19$m=19456,t=2,p=1"));
    }

    #[test]
    fn a_password_is_known_again_and_no_other_is() {
        let hash = hashed("lanterne rouge velours").unwrap();
        assert!(same("lanterne rouge velours", &hash));
        assert!(!same("lanterne rouge velour", &hash));
        assert!(!same("lanterne rouge velours", "not a hash"));
    }
}
