//! What the administrator keeps: settings, reference rows, jobs, e-mails.

mod addresses;
mod jobs;
mod letters;
mod mails;
mod notices;
mod references;
mod settings;

use super::routes::Routes;

pub(super) use jobs::instant;
pub(super) use mails::{kind_words, tone};
pub(super) use notices::view as notices;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/administration/parametres", settings::show)
        .post("/administration/parametres", settings::change)
        .get("/administration/references", references::show)
        .get("/administration/references/taux", references::ask_rate)
        .post("/administration/references/taux", references::add_rate)
        .get("/administration/taches", jobs::list)
        .get("/administration/taches/{id}", jobs::show)
        .post("/administration/taches/{id}/annulation", jobs::cancel)
        .post("/administration/taches/{id}/relance", jobs::again)
        .get("/administration/courriels", mails::list)
        .get("/administration/courriels/{id}", mails::show)
        .post("/administration/courriels/{id}/renvoi", mails::again)
        .post("/administration/courriels/{id}/retour", mails::bounced)
        .get("/taches/{id}", jobs::show_own)
        .post("/taches/{id}/annulation", jobs::cancel_own)
        .get("/taches/{id}/fichier", jobs::file)
        .get("/gestion/recensements/{id}/lettres", letters::take)
        .get("/gestion/adresses", addresses::list)
        .post("/notifications/lues", notices::read)
}
