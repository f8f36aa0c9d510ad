//! Who may sign for an organisation: one's own at `/equipe/pouvoirs`, a member's or the CdG62's at
//! `/gestion/membres/{id}/pouvoirs`.
//!
//! The pages are the same; what differs is who may open them and for whom they speak. As the role
//! of signatory does, a power comes from a signatory or from the CdG62: nobody else writes one.

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::group::contact::ContactRole;
use domain::ids::{ContactId, OrganisationId};
use domain::platform::role::Right;
use minijinja::{Value, context};

use super::Pages;
use super::agent::{Agent, May};
use super::error::PageError;
use super::form::{Errors, Fields};
use super::rights::{Buy, ManageTeam, ValidateOrders};
use super::routes::{Routes, Row};
use crate::store::{StoreError, group, reference};
use crate::usecases::group::{NewPower, PowerHolder, end_power, record_power};

/// Instead of a contact's number: somebody who is none yet.
const OTHER: &str = "autre";

const NOT_AN_ADDRESS: &str = "Saisissez une adresse complète, par exemple maire@commune.fr.";
const TWO_PEOPLE: &str =
    "Une personne de la liste est choisie : effacez ce nom, ou choisissez « Une autre personne ».";
const NOT_A_DAY: &str = "Indiquez une date, par exemple 02/04/2026.";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/equipe/pouvoirs", own)
        .post("/equipe/pouvoirs", own_record)
        .post("/equipe/pouvoirs/{contact}/fin", own_end)
        .get("/gestion/membres/{id}/pouvoirs", member)
        .post("/gestion/membres/{id}/pouvoirs", member_record)
        .post("/gestion/membres/{id}/pouvoirs/{contact}/fin", member_end)
}

/// Whose powers, and where their pages are.
struct Desk {
    id: OrganisationId,
    name: String,
    base: String,
    above: (&'static str, String),
}

impl Desk {
    fn own(who: &Agent) -> Self {
        Self {
            id: who.organisation,
            name: who.organisation_name.clone(),
            base: "/equipe/pouvoirs".into(),
            above: ("Équipe", "/equipe".into()),
        }
    }

    async fn member(pages: &Pages, id: i64) -> Result<Self, PageError> {
        let found = group::organisation(&pages.app.store, OrganisationId(id)).await?;
        let found =
            found.ok_or(StoreError::NotFound { what: "organisation", id: id.to_string() })?;
        Ok(Self {
            id: found.id,
            name: found.organisation.name,
            base: format!("/gestion/membres/{id}/pouvoirs"),
            above: ("Fiche de l’organisme", format!("/gestion/membres/{id}")),
        })
    }
}

async fn own(State(pages): State<Pages>, who: May<ManageTeam>) -> Result<Response, PageError> {
    show(&pages, &who, &Desk::own(&who), &Fields::default(), &Errors::none()).await
}

async fn member(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let desk = Desk::member(&pages, id).await?;
    show(&pages, &who, &desk, &Fields::default(), &Errors::none()).await
}

async fn own_record(
    State(pages): State<Pages>,
    who: May<ValidateOrders>,
    fields: Fields,
) -> Result<Response, PageError> {
    record(&pages, &who, &Desk::own(&who), &fields).await
}

async fn member_record(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let desk = Desk::member(&pages, id).await?;
    record(&pages, &who, &desk, &fields).await
}

async fn own_end(
    State(pages): State<Pages>,
    who: May<ValidateOrders>,
    Row(contact): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    end(&pages, &who, &Desk::own(&who), contact, &fields).await
}

async fn member_end(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row((id, contact)): Row<(i64, i64)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let desk = Desk::member(&pages, id).await?;
    end(&pages, &who, &desk, contact, &fields).await
}

async fn show(
    pages: &Pages,
    who: &Agent,
    desk: &Desk,
    typed: &Fields,
    errors: &Errors,
) -> Result<Response, PageError> {
    let (on, today) = (&pages.app.store, pages.app.today());
    let people = group::contacts(on, Some(desk.id)).await?;
    let mandates = reference::mandates(on).await?;
    let powers = group::delegations(on, Some(desk.id)).await?;
    let mut ends: Vec<(ContactId, String)> = powers
        .iter()
        .filter(|(_, power)| power.check(today, &mandates).is_ok())
        .map(|(_, power)| (power.contact, power.name.clone()))
        .collect();
    ends.sort();
    ends.dedup_by_key(|(contact, _)| *contact);
    let powers = powers.iter().rev().map(|(_, power)| {
        let against = power.sign(today, &mandates).err();
        context! {
            name => power.name.as_str(),
            quality => power.quality.as_str(),
            act => power.act.as_str(),
            from => french::date(power.from),
            to => power.to.map(french::date),
            holds => against.is_none(),
            coming => today < power.from,
            against => against.map(|why| why.for_the_reader()),
        }
    });
    let signers: Vec<(String, &str)> = people
        .iter()
        .filter(|(_, person)| person.role == ContactRole::Signatory)
        .map(|(id, person)| (id.to_string(), person.name.as_str()))
        .collect();
    let nobody = signers.is_empty();
    // Whoever signs most often: the one who is signed in and may.
    let me = who.may(Right::ValidateOrders).then_some((&who.name, &who.email));
    let mine = me.and_then(|(name, _)| signers.iter().find(|(_, signer)| signer == name));
    let chosen = match (typed.text("personne"), mine) {
        ("", Some((id, _))) => id.as_str(),
        ("", None) if nobody || me.is_some() => OTHER,
        (chosen, _) => chosen,
    };
    let proposed = me.filter(|_| typed.0.is_empty() && chosen == OTHER);
    let (name, email) = proposed.map_or_else(
        || (typed.text("nom"), typed.text("courriel")),
        |(name, email)| (name.as_str(), email.as_str()),
    );
    let mut options: Vec<Value> =
        signers.iter().map(|(id, name)| context! { code => id.as_str(), words => *name }).collect();
    options.push(context! { code => OTHER, words => "Une autre personne, nommée ci-dessous" });
    let values = context! {
        desk => context! {
            name => desk.name.as_str(),
            base => desk.base.as_str(),
            above => context! { label => desk.above.0, href => desk.above.1.as_str() },
        },
        powers => powers.collect::<Vec<_>>(),
        may_record => who.may(Right::ValidateOrders) || who.may(Right::Buy),
        ends => ends
            .iter()
            .map(|(contact, name)| context! { contact => contact.0, name => name.as_str() })
            .collect::<Vec<_>>(),
        options => options,
        nobody => nobody,
        person => chosen,
        name => name,
        email => email,
        quality => typed.text("qualite"),
        act => typed.text("acte"),
        from => typed.text("du"),
        to => typed.text("au"),
        today => today.to_string(),
        errors => errors.view(),
    };
    let template = "pages/powers.html";
    if errors.is_empty() {
        pages.page(who, template, values).await
    } else {
        pages.again(who, template, values).await
    }
}

/// What was typed of a power, or what is wrong with it.
fn read(desk: &Desk, typed: &Fields) -> Result<NewPower, Errors> {
    let mut errors = Errors::none();
    let known = typed.text("personne").parse().ok().map(ContactId);
    if known.is_some() && !typed.text("nom").is_empty() {
        errors.add("nom", TWO_PEOPLE);
    }
    let holder = known.map_or_else(
        || {
            let name = typed.text("nom").to_owned();
            if name.is_empty() {
                errors.add("nom", "Saisissez le prénom et le nom de la personne qui signe.");
            }
            let email = match typed.text("courriel") {
                "" => None,
                text => text.parse().map_err(|_| errors.add("courriel", NOT_AN_ADDRESS)).ok(),
            };
            PowerHolder::New { name, email }
        },
        PowerHolder::Known,
    );
    let quality = typed.text("qualite").to_owned();
    if quality.is_empty() {
        errors.add(
            "qualite",
            "Saisissez la qualité de la personne qui signe, par exemple « Maire ».",
        );
    }
    let act = typed.text("acte").to_owned();
    if act.is_empty() {
        errors.add("acte", "Saisissez l’acte, par exemple « délibération 2026-12 du 02/04/2026 ».");
    }
    let from = french::read_date(typed.text("du"));
    if from.is_none() {
        errors.add("du", NOT_A_DAY);
    }
    let to = match typed.text("au") {
        "" => None,
        text => french::read_date(text).or_else(|| {
            errors.add("au", NOT_A_DAY);
            None
        }),
    };
    match from {
        Some(from) if errors.is_empty() => {
            Ok(NewPower { organisation: desk.id, holder, quality, act, from, to })
        }
        Some(_) | None => Err(errors),
    }
}

async fn record(
    pages: &Pages,
    who: &Agent,
    desk: &Desk,
    typed: &Fields,
) -> Result<Response, PageError> {
    let new = match read(desk, typed) {
        Ok(new) => new,
        Err(errors) => return show(pages, who, desk, typed, &errors).await,
    };
    match record_power(&pages.app, &who.actor(), &new).await {
        Ok(name) => {
            let said = format!("Le pouvoir de signature {} est enregistré.", french::of(&name));
            pages.done(who, &desk.base, said).await
        }
        Err(error) => show(pages, who, desk, typed, &Errors::refused(error)?).await,
    }
}

async fn end(
    pages: &Pages,
    who: &Agent,
    desk: &Desk,
    contact: i64,
    typed: &Fields,
) -> Result<Response, PageError> {
    let people = group::contacts(&pages.app.store, Some(desk.id)).await?;
    if !people.contains_key(&ContactId(contact)) {
        return Err(PageError::NotFound);
    }
    let Some(last) = french::read_date(typed.text(&format!("dernier-{contact}"))) else {
        let mut errors = Errors::none();
        errors.add("", "Indiquez le dernier jour du pouvoir, par exemple 30/06/2026.");
        return show(pages, who, desk, &Fields::default(), &errors).await;
    };
    match end_power(&pages.app, &who.actor(), desk.id, ContactId(contact), last).await {
        Ok(name) => {
            let said = format!("{name} ne peut plus signer après le {}.", french::date(last));
            pages.done(who, &desk.base, said).await
        }
        Err(error) => show(pages, who, desk, &Fields::default(), &Errors::refused(error)?).await,
    }
}
