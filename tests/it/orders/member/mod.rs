//! A member's pages of its orders and deliveries, through the real router.

mod drafts;
mod receiving;
mod seen;

use axum::http::StatusCode;
use domain::platform::role::Role;
use travee::usecases::orders::draft_orders;

use super::shop::{DRAFTING, Deal, Shop};
use crate::client::Client;
use crate::fixtures::buyer;
use crate::harness::On;

pub(super) const LATE: &str = "2026-09-05";
const REFUSED: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

/// Drafts of Arras (6 bindings), Bapaume (4) and Berck (3 of another).
async fn drafted(on: On, deal: &Deal) -> Shop {
    let shop = Shop::open(on, deal).await;
    draft_orders(&shop.on(DRAFTING), &buyer(), shop.window).await.unwrap();
    shop
}

/// Somebody of a body, on a day.
pub(super) async fn somebody(shop: &Shop, day: &str, body: usize, role: Role) -> Client {
    Client::with(&shop.on(day), shop.fresh(), shop.world.bodies[body], &[role]).await
}

/// The signatory of Arras, whose power is recorded under that name.
async fn mayor(shop: &Shop, day: &str) -> Client {
    let client = somebody(shop, day, 2, Role::Signatory).await;
    let text = "UPDATE person SET name = 'Jeanne Dubois' WHERE email LIKE 'signatory%'";
    shop.fresh().execute(text).await;
    client
}

/// What a page's hidden field holds.
pub(super) fn hidden(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    page.split(&mark).nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// The first field whose name begins with `prefix`.
pub(super) fn field(page: &str, prefix: &str) -> String {
    let mark = format!("name=\"{prefix}");
    let rest = page.split(&mark).nth(1).unwrap().split('"').next().unwrap();
    format!("{prefix}{rest}")
}
