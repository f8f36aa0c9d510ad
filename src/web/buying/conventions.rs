//! The conventions: terms, lots, and who adhered.

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::group::membership::MembershipState;
use domain::ids::{AttachmentId, ConventionId};
use minijinja::{Value, context};

use super::Row;
use super::members::membership_state;
use super::words::{facts, table};
use crate::store::group::{self, DeskMember, MemberFilter, StoredConvention, desk_members};
use crate::store::platform::attachments;
use crate::store::{StoreError, Viewer, tenders};
use crate::usecases::group::keep_convention_text;
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::Errors;
use crate::web::listing::{Cell, Column, Filter, ListQuery, Listing};
use crate::web::pieces;
use crate::web::rights::{Buy, Needed, ReadMembers};
use crate::web::routes::Routes;
use crate::web::upload::Upload;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/gestion/conventions", list)
        .get("/gestion/conventions/{id}", show)
        .upload("/gestion/conventions/{id}/texte", add_text)
        .get("/gestion/textes/{id}", text)
}

pub(super) async fn found(pages: &Pages, id: i64) -> Result<StoredConvention, PageError> {
    let found = group::convention(&pages.app.store, ConventionId(id)).await?;
    found.ok_or_else(|| StoreError::NotFound { what: "convention", id: id.to_string() }.into())
}

fn days(stored: &StoredConvention) -> String {
    let terms = stored.convention.terms();
    let from = french::date(terms.from);
    match terms.to {
        Some(to) => format!("du {from} au {}", french::date(to)),
        None => format!("depuis le {from}, sans terme"),
    }
}

async fn list(State(pages): State<Pages>, who: May<ReadMembers>) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let mut rows = Vec::new();
    // A coordinator has a handful of conventions over the years.
    for id in group::convention_ids(on).await? {
        let stored = found(&pages, id.0).await?;
        let terms = stored.convention.terms();
        rows.push(vec![
            Cell::link(&terms.reference, format!("/gestion/conventions/{id}")),
            Cell::text(&terms.subject),
            Cell::text(if terms.permanent { "permanente" } else { "ponctuelle" }),
            Cell::text(days(&stored)),
            Cell::Count(i64::try_from(stored.lots.len()).unwrap_or(i64::MAX)),
        ]);
    }
    let columns = [
        ("Convention", false),
        ("Objet", false),
        ("Nature", false),
        ("Durée", false),
        ("Lots", true),
    ];
    let values = context! {
        may_buy => who.may(Buy::RIGHT),
        conventions => table(
            "Conventions constitutives",
            &columns,
            rows,
            "Aucune convention : la première fonde le groupement.",
        ),
    };
    pages.page(&who, "pages/buying/conventions.html", values).await
}

/// Keeps the text of a convention: its members find it with their membership.
async fn add_text(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    mut upload: Upload,
) -> Result<Response, PageError> {
    let stored = found(&pages, id).await?;
    let mut errors = Errors::none();
    let sent = pieces::scan(&mut upload, "fichier", &mut errors);
    let home = format!("/gestion/conventions/{id}");
    let Some(file) = sent else {
        let why = "Rien n’a été déposé : choisissez le texte de la convention, un PDF ou une \
                   photographie JPEG ou PNG.";
        return pages.done(&who, &home, why).await;
    };
    keep_convention_text(&pages.app, &who.actor(), stored.id, file).await?;
    let said = "Le texte de la convention est déposé : ses membres le trouvent dans « Adhésion ».";
    pages.done(&who, &home, said).await
}

async fn text(
    State(pages): State<Pages>,
    who: May<ReadMembers>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let kept = attachments::find(&pages.app.store, who.viewer(), AttachmentId(id)).await?;
    if kept.kind != "convention" {
        return Err(PageError::NotFound);
    }
    pieces::serve(&pages, kept).await
}

/// How `count` members stand, after their number.
fn standing(state: MembershipState, count: u64) -> &'static str {
    match state {
        MembershipState::Prospect => french::plural(count, "pressenti", "pressentis"),
        MembershipState::Deliberated => french::plural(count, "a délibéré", "ont délibéré"),
        MembershipState::Signed => french::plural(count, "a signé", "ont signé"),
        MembershipState::Active => french::plural(count, "membre", "membres"),
        MembershipState::Withdrawn => french::plural(count, "retiré", "retirés"),
    }
}

async fn show(
    State(pages): State<Pages>,
    who: May<ReadMembers>,
    Row(id): Row<i64>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let stored = found(&pages, id).await?;
    let filter = MemberFilter {
        state: query.filter("etat").and_then(MembershipState::from_code),
        outside: query.filter("etat") == Some("aucune"),
        ..MemberFilter::default()
    };
    let (rows, total) = desk_members(on, Some(stored.id), &filter, &query.slice("nom")).await?;
    let procedures = tenders::procedures(on).await?;
    let launches: Vec<_> =
        procedures.iter().filter(|one| one.head.convention == stored.id).collect();
    let last = launches.iter().map(|one| one.head.launched_on).max();
    let counted = group::membership_figures(on, stored.id, last).await?;
    let figures = MembershipState::ALL.iter().map(|state| {
        let count = counted.by_state.get(state).copied().unwrap_or_default();
        context! { value => french::count(count), words => standing(*state, count) }
    });
    let mut states: Vec<(String, String)> = MembershipState::ALL
        .iter()
        .map(|state| (state.code().to_owned(), state.french().to_owned()))
        .collect();
    states.push(("aucune".into(), "aucune adhésion".into()));
    let listing = Listing {
        name: "adhesions",
        caption: format!("Adhésions à la convention {}", stored.convention.terms().reference),
        columns: vec![
            Column::text("nom", "Organisme"),
            Column::text("epci", "EPCI"),
            Column::text("etat", "Étape"),
            Column::text("executoire", "Délibération exécutoire le"),
            Column::text("signature", "Signée le"),
            Column::text("", "Lié avant la dernière consultation"),
            Column::text("", "Retrait le"),
            Column::text("", "Téléphone"),
        ],
        rows: rows.iter().map(|row| member(id, row, last)).collect(),
        total,
        query,
        search: Some("Nom, SIRET ou code INSEE"),
        filters: vec![Filter { key: "etat", label: "Étape", options: states }],
        empty: "Aucun organisme n’est enregistré.".into(),
        noun: ("organisme", "organismes"),
    };
    let procedure_rows = launches.iter().map(|one| {
        vec![
            Cell::text(&one.head.reference),
            Cell::text(&one.head.title),
            Cell::Date(one.head.launched_on),
            Cell::Count(i64::try_from(one.lots.len()).unwrap_or(i64::MAX)),
        ]
    });
    let texts = attachments::of(on, Viewer::Coordinator, ("convention", id)).await?;
    let terms = stored.convention.terms();
    let values = context! {
        id => id,
        may_buy => who.may(Buy::RIGHT),
        texts => texts
            .iter()
            .map(|file| pieces::row(file, "/gestion/textes"))
            .collect::<Vec<_>>(),
        reference => terms.reference.as_str(),
        subject => terms.subject.as_str(),
        figures => figures.collect::<Vec<_>>(),
        late => counted.late,
        last => last.map(french::date),
        facts => facts(vec![
            ("Nature", if terms.permanent { "permanente".into() } else { "ponctuelle".into() }),
            ("Durée", days(&stored)),
            ("Commission d’appel d’offres", terms.committee.french().to_owned()),
            ("Partage du port", terms.freight_key.french().to_owned()),
            ("Partage des frais", terms.fee_key.french().to_owned()),
        ]),
        lots => lots(&stored),
        procedures => table(
            "Consultations lancées sous cette convention",
            &[("Référence", false), ("Objet", false), ("Lancée le", false), ("Lots", true)],
            procedure_rows.collect(),
            "Aucune consultation : tout membre lié d’ici là pourra commander.",
        ),
    };
    listing.respond(&pages, &who, "pages/buying/convention.html", values).await
}

fn lots(stored: &StoredConvention) -> Value {
    let rows = stored.lots.iter().map(|lot| {
        vec![
            Cell::text(&lot.number),
            Cell::text(&lot.title),
            Cell::text(lot.terms.model().french()),
            Cell::text(lot.terms.packing().french()),
        ]
    });
    let columns =
        [("Lot", false), ("Intitulé", false), ("Modèle", false), ("Conditionnements", false)];
    table("Lots de la convention", &columns, rows.collect(), "Aucun lot.")
}

/// A member is bound once its deliberation is enforceable and its agreement signed.
fn member(id: i64, row: &DeskMember, last: Option<chrono::NaiveDate>) -> Vec<Cell> {
    let bound = row.enforceable_on.zip(row.signed_on).map(|(one, other)| one.max(other));
    let in_time = match (bound, last) {
        (Some(bound), Some(last)) if bound <= last => Cell::state("oui", "good"),
        (Some(_), Some(_)) => Cell::state("non : consultation suivante", "warn"),
        (Some(_), None) => Cell::state("oui", "good"),
        (None, _) => Cell::Absent,
    };
    vec![
        Cell::link(&row.name, format!("/gestion/conventions/{id}/membres/{}", row.id)),
        Cell::text_or_absent(row.epci.clone()),
        membership_state(row.state.as_deref()),
        Cell::date(row.enforceable_on),
        Cell::date(row.signed_on),
        in_time,
        Cell::date(row.left_on),
        Cell::text_or_absent(row.phone.clone()),
    ]
}
