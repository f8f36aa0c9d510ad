//! The catalogue: what may be asked for, at which terms since which day.

mod article;
mod import;
mod list;

use super::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/gestion/catalogue", list::list)
        .get("/gestion/catalogue/{id}", article::show)
        .get("/gestion/catalogue/{id}/version", article::form)
        .post("/gestion/catalogue/{id}/version", article::revise)
        .post("/gestion/catalogue/{id}/retrait", article::retire)
        .get("/gestion/catalogue/fichier", import::form)
        .upload("/gestion/catalogue/fichier/apercu", import::preview)
        .post("/gestion/catalogue/fichier", import::take_in)
}
