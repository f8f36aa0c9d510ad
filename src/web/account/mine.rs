//! `/compte`: who one is, how one signs in, where one is signed in.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::french;
use domain::ids::PersonId;
use minijinja::{Value, context};
use serde::Deserialize;

use super::sign_in::NOT_AN_ADDRESS;
use super::view::{device, moment};
use super::{forget, forget_all, gone, trouble};
use crate::store::platform::{grants, people};
use crate::usecases::platform::entering::EntryError;
use crate::usecases::platform::{accounts, passwords};
use crate::web::Pages;
use crate::web::agent::{SignedIn, Visitor};
use crate::web::error::PageError;
use crate::web::form::{Errors, Form};
use crate::web::routes::{Routes, Row};

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/compte", show)
        .get("/compte/coordonnees", ask_name)
        .post("/compte/coordonnees", rename)
        .get("/compte/adresse", ask_address)
        .post("/compte/adresse", new_address)
        .get("/compte/adresse/{token}", look_at_address)
        .post("/compte/adresse/{token}", confirm_address)
        .get("/compte/mot-de-passe", ask_password)
        .post("/compte/mot-de-passe", change_password)
        .post("/compte/appareils/{id}/deconnexion", sign_out_device)
        .post("/compte/deconnexion-partout", sign_out_everywhere)
}

/// The person of the session: a shared link has no account.
pub(super) fn person(who: &SignedIn) -> Result<PersonId, PageError> {
    who.person.ok_or(PageError::Forbidden)
}

/// The page that asks to sign in again before the account is changed.
pub(super) async fn stale(
    pages: &Pages,
    who: &SignedIn,
    back: &str,
) -> Result<Response, PageError> {
    pages.page(who, "pages/account/stale.html", context! { back => back }).await
}

/// Whether the session is too old to change the account.
pub(super) async fn is_stale(pages: &Pages, who: &SignedIn) -> Result<bool, PageError> {
    Ok(!accounts::is_fresh(&pages.app, who.session).await?)
}

async fn show(State(pages): State<Pages>, who: SignedIn) -> Result<Response, PageError> {
    let id = person(&who)?;
    let person = people::person(&pages.app.store, id).await?;
    let today = pages.app.today();
    let roles: Vec<Value> = grants::of_person(&pages.app.store, id)
        .await?
        .into_iter()
        .filter(|held| held.grant.holds_on(today))
        .map(|held| {
            context! {
                organisation => held.organisation_name,
                role => held.grant.role.french(),
                from => french::date(held.grant.from),
            }
        })
        .collect();
    let devices: Vec<Value> = accounts::devices(&pages.app, id)
        .await?
        .into_iter()
        .map(|one| {
            context! {
                id => one.session,
                name => device(&one.device),
                address => if one.address.is_empty() { "inconnue" } else { one.address.as_str() },
                opened => moment(one.created_at),
                seen => moment(one.seen_at),
                here => one.session == who.session,
            }
        })
        .collect();
    let codes_left = people::recovery_codes(&pages.app.store, id).await?.len();
    let values = context! {
        name => person.name,
        email => person.email,
        phone => person.phone,
        has_password => person.password_hash.is_some(),
        has_factor => person.second_factor.is_some(),
        needs_factor => who.roles.iter().any(|role| role.needs_second_factor()),
        codes_left => codes_left,
        roles => roles,
        devices => devices,
    };
    pages.page(&who, "pages/account/mine.html", values).await
}

#[derive(Debug, Deserialize)]
struct Name {
    #[serde(default)]
    nom: String,
    #[serde(default)]
    telephone: String,
}

const NAME: &str = "pages/account/name.html";

async fn ask_name(State(pages): State<Pages>, who: SignedIn) -> Result<Response, PageError> {
    let person = people::person(&pages.app.store, person(&who)?).await?;
    let values = context! {
        nom => person.name,
        telephone => person.phone.unwrap_or_default(),
        errors => Errors::none().view(),
    };
    pages.page(&who, NAME, values).await
}

async fn rename(
    State(pages): State<Pages>,
    who: SignedIn,
    Form(typed): Form<Name>,
) -> Result<Response, PageError> {
    let mut errors = Errors::none();
    let (name, phone) = (typed.nom.trim(), typed.telephone.trim());
    if name.is_empty() || name.chars().count() > 100 {
        errors.add("nom", "Saisissez votre prénom et votre nom, par exemple Marie Dupont.");
    }
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    let odd = phone.chars().any(|c| !(c.is_ascii_digit() || " .-+()".contains(c)));
    if !phone.is_empty() && (odd || !(10..=15).contains(&digits)) {
        errors.add("telephone", "Saisissez un numéro complet, par exemple 03 21 00 00 00.");
    }
    if !errors.is_empty() {
        let values = context! {
            nom => typed.nom, telephone => typed.telephone, errors => errors.view(),
        };
        return pages.again(&who, NAME, values).await;
    }
    let phone = (!phone.is_empty()).then_some(phone);
    accounts::rename(&pages.app, person(&who)?, name, phone).await?;
    pages.done(&who, "/compte", "Vos coordonnées sont enregistrées.").await
}

#[derive(Debug, Deserialize)]
struct Address {
    #[serde(default)]
    adresse: String,
}

const ADDRESS: &str = "pages/account/address.html";

async fn ask_address(State(pages): State<Pages>, who: SignedIn) -> Result<Response, PageError> {
    if is_stale(&pages, &who).await? {
        return stale(&pages, &who, "/compte/adresse").await;
    }
    let values = context! { email => &who.email, adresse => "", errors => Errors::none().view() };
    pages.page(&who, ADDRESS, values).await
}

async fn new_address(
    State(pages): State<Pages>,
    who: SignedIn,
    Form(typed): Form<Address>,
) -> Result<Response, PageError> {
    let (id, place) = (person(&who)?, &who.visit.place);
    let asked = accounts::ask_new_address(&pages.app, id, who.session, &typed.adresse, place).await;
    match asked {
        Ok(()) => {
            let message = format!(
                "Un lien vient d’être envoyé à « {} ». Votre adresse change quand vous l’aurez ouvert, dans les 24 heures.",
                typed.adresse.trim()
            );
            pages.done(&who, "/compte", message).await
        }
        Err(EntryError::NotAnAddress) => {
            let mut errors = Errors::none();
            errors.add("adresse", NOT_AN_ADDRESS);
            let values = context! {
                email => &who.email, adresse => typed.adresse, errors => errors.view(),
            };
            pages.again(&who, ADDRESS, values).await
        }
        Err(EntryError::Stale) => stale(&pages, &who, "/compte/adresse").await,
        Err(error) => Err(trouble(&pages, error)),
    }
}

async fn look_at_address(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, PageError> {
    match accounts::look_at_address(&pages.app, &token).await {
        Ok(()) => pages.public(&visitor, "pages/account/confirm_address.html", context! {}),
        Err(EntryError::Gone) => gone(&pages, &visitor, "/compte/adresse"),
        Err(error) => Err(trouble(&pages, error)),
    }
}

async fn confirm_address(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, PageError> {
    match accounts::confirm_address(&pages.app, &token, &visitor.visit.place).await {
        Ok(()) => {
            let visitor = Visitor { agent: None, ..visitor };
            let values = context! {
                title => "Votre adresse est changée",
                message => "Connectez-vous maintenant avec votre nouvelle adresse. Vos appareils ont été déconnectés.",
                action => "Me connecter",
                href => "/connexion",
            };
            pages.public(&visitor, "pages/account/done.html", values)
        }
        Err(EntryError::Gone) => gone(&pages, &visitor, "/compte/adresse"),
        Err(error) => Err(trouble(&pages, error)),
    }
}

const PASSWORD: &str = "pages/account/password.html";

async fn ask_password(State(pages): State<Pages>, who: SignedIn) -> Result<Response, PageError> {
    if is_stale(&pages, &who).await? {
        return stale(&pages, &who, "/compte/mot-de-passe").await;
    }
    let page = password_form(&pages, &who, &Errors::none()).await?;
    pages.page(&who, PASSWORD, page).await
}

#[derive(Debug, Deserialize)]
struct NewPassword {
    #[serde(default)]
    mot_de_passe_actuel: String,
    #[serde(default)]
    mot_de_passe: String,
}

async fn password_form(pages: &Pages, who: &SignedIn, errors: &Errors) -> Result<Value, PageError> {
    let person = people::person(&pages.app.store, person(who)?).await?;
    Ok(context! { has_password => person.password_hash.is_some(), errors => errors.view() })
}

async fn change_password(
    State(pages): State<Pages>,
    who: SignedIn,
    Form(typed): Form<NewPassword>,
) -> Result<Response, PageError> {
    let (id, place) = (person(&who)?, &who.visit.place);
    let change = passwords::Change { former: &typed.mot_de_passe_actuel, new: &typed.mot_de_passe };
    let mut errors = Errors::none();
    match passwords::change(&pages.app, id, who.session, change, place).await {
        Ok(()) => {
            let message = "Votre mot de passe est changé. Vos autres appareils sont déconnectés.";
            return pages.done(&who, "/compte", message).await;
        }
        Err(EntryError::Password(fault)) => errors.add("mot_de_passe", fault.for_the_reader()),
        Err(EntryError::Wrong) => errors.add(
            "mot_de_passe_actuel",
            "Ce n’est pas votre mot de passe actuel. Si vous l’avez oublié, déconnectez-vous et choisissez « Je n’ai pas ou plus de mot de passe ».",
        ),
        Err(EntryError::Stale) => return stale(&pages, &who, "/compte/mot-de-passe").await,
        Err(error) => return Err(trouble(&pages, error)),
    }
    let page = password_form(&pages, &who, &errors).await?;
    pages.again(&who, PASSWORD, page).await
}

async fn sign_out_device(
    State(pages): State<Pages>,
    who: SignedIn,
    Row(session): Row<i64>,
) -> Result<Response, PageError> {
    accounts::sign_out_device(&pages.app, person(&who)?, session).await?;
    if session == who.session {
        return forget(&pages, Redirect::to("/connexion").into_response());
    }
    pages.done(&who, "/compte", "L’appareil est déconnecté.").await
}

async fn sign_out_everywhere(
    State(pages): State<Pages>,
    who: SignedIn,
) -> Result<Response, PageError> {
    accounts::sign_out_everywhere(&pages.app, person(&who)?).await?;
    forget_all(&pages, Redirect::to("/connexion").into_response())
}
