//! One census: where it stands on its road, and the one thing to do next.

use axum::extract::State;
use axum::response::Response;
use domain::campaigns::census::{CensusAction, CensusState, STEPS};
use domain::campaigns::road::{Stage, Standing, Step, Task, road};
use domain::dates::paris_day;
use domain::french;
use domain::ids::CampaignId;
use domain::platform::role::Right;
use minijinja::{Value, context};

use super::list::{tone, years};
use super::numbers::{figure, percent};
use crate::store::StoreError;
use crate::store::campaigns::{self as store, StoredCensus};
use crate::store::group::{self, StoredConvention};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::rights::ReadMembers;
use crate::web::routes::Row;

/// A census and its convention: what every page of it begins with.
pub(super) struct Desk {
    pub(super) census: StoredCensus,
    pub(super) convention: StoredConvention,
}

impl Desk {
    pub(super) async fn of(pages: &Pages, id: i64) -> Result<Self, PageError> {
        let on = &pages.app.store;
        let census = store::census(on, CampaignId(id)).await?;
        let convention = group::convention(on, census.convention).await?;
        let convention = convention.ok_or_else(|| StoreError::NotFound {
            what: "convention",
            id: census.convention.to_string(),
        })?;
        Ok(Self { census, convention })
    }

    pub(super) fn home(&self) -> String {
        format!("/gestion/recensements/{}", self.census.id)
    }

    /// What every page of the census says of it.
    pub(super) fn head(&self, pages: &Pages, who: &Agent) -> Value {
        let census = &self.census.census;
        let lots = self.convention.lots.iter().filter(|lot| census.lots.contains(&lot.id));
        let lots = lots.map(|lot| format!("{} {}", lot.number, lot.title));
        let years_asked = i64::try_from(census.years).unwrap_or(1);
        context! {
            id => self.census.id.0,
            name => census.name.as_str(),
            home => self.home(),
            state => census.state.code(),
            state_word => census.state.french(),
            tone => tone(census.state),
            opens_on => french::date(census.opens_on),
            closes_on => french::date(census.closes_on),
            closes_iso => census.closes_on.to_string(),
            over => census.closes_on < pages.app.today(),
            years => years(i64::from(census.first_year), years_asked),
            lots => lots.collect::<Vec<_>>(),
            convention => self.convention.convention.terms().reference.as_str(),
            may_buy => who.may(Right::Buy),
            may_read_purchases => who.may(Right::ReadPurchases),
        }
    }
}

/// Where a task is done.
fn place(task: Task, home: &str) -> String {
    match task {
        Task::Open => format!("{home}/ouverture"),
        Task::Remind => format!("{home}/silencieux"),
        Task::Close => format!("{home}/cloture"),
        Task::Review => format!("{home}/consolidation"),
        Task::Launch => format!("{home}/consultation"),
        Task::RecordBids | Task::Award => {
            format!("/gestion/procedures?recensement={}", census_of(home))
        }
        Task::OpenWindow => "/gestion/marches".into(),
        Task::IssueOrders | Task::FollowOrders => "/gestion/commandes".into(),
        Task::ReceiveDeliveries => "/gestion/livraisons".into(),
        Task::BookInvoices => "/comptabilite".into(),
    }
}

fn census_of(home: &str) -> &str {
    home.rsplit('/').next().unwrap_or_default()
}

/// Where a stage is read, once there is something to read.
fn read_at(stage: Stage, home: &str) -> String {
    match stage {
        Stage::Prepare => home.to_owned(),
        Stage::Ask => format!("{home}/reponses"),
        Stage::Consolidate => format!("{home}/consolidation"),
        Stage::Consult | Stage::Award => {
            format!("/gestion/procedures?recensement={}", census_of(home))
        }
        Stage::Order => "/gestion/commandes".into(),
        Stage::Deliver => "/gestion/livraisons".into(),
        Stage::Invoice => "/comptabilite".into(),
    }
}

/// For the macro `stepper`: done, current, blocked, todo.
fn step_view(step: &Step, home: &str) -> Value {
    let state = match (step.standing, step.task) {
        (Standing::Done, _) => "done",
        (Standing::Current, Some(_)) => "current",
        (Standing::Current, None) | (Standing::GivenUp, _) => "blocked",
        (Standing::Ahead, _) => "todo",
    };
    let detail = match (step.task, step.block) {
        (Some(task), _) => task.french().to_owned(),
        (None, Some(block)) => block.for_the_reader(),
        (None, None) => String::new(),
    };
    let href = match (step.standing, step.task) {
        (_, Some(task)) => Some(place(task, home)),
        (Standing::Done, None) => Some(read_at(step.stage, home)),
        (Standing::Current | Standing::Ahead | Standing::GivenUp, None) => None,
    };
    context! { word => step.stage.french(), state => state, detail => detail, href => href }
}

/// What the state of the census allows, as the buyer's links: address, words.
fn actions(state: CensusState) -> Vec<(&'static str, &'static str)> {
    let offered = STEPS.offers(state).map(|action| match action {
        CensusAction::Open => ("ouverture", "Ouvrir le recensement"),
        CensusAction::Close => ("cloture", "Clore le recensement"),
        CensusAction::Reopen => ("reouverture", "Rouvrir le recensement"),
        CensusAction::Settle => ("arret", "Arrêter les besoins"),
        CensusAction::Cancel => ("annulation", "Annuler le recensement"),
    });
    let moves = match state {
        CensusState::Draft => Some(("modification", "Corriger le recensement")),
        CensusState::Open => Some(("calendrier", "Changer le dernier jour")),
        CensusState::Closed | CensusState::Settled | CensusState::Cancelled => None,
    };
    moves.into_iter().chain(offered).collect()
}

/// A journalled step in words.
fn done_in_words(action: &str) -> &str {
    match action {
        "campaign.create" => "Préparé",
        "campaign.correct" => "Corrigé",
        "campaign.open" => "Ouvert",
        "campaign.calendar" => "Dernier jour changé",
        "campaign.complete" => "Fiches complétées",
        "campaign.close" => "Clos",
        "campaign.reopen" => "Rouvert",
        "campaign.settle" => "Arrêté",
        "campaign.cancel" => "Annulé",
        "campaign.receipts" => "Récépissés émis",
        other => other,
    }
}

pub(super) async fn show(
    State(pages): State<Pages>,
    who: May<ReadMembers>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let on = &pages.app.store;
    let today = pages.app.today();
    let in_force = desk.convention.convention.in_force_on(today);
    let facts = store::road_facts(on, &desk.census, in_force, today).await?;
    let steps = road(&facts, today);
    let home = desk.home();
    let progress = store::progress(on, desk.census.id).await?;
    let anomalies = store::anomaly_counts(on, &desk.census, pages.app.today()).await?;
    let odd: u64 = anomalies.iter().map(|(_, found)| found).sum();
    let entries = store::history(on, desk.census.id).await?;
    let answered = progress.members - progress.silent();
    let next = domain::campaigns::road::current(&steps);
    let next = next.map(|step| {
        context! {
            stage => step.stage.french(),
            words => step.task.map(Task::french),
            href => step.task.map(|task| place(task, &home)),
            waits => step.block.map(domain::campaigns::road::Block::for_the_reader),
        }
    });
    let figures = [
        figure("membres interrogés", french::count(progress.members)),
        figure("ont des besoins", french::count(progress.with_needs)),
        figure("« néant »", french::count(progress.with_nothing)),
        figure("sans réponse", french::count(progress.silent())),
        figure("points à revoir", french::thousands(&odd.to_string())),
    ];
    let history = entries.iter().map(|(at, actor, action, details)| {
        context! {
            at => french::date(paris_day(*at)),
            who => actor.as_str(),
            what => done_in_words(action),
            why => details.as_str(),
        }
    });
    let actions = actions(desk.census.census.state)
        .into_iter()
        .map(|(path, words)| context! { href => format!("{home}/{path}"), words => words });
    let values = context! {
        census => desk.head(&pages, &who),
        steps => steps.iter().map(|step| step_view(step, &home)).collect::<Vec<_>>(),
        next => next,
        figures => figures.to_vec(),
        asked => progress.members > 0,
        progress_words => format!(
            "{} sur {}",
            french::counted(answered, "réponse", "réponses"),
            french::counted(progress.members, "membre", "membres")
        ),
        progress_percent => percent(answered, progress.members),
        receipts => super::receipts::view(&pages, &desk, answered).await?,
        to_ask => french::counted(facts.counts.members, "membre", "membres"),
        articles => french::counted(facts.counts.articles, "article", "articles"),
        actions => actions.collect::<Vec<_>>(),
        history => history.collect::<Vec<_>>(),
    };
    pages.page(&who, "pages/censuses/show.html", values).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_of_the_table_has_a_page_and_only_what_may_change_is_offered() {
        for state in CensusState::ALL {
            let found = actions(*state);
            let steps = STEPS.offers(*state).count();
            let changes = ["modification", "calendrier"];
            let moves = found.iter().filter(|(path, _)| changes.contains(path)).count();
            assert_eq!(found.len(), steps + moves, "{state}");
        }
        assert!(actions(CensusState::Settled).is_empty());
    }
}
