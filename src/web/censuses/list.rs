//! Every census, with what it came to.

use axum::extract::State;
use axum::response::Response;
use domain::campaigns::census::CensusState;
use domain::platform::role::Right;
use minijinja::context;

use super::numbers::percent;
use crate::store::campaigns as store;
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, ListQuery, Listing};
use crate::web::rights::ReadMembers;

/// The tone that a state is shown in.
pub(super) fn tone(state: CensusState) -> &'static str {
    match state {
        CensusState::Draft => "draft",
        CensusState::Open => "open",
        CensusState::Closed => "warn",
        CensusState::Settled => "good",
        CensusState::Cancelled => "quiet",
    }
}

pub(super) async fn list(
    State(pages): State<Pages>,
    who: May<ReadMembers>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let censuses = store::census_list(&pages.app.store).await?;
    let total = censuses.len() as u64;
    let rows = censuses.into_iter().map(|census| {
        vec![
            Cell::link(census.name, format!("/gestion/recensements/{}", census.id)),
            Cell::state(census.state.french(), tone(census.state)),
            Cell::Date(census.opens_on),
            Cell::Date(census.closes_on),
            Cell::text(years(census.first_year, census.years)),
            Cell::Count(census.lots),
            Cell::Count(census.members),
            Cell::Count(census.answered),
            Cell::Count(percent(census.answered, census.members)),
        ]
    });
    let listing = Listing {
        name: "recensements",
        caption: "Recensements, du plus récent au plus ancien".into(),
        columns: vec![
            Column::text("", "Recensement"),
            Column::text("", "État"),
            Column::text("", "Ouvre le"),
            Column::text("", "Dernier jour"),
            Column::text("", "Années"),
            Column::number("", "Lots"),
            Column::number("", "Membres"),
            Column::number("", "Réponses"),
            Column::number("", "%"),
        ],
        rows: rows.collect(),
        total,
        query,
        search: None,
        filters: Vec::new(),
        empty: "Aucun recensement pour l’instant. Créez-en un : personne ne le voit avant que \
                vous l’ouvriez."
            .into(),
        noun: ("recensement", "recensements"),
    };
    let values = context! { may_buy => who.may(Right::Buy) };
    listing.respond(&pages, &who, "pages/censuses/list.html", values).await
}

/// « 2027 », « 2027 à 2030 ».
pub(super) fn years(first: i64, years: i64) -> String {
    if years < 2 { first.to_string() } else { format!("{first} à {}", first + years - 1) }
}
