//! E-mails sent: what became of each, for the administrator. Texts are not shown here: those that
//! open an account belong to their reader.

use axum::extract::State;
use axum::response::Response;
use domain::ids::MailId;
use domain::platform::mail::{MailAction, MailKind, MailState, STEPS};
use minijinja::context;
use serde::Deserialize;

use super::jobs::instant;
use crate::store::platform::mail::{self as store, MailRow};
use crate::usecases::platform::mail as usecase;
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::Form;
use crate::web::listing::{Cell, Column, Filter, ListQuery, Listing};
use crate::web::rights::Administer;
use crate::web::routes::Row;

pub(in crate::web) fn tone(state: MailState) -> &'static str {
    match state {
        MailState::Waiting => "draft",
        MailState::Sending => "open",
        MailState::Sent => "good",
        MailState::Failed | MailState::Bounced => "bad",
    }
}

pub(in crate::web) fn kind_words(row: &MailRow) -> &'static str {
    row.kind().map_or("autre", MailKind::french)
}

fn state_cell(row: &MailRow) -> Cell {
    match row.state() {
        Some(state) => Cell::state(state.french(), tone(state)),
        None => Cell::Absent,
    }
}

pub(super) async fn list(
    State(pages): State<Pages>,
    who: May<Administer>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let state = query.filter("etat").and_then(MailState::from_code);
    let (mails, total) = store::list(&pages.app.store, state, &query.slice("-date")).await?;
    let rows = mails.iter().map(|row| {
        vec![
            Cell::link(row.subject.as_str(), format!("/administration/courriels/{}", row.id)),
            Cell::text(row.to_address.as_str()),
            Cell::text_or_absent(row.organisation.clone()),
            state_cell(row),
            Cell::text(instant(row.queued_at)),
            Cell::text_or_absent(row.sent_at.map(instant)),
        ]
    });
    let states = MailState::ALL.iter().map(|state| (state.code().into(), state.french().into()));
    let listing = Listing {
        name: "courriels",
        caption: "Courriels, les derniers écrits d’abord".into(),
        columns: vec![
            Column::text("objet", "Objet"),
            Column::text("destinataire", "Destinataire"),
            Column::text("organisme", "Organisme"),
            Column::text("etat", "État"),
            Column::text("date", "Écrit le"),
            Column::text("", "Envoyé le"),
        ],
        rows: rows.collect(),
        total,
        query,
        search: Some("Adresse, nom, organisme ou objet"),
        filters: vec![Filter { key: "etat", label: "État", options: states.collect() }],
        empty: "Aucun courriel pour l’instant. Invitations, rappels et avis s’affichent ici dès \
                qu’ils sont écrits."
            .into(),
        noun: ("courriel", "courriels"),
    };
    listing.respond(&pages, &who, "pages/platform/mails.html", context! {}).await
}

pub(super) async fn show(
    State(pages): State<Pages>,
    who: May<Administer>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let letter = store::letter(&pages.app.store, MailId(id)).await?;
    let row = &letter.row;
    let offers = |action| {
        row.state().is_some_and(|state| STEPS.offers(state).any(|offered| offered == action))
    };
    let mail = context! {
        id => row.id,
        subject => row.subject.as_str(),
        kind => kind_words(row),
        address => row.to_address.as_str(),
        name => row.to_name.as_str(),
        organisation => row.organisation.as_deref(),
        state => row.state().map_or("inconnu", MailState::french),
        tone => row.state().map_or("quiet", tone),
        attempts => row.attempts,
        queued_at => instant(row.queued_at),
        next_at => (row.state() == Some(MailState::Waiting)).then(|| instant(row.next_at)),
        sent_at => row.sent_at.map(instant),
        error => row.last_error.as_deref(),
        attached => row.attached_name.as_deref(),
        message_id => letter.message_id.as_str(),
        may_again => offers(MailAction::Again) && !letter.text.is_empty(),
        may_bounce => offers(MailAction::Bounce),
    };
    pages.page(&who, "pages/platform/mail.html", context! { mail => mail }).await
}

pub(super) async fn again(
    State(pages): State<Pages>,
    who: May<Administer>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    usecase::again(&pages.app, &who.actor(), MailId(id)).await?;
    let next = format!("/administration/courriels/{id}");
    pages.done(&who, &next, "Le courriel repart dans un instant.").await
}

#[derive(Debug, Deserialize)]
pub(super) struct Bounce {
    #[serde(default)]
    motif: String,
}

pub(super) async fn bounced(
    State(pages): State<Pages>,
    who: May<Administer>,
    Row(id): Row<i64>,
    Form(form): Form<Bounce>,
) -> Result<Response, PageError> {
    let reason: String = form.motif.trim().chars().take(300).collect();
    let reason = if reason.is_empty() { "revenu sans motif".into() } else { reason };
    usecase::bounced(&pages.app, &who.actor(), MailId(id), &reason).await?;
    let words =
        "Le retour est noté. Corrigez l’adresse de la personne ou du contact avant de renvoyer.";
    pages.done(&who, &format!("/administration/courriels/{id}"), words).await
}
