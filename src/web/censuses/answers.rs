//! Who answered: one row a member, and by EPCI.

use axum::extract::State;
use axum::response::Response;
use domain::campaigns::standing::AnswerStanding;
use domain::dates::paris_day;
use domain::ids::OrganisationId;
use minijinja::context;

use super::numbers::percent;
use super::show::Desk;
use crate::store::campaigns::{self as store, AnswerFilter, MemberAnswer};
use crate::store::group;
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, Filter, ListQuery, Listing};
use crate::web::rights::ReadMembers;
use crate::web::routes::Row;

fn tone(standing: AnswerStanding) -> &'static str {
    match standing {
        AnswerStanding::Silent => "bad",
        AnswerStanding::Partial => "warn",
        AnswerStanding::Nothing => "quiet",
        AnswerStanding::Needs => "good",
    }
}

/// What the address asks for.
fn filter(query: &ListQuery) -> AnswerFilter {
    AnswerFilter {
        standing: query.filter("etat").and_then(AnswerStanding::from_code),
        epci: query.filter("epci").and_then(|id| id.parse().ok()).map(OrganisationId),
        unsigned: query.filter("signature") == Some("manquante"),
        phoned: query.filter("canal") == Some("telephone"),
    }
}

fn row(home: &str, answer: MemberAnswer) -> Vec<Cell> {
    let asked = answer.answered > 0;
    vec![
        Cell::link(answer.name, format!("{home}/membres/{}", answer.member)),
        Cell::state(answer.standing.french(), tone(answer.standing)),
        Cell::text_or_absent(answer.epci),
        answer.population.map_or(Cell::Absent, Cell::Count),
        Cell::date(answer.answered_at.map(paris_day)),
        if asked { Cell::Money(answer.net.0) } else { Cell::Absent },
        answer.channel.map_or(Cell::Absent, |channel| Cell::text(channel.french())),
        if asked { Cell::Count(answer.unsigned) } else { Cell::Absent },
        Cell::date(answer.told_at.map(paris_day)),
    ]
}

pub(super) async fn list(
    State(pages): State<Pages>,
    who: May<ReadMembers>,
    Row(id): Row<i64>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let on = &pages.app.store;
    let slice = query.slice("nom");
    let (members, total) =
        store::member_answers(on, desk.census.id, filter(&query), &slice).await?;
    let epcis = group::epcis(on).await?;
    let home = desk.home();
    let standings =
        AnswerStanding::ALL.iter().map(|one| (one.code().to_owned(), one.french().to_owned()));
    let listing = Listing {
        name: "reponses",
        caption: format!("Réponses à « {} », montants HT", desk.census.census.name),
        columns: vec![
            Column::text("nom", "Membre"),
            Column::text("etat", "État"),
            Column::text("epci", "EPCI"),
            Column::number("population", "Habitants"),
            Column::text("date", "Répondu le"),
            Column::number("montant", "Montant HT"),
            Column::text("", "Canal"),
            Column::number("", "Fiches non signées"),
            Column::text("", "Dernier courriel"),
        ],
        rows: members.into_iter().map(|answer| row(&home, answer)).collect(),
        total,
        query,
        search: Some("Chercher un membre"),
        filters: vec![
            Filter { key: "etat", label: "État", options: standings.collect() },
            Filter {
                key: "epci",
                label: "EPCI",
                options: epcis.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
            },
            Filter {
                key: "signature",
                label: "Signature",
                options: vec![("manquante".into(), "manquante".into())],
            },
            Filter {
                key: "canal",
                label: "Canal",
                options: vec![("telephone".into(), "par téléphone".into())],
            },
        ],
        empty: "Aucun membre n’est encore interrogé : les fiches se créent à l’ouverture.".into(),
        noun: ("membre", "membres"),
    };
    let values = context! { census => desk.head(&pages, &who) };
    listing.respond(&pages, &who, "pages/censuses/answers.html", values).await
}

pub(super) async fn by_epci(
    State(pages): State<Pages>,
    who: May<ReadMembers>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let found = store::progress_by_epci(&pages.app.store, desk.census.id).await?;
    let home = desk.home();
    let rows = found.into_iter().map(|row| {
        let (progress, part) = (
            row.progress,
            percent(row.progress.members - row.progress.silent(), row.progress.members),
        );
        let (id, name) =
            row.epci.map_or_else(|| (None, "Hors EPCI".to_owned()), |(id, name)| (Some(id), name));
        context! {
            label => name,
            value => format!("{} sur {}", progress.members - progress.silent(), progress.members),
            part => part,
            needs => progress.with_needs,
            nothing => progress.with_nothing,
            silent => progress.silent(),
            href => id.map(|id| format!("{home}/reponses?epci={id}")),
            silent_href => id.map(|id| format!("{home}/silencieux?epci={id}")),
        }
    });
    let values = context! {
        census => desk.head(&pages, &who),
        rows => rows.collect::<Vec<_>>(),
    };
    pages.page(&who, "pages/censuses/epci.html", values).await
}
