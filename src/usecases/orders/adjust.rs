//! A member changes its draft while the window is open.

use std::collections::{BTreeMap, BTreeSet};

use domain::group::convention::PackingPolicy;
use domain::ids::{ArticleId, ArticleVersionId, OrderId, OrganisationId, SiteId};
use domain::orders::draft::{Demand, adjust};
use domain::orders::order::{Order, Share};
use domain::quantity::Quantity;

use super::draft::in_force;
use super::pricing::{Pricing, quantities};
use crate::store::orders::{self as store, NewOrder};
use crate::store::{StoreError, Viewer, group, platform};
use crate::usecases::{Actor, App, Refusal, UseCaseError};

/// What `member` wants of an article at a delivery point from now on; zero takes it away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    pub article: ArticleId,
    pub member: OrganisationId,
    pub site: SiteId,
    pub quantity: Quantity,
}

/// What a person wants of a draft it has read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adjustment {
    pub changes: Vec<Change>,
    /// The version that was read; `None` takes whatever is there.
    pub version: Option<i64>,
    /// Why, for the journal.
    pub reason: String,
}

/// Changes a draft that `viewer` may change, and prices it again; all changes or none.
///
/// # Errors
///
/// Everything that is wrong with the changes, and whatever is not a draft of an open window.
pub async fn adjust_draft(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    order: OrderId,
    changes: &[Change],
) -> Result<Order, UseCaseError> {
    let asked = Adjustment { changes: changes.to_vec(), ..Adjustment::default() };
    adjust_draft_as_read(app, actor, viewer, order, &asked).await
}

/// [`adjust_draft`] of a draft as a person read it.
///
/// # Errors
///
/// Those of [`adjust_draft`], and `Overtaken` where somebody changed the draft since.
pub async fn adjust_draft_as_read(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    order: OrderId,
    asked: &Adjustment,
) -> Result<Order, UseCaseError> {
    let changes = asked.changes.as_slice();
    let tx = app.store.begin_write().await?;
    let stored = store::one(&tx, viewer, order).await?;
    if asked.version.is_some_and(|read| read != stored.version) {
        return Err(StoreError::Overtaken { what: "order", id: order.0 }.into());
    }
    let window = store::window(&tx, stored.order.window).await?;
    let refused = |code: &str, message: String| UseCaseError::refused(code, message);
    if let Viewer::Member(member) = viewer
        && stored.order.buyer != member
    {
        let message = "Cette commande est celle du coordonnateur : demandez-lui de la modifier.";
        return Err(refused("other_member", message.into()));
    }
    if window.window.closed {
        let message = "La période de commande est close : le brouillon ne change plus.";
        return Err(refused("fenetre_close", message.into()));
    }
    let prices = in_force(&tx, &window, app.today().max(window.window.days.from)).await?;
    let whole_packs = window.contract.packing == PackingPolicy::Site;
    let mut points = BTreeMap::new();
    for member in changes.iter().map(|change| change.member).collect::<BTreeSet<_>>() {
        points.insert(member, group::sites(&tx, Some(member)).await?);
    }
    let mut draft = stored.order.clone();
    let mut reasons = Vec::new();
    for change in changes {
        let Some(sold) = prices.articles.get(&change.article) else {
            let message = "Le titulaire ne vend pas cet article : il n’est pas au bordereau.";
            reasons.push(Refusal::new("article_hors_marche", message));
            continue;
        };
        let sites = &points[&change.member];
        if sites.get(&change.site).is_none_or(|point| point.retired) {
            let message = "Ce point de livraison n’est pas celui du membre, ou n’est plus utilisé.";
            reasons.push(Refusal::new("point_de_livraison", message));
            continue;
        }
        let share = Share { member: change.member, site: change.site, quantity: change.quantity };
        let demand = Demand { article: sold.priced(whole_packs), share };
        match adjust(&draft, demand, window.window.days, app.today()) {
            Ok(next) => draft = next,
            Err(error) => {
                let message = format!("{} : {}", sold.reference, error.for_the_reader());
                reasons.push(Refusal::new("brouillon", message));
            }
        }
    }
    if !reasons.is_empty() {
        return Err(UseCaseError::Refused(reasons));
    }
    // What the window asks for, this draft as it was taken off and as it is put on.
    let mut consolidated = store::window_quantities(&tx, window.id()).await?;
    let mut mine: BTreeMap<ArticleVersionId, Quantity> = BTreeMap::new();
    quantities([&stored.order], &mut mine)?;
    for (version, quantity) in mine {
        if let Some(sum) = consolidated.get_mut(&version) {
            *sum = sum.minus(quantity).unwrap_or_default();
        }
    }
    quantities([&draft], &mut consolidated)?;
    let pricing = Pricing::of(&tx, &window, &prices, consolidated, app.today()).await?;
    let draft = pricing.apply(&draft)?;
    let new = NewOrder { order: draft.clone(), schedule: prices.id };
    store::rewrite_drafts(&tx, &[(order, stored.version, new)]).await?;
    let mut details = format!("{} modifications", changes.len());
    if !asked.reason.trim().is_empty() {
        details = format!("{details} : {}", asked.reason.trim());
    }
    platform::append(&tx, vec![app.entry(actor, "order.adjust", "order", order.0, details)])
        .await?;
    tx.commit().await?;
    Ok(draft)
}
