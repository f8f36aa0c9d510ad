//! A group whose three lots pack in the three ways, and the steps to a contract.

use std::fmt::Write;

use domain::catalogue::ArticleRef;
use domain::group::convention::{
    ConventionTerms, CoordinationModel, FeeKey, FreightKey, PackingPolicy, TenderCommittee,
};
use domain::ids::{BidId, CampaignId, ContractId, LotId, OrganisationId, TenderLotId};
use domain::money::Net;
use domain::price::UnitPrice;
use domain::quantity::Unit;
use domain::siret::Siret;
use domain::tenders::tiers::TierBase;
use travee::store::group::{self, NewLot};
use travee::store::tenders::StoredProcedure;
use travee::usecases::App;
use travee::usecases::group::{confirm_sirets, found_group};
use travee::usecases::tenders::{
    BidPrice, LosersTold, NewBid, NewContract, NewFreight, NewProcedure, NewTenderLot, award,
    launch_procedure, record_bid,
};

use crate::fixtures::{app_on, buyer, day, members, organisations};
use crate::harness::{Fresh, On};

pub(super) const LAUNCH: &str = "2026-06-01";

/// A row of [`ARTICLES`].
type ArticleCase = (&'static str, &'static str, Unit, Option<u32>, i64, i64);

/// Reference, lot, unit, pack, rate, reference price in ten-thousandths.
pub(super) const ARTICLES: [ArticleCase; 6] = [
    ("BOI-001", "1", Unit::Piece, Some(50), 2000, 8_900),
    ("BOI-012", "1", Unit::Piece, Some(1), 550, 18_700),
    ("RAY-001", "2", Unit::Piece, Some(7), 2000, 1_450_005),
    ("RAY-022", "2", Unit::Metre, None, 2000, 99_950),
    ("REL-001", "3", Unit::Piece, Some(12), 2000, 475_000),
    ("REL-002", "3", Unit::Piece, Some(25), 0, 3_333),
];

/// A group whose three lots pack in the three ways, its members' sites and a closed census.
pub(super) struct World {
    pub(super) fresh: Fresh,
    pub(super) app: App,
    /// Coordinator, supplier, three communes.
    pub(super) bodies: Vec<OrganisationId>,
    pub(super) lots: Vec<LotId>,
    pub(super) campaign: CampaignId,
}

/// A line of a sheet: site (from 1), article (index), year, thousandths, tolerance.
pub(super) type Line = (i64, usize, i32, i64, i64);

pub(super) fn site_owner(site: i64) -> usize {
    usize::try_from(2 + (site - 1) / 2).unwrap()
}

impl World {
    pub(super) async fn with(on: On, years: i32) -> Self {
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
    pub(super) async fn sheet(&self, site: i64, state: &str, answer: &str, lines: &[Line]) {
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
    pub(super) async fn usual(on: On) -> Self {
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

    pub(super) fn procedure(&self, ceilings: [i64; 3], launched_on: &str) -> NewProcedure {
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
            long_duration_reason: None,
            lots: lots.collect(),
        }
    }

    pub(super) async fn launched(&self, ceilings: [i64; 3]) -> StoredProcedure {
        let new = self.procedure(ceilings, LAUNCH);
        launch_procedure(&self.app, &buyer(), &new, "launch").await.unwrap()
    }

    /// A second supplier, for the bids.
    pub(super) async fn rival(&self) -> OrganisationId {
        let rival = crate::fixtures::body(
            domain::group::organisation::OrganisationKind::Supplier,
            "Papeterie de la Scarpe (fictif)",
            "55210055400013",
        );
        travee::usecases::group::import_members(&self.app, &buyer(), vec![rival]).await.unwrap();
        let siret: Siret = "55210055400013".parse().unwrap();
        group::by_siret(&self.app.store, &siret).await.unwrap().unwrap()
    }

    pub(super) async fn boxes_bid(
        &self,
        lot: TenderLotId,
        supplier: OrganisationId,
        prices: &[&str],
    ) -> BidId {
        record_bid(&self.app, &buyer(), &boxes_bid(lot, supplier, prices)).await.unwrap().id
    }

    /// Lot 1 awarded at 0.89 and 1.87, with `change` to its terms.
    pub(super) async fn contract(
        &self,
        change: impl Fn(&mut NewContract),
    ) -> (ContractId, StoredProcedure) {
        let procedure = self.launched([120_000, 60_000, 60_000]).await;
        let bid = self.boxes_bid(procedure.lots[0].id, self.bodies[1], &["0.89", "1.87"]).await;
        let mut new = terms(bid);
        change(&mut new);
        (award(&self.app, &buyer(), &new, "award").await.unwrap(), procedure)
    }
}

pub(super) fn euros_net(euros: i64) -> Net {
    Net::from_cents(euros * 100)
}

pub(super) fn price(text: &str) -> UnitPrice {
    UnitPrice::scheduled(text.parse().unwrap()).unwrap()
}

pub(super) fn reference(text: &str) -> ArticleRef {
    text.parse().unwrap()
}

pub(super) fn boxes_bid(lot: TenderLotId, supplier: OrganisationId, prices: &[&str]) -> NewBid {
    let offered = |text: &&str| BidPrice { price: price(text), tiers: Vec::new() };
    let articles = ["BOI-001", "BOI-012"].map(reference);
    let prices = articles.into_iter().zip(prices.iter().map(offered)).collect();
    NewBid { lot, supplier, received_on: day("2026-07-10"), prices }
}

pub(super) fn terms(bid: BidId) -> NewContract {
    NewContract {
        bid,
        decided_on: day("2026-08-20"),
        reason: None,
        number: "2026-FCS-012-L1".into(),
        title: "Boîtes d’archives".into(),
        losers_told: Some(LosersTold { on: day("2026-08-21"), electronic: true }),
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
