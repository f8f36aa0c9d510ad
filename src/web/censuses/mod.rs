//! The buyer's censuses: prepared, opened, followed, closed and brought to a consultation.
//!
//! Whoever reads members reads these pages; only a buyer changes anything. Every step that binds
//! is two pages: what will happen, in figures counted as the step counts them, then what happened.

mod anomalies;
mod answers;
mod consolidation;
mod correct;
mod create;
mod days;
mod list;
mod member;
mod numbers;
mod receipts;
mod show;
mod silent;
mod steps;
mod typing;
mod what_if;

use super::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/gestion/recensements", list::list)
        .post("/gestion/recensements", create::create)
        .get("/gestion/recensements/nouveau", create::form)
        .get("/gestion/recensements/{id}", show::show)
        .get("/gestion/recensements/{id}/modification", correct::form)
        .post("/gestion/recensements/{id}/modification", correct::correct)
        .get("/gestion/recensements/{id}/ouverture", steps::opening)
        .post("/gestion/recensements/{id}/ouverture", steps::open)
        .get("/gestion/recensements/{id}/calendrier", days::calendar)
        .post("/gestion/recensements/{id}/calendrier", days::move_day)
        .get("/gestion/recensements/{id}/cloture", steps::closing)
        .post("/gestion/recensements/{id}/cloture", steps::close)
        .get("/gestion/recensements/{id}/reouverture", days::reopening)
        .post("/gestion/recensements/{id}/reouverture", days::reopen)
        .get("/gestion/recensements/{id}/arret", steps::settling)
        .post("/gestion/recensements/{id}/arret", steps::settle)
        .get("/gestion/recensements/{id}/annulation", steps::cancelling)
        .post("/gestion/recensements/{id}/annulation", steps::cancel)
        .post("/gestion/recensements/{id}/fiches", steps::complete)
        .post("/gestion/recensements/{id}/recepisses", receipts::issue)
        .get("/gestion/recensements/{id}/reponses", answers::list)
        .get("/gestion/recensements/{id}/epci", answers::by_epci)
        .get("/gestion/recensements/{id}/silencieux", silent::list)
        .post("/gestion/recensements/{id}/relance", silent::remind)
        .get("/gestion/recensements/{id}/membres/{member}", member::show)
        .get("/gestion/recensements/{id}/fiches/{sheet}", typing::form)
        .post("/gestion/recensements/{id}/fiches/{sheet}", typing::take_in)
        .post("/gestion/recensements/{id}/fiches/{sheet}/reouverture", typing::reopen)
        .get("/gestion/recensements/{id}/anomalies", anomalies::list)
        .get("/gestion/recensements/{id}/consolidation", consolidation::show)
        .get("/gestion/recensements/{id}/consolidation/{article}", consolidation::article)
        .get("/gestion/recensements/{id}/consultation", consolidation::launching)
        .post("/gestion/recensements/{id}/consultation", consolidation::launch)
}
