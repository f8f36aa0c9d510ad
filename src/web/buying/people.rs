//! The SIRET and the contacts of one member, kept by the buyer.

use axum::extract::State;
use axum::response::Response;
use domain::group::contact::{Contact, ContactRole};
use domain::ids::{ContactId, OrganisationId};
use minijinja::{Value, context};

use super::member::listed;
use super::{Row, day, text};
use crate::store::group::{self, Listed};
use crate::usecases::group::{
    add_contact, change_contact, confirm_sirets, remove_contact, replace_siret,
};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields, read_siret};
use crate::web::rights::Buy;
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .post("/gestion/membres/{id}/siret/confirmation", confirm)
        .get("/gestion/membres/{id}/siret", ask_siret)
        .post("/gestion/membres/{id}/siret", new_siret)
        .get("/gestion/membres/{id}/contacts/{contact}", ask_contact)
        .post("/gestion/membres/{id}/contacts/{contact}", save_contact)
        .post("/gestion/membres/{id}/contacts/{contact}/retrait", drop_contact)
}

async fn confirm(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let member = listed(&pages, id).await?.id;
    let confirmed = confirm_sirets(&pages.app, &who.actor(), &[member]).await?;
    let message = if confirmed == 0 {
        "Ce SIRET était déjà confirmé."
    } else {
        "Le SIRET est confirmé : les documents peuvent le porter."
    };
    pages.done(&who, &format!("/gestion/membres/{id}"), message).await
}

async fn ask_siret(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let values = siret_form(&listed(&pages, id).await?, &Fields::default(), &Errors::none());
    pages.page(&who, "pages/buying/siret.html", values).await
}

fn siret_form(listed: &Listed, fields: &Fields, errors: &Errors) -> Value {
    context! {
        id => listed.id.0,
        name => listed.organisation.name.as_str(),
        siren => listed.organisation.sirets.siren().to_string(),
        siret => fields.text("siret"),
        from => fields.text("du"),
        errors => errors.view(),
    }
}

async fn new_siret(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let listed = listed(&pages, id).await?;
    let mut errors = Errors::none();
    let from = day(fields.text("du"), "du", &mut errors);
    let siret = read_siret(fields.text("siret"), "siret", &mut errors);
    if let (Some(from), Some(siret)) = (from, siret) {
        match replace_siret(&pages.app, &who.actor(), listed.id, from, siret).await {
            Ok(()) => {
                let message = "Le nouveau SIRET est enregistré. Confirmez-le après l’avoir comparé à l’annuaire officiel.";
                return pages.done(&who, &format!("/gestion/membres/{id}"), message).await;
            }
            Err(error) => errors = Errors::refused(error)?,
        }
    }
    pages.again(&who, "pages/buying/siret.html", siret_form(&listed, &fields, &errors)).await
}

/// The contact that a path names; `nouveau` is none yet.
async fn person(
    pages: &Pages,
    id: i64,
    contact: &str,
) -> Result<Option<(ContactId, Contact)>, PageError> {
    if contact == "nouveau" {
        return Ok(None);
    }
    let contact = ContactId(contact.parse().map_err(|_| PageError::NotFound)?);
    let mut people = group::contacts(&pages.app.store, Some(OrganisationId(id))).await?;
    let found = people.remove(&contact).ok_or(PageError::NotFound)?;
    Ok(Some((contact, found)))
}

fn contact_form(listed: &Listed, contact: &str, fields: &Fields, errors: &Errors) -> Value {
    let options = ContactRole::ALL.iter().map(|role| {
        context! { code => role.code(), words => role.french() }
    });
    context! {
        id => listed.id.0,
        name => listed.organisation.name.as_str(),
        contact => contact,
        is_new => contact == "nouveau",
        options => options.collect::<Vec<_>>(),
        role => fields.text("role"),
        person => fields.text("nom"),
        quality => fields.text("qualite"),
        email => fields.text("courriel"),
        phone => fields.text("telephone"),
        errors => errors.view(),
    }
}

async fn ask_contact(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row((id, contact)): Row<(i64, String)>,
) -> Result<Response, PageError> {
    let listed = listed(&pages, id).await?;
    let fields = match person(&pages, id, &contact).await? {
        None => Fields::default(),
        Some((_, person)) => Fields(vec![
            ("role".into(), person.role.code().into()),
            ("nom".into(), person.name),
            ("qualite".into(), person.quality),
            (
                "courriel".into(),
                person.email.map(|email| email.as_str().to_owned()).unwrap_or_default(),
            ),
            ("telephone".into(), person.phone),
        ]),
    };
    let values = contact_form(&listed, &contact, &fields, &Errors::none());
    pages.page(&who, "pages/buying/contact.html", values).await
}

async fn save_contact(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row((id, contact)): Row<(i64, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let listed = listed(&pages, id).await?;
    let known = person(&pages, id, &contact).await?;
    let mut errors = Errors::none();
    let name = text(fields.text("nom"), "nom", "Saisissez le nom de la personne.", &mut errors);
    let role = ContactRole::from_code(fields.text("role"));
    if role.is_none() {
        errors.add("role", "Choisissez un rôle.");
    }
    let email = match fields.text("courriel") {
        "" => Ok(None),
        typed => typed.parse().map(Some),
    };
    if email.is_err() {
        errors.add("courriel", "Saisissez une adresse complète, par exemple mairie@commune.fr.");
    }
    if let (Some(role), Ok(email)) = (role, email)
        && errors.is_empty()
    {
        let person = Contact {
            organisation: listed.id,
            site: known.as_ref().and_then(|(_, person)| person.site),
            role,
            name,
            quality: fields.text("qualite").to_owned(),
            email,
            phone: fields.text("telephone").to_owned(),
        };
        let saved = match known {
            None => add_contact(&pages.app, &who.actor(), &person).await,
            Some((contact, _)) => change_contact(&pages.app, &who.actor(), contact, &person).await,
        };
        match saved {
            Ok(()) => {
                let message = format!("Le contact {} est enregistré.", person.name);
                return pages.done(&who, &format!("/gestion/membres/{id}"), message).await;
            }
            Err(error) => errors = Errors::refused(error)?,
        }
    }
    let values = contact_form(&listed, &contact, &fields, &errors);
    pages.again(&who, "pages/buying/contact.html", values).await
}

async fn drop_contact(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row((id, contact)): Row<(i64, String)>,
) -> Result<Response, PageError> {
    let Some((contact, person)) = person(&pages, id, &contact).await? else {
        return Err(PageError::NotFound);
    };
    remove_contact(&pages.app, &who.actor(), OrganisationId(id), contact).await?;
    let message = format!("{} n’est plus un contact.", person.name);
    pages.done(&who, &format!("/gestion/membres/{id}"), message).await
}
