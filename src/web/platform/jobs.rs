//! Jobs: all of them for the administrator, one's own for whoever asked.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::dates::paris_time;
use domain::french;
use domain::ids::JobId;
use domain::platform::job::{JobAction, JobState, STEPS};
use minijinja::{Value, context};

use crate::store::platform::jobs::{self as store, Job};
use crate::usecases::platform::archive::zip_key;
use crate::usecases::platform::jobs::{self as usecase, Work};
use crate::web::Pages;
use crate::web::agent::{Agent, May, SignedIn};
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, Filter, ListQuery, Listing};
use crate::web::rights::Administer;
use crate::web::routes::Row;

const PAGE: &str = "pages/platform/job.html";

/// An instant as people read it: « 22/11/2026 à 10:42 ».
pub(in crate::web) fn instant(at: chrono::DateTime<chrono::Utc>) -> String {
    let local = paris_time(at);
    format!("{} à {}", french::date(local.date()), local.format("%H:%M"))
}

fn tone(state: JobState) -> &'static str {
    match state {
        JobState::Waiting => "draft",
        JobState::Running => "open",
        JobState::Done => "good",
        JobState::Dead => "bad",
        JobState::Cancelled => "quiet",
    }
}

/// « 64 sur 906 », or nothing while nobody has counted.
fn progress(job: &Job) -> Option<String> {
    let number = |count: i64| french::thousands(&count.to_string());
    (job.total > 0).then(|| format!("{} sur {}", number(job.done), number(job.total)))
}

fn percent(job: &Job) -> i64 {
    if job.total > 0 { (job.done.saturating_mul(100) / job.total).clamp(0, 100) } else { 0 }
}

fn offers(job: &Job, action: JobAction) -> bool {
    match job.state {
        // To a running job, cancelling is asking it to stop.
        JobState::Running => action == JobAction::Cancel && !job.cancel_asked,
        JobState::Waiting | JobState::Done | JobState::Dead | JobState::Cancelled => {
            STEPS.offers(job.state).any(|offered| offered == action)
        }
    }
}

pub(super) async fn list(
    State(pages): State<Pages>,
    who: May<Administer>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let state = query.filter("etat").and_then(JobState::from_code);
    let (jobs, total) = store::list(&pages.app.store, state, &query.slice("-date")).await?;
    let counts = store::counts(&pages.app.store).await?;
    let figures: Vec<Value> = counts
        .iter()
        .filter(|(state, _)| *state != JobState::Cancelled)
        .map(|(state, number)| {
            context! { value => french::thousands(&number.to_string()), words => state.french() }
        })
        .collect();
    let rows = jobs.iter().map(|job| {
        vec![
            Cell::link(job.kind.french(), format!("/administration/taches/{}", job.id)),
            Cell::state(job.state.french(), tone(job.state)),
            Cell::text_or_absent(progress(job)),
            Cell::text(job.asked_by.as_str()),
            Cell::text(instant(job.asked_at)),
            Cell::text_or_absent(job.ended_at.map(instant)),
            Cell::Count(job.attempts),
        ]
    });
    let states = JobState::ALL.iter().map(|state| (state.code().into(), state.french().into()));
    let listing = Listing {
        name: "taches",
        caption: "Tâches, les dernières demandées d’abord".into(),
        columns: vec![
            Column::text("tache", "Tâche"),
            Column::text("etat", "État"),
            Column::text("", "Avancement"),
            Column::text("demandeur", "Demandée par"),
            Column::text("date", "Demandée le"),
            Column::text("", "Finie le"),
            Column::number("", "Essais"),
        ],
        rows: rows.collect(),
        total,
        query,
        search: Some("Demandeur ou tâche"),
        filters: vec![Filter { key: "etat", label: "État", options: states.collect() }],
        empty: "Aucune tâche pour l’instant. Les émissions en nombre, les fichiers ZIP et les \
                rappels s’affichent ici dès qu’ils sont demandés."
            .into(),
        noun: ("tâche", "tâches"),
    };
    let values = context! { figures => figures };
    listing.respond(&pages, &who, "pages/platform/jobs.html", values).await
}

fn view(job: &Job) -> Value {
    let alive = matches!(job.state, JobState::Waiting | JobState::Running);
    context! {
        id => job.id.0,
        title => job.kind.french(),
        state => job.state.french(),
        tone => tone(job.state),
        alive => alive,
        progress => progress(job),
        percent => percent(job),
        message => job.message.lines().map(Value::from).collect::<Vec<_>>(),
        error => job.last_error.as_deref(),
        result => job.result.as_deref(),
        is_file => job.result.as_deref().is_some_and(|result| result.ends_with("/fichier")),
        stopping => job.cancel_asked && alive,
        asked_by => job.asked_by.as_str(),
        asked_at => instant(job.asked_at),
        ended_at => job.ended_at.map(instant),
        run_at => instant(job.run_at),
        attempts => job.attempts,
        may_cancel => offers(job, JobAction::Cancel),
        may_again => offers(job, JobAction::Again),
    }
}

/// The page of a job. While it is not over the page comes again by itself, unless the reader
/// stopped that (`?arret=oui`): whoever reads slowly, or has it read aloud, needs it to stay.
async fn page(
    pages: &Pages,
    who: &Agent,
    (job, query, base): (&Job, &ListQuery, &str),
) -> Result<Response, PageError> {
    let still = query.filter("arret").is_some();
    let values = context! { job => view(job), base => base, still => still };
    let response = pages.page(who, PAGE, values).await?;
    if !still && matches!(job.state, JobState::Waiting | JobState::Running) {
        return Ok(([(header::REFRESH, "3")], response).into_response());
    }
    Ok(response)
}

const ADMINISTRATION: &str = "/administration/taches";
const OWN: &str = "/taches";

pub(super) async fn show(
    State(pages): State<Pages>,
    who: May<Administer>,
    Row(id): Row<i64>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let job = store::job(&pages.app.store, JobId(id)).await?;
    page(&pages, &who, (&job, &query, ADMINISTRATION)).await
}

pub(super) async fn show_own(
    State(pages): State<Pages>,
    who: SignedIn,
    Row(id): Row<i64>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let job = store::job_of(&pages.app.store, JobId(id), &who.actor().0).await?;
    page(&pages, &who, (&job, &query, OWN)).await
}

const STOPPING: &str = "La tâche s’arrête à sa prochaine étape. Ce qui est déjà fait reste fait.";

pub(super) async fn cancel(
    State(pages): State<Pages>,
    who: May<Administer>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    usecase::cancel(&pages.app, &who.actor(), JobId(id)).await?;
    pages.done(&who, &format!("{ADMINISTRATION}/{id}"), STOPPING).await
}

pub(super) async fn cancel_own(
    State(pages): State<Pages>,
    who: SignedIn,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let job = store::job_of(&pages.app.store, JobId(id), &who.actor().0).await?;
    usecase::cancel(&pages.app, &who.actor(), job.id).await?;
    pages.done(&who, &format!("{OWN}/{id}"), STOPPING).await
}

pub(super) async fn again(
    State(pages): State<Pages>,
    who: May<Administer>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    usecase::again(&pages.app, &who.actor(), JobId(id)).await?;
    let words = "La tâche est relancée. Elle reprend là où elle s’était arrêtée.";
    pages.done(&who, &format!("{ADMINISTRATION}/{id}"), words).await
}

/// The ZIP file that a job made, to whoever asked for it.
pub(super) async fn file(
    State(pages): State<Pages>,
    who: SignedIn,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let job = store::job_of(&pages.app.store, JobId(id), &who.actor().0).await?;
    let Ok(Work::ZipPapers { name, member, .. }) = serde_json::from_str(&job.payload) else {
        return Err(PageError::NotFound);
    };
    // Whoever acts for another organisation now does not take the first one's papers.
    let mine = member.is_none_or(|member| member == who.organisation);
    if job.state != JobState::Done || !mine {
        return Err(PageError::NotFound);
    }
    let bytes = pages.app.files.get(&zip_key(job.id)).await?;
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' };
    let name: String = name.chars().map(plain).collect();
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, bytes).into_response())
}
