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
use domain::money::{AmountError, Gross, Net};
use domain::orders::calendar::within_contract;
use domain::orders::draft::Demand;
use domain::orders::order::Share;
use domain::orders::state::OrderState;
use domain::orders::totals::totals;
use domain::quantity::Quantity;
use domain::tenders::packing::{self, Ask};

use super::pricing::{Pricing, quantities};
use super::told::{self, OpenWindow};
use crate::store::orders::{self as store, CountedNeed, NewOrder, Which, Window};
use crate::store::tenders::{SchedulePrices, schedule_in_force};
use crate::store::{Access, Viewer, group, platform};
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

/// The drafts that a window lacks, and what is said of the rest.
struct Planned {
    window: Window,
    new: Vec<NewOrder>,
    drafted: Drafted,
}

/// What drafting would do, in figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftPreview {
    pub drafted: Drafted,
    /// The orders that would be added, the dearest first: buyer, net, with VAT.
    pub orders: Vec<(OrganisationId, Net, Gross)>,
    pub net: Net,
    pub gross: Gross,
    /// What is left under the contract's ceiling, orders that are signed deducted.
    pub left: Net,
    /// The drafts of the window that nobody has signed yet.
    pub unsigned: Net,
}

/// What [`draft_orders`] would add; nothing is written.
///
/// # Errors
///
/// Those of [`draft_orders`].
pub async fn preview_drafts(
    app: &App,
    window: OrderWindowId,
) -> Result<DraftPreview, UseCaseError> {
    let on = &app.store;
    let Planned { window, new, drafted } = planned(app, on, window).await?;
    let amounts = |new: &[NewOrder]| -> Result<_, AmountError> {
        let mut orders = Vec::with_capacity(new.len());
        for one in new {
            let totals = totals(&one.order)?;
            orders.push((one.order.buyer, totals.net, totals.gross));
        }
        let net = Net::sum(orders.iter().map(|(_, net, _)| *net))?;
        let gross = Gross::sum(orders.iter().map(|(.., gross)| *gross))?;
        Ok((orders, net, gross))
    };
    let summed = amounts(&new).map_err(UseCaseError::failed("adding up drafts"))?;
    let (mut orders, net, gross) = summed;
    orders.sort_by_key(|(buyer, net, _)| (std::cmp::Reverse(*net), *buyer));
    let ceiling = window.contract.agreement.terms().ceiling;
    let states = store::window_states(on, window.id()).await?;
    let unsigned = states.iter().find(|row| row.state == OrderState::Draft.code());
    Ok(DraftPreview {
        drafted,
        orders,
        net,
        gross,
        left: ceiling.minus(window.contract.committed).unwrap_or(Net::ZERO),
        unsigned: Net::from_cents(unsigned.map_or(0, |row| row.net_cents)),
    })
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
    let Planned { window, new, drafted } = planned(app, &tx, window).await?;
    store::insert_drafts(&tx, window.id(), &new).await?;
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

async fn planned(
    app: &App,
    on: &impl Access,
    window: OrderWindowId,
) -> Result<Planned, UseCaseError> {
    let window = store::window(on, window).await?;
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
    let prices = in_force(on, &window, day).await?;
    let members = group::memberships(on, contract.convention).await?;
    let needs = store::counted_needs(on, &window).await?;
    let mut drafted = Drafted::default();
    let needs = entitled(needs, &members, &window, day, &mut drafted);
    let demands = demands(on, &window, &prices, &needs, &mut drafted).await?;

    let head = window.head();
    let too_much = UseCaseError::failed("adding up needs");
    let mut orders = if window.model().coordinator_pays() {
        let one = head.coordinator_draft(contract.coordinator, &demands).map_err(too_much)?;
        one.into_iter().collect()
    } else {
        head.member_drafts(&demands).map_err(too_much)?
    };
    let known: BTreeSet<OrganisationId> =
        store::load(on, Viewer::Coordinator, &Which::Window(window.id()))
            .await?
            .into_iter()
            .filter(|stored| stored.order.state != OrderState::Cancelled)
            .map(|stored| stored.order.buyer)
            .collect();
    orders.retain(|order| !known.contains(&order.buyer));
    let mut consolidated = store::window_quantities(on, window.id()).await?;
    quantities(&orders, &mut consolidated)?;
    let pricing = Pricing::of(on, &window, &prices, consolidated, day).await?;
    let new = orders
        .iter()
        .map(|order| Ok(NewOrder { order: pricing.apply(order)?, schedule: prices.id }))
        .collect::<Result<Vec<_>, UseCaseError>>()?;
    (drafted.orders, drafted.known) = (new.len(), known.len());
    Ok(Planned { window, new, drafted })
}

/// The schedule in force, or why there is none.
pub(super) async fn in_force(
    on: &impl Access,
    window: &Window,
    day: NaiveDate,
) -> Result<SchedulePrices, UseCaseError> {
    schedule_in_force(on, window.contract.id, day).await?.ok_or_else(|| {
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
    on: &impl Access,
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
                None => *warehouse.insert(coordinator_site(on, window).await?),
            };
            let share =
                Share { member: window.contract.coordinator, site, quantity: packed.surplus() };
            demands.push(Demand { article, share });
        }
    }
    Ok(demands)
}

/// Where the surplus of pooled packs is delivered.
async fn coordinator_site(on: &impl Access, window: &Window) -> Result<SiteId, UseCaseError> {
    let sites = group::sites(on, Some(window.contract.coordinator)).await?;
    let site = sites.into_iter().find(|(_, point)| !point.retired).map(|(id, _)| id);
    site.ok_or_else(|| {
        UseCaseError::refused(
            "sans_point_de_livraison",
            "Le coordonnateur garde le surplus des conditionnements regroupés : enregistrez son \
             point de livraison.",
        )
    })
}
