//! Consultations: what was launched, the bids for each lot, their ranking and the award.

mod award;
mod bid;
mod clause;
mod show;
mod tiers;

use super::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/gestion/procedures", show::list)
        .get("/gestion/procedures/{id}", show::show)
        .post("/gestion/procedures/{id}/fiches", show::issue_sheets)
        .get("/gestion/procedures/lots/{id}", show::lot)
        .get("/gestion/procedures/lots/{id}/offre", bid::form)
        .post("/gestion/procedures/lots/{id}/offre", bid::record)
        .get("/gestion/procedures/offres/{id}/attribution", award::form)
        .post("/gestion/procedures/offres/{id}/attribution", award::award)
}
