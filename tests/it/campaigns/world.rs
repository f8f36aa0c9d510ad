//! The group that the tests of censuses share.

use domain::campaigns::accept::HandedIn;
use domain::campaigns::census::{Census, CensusState};
use domain::campaigns::sheet::{AnswerChannel, AnswerSource, NeedAnswer, NeedLine};
use domain::catalogue::{ArticleRef, ArticleTerms, CatalogueEntry, PackSize};
use domain::cpv::Cpv;
use domain::ids::{ArticleId, CampaignId, ConventionId, NeedSheetId, OrganisationId};
use domain::price::UnitPrice;
use domain::quantity::{Quantity, Unit};
use domain::vat::VatRate;
use travee::clock::Clock;
use travee::store::campaigns as store;
use travee::store::{Viewer, catalogue};
use travee::usecases::campaigns::{create_census, open_census};
use travee::usecases::catalogue::import_catalogue;
use travee::usecases::group::add_sites;
use travee::usecases::{App, UseCaseError};

use crate::fixtures::{app_on, buyer, convention, day, members, organisations, site};
use crate::harness::{Fresh, On};

/// An article of the fixtures' catalogue.
pub(crate) fn entry(reference: &str, lot: &str, pack: Option<u32>, price: &str) -> CatalogueEntry {
    let unit = if pack.is_some() { Unit::Piece } else { Unit::Metre };
    CatalogueEntry {
        reference: reference.parse().unwrap(),
        lot: lot.parse().unwrap(),
        family: ["boites", "rayonnages", "reliures"][lot.parse::<usize>().unwrap() - 1].into(),
        sub_family: String::new(),
        terms: ArticleTerms {
            label: format!("Article {reference}"),
            unit,
            unit_label: unit.french().into(),
            takes_decimals: unit.takes_decimals(),
            pack: pack.map(|units| PackSize::new(units).unwrap()),
            cpv: Cpv::stored("30193700-5").unwrap(),
            vat_rate: VatRate::from_basis_points(2000).unwrap(),
            specification: String::new(),
            standards: "ISO 16245".into(),
            reference_price: UnitPrice::scheduled(price.parse().unwrap()).unwrap(),
        },
    }
}

/// Boxes by 25 and by 10, shelving in metres, a binding.
pub(crate) fn entries() -> Vec<CatalogueEntry> {
    vec![
        entry("BOI-001", "1", Some(25), "0.89"),
        entry("BOI-002", "1", Some(10), "3.5"),
        entry("RAY-001", "2", None, "41.335"),
        entry("REL-001", "3", Some(1), "38.00"),
    ]
}

/// A group of three communes, each with its mairie; Arras has an annexe too.
pub(crate) struct World {
    pub(crate) fresh: Fresh,
    pub(crate) app: App,
    pub(crate) group: ConventionId,
    /// Coordinator, holder, Arras, Bapaume, Berck.
    pub(crate) bodies: Vec<OrganisationId>,
}

pub(crate) fn on_day(app: &App, day: &str) -> App {
    let noon = format!("{day}T12:00:00Z").parse().unwrap();
    App { clock: Clock::Frozen(noon), ..app.clone() }
}

impl World {
    pub(crate) async fn new(on: On) -> Self {
        let fresh = on.fresh().await;
        let app = app_on(&fresh, "2026-03-01");
        let bodies = organisations(&app).await;
        let group = convention(&app, bodies[0]).await;
        members(&app, group, &bodies[2..]).await;
        let sites = [
            site(bodies[2], "Mairie"),
            site(bodies[2], "Annexe"),
            site(bodies[3], "Mairie"),
            site(bodies[4], "Mairie"),
        ];
        add_sites(&app, &buyer(), &sites).await.unwrap();
        import_catalogue(&app, &buyer(), &entries(), day("2026-01-01")).await.unwrap();
        Self { fresh, app, group, bodies }
    }

    pub(crate) async fn census_of(
        &self,
        name: &str,
        opens: &str,
        closes: &str,
        first_year: i32,
    ) -> CampaignId {
        let group = travee::store::group::convention(&self.app.store, self.group).await.unwrap();
        let census = Census {
            name: name.into(),
            state: CensusState::Draft,
            opens_on: day(opens),
            closes_on: day(closes),
            first_year,
            years: 2,
            lots: group.unwrap().lots.iter().map(|lot| lot.id).collect(),
        };
        create_census(&self.app, &buyer(), self.group, &census, name).await.unwrap()
    }

    /// Open from 2 March to 31 May 2026, for 2026 and 2027.
    pub(crate) async fn open(&self) -> CampaignId {
        let id = self.census_of("Besoins 2026-2027", "2026-03-01", "2026-05-31", 2026).await;
        open_census(&self.app, &buyer(), id).await.unwrap();
        id
    }

    /// The sheets of a member, in the order of its delivery points.
    pub(crate) async fn sheets(&self, campaign: CampaignId, body: usize) -> Vec<NeedSheetId> {
        let keys = store::sheet_keys(&self.app.store, Viewer::Member(self.bodies[body]), campaign);
        let mut keys = keys.await.unwrap();
        keys.sort_by_key(|key| key.site);
        keys.into_iter().map(|key| key.id).collect()
    }

    pub(crate) async fn article(&self, reference: &str) -> ArticleId {
        let articles = catalogue::articles(&self.app.store).await.unwrap();
        articles[&reference.parse::<ArticleRef>().unwrap()].id
    }

    pub(crate) async fn needs(&self, lines: &[(&str, [&str; 2])]) -> NeedAnswer {
        let mut needs = Vec::new();
        for (reference, years) in lines {
            needs.push(NeedLine {
                article: self.article(reference).await,
                quantities: years.iter().map(|year| Quantity::parse(year).unwrap()).collect(),
                tolerance: Quantity::ZERO,
            });
        }
        NeedAnswer::Needs(needs)
    }
}

pub(crate) fn online() -> AnswerSource {
    AnswerSource {
        channel: AnswerChannel::Online,
        typed_by: "L. Petit".into(),
        told_by: None,
        note: String::new(),
    }
}

pub(crate) fn handed_in(answer: NeedAnswer) -> HandedIn {
    HandedIn { answer, source: online(), reason: String::new() }
}

pub(crate) fn codes(error: UseCaseError) -> Vec<String> {
    match error {
        UseCaseError::Refused(reasons) => reasons.into_iter().map(|reason| reason.code).collect(),
        other @ (UseCaseError::Store(_) | UseCaseError::Failed { .. }) => panic!("{other:?}"),
    }
}
