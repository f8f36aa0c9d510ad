//! Invoices, and each member's share of them.

mod member;

use super::routes::Routes;

pub(super) fn routes() -> Routes {
    member::routes()
}
