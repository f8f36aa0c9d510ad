//! The steps that give a census another last day: moved, or opened again until it.

use axum::extract::State;
use axum::response::Response;
use domain::french;

use super::show::Desk;
use super::steps::{Asks, Panel, campaign, first, panel};
use crate::store::campaigns as store;
use crate::usecases::campaigns::{move_closing_day, reopen_until};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};
use crate::web::rights::Buy;
use crate::web::routes::Row;

#[derive(Clone, Copy)]
enum Step {
    Move,
    Reopen,
}

impl Step {
    async fn panel(self, pages: &Pages, desk: &Desk) -> Result<Panel, PageError> {
        Ok(match self {
            Self::Move => {
                let progress = store::progress(&pages.app.store, campaign(desk)).await?;
                moving_panel(desk, progress.silent())
            }
            Self::Reopen => reopening_panel(),
        })
    }

    async fn ask(self, pages: &Pages, who: &Agent, id: i64) -> Result<Response, PageError> {
        let desk = Desk::of(pages, id).await?;
        let shown = self.panel(pages, &desk).await?;
        first(pages, who, &desk, shown).await
    }

    async fn take(
        self,
        pages: &Pages,
        who: &Agent,
        id: i64,
        fields: &Fields,
    ) -> Result<Response, PageError> {
        let desk = Desk::of(pages, id).await?;
        let (app, actor, reason) = (&pages.app, who.actor(), fields.text("motif"));
        let mut errors = Errors::none();
        match fields.text("jour").parse() {
            Ok(to) => {
                let (done, said) = match self {
                    Self::Move => (
                        move_closing_day(app, &actor, campaign(&desk), to, reason).await,
                        format!("Les réponses sont reçues jusqu’au {} inclus.", french::date(to)),
                    ),
                    Self::Reopen => (
                        reopen_until(app, &actor, campaign(&desk), to, reason).await,
                        format!("Le recensement est rouvert jusqu’au {}.", french::date(to)),
                    ),
                };
                match done {
                    Ok(()) => return pages.done(who, &desk.home(), said).await,
                    Err(error) => errors = Errors::refused(error)?,
                }
            }
            Err(_) => errors.add("jour", "Indiquez une date, par exemple 15/12/2026."),
        }
        let shown = self.panel(pages, &desk).await?;
        panel(pages, who, &desk, shown, (fields, &errors)).await
    }
}

fn moving_panel(desk: &Desk, silent: i64) -> Panel {
    Panel {
        title: "Changer le dernier jour des réponses",
        lines: vec![
            format!("Dernier jour actuel : le {}.", french::date(desk.census.census.closes_on)),
            format!(
                "Si le recensement est ouvert, un courriel annonce la nouvelle date à tous les \
                 membres interrogés ; {} {} encore sans réponse.",
                french::counted(silent, "membre", "membres"),
                if silent < 2 { "est" } else { "sont" }
            ),
        ],
        warning: None,
        refused: None,
        asks: Asks::DayAndReason,
        verb: "Changer le dernier jour",
        path: "calendrier",
    }
}

fn reopening_panel() -> Panel {
    Panel {
        title: "Rouvrir le recensement",
        lines: vec![
            "Les membres répondent de nouveau, jusqu’au jour que vous indiquez.".into(),
            "Les fiches envoyées restent verrouillées jusqu’à ce que leur membre les rouvre."
                .into(),
        ],
        warning: None,
        refused: None,
        asks: Asks::DayAndReason,
        verb: "Rouvrir le recensement",
        path: "reouverture",
    }
}

pub(super) async fn calendar(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    Step::Move.ask(&pages, &who, id).await
}

pub(super) async fn move_day(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    Step::Move.take(&pages, &who, id, &fields).await
}

pub(super) async fn reopening(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    Step::Reopen.ask(&pages, &who, id).await
}

pub(super) async fn reopen(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    Step::Reopen.take(&pages, &who, id, &fields).await
}
