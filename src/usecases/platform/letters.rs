//! What people are told by e-mail about their account.
//!
//! What is done to an account is also told to the mailbox that it had before: whoever did not do
//! it can say so.

use domain::ids::OrganisationId;
use domain::platform::account::{CHANGE_OF_ADDRESS, INVITATION, RESET, SIGN_IN_LINK};
use domain::platform::role::Role;

use super::mail::{self, Message, Recipient};
use super::secret;
use crate::documents::emails::Letter;
use crate::store::Tx;
use crate::store::platform::people::Person;
use crate::usecases::{App, UseCaseError};

/// A letter of a link: its key names the link without opening it.
fn of_link(person: &Person, token: &str, letter: Letter) -> Message {
    Message {
        key: format!("link:{}", &secret::hash(token)[..32]),
        to: Recipient {
            address: person.email.clone(),
            name: person.name.clone(),
            person: Some(person.id),
            organisation: None,
        },
        campaign: None,
        letter,
        attached: None,
    }
}

pub(super) fn sign_in(person: &Person, token: &str, back: Option<&str>) -> Message {
    let suite = back.map(|back| format!("?suite={}", encoded(back))).unwrap_or_default();
    let path = format!("/connexion/lien/{token}{suite}");
    of_link(person, token, Letter::SignIn { path, minutes: SIGN_IN_LINK.num_minutes() })
}

pub(super) fn reset(person: &Person, token: &str) -> Message {
    let path = format!("/mot-de-passe/{token}");
    of_link(person, token, Letter::Reset { path, minutes: RESET.num_minutes() })
}

pub(super) fn invitation(
    person: &Person,
    (organisation, name): (OrganisationId, &str),
    roles: &[Role],
    invited_by: &str,
    token: &str,
) -> Message {
    let letter = Letter::Invitation {
        organisation: name.to_owned(),
        role: words(roles),
        invited_by: invited_by.to_owned(),
        path: format!("/invitation/{token}"),
        days: INVITATION.num_days(),
    };
    let mut message = of_link(person, token, letter);
    message.to.organisation = Some(organisation);
    message
}

/// To the new mailbox, which has to open it.
pub(super) fn new_address(person: &Person, address: &str, token: &str) -> Message {
    let letter = Letter::ChangeEmail {
        address: address.to_owned(),
        path: format!("/compte/adresse/{token}"),
        hours: CHANGE_OF_ADDRESS.num_hours(),
    };
    let mut message = of_link(person, token, letter);
    address.clone_into(&mut message.to.address);
    message
}

/// To the mailbox of now: what was done or asked. `what` is a sentence.
pub(super) async fn changed(
    app: &App,
    tx: &Tx,
    person: &Person,
    what: impl Into<String>,
) -> Result<(), UseCaseError> {
    let letter = Letter::AccountChanged { what: what.into() };
    // Each change is told, also the same one twice.
    send(app, tx, &of_link(person, &secret::token()?, letter)).await
}

/// The sentence that tells of new roles.
pub(super) fn roles_given(organisation: &str, roles: &[Role]) -> String {
    format!(
        "Vous agissez maintenant pour « {organisation} » ({}). Connectez-vous comme d’habitude, puis choisissez l’organisme en haut de la page.",
        words(roles)
    )
}

fn words(roles: &[Role]) -> String {
    roles.iter().map(|role| role.french()).collect::<Vec<_>>().join(", ")
}

/// A path as the value of a query.
fn encoded(path: &str) -> String {
    path.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push_str(&secret::hexadecimal(&[byte]).to_uppercase());
        }
        text
    })
}

/// Queues the letter in the transaction that caused it.
pub(super) async fn send(app: &App, tx: &Tx, message: &Message) -> Result<(), UseCaseError> {
    mail::queue(tx, app, message).await.map(|_| ())
}
