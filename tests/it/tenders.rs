//! From closed needs to contracts and their prices.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::NaiveDate;
use domain::catalogue::{ArticleRef, PackSize};
use domain::group::convention::{
    ConventionTerms, CoordinationModel, FeeKey, FreightKey, PackingPolicy, TenderCommittee,
};
use domain::ids::{BidId, CampaignId, ContractId, LotId, OrganisationId, TenderLotId};
use domain::money::Net;
use domain::orders::calendar::Period;
use domain::orders::order::Taxation;
use domain::platform::journal::{ChainHead, verify};
use domain::price::UnitPrice;
use domain::quantity::{Quantity, Unit};
use domain::siret::Siret;
use domain::tenders::adviser::Procedure;
use domain::tenders::consolidation::{DeliveryPoint, LotArticle, Need, consolidate};
use domain::tenders::revision::{IndexTerm, RevisionClause, RevisionTerms};
use domain::tenders::tiers::{Tier, TierBase};
use domain::vat::{VatCategory, VatRate};
use rstest::rstest;
use rust_decimal::Decimal;
use sea_orm::ConnectionTrait;
use sha2::{Digest, Sha256};
use travee::store::group::{self, NewLot};
use travee::store::platform::journal_after;
use travee::store::tenders::{self as store, IndexUsed, StoredProcedure};
use travee::usecases::App;
use travee::usecases::group::{confirm_sirets, found_group};
use travee::usecases::tenders::{
    BidPrice, NewBid, NewContract, NewFreight, NewProcedure, NewTenderLot, NewWindow, Revision,
    award, duties, issue_lot_sheets, launch_procedure, open_window, ranking, record_bid,
    revise_prices, small_lots,
};

use crate::fixtures::{ARRAS, BAPAUME, BERCK, app_on, buyer, day, members, organisations};
use crate::harness::{Fresh, On};

const LAUNCH: &str = "2026-06-01";

/// Reference, lot, unit, pack, rate, reference price in ten-thousandths.
const ARTICLES: [(&str, &str, Unit, Option<u32>, i64, i64); 6] = [
    ("BOI-001", "1", Unit::Piece, Some(50), 2000, 8_900),
    ("BOI-012", "1", Unit::Piece, Some(1), 550, 18_700),
    ("RAY-001", "2", Unit::Piece, Some(7), 2000, 1_450_005),
    ("RAY-022", "2", Unit::Metre, None, 2000, 99_950),
    ("REL-001", "3", Unit::Piece, Some(12), 2000, 475_000),
    ("REL-002", "3", Unit::Piece, Some(25), 0, 3_333),
];

/// A group whose three lots pack in the three ways, its members' sites and a closed census.
struct World {
    fresh: Fresh,
    app: App,
    /// Coordinator, supplier, three communes.
    bodies: Vec<OrganisationId>,
    lots: Vec<LotId>,
    campaign: CampaignId,
}

/// A line of a sheet: site (from 1), article (index), year, thousandths, tolerance.
type Line = (i64, usize, i32, i64, i64);

fn site_owner(site: i64) -> usize {
    usize::try_from(2 + (site - 1) / 2).unwrap()
}

impl World {
    async fn with(on: On, years: i32) -> Self {
        let fresh = on.fresh().await;
        let app = app_on(&fresh, LAUNCH);
        let bodies = organisations(&app).await;
        let terms = ConventionTerms {
            reference: "2026-GC-01".into(),
            subject: "Fournitures et prestations d’archives".into(),
            permanent: true,
            from: day("2026-01-01"),
            to: None,
            committee: TenderCommittee::Coordinators,
            freight_key: FreightKey::NetAmount,
            fee_key: FeeKey::Equal,
            lots: Vec::new(),
        };
        let lot = |number: &str, title: &str, model, packing| NewLot {
            number: number.into(),
            title: title.into(),
            model,
            packing,
        };
        let lots = [
            lot("1", "Boîtes", CoordinationModel::CoordinatorOrders, PackingPolicy::Pooled),
            lot("2", "Rayonnages", CoordinationModel::MembersOrder, PackingPolicy::Site),
            lot("3", "Reliures", CoordinationModel::CoordinatorOrders, PackingPolicy::Tolerance),
        ];
        let group = found_group(&app, &buyer(), &terms, bodies[0], &lots, "g").await.unwrap();
        members(&app, group, &bodies[2..]).await;
        confirm_sirets(&app, &buyer(), &bodies).await.unwrap();
        let stored = group::convention(&app.store, group).await.unwrap().unwrap();
        let lots: Vec<LotId> = stored.lots.iter().map(|lot| lot.id).collect();
        let mut text = String::new();
        for (index, (reference, lot, unit, pack, rate, price)) in ARTICLES.iter().enumerate() {
            let (id, code) = (index + 1, unit.code());
            let pack = pack.map_or("NULL".into(), |pack| (pack * 1000).to_string());
            let decimals = unit.takes_decimals();
            write!(
                text,
                "INSERT INTO article (id, reference, lot, family, subfamily) \
                   VALUES ({id}, '{reference}', '{lot}', 'f', ''); \
                 INSERT INTO article_version (id, article_id, valid_from, label, unit, unit_label, \
                   takes_decimals, pack_milli, cpv, rate_bp, specification, standards, price_e4) \
                   VALUES ({id}, {id}, '2026-01-01', 'Article {reference}', '{code}', 'unité', \
                   {decimals}, {pack}, '30193700-5', {rate}, '', 'ISO 16245', {price});"
            )
            .unwrap();
        }
        write!(
            text,
            "INSERT INTO campaign (id, convention_id, title, state, opens_on, closes_on, first_year, \
               years) VALUES (1, {group}, 'Recensement 2027', 'closed', '2026-03-01', '2026-04-30', \
               2027, {years}); \
             INSERT INTO campaign_article (campaign_id, article_id, version_id, pack_milli) \
               SELECT 1, article_id, id, pack_milli FROM article_version;"
        )
        .unwrap();
        for lot in &lots {
            write!(text, "INSERT INTO campaign_lot (campaign_id, lot_id) VALUES (1, {lot});")
                .unwrap();
        }
        for site in 1..=6 {
            let owner = bodies[site_owner(site)];
            write!(
                text,
                "INSERT INTO site (id, organisation_id, name, address_lines, postcode, town, hours, \
                   constraints, retired) VALUES ({site}, {owner}, 'Site {site}', '1 rue de la Paix', \
                   '62000', 'Arras', '', 'hayon', FALSE);"
            )
            .unwrap();
        }
        fresh.execute(&text).await;
        Self { fresh, app, bodies, lots, campaign: CampaignId(1) }
    }

    /// The sheet of `site` in `state` with its answer, and its lines.
    async fn sheet(&self, site: i64, state: &str, answer: &str, lines: &[Line]) {
        let owner = self.bodies[site_owner(site)];
        let mut text = format!(
            "INSERT INTO need_sheet (id, campaign_id, organisation_id, site_id, state, answer, \
               channel, typed_by, note, answered_at) VALUES ({site}, 1, {owner}, {site}, '{state}', \
               '{answer}', 'online', 'x', '', '2026-04-01T00:00:00+00:00');"
        );
        for (_, article, year, quantity, tolerance) in lines.iter().filter(|line| line.0 == site) {
            write!(
                text,
                "INSERT INTO need_line (sheet_id, campaign_id, organisation_id, site_id, article_id, \
                   year, quantity_milli, tolerance_milli) VALUES ({site}, 1, {owner}, {site}, \
                   {}, {year}, {quantity}, {tolerance});",
                article + 1
            )
            .unwrap();
        }
        self.fresh.execute(&text).await;
    }

    /// Four whole years of the same needs: 37 boxes, 7 shelves and 12 bindings at two points.
    async fn usual(on: On) -> Self {
        let world = Self::with(on, 4).await;
        let mut lines = Vec::new();
        for site in [1, 3] {
            for year in 2027..2031 {
                lines.push((site, 0, year, 37_000, 0));
                lines.push((site, 2, year, 7_000, 0));
                lines.push((site, 4, year, 12_000, 0));
            }
        }
        world.sheet(1, "locked", "needs", &lines).await;
        world.sheet(3, "locked", "needs", &lines).await;
        world
    }

    fn procedure(&self, ceilings: [i64; 3], launched_on: &str) -> NewProcedure {
        let lots = self.lots.iter().zip(ceilings).map(|(lot, euros)| NewTenderLot {
            lot: *lot,
            months: 48,
            ceiling: euros_net(euros),
        });
        NewProcedure {
            campaign: self.campaign,
            reference: "2026-ARC".into(),
            title: "Fournitures d’archives".into(),
            launched_on: day(launched_on),
            lots: lots.collect(),
        }
    }

    async fn launched(&self, ceilings: [i64; 3]) -> StoredProcedure {
        let new = self.procedure(ceilings, LAUNCH);
        launch_procedure(&self.app, &buyer(), &new, "launch").await.unwrap()
    }

    /// A second supplier, for the bids.
    async fn rival(&self) -> OrganisationId {
        let rival = crate::fixtures::body(
            domain::group::organisation::OrganisationKind::Supplier,
            "Papeterie de la Scarpe (fictif)",
            "55210055400013",
        );
        travee::usecases::group::import_members(&self.app, &buyer(), vec![rival]).await.unwrap();
        let siret: Siret = "55210055400013".parse().unwrap();
        group::by_siret(&self.app.store, &siret).await.unwrap().unwrap()
    }

    async fn boxes_bid(
        &self,
        lot: TenderLotId,
        supplier: OrganisationId,
        prices: &[&str],
    ) -> BidId {
        record_bid(&self.app, &buyer(), &boxes_bid(lot, supplier, prices)).await.unwrap().id
    }

    /// Lot 1 awarded at 0.89 and 1.87, with `change` to its terms.
    async fn contract(&self, change: impl Fn(&mut NewContract)) -> (ContractId, StoredProcedure) {
        let procedure = self.launched([120_000, 60_000, 60_000]).await;
        let bid = self.boxes_bid(procedure.lots[0].id, self.bodies[1], &["0.89", "1.87"]).await;
        let mut new = terms(bid);
        change(&mut new);
        (award(&self.app, &buyer(), &new, "award").await.unwrap(), procedure)
    }
}

fn euros_net(euros: i64) -> Net {
    Net::from_cents(euros * 100)
}

fn price(text: &str) -> UnitPrice {
    UnitPrice::scheduled(text.parse().unwrap()).unwrap()
}

fn reference(text: &str) -> ArticleRef {
    text.parse().unwrap()
}

fn boxes_bid(lot: TenderLotId, supplier: OrganisationId, prices: &[&str]) -> NewBid {
    let offered = |text: &&str| BidPrice { price: price(text), tiers: Vec::new() };
    let articles = ["BOI-001", "BOI-012"].map(reference);
    let prices = articles.into_iter().zip(prices.iter().map(offered)).collect();
    NewBid { lot, supplier, received_on: day("2026-07-10"), prices }
}

fn terms(bid: BidId) -> NewContract {
    NewContract {
        bid,
        decided_on: day("2026-08-20"),
        reason: None,
        number: "2026-FCS-012-L1".into(),
        title: "Boîtes d’archives".into(),
        notified_on: day("2026-09-10"),
        starts_on: day("2026-09-14"),
        months: 48,
        long_duration_reason: None,
        ceiling: euros_net(120_000),
        floor: None,
        delivery_days: 21,
        freight: Some(NewFreight { flat: euros_net(45), franco: Some(euros_net(500)) }),
        tier_base: TierBase::Order,
        revision: None,
        vat_exemption: None,
    }
}

/// Whole numbers below a bound, the same for a seed.
fn noise(seed: u64) -> impl FnMut(u64) -> i64 {
    let mut state = seed;
    move |below| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((state >> 33) % below).unwrap()
    }
}

fn lot_article(index: usize) -> LotArticle {
    let (name, lot, unit, pack, rate, stored) = ARTICLES[index];
    LotArticle {
        reference: reference(name),
        lot: lot.parse().unwrap(),
        unit,
        pack: pack.map(|size| PackSize::new(size).unwrap()),
        vat_rate: VatRate::from_basis_points(rate).unwrap(),
        unit_price: UnitPrice::from_ten_thousandths(stored).unwrap(),
    }
}

fn need((site, article, year, quantity, tolerance): Line) -> Need {
    let siret = [ARRAS, BAPAUME, BERCK][site_owner(site) - 2].parse().unwrap();
    Need {
        point: DeliveryPoint { siret, site: site.to_string() },
        reference: reference(ARTICLES[article].0),
        year,
        quantity: Quantity::from_thousandths(quantity).unwrap(),
        tolerance: Quantity::from_thousandths(tolerance).unwrap(),
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_database_adds_needs_up_as_the_domain_does(
    #[values(On::Sqlite, On::Postgres)] on: On,
    #[values(1, 2, 3)] seed: u64,
) {
    let world = World::with(on, 3).await;
    let mut noise = noise(seed);
    let mut lines: Vec<Line> = Vec::new();
    for site in 1..=6 {
        for (article, (_, _, unit, ..)) in ARTICLES.iter().enumerate() {
            for year in 2027..2030 {
                if noise(4) > 0 {
                    let fine = if unit.takes_decimals() { 1 } else { 1_000 };
                    let quantity = noise(400_000 / u64::try_from(fine).unwrap()) * fine;
                    lines.push((site, article, year, quantity, noise(9) * fine));
                }
            }
        }
    }
    let answers = [
        ("submitted", "needs"),
        ("locked", "needs"),
        ("reopened", "needs"),
        ("draft", "needs"),
        ("locked", "needs"),
        ("locked", "nothing"),
    ];
    for (site, (state, answer)) in (1..).zip(answers) {
        world.sheet(site, state, answer, &lines).await;
    }
    let procedure = world.launched([1, 1, 1]).await;

    let counts = |line: &&Line| ![4, 6].contains(&line.0) && line.3 > 0;
    let catalogue: BTreeMap<ArticleRef, LotArticle> = (0..ARTICLES.len())
        .map(|index| (reference(ARTICLES[index].0), lot_article(index)))
        .collect();
    let policies = [PackingPolicy::Pooled, PackingPolicy::Site, PackingPolicy::Tolerance];
    for (lot, policy) in procedure.lots.iter().zip(policies) {
        let stored = store::lot_articles(&world.app.store, lot.id).await.unwrap();
        let mut estimate = Net::ZERO;
        let mut rows = 0;
        for year in 2027..2030 {
            let of_year = lines.iter().filter(counts).filter(|line| line.2 == year);
            let needs: Vec<Need> = of_year.map(|line| need(*line)).collect();
            let expected = consolidate(policy, &catalogue, &needs).unwrap();
            for total in expected.articles.iter().filter(|one| one.article.lot == lot.code) {
                let row = stored
                    .iter()
                    .find(|row| row.reference == total.article.reference && row.needs.year == year);
                let row = &row.expect("each article and year has its row").needs;
                let found = (row.members, row.sites, row.needed, row.ordered, row.packs, row.net);
                let members = i64::try_from(total.members).unwrap();
                let sites = i64::try_from(total.shares.len()).unwrap();
                let (needed, ordered) = (total.needed, total.ordered);
                assert_eq!(found, (members, sites, needed, ordered, total.packs, total.net));
                estimate = estimate.plus(total.net).unwrap();
                rows += 1;
            }
        }
        assert_eq!(stored.len(), rows, "and nothing else is stored");
        // Three years of needs over four years of contract.
        let over = Net::from_cents((estimate.cents() * 4 * 2 + 3) / 6);
        assert_eq!(lot.estimate, over, "lot {}", lot.code);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_procedure_is_launched_on_a_closed_census_and_settles_it(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    world.fresh.execute("UPDATE campaign SET state = 'open'").await;
    let mut new = world.procedure([1, 1, 1], "2025-12-31");
    new.lots.push(NewTenderLot { lot: LotId(999), months: 0, ceiling: Net::ZERO });
    let refused = launch_procedure(&world.app, &buyer(), &new, "a").await.unwrap_err().in_french();
    for reason in ["est ouvert", "en vigueur le 31/12/2025", "pas couvert", "0 mois", "maximum"] {
        assert!(refused.contains(reason), "{reason} in {refused}");
    }
    world.fresh.execute("UPDATE campaign SET state = 'closed'").await;
    let launched = world.launched([1, 1, 1]).await;
    let census = travee::store::campaigns::census(&world.app.store, world.campaign).await.unwrap();
    assert_eq!(census.census.state.code(), "settled");
    let journal = journal_after(&world.app.store, 0, 1_000).await.unwrap();
    verify(ChainHead::START, journal.iter().map(|(entry, hash)| (entry, *hash))).unwrap();
    let last: Vec<&str> = journal.iter().rev().take(2).map(|(e, _)| e.action.as_str()).collect();
    assert_eq!(last, ["campaign.settle", "procedure.launch"]);
    let new = world.procedure([1, 1, 1], LAUNCH);
    let again = launch_procedure(&world.app, &buyer(), &new, "b").await;
    assert!(again.unwrap_err().in_french().contains("déjà prise"));
    assert_eq!(store::procedures(&world.app.store).await.unwrap(), [launched]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_launches_once(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::usual(on).await;
    let new = world.procedure([1, 1, 1], LAUNCH);
    let click = || async {
        let (app, new) = (world.app.clone(), new.clone());
        tokio::spawn(async move { launch_procedure(&app, &buyer(), &new, "key").await.unwrap() })
            .await
            .unwrap()
    };
    let clicks = tokio::join!(click(), click(), click(), click());
    assert_eq!(clicks.0, clicks.1);
    assert_eq!(clicks.2, clicks.3);
    assert_eq!(store::procedures(&world.app.store).await.unwrap().len(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rule_05_the_need_is_that_of_all_lots_over_the_whole_duration_or_their_maximum(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    let launched = world.launched([100, 100_000, 100]).await;
    let of = |lot: usize| launched.lots[lot].estimate.machine();
    // Pooled: 74 boxes are 100 a year. By site: 14 shelves. By tolerance: 24 bindings.
    assert_eq!((of(0), of(1), of(2)), ("356.00".into(), "8120.04".into(), "4560.00".into()));
    assert_eq!(launched.head.value.machine(), "104916.00", "356 + the maximum of lot 2 + 4 560");
}

#[rstest]
#[case::below_dispense(50_000, "2026-06-01", Procedure::Dispensed, "R2122-8")]
#[case::before_april(50_000, "2026-03-31", Procedure::Adapted, "JORF")]
#[case::formal(250_000, "2026-06-01", Procedure::Formal, "JORF")]
#[tokio::test(flavor = "multi_thread")]
async fn rule_07_the_procedure_follows_the_value_and_the_day_and_its_row_is_kept(
    #[values(On::Sqlite, On::Postgres)] on: On,
    #[case] ceiling: i64,
    #[case] launched_on: &str,
    #[case] expected: Procedure,
    #[case] text: &str,
) {
    let world = World::with(on, 1).await;
    let mut new = world.procedure([ceiling, 1, 1], launched_on);
    new.lots.truncate(1);
    let launched = launch_procedure(&world.app, &buyer(), &new, "a").await.unwrap();
    assert_eq!(launched.head.kind, expected, "{}", launched.head.advice);
    assert!(launched.head.advice.contains("Règle au "), "{}", launched.head.advice);
    assert!(launched.head.advice.contains(text), "{}", launched.head.advice);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_day_without_a_known_threshold_is_said_rather_than_guessed(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::with(on, 1).await;
    let new = world.procedure([1, 1, 1], "2028-01-01");
    let refused = launch_procedure(&world.app, &buyer(), &new, "a").await.unwrap_err();
    assert!(refused.in_french().contains("01/01/2028"), "{}", refused.in_french());
    assert!(store::procedures(&world.app.store).await.unwrap().is_empty());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rule_06_small_lots_leave_the_formal_procedure_only_within_a_fifth_of_it(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::with(on, 1).await;
    let launched = world.launched([240_000, 30_000, 40_000]).await;
    let asked = async |codes: &[&str]| {
        let codes: Vec<_> = codes.iter().map(|code| code.parse().unwrap()).collect();
        small_lots(&world.app, launched.id, &codes).await
    };
    assert!(asked(&["2"]).await.unwrap().allowed, "30 000 of 310 000");
    let both = asked(&["2", "3"]).await.unwrap();
    assert!(!both.allowed, "70 000 pass 62 000: {}", both.text);
    assert!(!asked(&["1"]).await.unwrap().allowed, "240 000 is no small lot");
    assert!(asked(&["9"]).await.is_err());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rules_08_and_09_the_duties_of_a_contract_are_dated(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    let (contract, _) = world.contract(|_| ()).await;
    let duties = duties(&world.app, contract).await.unwrap();
    assert!(!duties.legality_control.0, "120 000 < 216 000: {}", duties.legality_control.1);
    assert_eq!(duties.essential_data.0, Some(day("2026-11-10")), "two months after 10/09/2026");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_bid_is_kept_but_neither_ranked_nor_awarded_until_it_is_completed(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    let lot = world.launched([120_000, 1, 1]).await.lots[0].id;
    let (store, supplier) = (&world.app.store, world.bodies[1]);
    let rival = world.rival().await;
    world.boxes_bid(lot, rival, &["0.97", "1.90"]).await;
    let first = world.boxes_bid(lot, supplier, &["0.89"]).await;
    let standing = ranking(store, lot, 60).await.unwrap();
    assert_eq!((standing.ranked.len(), standing.ranked[0].candidate), (1, rival));
    assert_eq!(standing.to_regularise[0].missing, [reference("BOI-012")], "though nobody needs it");
    let refused = award(&world.app, &buyer(), &terms(first), "a").await.unwrap_err();
    assert!(refused.in_french().contains("régulariser"), "{}", refused.in_french());

    let completed = world.boxes_bid(lot, supplier, &["0.89", "1.87"]).await;
    assert_eq!(completed, first, "it replaces the first");
    let standing = ranking(store, lot, 60).await.unwrap();
    let scores: Vec<_> =
        standing.ranked.iter().map(|one| (one.candidate, one.price_score.to_string())).collect();
    assert_eq!(scores, [(supplier, "60.00".into()), (rival, "55.05".into())]);
    assert!(award(&world.app, &buyer(), &terms(first), "a").await.is_ok());
    let late = record_bid(&world.app, &buyer(), &boxes_bid(lot, rival, &["0.10", "0.10"])).await;
    assert!(late.unwrap_err().in_french().contains("déjà attribué"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_bid_is_refused_with_every_reason(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::usual(on).await;
    let lot = world.launched([1, 1, 1]).await.lots[0].id;
    let mut bid = boxes_bid(lot, world.bodies[2], &["0.89"]);
    bid.received_on = day("2026-05-31");
    let tiers = vec![Tier { from: Quantity::whole(500), price: price("0.95") }];
    bid.prices.insert(reference("RAY-001"), BidPrice { price: price("0.95"), tiers });
    let refused = record_bid(&world.app, &buyer(), &bid).await.unwrap_err().in_french();
    for reason in ["RAY-001 » n’est pas de ce lot", "descendre en prix", "fournisseur", "précède"]
    {
        assert!(refused.contains(reason), "{reason} in {refused}");
    }
    assert!(store::bids(&world.app.store, lot).await.unwrap().is_empty());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn another_bid_than_the_cheapest_wins_for_a_reason_that_is_kept(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    let lot = world.launched([120_000, 1, 1]).await.lots[0].id;
    let rival = world.rival().await;
    world.boxes_bid(lot, rival, &["0.80", "1.80"]).await;
    let bid = world.boxes_bid(lot, world.bodies[1], &["0.89", "1.87"]).await;
    let refused = award(&world.app, &buyer(), &terms(bid), "a").await.unwrap_err();
    assert!(refused.in_french().contains("moins chère"));
    let reason = Some("valeur technique 38/40".to_owned());
    let new = NewContract { reason: reason.clone(), ..terms(bid) };
    let click = async || award(&world.app, &buyer(), &new, "key").await;
    let twice = tokio::join!(click(), click());
    assert_eq!(twice.0.unwrap(), twice.1.unwrap(), "a double click awards once");
    let bids = store::bids(&world.app.store, lot).await.unwrap();
    let won: Vec<_> = bids.iter().filter_map(|bid| bid.awarded.clone()).collect();
    assert_eq!((won.len(), &won[0].reason, won[0].on), (1, &reason, day("2026-08-20")));
    let other = award(&world.app, &buyer(), &new, "other").await.unwrap_err().in_french();
    assert!(other.contains("déjà attribué") && other.contains("déjà pris"), "{other}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_award_freezes_the_prices_of_its_bid(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::usual(on).await;
    let (id, _) = world.contract(|_| ()).await;
    world
        .fresh
        .execute(
            "INSERT INTO article_version SELECT 100 + id, article_id, '2026-10-01', label, unit, \
             unit_label, takes_decimals, pack_milli, cpv, rate_bp, specification, standards, 1 \
             FROM article_version",
        )
        .await;
    let on_day =
        async |text| store::schedule_in_force(&world.app.store, id, day(text)).await.unwrap();
    assert_eq!(on_day("2026-09-13").await, None, "before the contract");
    let prices = on_day("2026-12-01").await.unwrap();
    let sold: Vec<_> = prices
        .articles
        .values()
        .map(|sold| {
            let taxation = sold.line.taxation;
            let rate = taxation.rate.basis_points();
            (sold.reference.as_str(), sold.line.price.machine(), taxation.category, rate)
        })
        .collect();
    let expected = [
        ("BOI-001", "0.89".to_owned(), VatCategory::S, 2000),
        ("BOI-012", "1.87".to_owned(), VatCategory::S, 550),
    ];
    assert_eq!(sold, expected);
    let pack = prices.articles.values().next().and_then(|sold| sold.pack);
    assert_eq!((prices.rank, prices.coefficient, pack), (1, None, PackSize::new(50).ok()));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_contract_comes_back_whole_with_its_gauge(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::usual(on).await;
    let clause = RevisionClause::new(RevisionTerms::usual(
        "0.15".parse().unwrap(),
        vec![IndexTerm {
            index: "CPF 17.21".into(),
            weight: "0.85".parse().unwrap(),
            initial_value: Decimal::from(100),
        }],
    ))
    .unwrap();
    let (id, procedure) = world.contract(|new| new.revision = Some(clause.clone())).await;
    world.fresh.execute("UPDATE contract SET committed_cents = 11860000").await;
    let stored = store::contract(&world.app.store, id).await.unwrap();
    let terms = stored.agreement.terms();
    assert_eq!(terms.revision.as_ref(), Some(&clause));
    assert_eq!(terms.freight.unwrap().taxation.rate.machine(), "20.00");
    assert_eq!(terms.model, CoordinationModel::CoordinatorOrders);
    assert_eq!(stored.packing, PackingPolicy::Pooled);
    assert_eq!((stored.tender_lot, stored.lot), (procedure.lots[0].id, world.lots[0]));
    assert_eq!(stored.launched_on, day(LAUNCH));
    // Rule 4.
    assert_eq!(stored.agreement.period().to, day("2030-09-13"));
    // Rule 3.
    let room = stored.gauge().unwrap();
    assert_eq!((room.left, room.warn), (euros_net(1_400), true));
    assert_eq!(store::contracts(&world.app.store).await.unwrap(), [stored]);
    let raw = world.fresh.raw().await;
    let above = raw.execute_unprepared("UPDATE contract SET committed_cents = 12000001").await;
    assert!(above.is_err(), "the database itself refuses to pass the ceiling");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn terms_beyond_the_consultation_or_the_law_are_refused_together(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    let lot = world.launched([120_000, 1, 1]).await.lots[0].id;
    let bid = world.boxes_bid(lot, world.bodies[1], &["0.89", "1.87"]).await;
    let new = NewContract {
        number: "n° 1".into(),
        ceiling: euros_net(120_001),
        months: 49,
        notified_on: day("2026-09-15"),
        ..terms(bid)
    };
    let refused = award(&world.app, &buyer(), &new, "a").await.unwrap_err().in_french();
    for reason in [
        "lettres sans accents",
        "dépasse celui",
        "dépasse celle",
        "avant d’être notifié",
        "L2125-1",
    ] {
        assert!(refused.contains(reason), "{reason} in {refused}");
    }
    assert!(store::contracts(&world.app.store).await.unwrap().is_empty());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_exempt_holder_charges_no_tax_and_says_why(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::usual(on).await;
    let mention = "TVA non applicable, article 293 B du CGI";
    let (id, _) = world.contract(|new| new.vat_exemption = Some(mention.into())).await;
    let exempt = Taxation { category: VatCategory::E, rate: VatRate::ZERO };
    let prices = store::schedule_in_force(&world.app.store, id, day("2026-09-14")).await.unwrap();
    assert!(prices.unwrap().articles.values().all(|sold| sold.line.taxation == exempt));
    let stored = store::contract(&world.app.store, id).await.unwrap();
    assert_eq!(stored.agreement.terms().freight.unwrap().taxation, exempt);
    assert_eq!(stored.vat_exemption.as_deref(), Some(mention));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rules_13_to_15_a_revision_is_a_new_dated_schedule_and_the_old_one_stays(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    let procedure = world.launched([120_000, 1, 1]).await;
    let mut bid = boxes_bid(procedure.lots[0].id, world.bodies[1], &["2.10", "1.87"]);
    let tier = |from, text| Tier { from: Quantity::whole(from), price: price(text) };
    let tiers = vec![tier(500, "1.95"), tier(1000, "1.80")];
    bid.prices.insert(reference("BOI-001"), BidPrice { price: price("2.10"), tiers });
    let bid = record_bid(&world.app, &buyer(), &bid).await.unwrap().id;
    let index = IndexTerm {
        index: "CPF 17.21".into(),
        weight: "0.85".parse().unwrap(),
        initial_value: "110.0".parse().unwrap(),
    };
    let clause = RevisionTerms::usual("0.15".parse().unwrap(), vec![index]);
    let revision = RevisionClause::new(clause).ok();
    let new = NewContract { revision, ..terms(bid) };
    let id = award(&world.app, &buyer(), &new, "a").await.unwrap();

    let revise = async |from: &str, published: &[IndexUsed]| {
        revise_prices(&world.app, &buyer(), id, day(from), published).await
    };
    let missed = revise("2027-09-14", &[]).await.unwrap();
    let Revision::Unrevised { missing, warning } = missed else { panic!("no value, no price") };
    assert_eq!(missing, ["CPF 17.21"]);
    assert!(warning.contains("14/09/2026"), "{warning}");
    let published = |name: &str| IndexUsed {
        name: name.into(),
        month: day("2027-06-01"),
        value: "115.2".parse().unwrap(),
        source: "INSEE, base 2021".into(),
    };
    let values = [published("CPF 17.21"), published("not in the clause")];
    let made = revise("2027-09-14", &values).await.unwrap();
    let Revision::Schedule(second) = made else { panic!("every value is published") };
    let schedules = store::schedules(&world.app.store, id).await.unwrap();
    let [initial, revised] = schedules.as_slice() else { panic!("two schedules") };
    assert_eq!((revised.id, revised.rank, revised.from), (second, 2, day("2027-09-14")));
    assert_eq!(revised.coefficient.as_deref(), Some("1.041"), "0.15 + 0.85 × 115.2 / 110, up");
    assert!(revised.note.contains("CPF 17.21 : 115,2 (06/2027)"), "{}", revised.note);
    assert!(!revised.note.contains("not in the clause"));
    let boxes = |schedule: &store::SchedulePrices| {
        let line = schedule.schedule().lines[&reference("BOI-001")].clone();
        let tiers: Vec<_> = line.tiers.iter().map(|tier| tier.price.machine()).collect();
        (line.price.machine(), tiers, line.price_for(Quantity::whole(999)).machine())
    };
    assert_eq!(boxes(initial), ("2.1".into(), vec!["1.95".into(), "1.8".into()], "1.95".into()));
    assert_eq!(boxes(revised), ("2.19".into(), vec!["2.03".into(), "1.87".into()], "2.03".into()));
    let on_day = async |text| {
        store::schedule_in_force(&world.app.store, id, day(text)).await.unwrap().unwrap()
    };
    assert_eq!(&on_day("2027-09-13").await, initial, "an order of the day before keeps its price");
    assert_eq!(&on_day("2027-09-14").await, revised);
    for (from, reason) in [("2027-09-14", "déjà en vigueur"), ("2030-09-14", "durée du marché")]
    {
        let refused = revise(from, &values).await.unwrap_err().in_french();
        assert!(refused.contains(reason), "{refused}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn firm_prices_are_not_revised(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::usual(on).await;
    let (id, _) = world.contract(|_| ()).await;
    let refused = revise_prices(&world.app, &buyer(), id, day("2027-09-14"), &[]).await;
    assert!(refused.unwrap_err().in_french().contains("prix fermes"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_window_lies_within_its_contract_apart_from_the_others_and_on_a_year_asked_for(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    let (contract, _) = world.contract(|_| ()).await;
    let window = |from: &str, to: &str, year| NewWindow {
        contract,
        campaign: world.campaign,
        year,
        days: Period { from: day(from), to: day(to) },
    };
    let open = async |new: NewWindow, key| open_window(&world.app, &buyer(), &new, key).await;
    let first = window("2027-01-10", "2027-02-10", 2027);
    let twice = tokio::join!(open(first, "k"), open(first, "k"));
    assert_eq!(twice.0.unwrap(), twice.1.unwrap(), "a double click opens one");
    for (new, reason) in [
        (window("2027-02-10", "2027-03-01", 2027), "court déjà"),
        (window("2030-09-01", "2030-09-14", 2030), "durée du marché"),
        (window("2028-01-10", "2028-01-09", 2028), "durée du marché"),
        (window("2028-01-10", "2028-02-10", 2031), "ne porte pas sur 2031"),
    ] {
        let refused = open(new, "other").await.unwrap_err().in_french();
        assert!(refused.contains(reason), "{reason} in {refused}");
    }
    open(window("2028-01-10", "2028-02-10", 2028), "second").await.unwrap();
    let stored = store::contract(&world.app.store, contract).await.unwrap();
    let days: Vec<NaiveDate> = stored.windows.iter().map(|window| window.days.from).collect();
    assert_eq!(days, [day("2027-01-10"), day("2028-01-10")]);
    assert!(stored.windows.iter().all(|window| !window.closed));
    assert!(stored.agreement.window_on(day("2027-02-10")).is_some());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn each_lot_has_one_sheet_whose_file_is_the_one_registered(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    let procedure = world.launched([120_000, 60_000, 60_000]).await;
    assert_eq!(issue_lot_sheets(&world.app, &buyer(), procedure.id).await.unwrap(), 3);
    assert_eq!(issue_lot_sheets(&world.app, &buyer(), procedure.id).await.unwrap(), 0);
    let raw = world.fresh.raw().await;
    let text = "SELECT number, file_key, sha256, bytes, pages FROM paper ORDER BY number";
    let rows = raw
        .query_all_raw(sea_orm::Statement::from_string(raw.get_database_backend(), text))
        .await
        .unwrap();
    let numbers: Vec<String> = rows.iter().map(|row| row.try_get("", "number").unwrap()).collect();
    assert_eq!(numbers, ["2026-ARC-L1", "2026-ARC-L2", "2026-ARC-L3"]);
    for row in rows {
        let key: String = row.try_get("", "file_key").unwrap();
        let bytes = world.app.files.get(&key).await.unwrap();
        let hash: String = row.try_get("", "sha256").unwrap();
        assert_eq!(format!("{:x}", Sha256::digest(&bytes)), hash);
        assert_eq!(row.try_get::<i64>("", "bytes").unwrap(), i64::try_from(bytes.len()).unwrap());
        assert!(row.try_get::<i64>("", "pages").unwrap() >= 1);
    }
}
