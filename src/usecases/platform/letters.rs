//! What people are told by e-mail about their account.
//!
//! Short, plain, and the same in text and HTML. What is done to an account is also told to the
//! mailbox it had before: whoever did not do it can say so.

use domain::ids::{OrganisationId, PersonId};
use domain::platform::mail::MailKind;
use domain::platform::role::Role;

use super::{mail, secret};
use crate::documents::emails;
use crate::store::Tx;
use crate::store::platform::people::Person;
use crate::usecases::{App, UseCaseError};

/// One message: what it says, and the one thing that it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) kind: &'static str,
    /// What it is about: one message of a kind and key is ever written.
    pub(super) key: String,
    pub(super) person: PersonId,
    pub(super) organisation: Option<OrganisationId>,
    pub(super) to: String,
    pub(super) name: String,
    pub(super) subject: String,
    pub(super) before: Vec<String>,
    /// A verb and its object, and where it leads.
    pub(super) button: Option<(&'static str, String)>,
    pub(super) after: Vec<String>,
}

const NOT_ME: &str = "Si vous n’êtes pas à l’origine de cette demande, ne faites rien : sans votre clic, rien ne change.";
const WARNING: &str = "Si ce n’était pas vous, prévenez le CdG62 sans attendre : répondez à ce message ou téléphonez.";

impl Letter {
    fn to(kind: &'static str, key: String, person: &Person, subject: impl Into<String>) -> Self {
        Self {
            kind,
            key,
            person: person.id,
            organisation: None,
            to: person.email.clone(),
            name: person.name.clone(),
            subject: subject.into(),
            before: Vec::new(),
            button: None,
            after: Vec::new(),
        }
    }

    pub(super) fn sign_in(app: &App, person: &Person, token: &str, back: Option<&str>) -> Self {
        let suite = back.map(|back| format!("?suite={}", encoded(back))).unwrap_or_default();
        let url = format!("{}/connexion/lien/{token}{suite}", app.site.base_url);
        Self {
            before: vec![
                "Voici votre lien pour entrer dans Travée. Il fonctionne une fois, pendant 15 minutes.".into(),
            ],
            button: Some(("Me connecter", url)),
            after: vec![NOT_ME.into()],
            ..Self::to("sign_in", secret::hash(token), person, "Votre lien de connexion à Travée")
        }
    }

    pub(super) fn reset(app: &App, person: &Person, token: &str) -> Self {
        let url = format!("{}/mot-de-passe/{token}", app.site.base_url);
        Self {
            before: vec![
                "Vous pouvez choisir un nouveau mot de passe. Ce lien fonctionne une fois, pendant 30 minutes.".into(),
            ],
            button: Some(("Choisir mon mot de passe", url)),
            after: vec![NOT_ME.into()],
            ..Self::to("reset", secret::hash(token), person, "Choisir votre mot de passe Travée")
        }
    }

    pub(super) fn invitation(app: &App, person: &Person, organisation: &str, token: &str) -> Self {
        let url = format!("{}/invitation/{token}", app.site.base_url);
        Self {
            before: vec![
                format!("Vous êtes invité à agir pour « {organisation} » dans Travée, le service d’achats groupés d’archives du CdG62."),
                "Vous y trouverez les recensements de besoins, vos commandes, vos livraisons et vos factures.".into(),
                "Ce lien fonctionne une fois, pendant 7 jours.".into(),
            ],
            button: Some(("Rejoindre mon organisme", url)),
            after: vec!["Si vous ne connaissez pas cet organisme, ne faites rien.".into()],
            ..Self::to(
                "invitation",
                secret::hash(token),
                person,
                format!("{organisation} : votre accès à Travée"),
            )
        }
    }

    pub(super) fn roles_given(
        app: &App,
        person: &Person,
        organisation: &str,
        roles: &[Role],
    ) -> Result<Self, UseCaseError> {
        let names: Vec<&str> = roles.iter().map(|role| role.french()).collect();
        let word = domain::french::plural(names.len(), "Votre nouveau rôle", "Vos nouveaux rôles");
        Ok(Self {
            before: vec![
                format!("Vous agissez maintenant aussi pour « {organisation} ».",),
                format!("{word} : {}.", names.join(", ")),
                "Connectez-vous comme d’habitude, puis choisissez l’organisme en haut de la page."
                    .into(),
            ],
            button: Some(("Ouvrir Travée", format!("{}/", app.site.base_url))),
            after: vec![WARNING.into()],
            ..Self::to(
                "role_given",
                secret::token()?,
                person,
                format!("{organisation} : votre nouveau rôle dans Travée"),
            )
        })
    }

    /// To the new mailbox: it has to open it.
    pub(super) fn new_address(app: &App, person: &Person, email: &str, token: &str) -> Self {
        let url = format!("{}/compte/adresse/{token}", app.site.base_url);
        Self {
            to: email.to_owned(),
            before: vec![
                "Vous avez demandé à vous connecter à Travée avec cette adresse. Ce lien fonctionne une fois, pendant 24 heures.".into(),
            ],
            button: Some(("Confirmer mon adresse", url)),
            after: vec![NOT_ME.into()],
            ..Self::to("change_email", secret::hash(token), person, "Confirmez votre nouvelle adresse")
        }
    }

    /// To the mailbox of now.
    pub(super) fn address_asked(
        app: &App,
        person: &Person,
        email: &str,
    ) -> Result<Self, UseCaseError> {
        Ok(Self {
            before: vec![
                format!(
                    "Il a été demandé de remplacer cette adresse par « {email} » pour votre compte Travée."
                ),
                "Rien n’est changé tant que la nouvelle adresse n’a pas été confirmée.".into(),
            ],
            button: Some(("Voir mon compte", format!("{}/compte", app.site.base_url))),
            after: vec![WARNING.into()],
            ..Self::to(
                "address_asked",
                secret::token()?,
                person,
                "Demande de changement de votre adresse",
            )
        })
    }

    /// To the mailbox that no longer signs in.
    pub(super) fn address_changed(
        _app: &App,
        person: &Person,
        email: &str,
    ) -> Result<Self, UseCaseError> {
        Ok(Self {
            before: vec![format!(
                "Votre compte Travée s’ouvre désormais avec « {email} ». Cette adresse-ci ne permet plus de se connecter."
            )],
            after: vec![WARNING.into()],
            ..Self::to("address_changed", secret::token()?, person, "Votre adresse a été changée")
        })
    }

    pub(super) fn password_changed(app: &App, person: &Person) -> Result<Self, UseCaseError> {
        Ok(Self {
            before: vec![
                "Le mot de passe de votre compte Travée vient d’être changé. Vos autres appareils ont été déconnectés.".into(),
            ],
            button: Some(("Voir mon compte", format!("{}/compte", app.site.base_url))),
            after: vec![WARNING.into()],
            ..Self::to(
                "password_changed",
                secret::token()?,
                person,
                "Votre mot de passe a été changé",
            )
        })
    }

    pub(super) fn second_factor_set(app: &App, person: &Person) -> Result<Self, UseCaseError> {
        Ok(Self {
            before: vec![
                "La double authentification de votre compte Travée est en place : un code de votre application vous sera demandé à chaque connexion.".into(),
                "Gardez vos codes de secours hors de votre téléphone.".into(),
            ],
            button: Some(("Voir mon compte", format!("{}/compte", app.site.base_url))),
            after: vec![WARNING.into()],
            ..Self::to(
                "second_factor_set",
                secret::token()?,
                person,
                "Votre double authentification est en place",
            )
        })
    }

    pub(super) fn second_factor_taken(app: &App, person: &Person) -> Result<Self, UseCaseError> {
        Ok(Self {
            before: vec![
                "La double authentification de votre compte Travée vient d’être retirée.".into(),
            ],
            button: Some(("Voir mon compte", format!("{}/compte", app.site.base_url))),
            after: vec![WARNING.into()],
            ..Self::to(
                "second_factor_taken",
                secret::token()?,
                person,
                "Votre double authentification a été retirée",
            )
        })
    }
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

/// Queues the message in the transaction that caused it.
pub(super) async fn send(app: &App, tx: &Tx, letter: &Letter) -> Result<(), UseCaseError> {
    let kind = MailKind::from_code(letter.kind)
        .ok_or_else(|| UseCaseError::failed("writing an e-mail")(letter.kind))?;
    let button = letter.button.as_ref().map(|(label, url)| {
        let path = url.strip_prefix(&app.site.base_url).unwrap_or(url);
        ((*label).to_owned(), path.to_owned())
    });
    let message = mail::Message {
        key: letter.key.clone(),
        to: mail::Recipient {
            address: letter.to.clone(),
            name: letter.name.clone(),
            person: Some(letter.person),
            organisation: letter.organisation,
        },
        campaign: None,
        letter: emails::Letter::Account {
            kind,
            subject: letter.subject.clone(),
            before: letter.before.clone(),
            button,
            after: letter.after.clone(),
        },
        attached: None,
    };
    mail::queue(tx, app, &message).await?;
    Ok(())
}
