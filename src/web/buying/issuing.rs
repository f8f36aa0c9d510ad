//! Issuing a window's validated orders: seen in figures first, then done in bulk.

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::ids::OrderWindowId;
use domain::orders::state::OrderState;
use domain::platform::job::{JobKind, JobState};
use minijinja::{Value, context};

use super::Row;
use crate::store::orders;
use crate::store::platform::jobs::{Job, last_of};
use crate::usecases::UseCaseError;
use crate::usecases::orders::{RefusedOrder, preview_issue};
use crate::usecases::platform::jobs::{self, Work};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::rights::Buy;
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/gestion/fenetres/{id}/emission", preview)
        .post("/gestion/fenetres/{id}/emission", issue)
        .post("/gestion/fenetres/{id}/emission/arret", stop)
}

/// Refused orders for the macro `refused`.
fn refused(list: &[RefusedOrder]) -> Value {
    let one = |refused: &RefusedOrder| {
        let reasons = refused.reasons.iter().map(|reason| french::unbroken(&reason.message));
        context! { name => refused.name.as_str(), reasons => reasons.collect::<Vec<_>>() }
    };
    Value::from(list.iter().map(one).collect::<Vec<_>>())
}

async fn preview(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let window = orders::window(on, OrderWindowId(id)).await?;
    let job = last_of(on, JobKind::IssueWindow, &id.to_string()).await?;
    let seen = preview_issue(&pages.app, &who.actor(), window.id()).await?;
    let states = orders::window_states(on, window.id()).await?;
    let drafts = states.iter().find(|row| row.state == OrderState::Draft.code());
    let drafts = drafts.map_or(0, |row| row.orders);
    let room = window.contract.gauge().ok();
    let mut lines = vec![
        format!(
            "{}, {}.",
            french::counted(seen.orders, "commande sera émise", "commandes seront émises"),
            french::counted(seen.papers, "document sera préparé", "documents seront préparés")
        ),
        format!(
            "Montant : {} HT, {} de TVA, {} TTC.",
            seen.net.french(),
            seen.vat.french(),
            seen.gross.french()
        ),
    ];
    if let Some(room) = room {
        lines.push(format!(
            "Ces commandes comptent déjà dans le maximum depuis leur validation : il reste {} HT après l’émission.",
            room.left.french()
        ));
    }
    lines.push("Les numéros se suivent sans trou. Une commande émise ne se modifie plus : elle se corrige par avenant.".into());
    if drafts > 0 {
        lines.push(format!(
            "{} : rien n’en sera émis.",
            french::counted(
                drafts,
                "brouillon attend encore sa validation",
                "brouillons attendent encore leur validation"
            )
        ));
    }
    if seen.missing > 0 {
        lines.push(format!(
            "{} de commandes déjà émises.",
            french::counted(
                seen.missing,
                "extrait manque encore et sera préparé",
                "extraits manquent encore et seront préparés"
            )
        ));
    }
    let values = context! {
        id => id,
        orders => seen.orders,
        button => french::counted(seen.orders, "commande", "commandes"),
        something => seen.orders > 0 || seen.missing > 0,
        lines => lines,
        refused => refused(&seen.refused),
        job => job.as_ref().map(progress),
        ..super::window::head(&window, pages.app.today())
    };
    pages.page(&who, "pages/buying/issue.html", values).await
}

async fn issue(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let window = orders::window(&pages.app.store, OrderWindowId(id)).await?.id();
    let back = format!("/gestion/fenetres/{id}");
    let work = Work::IssueWindow { window, back };
    jobs::start(&pages.app, &who.actor(), &id.to_string(), &work).await?;
    let message =
        "L’émission est demandée. Vous pouvez quitter cette page : elle continue sans vous.";
    pages.done(&who, &format!("/gestion/fenetres/{id}/emission"), message).await
}

async fn stop(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let window = orders::window(&pages.app.store, OrderWindowId(id)).await?.id();
    let job = last_of(&pages.app.store, JobKind::IssueWindow, &window.to_string()).await?;
    let job = job.filter(|job| is_underway(job.state)).ok_or_else(|| {
        UseCaseError::refused("emission", "Aucune émission n’est en cours : rien n’est à arrêter.")
    })?;
    jobs::cancel(&pages.app, &who.actor(), job.id).await?;
    let message =
        "L’émission s’arrête. Les commandes déjà émises le restent ; les autres attendent.";
    pages.done(&who, &format!("/gestion/fenetres/{id}/emission"), message).await
}

fn is_underway(state: JobState) -> bool {
    match state {
        JobState::Waiting | JobState::Running => true,
        JobState::Done | JobState::Dead | JobState::Cancelled => false,
    }
}

/// How far the last issue of a window is, and what came of it.
fn progress(job: &Job) -> Value {
    let percent = if job.total > 0 { job.done * 100 / job.total } else { 0 };
    let number = |value: i64| french::thousands(&value.to_string());
    let words = match job.state {
        JobState::Waiting => "L’émission attend son tour.".to_owned(),
        JobState::Running if job.total == 0 => "L’émission commence.".to_owned(),
        JobState::Running => {
            format!("{} documents préparés sur {}.", number(job.done), number(job.total))
        }
        JobState::Done => "L’émission est terminée.".to_owned(),
        JobState::Dead => "L’émission s’est arrêtée sur une erreur. Relancez-la : ce qui est émis ne l’est pas deux fois.".to_owned(),
        JobState::Cancelled => "L’émission a été arrêtée.".to_owned(),
    };
    let told = job.message.lines().map(french::unbroken).collect::<Vec<_>>();
    context! {
        underway => is_underway(job.state),
        stopping => job.cancel_asked,
        good => job.state == JobState::Done,
        words => words,
        percent => percent,
        told => if job.state == JobState::Done { told } else { Vec::new() },
    }
}
