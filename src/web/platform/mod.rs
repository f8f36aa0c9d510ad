//! What the administrator keeps: settings, reference rows.

mod references;
mod settings;

use super::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/administration/parametres", settings::show)
        .post("/administration/parametres", settings::change)
        .get("/administration/references", references::show)
        .get("/administration/references/taux", references::ask_rate)
        .post("/administration/references/taux", references::add_rate)
}
