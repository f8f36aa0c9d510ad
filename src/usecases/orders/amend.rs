//! A numbered amendment of an issued order: what the article allows to change after issue.
//!
//! Prices stay those of the order's own schedule (rule 14). The difference goes under the
//! ceiling, and the amendment is a paper of its own beside the order, which stays as issued.

use domain::group::convention::PackingPolicy;
use domain::ids::{ArticleId, OrderId};
use domain::money::Net;
use domain::orders::amendment::{self as rule, Amended};
use domain::orders::ceiling::{Room, fits};
use domain::orders::order::{Order, OrderLine, Share};

use super::end::locked;
use super::issue::order_row;
use super::papers::Desk;
use crate::documents::purchase_order;
use crate::store::orders::{self as store, StoredOrder};
use crate::store::tenders::SchedulePrices;
use crate::store::{Access, Tx, Viewer, platform, tenders};
use crate::usecases::{Actor, App, Refusal, UseCaseError, papers};

/// A whole line as it is from now on: in the place of the one of its position, or after the
/// last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmendedLine {
    pub position: u32,
    pub article: ArticleId,
    pub shares: Vec<Share>,
}

/// Amends an issued order; answers the number of the amendment, from 1.
///
/// # Errors
///
/// Everything that stands against it; the order is unchanged.
pub async fn amend_order(
    app: &App,
    actor: &Actor,
    order: OrderId,
    reason: &str,
    lines: &[AmendedLine],
) -> Result<u32, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let stored = locked(&tx, Viewer::Coordinator, order).await?;
    let window = store::window(&tx, stored.order.window).await?;
    let judged = judged(app, actor, &tx, (&stored, &window), reason, lines).await?;
    let Judged { amendment, after, added, .. } = judged;
    let number = amendment.number;
    let counts = stored.committed.plus(added).map_err(UseCaseError::failed("pricing an order"))?;
    // Before the row changes: what the other issued orders count for.
    let others = store::issued_before(&tx, window.contract.id)
        .await?
        .minus(stored.committed)
        .map_err(UseCaseError::failed("adding up a contract"))?;
    if !store::take_under_ceiling(&tx, window.contract.id, added).await? {
        let contract = window.contract.id.0;
        return Err(crate::store::StoreError::Overtaken { what: "contract", id: contract }.into());
    }
    store::amend(&tx, &stored, &after, counts).await?;
    store::add_amendment(&tx, order, &amendment, &details(&amendment)).await?;
    let desk = Desk::of(app, &tx, window, std::slice::from_ref(&stored)).await?;
    print(app, &tx, &desk, &stored, &after, others, &amendment).await?;
    let entry =
        app.entry(actor, "order.amend", "order", order.0, format!("avenant {number} : {reason}"));
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(number)
}

/// An amendment as it would be.
struct Judged {
    amendment: rule::Amendment,
    after: Order,
    /// Of the order, before VAT.
    nets: (Net, Net),
    added: Net,
    room: Room,
}

/// Judges an amendment as it is written: all that stands against it, or what it does.
async fn judged(
    app: &App,
    actor: &Actor,
    on: &impl Access,
    (stored, window): (&StoredOrder, &store::Window),
    reason: &str,
    lines: &[AmendedLine],
) -> Result<Judged, UseCaseError> {
    let prices = tenders::schedule(on, stored.schedule).await?;
    let whole_packs = window.contract.packing == PackingPolicy::Site;
    let earlier = store::amendments_of(on, stored.id).await?.len();
    let number = u32::try_from(earlier + 1).map_err(UseCaseError::failed("numbering"))?;
    let amendment = rule::Amendment {
        number,
        on: app.today(),
        by: actor.0.clone(),
        reason: reason.trim().to_owned(),
        lines: new_lines(&prices, whole_packs, lines)?,
    };
    let invoiced = store::invoiced_positions(on, stored.id).await?;
    let Amended { order: after, before: net_before, after: net_after } =
        rule::amend(&stored.order, &amendment, number - 1, &stored.receipts, &invoiced).map_err(
            |errors| {
                let reason =
                    |error: &rule::AmendmentError| Refusal::new("avenant", error.for_the_reader());
                UseCaseError::Refused(errors.iter().map(reason).collect())
            },
        )?;
    let added = net_after.minus(net_before).map_err(UseCaseError::failed("pricing an order"))?;
    let terms = window.contract.agreement.terms();
    let room = fits(terms.ceiling, window.contract.committed, added)
        .map_err(|past| UseCaseError::refused("maximum_depasse", past.for_the_reader()))?;
    Ok(Judged { amendment, after, nets: (net_before, net_after), added, room })
}

/// What an amendment would do; nothing is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmendPreview {
    pub number: u32,
    /// Of the order, before VAT.
    pub before: Net,
    pub after: Net,
    /// Of the contract, once amended.
    pub room: Room,
}

/// What [`amend_order`] would do, or everything that stands against it.
pub async fn preview_amend(
    app: &App,
    actor: &Actor,
    order: OrderId,
    reason: &str,
    lines: &[AmendedLine],
) -> Result<AmendPreview, UseCaseError> {
    let stored = store::one(&app.store, Viewer::Coordinator, order).await?;
    let window = store::window(&app.store, stored.order.window).await?;
    let judged = judged(app, actor, &app.store, (&stored, &window), reason, lines).await?;
    let ((before, after), room) = (judged.nets, judged.room);
    Ok(AmendPreview { number: judged.amendment.number, before, after, room })
}

fn new_lines(
    prices: &SchedulePrices,
    whole_packs: bool,
    lines: &[AmendedLine],
) -> Result<Vec<OrderLine>, UseCaseError> {
    let line = |line: &AmendedLine| {
        let sold = prices.articles.get(&line.article).ok_or_else(|| {
            let message = format!(
                "Ligne {} : cet article n’est pas au bordereau des prix de la commande.",
                line.position
            );
            UseCaseError::refused("article_hors_marche", message)
        })?;
        let (position, shares) = (line.position, line.shares.clone());
        Ok(OrderLine { position, article: sold.priced(whole_packs), shares })
    };
    lines.iter().map(line).collect()
}

/// What changed, for whoever reads the rows: position, version, quantity.
fn details(amendment: &rule::Amendment) -> String {
    let line = |line: &OrderLine| {
        let quantity = line.quantity().map(domain::quantity::Quantity::machine);
        format!("{}:{}×{}", line.position, line.article.version, quantity.unwrap_or_default())
    };
    amendment.lines.iter().map(line).collect::<Vec<_>>().join(" ")
}

async fn print(
    app: &App,
    tx: &Tx,
    desk: &Desk,
    stored: &StoredOrder,
    after: &Order,
    others: Net,
    amendment: &rule::Amendment,
) -> Result<(), UseCaseError> {
    let refused = |refusal| UseCaseError::Refused(vec![refusal]);
    let Some(printable) = after.printable() else { return Ok(()) };
    let number = printable.issue().number.to_string();
    let buyer = desk.confirmed(after.buyer, amendment.on).map_err(refused)?;
    let holder = desk.confirmed(desk.window.holder(), amendment.on).map_err(refused)?;
    let printed = purchase_order::Amendment {
        number: amendment.number,
        decided_on: amendment.on,
        reason: amendment.reason.clone(),
    };
    let input =
        desk.purchase_order(stored, &printable, (&buyer, &holder), others, Some(printed))?;
    let rank = Some(amendment.number);
    let row = order_row(stored.id, after.buyer, &number, rank, amendment.on);
    let made = papers::render_each(vec![input], purchase_order::render).await?;
    let made = made
        .into_iter()
        .map(|paper| {
            let paper =
                paper.map_err(|error| UseCaseError::refused("document", error.for_the_reader()))?;
            Ok((row.clone(), paper))
        })
        .collect::<Result<Vec<_>, UseCaseError>>()?;
    papers::keep(app, tx, made).await
}
