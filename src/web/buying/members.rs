//! The members: all communes, EPCI and public bodies, and where each stands.

use axum::extract::State;
use axum::response::Response;
use domain::group::membership::MembershipState;
use domain::group::organisation::OrganisationKind;
use domain::ids::OrganisationId;
use minijinja::{Value, context};

use crate::store::group::{self, DeskMember, MemberFilter, desk_members};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, Filter, ListQuery, Listing};
use crate::web::rights::{Buy, Needed, ReadMembers};
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new().get("/gestion/membres", list)
}

async fn list(
    State(pages): State<Pages>,
    who: May<ReadMembers>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    // The list is about the newest convention.
    let convention = group::convention_ids(on).await?.into_iter().next();
    let filter = MemberFilter {
        epci: query.filter("epci").and_then(|text| text.parse().ok()).map(OrganisationId),
        state: query.filter("etat").and_then(MembershipState::from_code),
        outside: query.filter("etat") == Some("aucune"),
        unconfirmed: query.filter("siret") == Some("a_confirmer"),
    };
    let (rows, total) = desk_members(on, convention, &filter, &query.slice("nom")).await?;
    let epcis = group::epcis(on).await?;
    let mut states: Vec<(String, String)> = MembershipState::ALL
        .iter()
        .map(|state| (state.code().to_owned(), state.french().to_owned()))
        .collect();
    states.push(("aucune".into(), "aucune adhésion".into()));
    let listing = Listing {
        name: "membres",
        caption: "Communes, EPCI et organismes publics".into(),
        columns: vec![
            Column::text("nom", "Organisme"),
            Column::text("", "Nature"),
            Column::text("epci", "EPCI"),
            Column::number("habitants", "Habitants"),
            Column::text("", "SIRET"),
            Column::text("etat", "Adhésion"),
            Column::text("executoire", "Délibération exécutoire le"),
            Column::text("signature", "Convention signée le"),
            Column::text("", "Courriel"),
            Column::text("", "Téléphone"),
        ],
        rows: rows.iter().map(row).collect(),
        total,
        query,
        search: Some("Nom, SIRET ou code INSEE"),
        filters: vec![
            Filter {
                key: "epci",
                label: "EPCI",
                options: epcis.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
            },
            Filter { key: "etat", label: "Adhésion", options: states },
            Filter {
                key: "siret",
                label: "SIRET",
                options: vec![("a_confirmer".into(), "à confirmer".into())],
            },
        ],
        empty: "Aucun organisme : importez la liste des EPCI, puis celle des communes.".into(),
        noun: ("organisme", "organismes"),
    };
    let mut actions = Vec::new();
    if who.may(Buy::RIGHT) {
        for (href, label) in [
            ("/gestion/membres/nouveau", "Enregistrer un organisme"),
            ("/gestion/membres/fichier", "Importer une liste"),
            ("/gestion/membres/reunion", "Réunir des communes (commune nouvelle)"),
        ] {
            actions.push(context! { href => href, label => label });
        }
    }
    let values = context! {
        title => "Membres",
        lead => "Cherchez une commune par son nom, son SIRET ou son code INSEE. L’adhésion est celle de la convention la plus récente.",
        bars => Vec::<Value>::new(),
        actions => actions,
    };
    listing.respond(&pages, &who, "pages/buying/list.html", values).await
}

pub(super) fn membership_state(code: Option<&str>) -> Cell {
    let Some(state) = code.and_then(MembershipState::from_code) else {
        return Cell::state("aucune", "draft");
    };
    let tone = match state {
        MembershipState::Active => "good",
        MembershipState::Withdrawn => "quiet",
        MembershipState::Prospect => "draft",
        MembershipState::Deliberated | MembershipState::Signed => "open",
    };
    Cell::state(state.french(), tone)
}

fn row(row: &DeskMember) -> Vec<Cell> {
    let siret = match (&row.siret, row.siret_status.as_deref()) {
        (Some(siret), Some("confirmed")) => Cell::text(siret),
        (Some(siret), _) => Cell::state(format!("{siret}, à confirmer"), "warn"),
        (None, _) => Cell::Absent,
    };
    let state = match &row.heir {
        Some(heir) => Cell::state(format!("réunie à {heir}"), "quiet"),
        None => membership_state(row.state.as_deref()),
    };
    vec![
        Cell::link(&row.name, format!("/gestion/membres/{}", row.id)),
        Cell::text(OrganisationKind::from_code(&row.kind).map_or("", OrganisationKind::french)),
        Cell::text_or_absent(row.epci.clone()),
        row.population.map_or(Cell::Absent, Cell::Count),
        siret,
        state,
        Cell::date(row.enforceable_on),
        Cell::date(row.signed_on),
        Cell::text_or_absent(row.email.clone()),
        Cell::text_or_absent(row.phone.clone()),
    ]
}
