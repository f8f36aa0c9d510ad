//! `/administration/personnes`: everybody who may sign in, found by name, address or organisation;
//! blocked, or let in again with another second factor.

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::ids::PersonId;
use minijinja::{Value, context};

use super::team::by;
use super::view::moment;
use crate::store::platform::{directory, grants, people};
use crate::usecases::platform::{second_factor, teams};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, Filter, ListQuery, Listing};
use crate::web::rights::Administer;
use crate::web::routes::{Routes, Row};

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/administration/personnes", list)
        .get("/administration/personnes/{id}", show)
        .post("/administration/personnes/{id}/blocage", block)
        .post("/administration/personnes/{id}/retablissement", unblock)
        .post("/administration/personnes/{id}/double-authentification", reset)
}

async fn list(
    State(pages): State<Pages>,
    who: May<Administer>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let kind = query.filter("organisme").map(str::to_owned);
    let found = directory::people(
        &pages.app.store,
        &query.slice("nom"),
        kind.as_deref(),
        pages.app.today(),
    )
    .await?;
    let rows = found.rows.iter().map(|one| {
        let state = if one.disabled {
            Cell::State { word: "bloqué".into(), tone: "bad" }
        } else {
            Cell::State { word: "actif".into(), tone: "good" }
        };
        let count = usize::try_from(one.organisations).unwrap_or(usize::MAX);
        let organisations = match (one.organisation.as_deref(), count) {
            (None, _) => "–".to_owned(),
            (Some(name), 1) => name.to_owned(),
            (Some(name), more) => {
                let others = french::count(more - 1);
                format!("{name} et {others} {}", french::plural(more - 1, "autre", "autres"))
            }
        };
        vec![
            Cell::Link {
                text: one.name.clone(),
                href: format!("/administration/personnes/{}", one.id),
            },
            Cell::Text(one.email.clone()),
            Cell::Text(organisations),
            Cell::Text(if one.second_factor { "oui" } else { "non" }.into()),
            Cell::Text(one.seen_at.map_or_else(|| "–".to_owned(), moment)),
            state,
        ]
    });
    let organisations = [("cdg62", "CdG62"), ("membres", "Membres"), ("sans", "Sans rôle")];
    let listing = Listing {
        name: "personnes",
        caption: "Personnes qui peuvent se connecter".into(),
        columns: vec![
            Column::text("nom", "Nom"),
            Column::text("adresse", "Adresse de courriel"),
            Column::text("", "Organisme"),
            Column::text("", "Double authentification"),
            Column::text("vu", "Vu le"),
            Column::text("", "État"),
        ],
        rows: rows.collect(),
        total: found.total,
        query,
        search: Some("Nom, adresse ou organisme"),
        filters: vec![Filter {
            key: "organisme",
            label: "Organisme",
            options: organisations.map(|(code, words)| (code.into(), words.into())).to_vec(),
        }],
        empty: "Personne ne peut encore se connecter. Invitez une première personne du CdG62."
            .into(),
        noun: ("personne", "personnes"),
    };
    let bodies: Vec<Value> = directory::administered(&pages.app.store)
        .await?
        .into_iter()
        .map(|(id, name)| context! { id => id, name => name })
        .collect();
    let values = context! { bodies => bodies };
    listing.respond(&pages, &who, "pages/account/people.html", values).await
}

async fn show(
    State(pages): State<Pages>,
    who: May<Administer>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let id = PersonId(id);
    let person = people::person(&pages.app.store, id).await?;
    let today = pages.app.today();
    let held = grants::of_person(&pages.app.store, id).await?;
    let roles: Vec<Value> = held
        .iter()
        .map(|held| {
            context! {
                organisation => held.organisation_name.as_str(),
                href => format!("/administration/organismes/{}/equipe", held.organisation),
                role => held.grant.role.french(),
                from => french::date(held.grant.from),
                to => held.grant.to.map(french::date),
                holds => held.grant.holds_on(today),
            }
        })
        .collect();
    let codes_left = people::recovery_codes(&pages.app.store, id).await?.len();
    let values = context! {
        id => id.0,
        name => person.name,
        email => person.email,
        phone => person.phone,
        created => moment(person.created_at),
        disabled => person.disabled_at.map(moment),
        has_password => person.password_hash.is_some(),
        has_factor => person.second_factor.is_some(),
        codes_left => codes_left,
        roles => roles,
        me => who.person == Some(id),
    };
    pages.page(&who, "pages/account/person.html", values).await
}

async fn disable(
    pages: &Pages,
    who: &May<Administer>,
    id: i64,
    disabled: bool,
) -> Result<Response, PageError> {
    teams::set_disabled(&pages.app, &by(who), PersonId(id), disabled).await?;
    let message = if disabled {
        "Le compte est bloqué et ses appareils sont déconnectés."
    } else {
        "Le compte est rétabli : la personne peut de nouveau se connecter."
    };
    pages.done(who, &format!("/administration/personnes/{id}"), message).await
}

async fn block(
    State(pages): State<Pages>,
    who: May<Administer>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    disable(&pages, &who, id, true).await
}

async fn unblock(
    State(pages): State<Pages>,
    who: May<Administer>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    disable(&pages, &who, id, false).await
}

async fn reset(
    State(pages): State<Pages>,
    who: May<Administer>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    second_factor::reset(&pages.app, &who.actor(), PersonId(id)).await?;
    let message = "La double authentification est retirée. La personne la remettra en place à sa prochaine connexion.";
    pages.done(&who, &format!("/administration/personnes/{id}"), message).await
}
