//! The drafts of communes that merge become the drafts of the new one.
//!
//! A body has one draft a window: those of all the old ones, and the heir's own, are cancelled
//! with their reason, and one draft with all their shares takes their place. While prices may
//! still move it is priced anew; once the window fixed them, each line keeps its price.

use std::collections::{BTreeMap, BTreeSet};

use domain::group::convention::PackingPolicy;
use domain::ids::{OrderWindowId, OrganisationId, SiteId};
use domain::money::Net;
use domain::orders::draft::Demand;
use domain::orders::order::Share;
use domain::orders::state::OrderState;

use super::draft::in_force;
use super::pricing::{Pricing, quantities};
use crate::store::orders::{self as store, NewOrder, StoredOrder, Which};
use crate::store::platform::Entry;
use crate::store::{Access, Tx, Viewer};
use crate::usecases::{Actor, App, UseCaseError};

/// The own drafts (models A and B) of these bodies, by window.
pub(crate) async fn own_drafts(
    on: &impl Access,
    of: impl Iterator<Item = OrganisationId>,
) -> Result<BTreeMap<OrderWindowId, Vec<StoredOrder>>, UseCaseError> {
    let mut found: BTreeMap<OrderWindowId, Vec<StoredOrder>> = BTreeMap::new();
    for body in of {
        for stored in store::load(on, Viewer::Member(body), &Which::All).await? {
            let own = stored.order.buyer == body && !stored.order.model.coordinator_pays();
            if own && stored.order.state == OrderState::Draft {
                found.entry(stored.order.window).or_default().push(stored);
            }
        }
    }
    Ok(found)
}

/// What the drafts of a body come to, before VAT.
pub(crate) fn total(drafts: &BTreeMap<OrderWindowId, Vec<StoredOrder>>) -> Net {
    let all = drafts.values().flatten().map(|stored| stored.totals.net);
    Net::sum(all).unwrap_or(Net::ZERO)
}

/// Makes one draft a window of those of `former` and of `heir`; what the journal is to say.
pub(crate) async fn take_over(
    app: &App,
    actor: &Actor,
    tx: &Tx,
    (former, heir): (&BTreeSet<OrganisationId>, OrganisationId),
    sites: &BTreeMap<SiteId, SiteId>,
    reason: &str,
) -> Result<Vec<Entry>, UseCaseError> {
    let everybody = former.iter().copied().chain(std::iter::once(heir));
    let mut entries = Vec::new();
    for (window, drafts) in own_drafts(tx, everybody).await? {
        if drafts.iter().all(|stored| stored.order.buyer == heir) {
            continue;
        }
        let window = store::window(tx, window).await?;
        let fixed = window.window.closed && window.priced_at_close();
        let day = app.today().max(window.window.days.from);
        let prices = in_force(tx, &window, day).await?;
        let whole_packs = window.contract.packing == PackingPolicy::Site;
        let mut demands = Vec::new();
        for line in drafts.iter().flat_map(|stored| &stored.order.lines) {
            let sold = prices.articles.values().find(|sold| sold.version == line.article.version);
            let article = match sold {
                Some(sold) if !fixed => sold.priced(whole_packs),
                Some(_) | None => line.article,
            };
            demands.extend(line.shares.iter().map(|share| Demand {
                article,
                share: Share {
                    member: heir,
                    site: sites.get(&share.site).copied().unwrap_or(share.site),
                    quantity: share.quantity,
                },
            }));
        }
        for stored in &drafts {
            store::cancel(tx, stored.id, stored.version, reason).await?;
            entries.push(app.entry(actor, "order.cancel", "order", stored.id.0, reason));
        }
        let orders = window
            .head()
            .member_drafts(&demands)
            .map_err(UseCaseError::failed("adding up drafts"))?;
        let mut consolidated = store::window_quantities(tx, window.id()).await?;
        quantities(&orders, &mut consolidated)?;
        let pricing = Pricing::of(tx, &window, &prices, consolidated, day).await?;
        let schedule = if fixed {
            drafts.first().map_or(prices.id, |stored| stored.schedule)
        } else {
            prices.id
        };
        let new = orders
            .into_iter()
            .map(|order| {
                let order = if fixed { order } else { pricing.apply(&order)? };
                Ok(NewOrder { order, schedule })
            })
            .collect::<Result<Vec<_>, UseCaseError>>()?;
        store::insert_drafts(tx, window.id(), &new).await?;
    }
    Ok(entries)
}
