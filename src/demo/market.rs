//! The consultation of March 2026, its bids, and the three contracts.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::group::organisation::OrganisationKind;
use domain::ids::{CampaignId, ContractId, OrderWindowId, OrganisationId};
use domain::money::Net;
use domain::orders::calendar::Period;
use domain::price::UnitPrice;
use domain::rounding::half_up;
use domain::tenders::tiers::TierBase;
use rust_decimal::Decimal;

use super::founding::Group;
use super::people::SELLERS;
use super::{DemoError, census, day, on};
use crate::store::{group as group_store, tenders as store};
use crate::usecases::tenders::{
    BidPrice, LosersTold, NewBid, NewContract, NewFreight, NewProcedure, NewTenderLot, NewWindow,
};
use crate::usecases::{Actor, App, tenders};

/// A lot as the consultation announces it and the contract keeps it.
struct LotPlan {
    code: &'static str,
    number: &'static str,
    title: &'static str,
    /// Cents before VAT, over the four years.
    ceiling: i64,
    /// Which of the suppliers bids lowest.
    winner: usize,
    delivery_days: u32,
    /// Cents an order, and the total from which carriage is free.
    freight: Option<(i64, i64)>,
}

const LOTS: [LotPlan; 3] = [
    LotPlan {
        code: "1",
        number: "2026-ARCH-L1",
        title: "Boîtes et fournitures de conservation",
        ceiling: 120_000_000,
        winner: 0,
        delivery_days: 30,
        freight: Some((38_000, 50_000_000)),
    },
    LotPlan {
        code: "2",
        number: "2026-ARCH-L2",
        title: "Rayonnages",
        ceiling: 140_000_000,
        winner: 2,
        delivery_days: 45,
        freight: Some((9_500, 150_000)),
    },
    LotPlan {
        code: "3",
        number: "2026-ARCH-L3",
        title: "Reliures",
        ceiling: 90_000_000,
        winner: 3,
        delivery_days: 60,
        freight: None,
    },
];

/// A contract of the story.
#[derive(Debug, Clone)]
pub(super) struct Contract {
    pub(super) id: ContractId,
    pub(super) number: &'static str,
    pub(super) window: OrderWindowId,
    /// Which of [`SELLERS`] holds it.
    pub(super) holder: usize,
}

/// Launches the procedure, records the bids of four suppliers, awards, and opens a window for the
/// orders of 2026.
pub(super) async fn buy(
    app: &App,
    actor: &Actor,
    group: &Group,
    campaign: CampaignId,
) -> Result<Vec<Contract>, DemoError> {
    let convention = group_store::convention(&app.store, group.convention)
        .await?
        .ok_or_else(|| DemoError::Data("la convention manque".into()))?;
    let launch = on(app, day(2026, 3, 9)?);
    let lots = convention.lots.iter().filter_map(|lot| {
        let plan = LOTS.iter().find(|plan| plan.code == lot.number)?;
        Some(NewTenderLot { lot: lot.id, months: 48, ceiling: Net::from_cents(plan.ceiling) })
    });
    let new = NewProcedure {
        campaign,
        reference: "2026-FCS-ARCHIVES".into(),
        title: "Fournitures et prestations d’archives".into(),
        launched_on: launch.today(),
        long_duration_reason: None,
        lots: lots.collect(),
    };
    let procedure = tenders::launch_procedure(&launch, actor, &new, "demo").await?;
    tenders::issue_lot_sheets(&launch, actor, procedure.id).await?;
    let suppliers = suppliers(app).await?;
    let mut contracts = Vec::new();
    for lot in &procedure.lots {
        let Some(plan) = LOTS.iter().find(|plan| plan.code == lot.code.as_str()) else { continue };
        contracts.push(contract(app, actor, lot, plan, &suppliers, campaign).await?);
    }
    Ok(contracts)
}

/// The suppliers in the order of [`SELLERS`].
async fn suppliers(app: &App) -> Result<Vec<OrganisationId>, DemoError> {
    let listed = group_store::organisations(&app.store, &[OrganisationKind::Supplier]).await?;
    SELLERS
        .iter()
        .map(|seller| {
            let siren = &seller.siret[..9];
            listed
                .iter()
                .find(|one| one.organisation.sirets.siren().as_str() == siren)
                .map(|one| one.id)
                .ok_or_else(|| DemoError::Data(format!("le fournisseur {} manque", seller.name)))
        })
        .collect()
}

async fn contract(
    app: &App,
    actor: &Actor,
    lot: &store::StoredLot,
    plan: &LotPlan,
    suppliers: &[OrganisationId],
    campaign: CampaignId,
) -> Result<Contract, DemoError> {
    let received: NaiveDate = day(2026, 4, 14)?;
    let mut winning = None;
    for (rank, supplier) in suppliers.iter().enumerate() {
        let new = NewBid {
            lot: lot.id,
            supplier: *supplier,
            received_on: received,
            prices: prices(plan, rank)?,
        };
        let bid = tenders::record_bid(&on(app, received), actor, &new).await?;
        if rank == plan.winner {
            winning = Some(bid.id);
        }
    }
    let bid = winning.ok_or_else(|| DemoError::Data("aucune offre retenue".into()))?;
    let notified = day(2026, 5, 18)?;
    let starts_on = day(2026, 6, 1)?;
    let new = NewContract {
        bid,
        decided_on: day(2026, 4, 28)?,
        reason: None,
        number: plan.number.into(),
        title: plan.title.into(),
        losers_told: Some(LosersTold { on: day(2026, 4, 30)?, electronic: true }),
        notified_on: notified,
        starts_on,
        months: 48,
        long_duration_reason: None,
        ceiling: Net::from_cents(plan.ceiling),
        floor: None,
        delivery_days: plan.delivery_days,
        freight: plan.freight.map(|(flat, franco)| NewFreight {
            flat: Net::from_cents(flat),
            franco: Some(Net::from_cents(franco)),
        }),
        tier_base: TierBase::Order,
        revision: None,
        vat_exemption: None,
    };
    let id = tenders::award(&on(app, notified), actor, &new, plan.number).await?;
    let days = Period { from: day(2026, 6, 8)?, to: day(2026, 6, 26)? };
    let window = NewWindow { contract: id, campaign, year: 2026, days };
    let window = tenders::open_window(&on(app, starts_on), actor, &window, plan.number).await?;
    Ok(Contract { id, number: plan.number, window, holder: plan.winner })
}

/// A supplier's prices: the reference price give or take some percent, to the cent below 100 €.
fn prices(
    plan: &LotPlan,
    rank: usize,
) -> Result<BTreeMap<domain::catalogue::ArticleRef, BidPrice>, DemoError> {
    // Thousandths of the reference price; the winner of the lot bids lowest.
    const LEVELS: [i64; 4] = [968, 1_013, 1_042, 1_087];
    let level = if rank == plan.winner { 931 } else { LEVELS.get(rank).copied().unwrap_or(1_100) };
    census::catalogue()?
        .into_iter()
        .filter(|entry| entry.lot.as_str() == plan.code)
        .map(|entry| {
            let exact = entry.terms.reference_price.decimal() * Decimal::new(level, 3);
            let price = UnitPrice::scheduled(half_up(exact, 2))
                .map_err(|error| DemoError::Data(error.to_string()))?;
            Ok((entry.reference, BidPrice { price, tiers: Vec::new() }))
        })
        .collect()
}
