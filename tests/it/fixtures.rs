//! Small worlds that several tests share.

use std::fmt::Write;

use chrono::{DateTime, NaiveDate, Utc};
use domain::group::contact::Signature;
use domain::group::convention::{
    ConventionTerms, CoordinationModel, FeeKey, FreightKey, PackingPolicy, TenderCommittee,
};
use domain::group::membership::Deliberation;
use domain::group::organisation::{ChorusRequirements, Organisation, OrganisationKind};
use domain::group::siret_history::{SiretEntry, SiretHistory, SiretStatus};
use domain::group::site::{Access, DeliveryPoint};
use domain::ids::{ConventionId, OrganisationId};
use domain::siret::Siret;
use sha2::{Digest, Sha256};
use travee::clock::Clock;
use travee::store::files::Files;
use travee::store::group::{NewLot, NewOrganisation};
use travee::usecases::group::{Adhesion, adhere, found_group, import_members};
use travee::usecases::platform::seal::Seal;
use travee::usecases::{Actor, App};

use crate::harness::Fresh;

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// What the secrets of tests are sealed under.
pub(crate) const KEY: &str = "clé des essais, clé des essais, clé des essais";

/// The application on a fresh database, at noon of `day`.
pub(crate) fn app_on(fresh: &Fresh, day: &str) -> App {
    let noon: DateTime<Utc> = format!("{day}T12:00:00Z").parse().unwrap();
    let files = Files::in_folder(&fresh.folder.path().join("fichiers")).unwrap();
    App {
        clock: Clock::Frozen(noon),
        wall: Clock::Frozen(noon),
        seal: Seal::of(KEY, None).unwrap(),
        ..App::new(fresh.store.clone(), files)
    }
}

pub(crate) fn buyer() -> Actor {
    Actor("acheteuse@cdg62.example".into())
}

/// A delivery point of a commune.
pub(crate) fn site(organisation: OrganisationId, name: &str) -> DeliveryPoint {
    DeliveryPoint {
        organisation,
        name: name.into(),
        address: "1 place de la Mairie, 62000 Arras".parse().unwrap(),
        access: Access::default(),
        contact: None,
        retired: false,
    }
}

pub(crate) fn body(kind: OrganisationKind, name: &str, siret: &str) -> NewOrganisation {
    let siret: Siret = siret.parse().unwrap();
    let entry = SiretEntry {
        siret: siret.clone(),
        from: None,
        to: None,
        status: SiretStatus::DerivedNotVerified,
    };
    NewOrganisation {
        organisation: Organisation {
            kind,
            name: name.into(),
            sirets: SiretHistory::new(siret.siren(), vec![entry]).unwrap(),
            population: Some(1_000),
            address: None,
            chorus: ChorusRequirements::default(),
        },
        insee: None,
        epci_siren: None,
    }
}

pub(crate) const ARRAS: &str = "21620041000019";
pub(crate) const BAPAUME: &str = "21620080800014";
pub(crate) const BERCK: &str = "21620108700014";

/// The coordinator, a holder and three communes; their numbers in that order.
pub(crate) async fn organisations(app: &App) -> Vec<OrganisationId> {
    use OrganisationKind::{Commune, Coordinator, Supplier};
    let all = vec![
        body(Coordinator, "CdG62", "28629990400016"),
        body(Supplier, "Cartonnages de la Lys (fictif)", "00062010400018"),
        body(Commune, "Arras", ARRAS),
        body(Commune, "Bapaume", BAPAUME),
        body(Commune, "Berck", BERCK),
    ];
    import_members(app, &buyer(), all.clone()).await.unwrap();
    let stored = travee::store::group::organisations(&app.store, &[]).await.unwrap();
    all.iter()
        .map(|new| {
            let siren = new.organisation.sirets.siren();
            stored.iter().find(|listed| listed.organisation.sirets.siren() == siren).unwrap().id
        })
        .collect()
}

/// A convention of three lots: 1 in model C, 2 and 3 in model B.
pub(crate) async fn convention(app: &App, coordinator: OrganisationId) -> ConventionId {
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
    let lot = |number: &str, title: &str, model| NewLot {
        number: number.into(),
        title: title.into(),
        model,
        packing: PackingPolicy::Site,
    };
    let lots = [
        lot("1", "Boîtes d’archives", CoordinationModel::CoordinatorOrders),
        lot("2", "Rayonnages", CoordinationModel::MembersOrder),
        lot("3", "Reliures", CoordinationModel::MembersOrder),
    ];
    found_group(app, &buyer(), &terms, coordinator, &lots, "fixture").await.unwrap()
}

/// These members, bound since February 2026, for every lot of the convention.
pub(crate) async fn members(app: &App, convention: ConventionId, of: &[OrganisationId]) {
    let stored = travee::store::group::convention(&app.store, convention).await.unwrap().unwrap();
    let adhesions = of.iter().map(|organisation| Adhesion {
        organisation: *organisation,
        deliberation: Deliberation {
            number: "2026-001".into(),
            on: day("2026-01-15"),
            enforceable_on: Some(day("2026-01-20")),
        },
        signature: Signature {
            name: "Claire Martin".into(),
            quality: "Maire".into(),
            on: day("2026-02-01"),
        },
        lots: stored.lots.iter().map(|lot| lot.id).collect(),
    });
    adhere(app, &buyer(), convention, adhesions.collect()).await.unwrap();
}

/// The text of a paper's bytes, as poppler extracts it, every space a plain one.
pub(crate) fn pdf_text(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("paper.pdf");
    std::fs::write(&path, bytes).unwrap();
    let output = std::process::Command::new("pdftotext")
        .args(["-layout", path.to_str().unwrap(), "-"])
        .output()
        .expect("pdftotext runs");
    String::from_utf8(output.stdout).unwrap().replace(['\u{a0}', '\u{202f}'], " ")
}

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}
