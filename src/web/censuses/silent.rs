//! Who has said nothing, with whom to call.

use axum::extract::State;
use axum::response::Response;
use domain::campaigns::census::{CensusState, Phase};
use domain::dates::paris_day;
use domain::french;
use domain::ids::OrganisationId;
use minijinja::context;

use super::show::Desk;
use crate::store::campaigns::{self as store, SilentLine};
use crate::usecases::platform::jobs::{Work, start};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, Filter, ListQuery, Listing};
use crate::web::rights::{Buy, Needed, ReadMembers};
use crate::web::routes::Row;

fn row(home: &str, line: SilentLine) -> Vec<Cell> {
    vec![
        Cell::link(line.name, format!("{home}/membres/{}", line.id)),
        Cell::text_or_absent(line.epci),
        line.population.map_or(Cell::Absent, Cell::Count),
        Cell::text_or_absent(line.contact),
        Cell::text_or_absent(line.phone),
        Cell::text_or_absent(line.email),
        if line.drafted > 0 { Cell::text("commencée") } else { Cell::Absent },
        Cell::date(line.told_at.map(paris_day)),
    ]
}

/// Asks for reminders to whoever has not answered.
pub(super) async fn remind(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let day = pages.app.today();
    let back = format!("{}/silencieux", desk.home());
    if desk.census.census.phase(day) != Phase::TakesAnswers {
        let said = "Le recensement ne reçoit pas de réponse aujourd’hui : personne n’est relancé.";
        return pages.done(&who, &back, said).await;
    }
    let campaign = desk.census.id;
    let work = Work::RemindCensus { campaign, day };
    start(&pages.app, &who.actor(), &format!("{campaign}:{day}"), &work).await?;
    let said = "Les rappels partent. Qui en a déjà reçu un aujourd’hui n’en reçoit pas d’autre.";
    pages.done(&who, &back, said).await
}

pub(super) async fn list(
    State(pages): State<Pages>,
    who: May<ReadMembers>,
    Row(id): Row<i64>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let on = &pages.app.store;
    let epci = query.filter("epci").and_then(|id| id.parse().ok()).map(OrganisationId);
    let (lines, total, without_email) =
        store::silent_members(on, desk.census.id, epci, pages.app.today(), &query.slice("nom"))
            .await?;
    let by_epci = store::progress_by_epci(on, desk.census.id).await?;
    let home = desk.home();
    let takes_answers = match desk.census.census.phase(pages.app.today()) {
        Phase::TakesAnswers => true,
        Phase::NotYet | Phase::Over | Phase::Sealed => false,
    };
    let empty = match desk.census.census.state {
        CensusState::Draft => "Personne n’est encore interrogé : ouvrez d’abord le recensement.",
        CensusState::Open | CensusState::Closed | CensusState::Settled | CensusState::Cancelled => {
            "Tous les membres interrogés ont répondu."
        }
    };
    let listing = Listing {
        name: "membres_sans_reponse",
        caption: format!("Membres sans réponse à « {} »", desk.census.census.name),
        columns: vec![
            Column::text("nom", "Membre"),
            Column::text("epci", "EPCI"),
            Column::number("population", "Habitants"),
            Column::text("", "Référent"),
            Column::text("", "Téléphone"),
            Column::text("courriel", "Courriel"),
            Column::text("", "Saisie"),
            Column::text("relance", "Dernier courriel"),
        ],
        rows: lines.into_iter().map(|line| row(&home, line)).collect(),
        total,
        query,
        search: Some("Chercher un membre"),
        filters: vec![Filter {
            key: "epci",
            label: "EPCI",
            options: by_epci
                .into_iter()
                .filter_map(|row| row.epci)
                .map(|(id, name)| (id.to_string(), name))
                .collect(),
        }],
        empty: empty.into(),
        noun: ("membre", "membres"),
    };
    let letters = if takes_answers && who.may(Buy::RIGHT) {
        store::unreachable(on, desk.census.id, pages.app.today()).await?.len()
    } else {
        0
    };
    let values = context! {
        letters => (letters > 0).then(|| {
            french::counted(letters, "lettre, une page", "lettres, une page chacune")
        }),
        census => desk.head(&pages, &who),
        silent => french::counted(total, "membre sans réponse", "membres sans réponse"),
        without_email => (without_email > 0).then(|| {
            french::counted(without_email, "n’a pas", "n’ont pas")
        }),
        with_email => total.saturating_sub(without_email),
        takes_answers => takes_answers,
        any => total > 0,
    };
    listing.respond(&pages, &who, "pages/censuses/silent.html", values).await
}
