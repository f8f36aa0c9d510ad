//! Orders and deliveries.

mod member;

use super::routes::Routes;

pub(super) fn routes() -> Routes {
    member::routes()
}
