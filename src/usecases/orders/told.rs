//! Who is told of what happens to orders: the members' people, never those of the coordinator.

use chrono::NaiveDate;
use domain::french;
use domain::ids::{OrderId, OrderWindowId, OrganisationId};
use domain::money::Net;
use domain::orders::order::Issue;
use domain::platform::role::Right;

use super::papers::Desk;
use crate::documents::emails::{IssuedOrder, Letter, OpenTask};
use crate::store::orders::{Issued, StoredOrder};
use crate::store::platform::reminders::{self, Waiting};
use crate::store::{Tx, platform};
use crate::usecases::platform::news::{News, about, tell};
use crate::usecases::{Actor, App, UseCaseError};

/// A window that members can order in.
pub(super) struct OpenWindow<'a> {
    pub(super) id: OrderWindowId,
    /// Of its lot.
    pub(super) title: &'a str,
    pub(super) until: NaiveDate,
}

/// Tells those who adjust or sign the drafts of `members` that the window is open; how many.
pub(super) async fn opened(
    app: &App,
    tx: &Tx,
    window: &OpenWindow<'_>,
    members: &[OrganisationId],
) -> Result<usize, UseCaseError> {
    let until = french::date(window.until);
    let news: Vec<News<()>> = members
        .iter()
        .map(|member| News {
            organisation: *member,
            key: format!("window:{}", window.id),
            title: format!("commande « {} » à valider avant le {until}", window.title),
            path: about(*member, "/commandes"),
            said: (),
        })
        .collect();
    let rights = [Right::AdjustOrders, Right::ValidateOrders];
    tell(app, tx, &rights, &news, |heard| {
        let open = heard.iter().map(|(organisation, news)| OpenTask {
            organisation: (*organisation).to_owned(),
            what: format!("commandes « {} » à valider", window.title),
            until: window.until,
            label: "Voir mes commandes".to_owned(),
            path: news.path.clone(),
        });
        Letter::WindowOpened {
            title: window.title.to_owned(),
            until: window.until,
            open: open.collect(),
        }
    })
    .await
}

/// Tells the openings of `day`: the windows whose drafts were made ready before, and whatever a
/// morning without a running node left untold. How many were written to.
pub async fn tell_openings(
    app: &App,
    actor: &Actor,
    day: NaiveDate,
) -> Result<usize, UseCaseError> {
    let mut waiting = reminders::windows(&app.store, day).await?;
    waiting.sort_by_key(|row| row.id);
    let mut told = 0;
    for rows in waiting.chunk_by(|a, b| a.id == b.id) {
        told += tell_opening(app, actor, rows).await?;
    }
    Ok(told)
}

async fn tell_opening(app: &App, actor: &Actor, rows: &[Waiting]) -> Result<usize, UseCaseError> {
    let Some(first) = rows.first() else { return Ok(0) };
    let id = OrderWindowId(first.id);
    let window = OpenWindow { id, title: &first.title, until: first.closes_on };
    let members: Vec<OrganisationId> =
        rows.iter().map(|row| OrganisationId(row.organisation_id)).collect();
    let tx = app.store.begin_write().await?;
    let told = opened(app, &tx, &window, &members).await?;
    if told > 0 {
        let details = format!("{told} courriels");
        let entry = app.entry(actor, "order_window.tell", "order_window", id.0, details);
        platform::append(&tx, vec![entry]).await?;
    }
    tx.commit().await?;
    Ok(told)
}

/// An order that its member hears of.
struct Heard {
    number: String,
    net: Option<Net>,
}

async fn tell_issued(
    app: &App,
    tx: &Tx,
    desk: &Desk,
    (deliver_by, news): (Option<NaiveDate>, Vec<News<Heard>>),
) -> Result<(), UseCaseError> {
    let holder = desk.name(desk.window.holder());
    let rights = [Right::ReceiveDeliveries, Right::ValidateOrders, Right::KeepAccounts];
    tell(app, tx, &rights, &news, |heard| {
        let orders = heard.iter().map(|(organisation, news)| IssuedOrder {
            organisation: (*organisation).to_owned(),
            number: news.said.number.clone(),
            net: news.said.net,
            path: news.path.clone(),
        });
        Letter::OrderIssued { holder: holder.clone(), deliver_by, orders: orders.collect() }
    })
    .await?;
    Ok(())
}

/// Tells each buyer's people of the orders that were just issued.
pub(super) async fn issued<'a>(
    app: &App,
    tx: &Tx,
    desk: &Desk,
    orders: impl Iterator<Item = (&'a StoredOrder, &'a Issued)>,
) -> Result<(), UseCaseError> {
    let mut deliver_by = None;
    let news = orders.map(|(stored, issued)| {
        // The delay is the contract's: the same for all that are issued on a day.
        deliver_by = Some(issued.issue.deliver_by);
        let number = issued.issue.number.to_string();
        News {
            organisation: stored.order.buyer,
            key: format!("order:{}", stored.id),
            title: format!("commande {number} émise"),
            path: about(stored.order.buyer, &format!("/commandes/{}", stored.id)),
            said: Heard { number, net: Some(stored.totals.net) },
        }
    });
    let news = news.collect();
    tell_issued(app, tx, desk, (deliver_by, news)).await
}

/// Tells each of `members`, by its rank, of its part of the order that the coordinator issued for
/// all. No amount: the coordinator pays.
pub(super) async fn extracts(
    app: &App,
    tx: &Tx,
    desk: &Desk,
    (order, issue): (OrderId, &Issue),
    members: &[(usize, OrganisationId)],
) -> Result<(), UseCaseError> {
    let news = members.iter().map(|(rank, member)| {
        let number = format!("{}/{rank:03}", issue.number);
        News {
            organisation: *member,
            key: format!("order:{order}:{rank}"),
            title: format!("commande {number} émise"),
            path: about(*member, &format!("/commandes/{order}")),
            said: Heard { number, net: None },
        }
    });
    tell_issued(app, tx, desk, (Some(issue.deliver_by), news.collect())).await
}
