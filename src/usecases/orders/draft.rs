//! Drafts of a window, from the year's needs of all members at once.
//!
//! Needs commit nobody: a draft is only a proposal. Whoever is not entitled to order is left
//! out and named (rules 1 and 2); an article without a price too. Made again, only what is
//! missing is added: a member has one order a window, cancelled ones apart.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::group::convention::PackingPolicy;
use domain::group::membership::{Membership, MembershipState, NotEntitled};
use domain::ids::{MembershipId, OrderWindowId, OrganisationId, SiteId};
use domain::orders::calendar::within_contract;
use domain::orders::draft::Demand;
use domain::orders::order::Share;
use domain::quantity::Quantity;
use domain::tenders::packing::{self, Ask};

use super::pricing::{Pricing, quantities};
use super::told::{self, OpenWindow};
use crate::store::orders::{self as store, CountedNeed, NewOrder, Which, Window};
use crate::store::tenders::{SchedulePrices, schedule_in_force};
use crate::store::{Tx, Viewer, group, platform};
use crate::usecases::{Actor, App, UseCaseError};

/// What drafting did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drafted {
    pub orders: usize,
    /// Buyers that had their order already.
    pub known: usize,
    /// Members with needs that may not order, and why.
    pub not_entitled: Vec<(OrganisationId, NotEntitled)>,
    /// References that members need and the holder does not sell.
    pub unpriced: Vec<String>,
    /// References of which no tolerance fills the last pack, and how much is not ordered.
    pub unserved: Vec<(String, Quantity)>,
}

/// The memberships of a convention, by member.
pub(super) type Members = BTreeMap<OrganisationId, (MembershipId, Membership)>;

/// Why `member` may not order under the contract of `window` on `day`, if it may not.
pub(super) fn not_entitled(
    members: &Members,
    member: OrganisationId,
    window: &Window,
    day: NaiveDate,
) -> Option<NotEntitled> {
    let contract = &window.contract;
    match members.get(&member) {
        Some((_, membership)) => {
            membership.may_order(contract.lot, contract.launched_on, day).err()
        }
        None => Some(NotEntitled::NotActive(MembershipState::Prospect)),
    }
}

/// Drafts the orders of a window: one a member (models A and B), or the coordinator's one with
/// a share for each member and delivery point (model C).
///
/// # Errors
///
/// Refused once the window is closed, outside the contract, and before it has prices.
pub async fn draft_orders(
    app: &App,
    actor: &Actor,
    window: OrderWindowId,
) -> Result<Drafted, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let window = store::window(&tx, window).await?;
    let contract = &window.contract;
    if window.window.closed {
        return Err(UseCaseError::refused(
            "fenetre_close",
            "La période de commande est close : aucun brouillon n’y est plus préparé.",
        ));
    }
    // Drafts may be made ready before the window opens, at the prices of its first day.
    let day = app.today().max(window.window.days.from);
    within_contract(window.period(), day)
        .map_err(|error| UseCaseError::refused("hors_marche", error.for_the_reader()))?;
    let prices = in_force(&tx, &window, day).await?;
    let members = group::memberships(&tx, contract.convention).await?;
    let needs = store::counted_needs(&tx, &window).await?;
    let mut drafted = Drafted::default();
    let needs = entitled(needs, &members, &window, day, &mut drafted);
    let demands = demands(&tx, &window, &prices, &needs, &mut drafted).await?;

    let head = window.head();
    let too_much = UseCaseError::failed("adding up needs");
    let mut orders = if window.model().coordinator_pays() {
        let one = head.coordinator_draft(contract.coordinator, &demands).map_err(too_much)?;
        one.into_iter().collect()
    } else {
        head.member_drafts(&demands).map_err(too_much)?
    };
    let known: BTreeSet<OrganisationId> =
        store::load(&tx, Viewer::Coordinator, &Which::Window(window.id()))
            .await?
            .into_iter()
            .filter(|stored| stored.order.state != domain::orders::state::OrderState::Cancelled)
            .map(|stored| stored.order.buyer)
            .collect();
    orders.retain(|order| !known.contains(&order.buyer));
    let mut consolidated = store::window_quantities(&tx, window.id()).await?;
    quantities(&orders, &mut consolidated)?;
    let pricing = Pricing::of(&tx, &window, &prices, consolidated, day).await?;
    let new = orders
        .iter()
        .map(|order| Ok(NewOrder { order: pricing.apply(order)?, schedule: prices.id }))
        .collect::<Result<Vec<_>, UseCaseError>>()?;
    store::insert_drafts(&tx, window.id(), &new).await?;
    (drafted.orders, drafted.known) = (new.len(), known.len());
    // Before it opens nothing can be validated: the calendar tells it on its first day.
    if window.window.days.holds(app.today()) && !window.model().coordinator_pays() {
        let opened = OpenWindow {
            id: window.id(),
            title: &window.contract.lot_title,
            until: window.window.days.to,
        };
        let members: Vec<OrganisationId> = new.iter().map(|new| new.order.buyer).collect();
        told::opened(app, &tx, &opened, &members).await?;
    }
    let details = format!(
        "{} brouillons, {} membres sans droit, {} articles sans prix",
        drafted.orders,
        drafted.not_entitled.len(),
        drafted.unpriced.len()
    );
    let entry = app.entry(actor, "order_window.draft", "order_window", window.id().0, details);
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(drafted)
}

/// The schedule in force, or why there is none.
pub(super) async fn in_force(
    tx: &Tx,
    window: &Window,
    day: NaiveDate,
) -> Result<SchedulePrices, UseCaseError> {
    schedule_in_force(tx, window.contract.id, day).await?.ok_or_else(|| {
        let number = &window.contract.agreement.terms().number;
        UseCaseError::refused(
            "sans_prix",
            format!("Le marché {number} n’a aucun bordereau des prix en vigueur : enregistrez-le."),
        )
    })
}

/// The needs of those who may order; the others are named once.
fn entitled(
    needs: Vec<CountedNeed>,
    members: &Members,
    window: &Window,
    day: NaiveDate,
    drafted: &mut Drafted,
) -> Vec<CountedNeed> {
    let asking: BTreeSet<OrganisationId> = needs.iter().map(|need| need.member).collect();
    for member in asking {
        if let Some(why) = not_entitled(members, member, window, day) {
            drafted.not_entitled.push((member, why));
        }
    }
    let refused: BTreeSet<OrganisationId> =
        drafted.not_entitled.iter().map(|(member, _)| *member).collect();
    needs.into_iter().filter(|need| !refused.contains(&need.member)).collect()
}

/// What is to be ordered, article by article, in whole packs by the policy of the lot (rule 12).
async fn demands(
    tx: &Tx,
    window: &Window,
    prices: &SchedulePrices,
    needs: &[CountedNeed],
    drafted: &mut Drafted,
) -> Result<Vec<Demand>, UseCaseError> {
    let packing = window.contract.packing;
    let whole_packs = packing == PackingPolicy::Site;
    let mut demands = Vec::with_capacity(needs.len());
    let mut warehouse = None;
    for needs in needs.chunk_by(|a, b| a.article == b.article) {
        let reference = &needs[0].reference;
        let Some(sold) = prices.articles.get(&needs[0].article) else {
            drafted.unpriced.push(reference.clone());
            continue;
        };
        let asks: Vec<Ask> = needs
            .iter()
            .map(|need| Ask { needed: need.quantity, tolerance: need.tolerance })
            .collect();
        let packed = packing::pack(packing, sold.pack, &asks).map_err(|_| {
            UseCaseError::refused(
                "quantite",
                format!(
                    "Les besoins de l’article {reference} ne s’additionnent pas en unités \
                     entières : corrigez-les."
                ),
            )
        })?;
        if !packed.unserved().is_zero() {
            drafted.unserved.push((reference.clone(), packed.unserved()));
        }
        let article = sold.priced(whole_packs);
        demands.extend(needs.iter().zip(&packed.shares).map(|(need, quantity)| Demand {
            article,
            share: Share { member: need.member, site: need.site, quantity: *quantity },
        }));
        if packing == PackingPolicy::Pooled && !packed.surplus().is_zero() {
            let site = match warehouse {
                Some(site) => site,
                None => *warehouse.insert(coordinator_site(tx, window).await?),
            };
            let share =
                Share { member: window.contract.coordinator, site, quantity: packed.surplus() };
            demands.push(Demand { article, share });
        }
    }
    Ok(demands)
}

/// Where the surplus of pooled packs is delivered.
async fn coordinator_site(tx: &Tx, window: &Window) -> Result<SiteId, UseCaseError> {
    let sites = group::sites(tx, Some(window.contract.coordinator)).await?;
    let site = sites.into_iter().find(|(_, point)| !point.retired).map(|(id, _)| id);
    site.ok_or_else(|| {
        UseCaseError::refused(
            "sans_point_de_livraison",
            "Le coordonnateur garde le surplus des conditionnements regroupés : enregistrez son \
             point de livraison.",
        )
    })
}
