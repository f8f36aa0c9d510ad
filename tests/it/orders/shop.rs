//! A group whose needs are known and whose contracts are awarded: what orders start from.

use std::collections::BTreeMap;

use domain::campaigns::sheet::NeedAnswer;
use domain::catalogue::{ArticleRef, CatalogueEntry};
use domain::cpv::Cpv;
use domain::group::contact::{Contact, ContactRole, Delegation};
use domain::ids::{CampaignId, ContractId, LotId, OrderId, OrderWindowId, OrganisationId};
use domain::money::{Cents, Net};
use domain::orders::calendar::Period;
use domain::orders::order::{FreightTerms, Taxation};
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use domain::tenders::adviser::Procedure;
use domain::tenders::contract::{AgreementTerms, FrameworkAgreement};
use domain::tenders::prices::{PriceLine, PriceSchedule};
use domain::tenders::tiers::{Tier, TierBase};
use domain::vat::{VatCategory, VatRate};
use travee::store::orders::{StoredOrder, Which, load};
use travee::store::tenders::{
    NewContractRow, NewLotRow, ProcedureHead, add_contract, add_procedure, add_schedule,
    add_window, procedure,
};
use travee::store::{Viewer, catalogue};
use travee::usecases::campaigns::{close_census, submit_needs};
use travee::usecases::catalogue::import_catalogue;
use travee::usecases::group::{add_people, add_sites, confirm_sirets};
use travee::usecases::orders::{Approval, References};
use travee::usecases::{App, UseCaseError};

use crate::campaigns::{World, entry, handed_in, on_day};
use crate::fixtures::{buyer, day, site};
use crate::harness::{Fresh, On};

pub(crate) const DRAFTING: &str = "2026-07-01";
pub(crate) const WITHIN: &str = "2026-07-10";
pub(crate) const AFTER: &str = "2026-08-03";

/// Reference, price, tiers.
pub(crate) type Sold = (&'static str, &'static str, Vec<(u32, &'static str)>);

/// What the contract of a lot says, the rest being the same for all tests.
#[derive(Clone)]
pub(crate) struct Deal {
    pub(crate) lot: &'static str,
    pub(crate) ceiling: i64,
    pub(crate) tier_base: TierBase,
    pub(crate) prices: Vec<Sold>,
    /// Flat and franco in cents.
    pub(crate) freight: Option<(i64, i64)>,
}

impl Deal {
    /// Bindings by the members (model B): 38.00 each.
    pub(crate) fn bindings() -> Self {
        Self {
            lot: "3",
            ceiling: 10_000_000,
            tier_base: TierBase::Order,
            prices: vec![("REL-001", "38.00", vec![]), ("REL-041", "58.00", vec![])],
            freight: None,
        }
    }

    /// Boxes by the coordinator (model C).
    pub(crate) fn boxes() -> Self {
        Self {
            lot: "1",
            prices: vec![("BOI-001", "1.87", vec![]), ("BOI-002", "3.5", vec![])],
            freight: Some((4_500, 100_000)),
            ..Self::bindings()
        }
    }
}

pub(crate) fn price(text: &str) -> UnitPrice {
    UnitPrice::scheduled(text.parse().unwrap()).unwrap()
}

pub(crate) fn taxation() -> Taxation {
    Taxation { category: VatCategory::S, rate: VatRate::from_basis_points(2000).unwrap() }
}

pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) contract: ContractId,
    pub(crate) window: OrderWindowId,
    pub(crate) lot: LotId,
}

/// A binding that may turn out thicker: amendable by its CPV.
fn binding() -> CatalogueEntry {
    let mut entry = entry("REL-041", "3", Some(1), "58");
    entry.terms.cpv = Cpv::stored("79971000-1").unwrap();
    entry
}

pub(crate) async fn import_binding(app: &App) {
    import_catalogue(app, &buyer(), &[binding()], day("2026-01-01")).await.unwrap();
}

fn signatory(organisation: OrganisationId) -> Contact {
    Contact {
        organisation,
        site: None,
        role: ContactRole::Signatory,
        name: "Jeanne Dubois".into(),
        quality: "Maire".into(),
        email: None,
        phone: "03 21 00 00 00".into(),
    }
}

/// Every body has its SIRET confirmed and somebody who may sign.
pub(crate) async fn signatories(app: &App) {
    let bodies: Vec<OrganisationId> = travee::store::group::organisations(&app.store, &[])
        .await
        .unwrap()
        .iter()
        .map(|body| body.id)
        .collect();
    confirm_sirets(app, &buyer(), &bodies).await.unwrap();
    let people: Vec<Contact> = bodies.iter().map(|body| signatory(*body)).collect();
    add_people(app, &buyer(), &people, |contact, person| {
        Some(Delegation {
            contact,
            name: person.name.clone(),
            quality: person.quality.clone(),
            act: "délibération 2026-12".into(),
            from: day("2026-04-02"),
            to: None,
        })
    })
    .await
    .unwrap();
}

/// The contract of `deal`, without prices yet, and its window of July.
async fn awarded(
    world: &World,
    app: &App,
    campaign: CampaignId,
    deal: &Deal,
) -> (ContractId, OrderWindowId, LotId) {
    let group = travee::store::group::convention(&app.store, world.group).await.unwrap().unwrap();
    let named = group.lots.iter().find(|lot| lot.number == deal.lot).unwrap();
    let lot = named.id;
    let tx = app.store.begin_write().await.unwrap();
    let new = ProcedureHead {
        convention: world.group,
        campaign,
        reference: format!("2026-{}", deal.lot),
        title: "Fournitures d’archives".into(),
        launched_on: day("2026-06-01"),
        kind: Procedure::ALL[0],
        value: Net::from_cents(deal.ceiling),
        advice: String::new(),
        long_duration_reason: None,
    };
    let ceiling = Net::from_cents(deal.ceiling);
    let lots = [NewLotRow { lot, months: 48, estimate: ceiling, ceiling, articles: Vec::new() }];
    let id = add_procedure(&tx, &new, &lots).await.unwrap();
    let tender_lot = procedure(&tx, id).await.unwrap().lots[0].id;
    let starts_on = day("2026-06-15");
    let agreement = FrameworkAgreement::new(AgreementTerms {
        number: format!("2026-FCS-012-L{}", deal.lot),
        lot: deal.lot.parse().unwrap(),
        holder: world.bodies[1],
        model: named.terms.model(),
        starts_on,
        months: 48,
        exceptional_duration_reason: None,
        ceiling,
        floor: None,
        delivery_days: 21,
        freight: deal.freight.map(|(flat, franco)| FreightTerms {
            flat: Net::from_cents(flat),
            franco: Some(Net::from_cents(franco)),
            taxation: taxation(),
        }),
        tier_base: deal.tier_base,
        revision: None,
        windows: Vec::new(),
    })
    .unwrap();
    let row = NewContractRow {
        title: named.title.clone(),
        agreement,
        convention: world.group,
        tender_lot,
        lot,
        launched_on: day("2026-06-01"),
        notified_on: day("2026-06-10"),
        losers_told_on: None,
        vat_exemption: None,
    };
    let contract = add_contract(&tx, &row).await.unwrap();
    let days = Period { from: day("2026-07-01"), to: day("2026-07-31") };
    let window = add_window(&tx, contract, campaign, 2026, days).await.unwrap();
    tx.commit().await.unwrap();
    (contract, window, lot)
}

impl Shop {
    /// The needs of Arras (mairie, annexe), Bapaume and Berck, closed; the contract of `deal`
    /// from 15 June 2026, its window in July.
    pub(crate) async fn open(on: On, deal: &Deal) -> Self {
        let world = World::new(on).await;
        let app = &world.app;
        import_binding(app).await;
        let campaign = world.open().await;
        let spring = on_day(app, "2026-04-01");
        for (body, sheet, lines) in [
            (2, 0, [("BOI-001", ["130", "130"]), ("REL-001", ["6", "6"])]),
            (2, 1, [("BOI-001", ["37", "37"]), ("BOI-002", ["20", "20"])]),
            (3, 0, [("BOI-001", ["40", "40"]), ("REL-001", ["4", "4"])]),
            (4, 0, [("BOI-002", ["25", "25"]), ("REL-041", ["3", "3"])]),
        ] {
            let sheets = world.sheets(campaign, body).await;
            let answer = world.needs(&lines).await;
            answer_sheet(&spring, sheets[sheet], answer).await;
        }
        Self::under(world, campaign, deal).await
    }

    /// Closes the census and awards `deal`.
    pub(crate) async fn under(world: World, campaign: CampaignId, deal: &Deal) -> Self {
        let app = on_day(&world.app, "2026-06-01");
        close_census(&app, &buyer(), campaign).await.unwrap();
        signatories(&app).await;
        let coordinator = world.bodies[0];
        add_sites(&app, &buyer(), &[site(coordinator, "Réserve")]).await.unwrap();
        let (contract, window, lot) = awarded(&world, &app, campaign, deal).await;
        let shop = Self { world, contract, window, lot };
        shop.price("2026-06-15", &deal.prices).await;
        shop
    }

    /// A second contract of the same census; its window.
    pub(crate) async fn also(&self, campaign: CampaignId, deal: &Deal) -> OrderWindowId {
        let app = self.on("2026-06-01");
        let (contract, window, _) = awarded(&self.world, &app, campaign, deal).await;
        self.price_of(contract, "2026-06-15", &deal.prices).await;
        window
    }

    /// Adds a price schedule in force from `from` on.
    pub(crate) async fn price(&self, from: &str, prices: &[Sold]) {
        self.price_of(self.contract, from, prices).await;
    }

    async fn price_of(&self, contract: ContractId, from: &str, prices: &[Sold]) {
        let store = &self.world.app.store;
        let articles = catalogue::articles(store).await.unwrap();
        let mut lines = BTreeMap::new();
        let mut versions = BTreeMap::new();
        for (reference, first, tiers) in prices {
            let reference: ArticleRef = reference.parse().unwrap();
            let mut line = PriceLine::flat(price(first), taxation());
            line.tiers = tiers
                .iter()
                .map(|(from, text)| Tier { from: Quantity::whole(*from), price: price(text) })
                .collect();
            lines.insert(reference.clone(), line);
            let version = articles[&reference].in_force_on(day("2026-03-01")).unwrap().0;
            versions.insert(reference, version);
        }
        let tx = store.begin_write().await.unwrap();
        let schedule = PriceSchedule::initial(day(from), lines);
        add_schedule(&tx, contract, "", &schedule, &versions, &[]).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) fn on(&self, day: &str) -> App {
        on_day(&self.world.app, day)
    }

    pub(crate) async fn orders(&self) -> Vec<StoredOrder> {
        let which = Which::Window(self.window);
        load(&self.world.app.store, Viewer::Coordinator, &which).await.unwrap()
    }

    /// The order of one body.
    pub(crate) async fn order_of(&self, body: usize) -> StoredOrder {
        let buyer = self.world.bodies[body];
        self.orders().await.into_iter().find(|stored| stored.order.buyer == buyer).unwrap()
    }

    pub(crate) async fn approvals(&self) -> Vec<Approval> {
        self.orders().await.iter().map(|stored| approval(stored.id)).collect()
    }

    pub(crate) fn fresh(&self) -> &Fresh {
        &self.world.fresh
    }
}

pub(crate) async fn answer_sheet(app: &App, sheet: domain::ids::NeedSheetId, answer: NeedAnswer) {
    submit_needs(app, &buyer(), Viewer::Coordinator, sheet, handed_in(answer)).await.unwrap();
}

pub(crate) fn approval(order: OrderId) -> Approval {
    Approval { order, signatory: None, references: References::default() }
}

pub(crate) fn codes(error: &UseCaseError) -> Vec<String> {
    match error {
        UseCaseError::Refused(reasons) => {
            reasons.iter().map(|reason| reason.code.clone()).collect()
        }
        UseCaseError::Store(_) | UseCaseError::Failed { .. } => panic!("{error:?}"),
    }
}

pub(crate) fn net(cents: i64) -> Net {
    Net(Cents(cents))
}
