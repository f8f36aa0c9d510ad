//! Somebody to sign in as, for each role of the table: of the CdG62, of a commune, of three
//! communes at once, of an EPCI and of the Archives départementales.
//!
//! Their address, password and second factor are known to all, which is why they exist in the
//! demonstration only.

use std::collections::BTreeMap;

use domain::group::organisation::OrganisationKind;
use domain::ids::OrganisationId;
use domain::platform::role::Role;
use sha2::{Digest, Sha256};

use super::{DemoError, people};
use crate::store::group as group_store;
use crate::usecases::platform::entering::EntryError;
use crate::usecases::platform::teams::{self, By, Invitation};
use crate::usecases::platform::{passwords, second_factor};
use crate::usecases::{Actor, App, UseCaseError, group};

/// Everybody's password.
pub const PASSWORD: &str = "lanterne rouge velours";

/// A person of the demonstration.
#[derive(Debug, Clone, Copy)]
pub struct Account {
    pub email: &'static str,
    pub name: &'static str,
    pub roles: &'static [Role],
    /// SIREN of the organisations they act for.
    sirens: &'static [&'static str],
    /// What they are, as the table at the start says it.
    pub title: &'static str,
}

impl Account {
    pub fn has_second_factor(&self) -> bool {
        self.roles.iter().any(|role| role.needs_second_factor())
    }
}

const CDG62: &str = "286299904";
const AD62: &str = "000620419";
const AVION: &str = "216200659";
const THREE_COMMUNES: [&str; 3] = ["216200014", "216202135", "216208017"];
const LENS_LIEVIN: &str = "246200364";

/// By whom the demonstration is seen: the buyer and the clerks are those who act in its story.
pub const ACCOUNTS: [Account; 13] = [
    Account {
        email: "acheteuse@cdg62.example",
        name: "Claire Delattre",
        roles: &[Role::Buyer],
        sirens: &[CDG62],
        title: "CdG62, acheteuse",
    },
    Account {
        email: "comptable@cdg62.example",
        name: "Hugo Lefebvre",
        roles: &[Role::CoordinatorFinance],
        sirens: &[CDG62],
        title: "CdG62, finances",
    },
    Account {
        email: "responsable.finances@cdg62.example",
        name: "Nadia Carpentier",
        roles: &[Role::CoordinatorFinance],
        sirens: &[CDG62],
        title: "CdG62, finances (seconde personne)",
    },
    Account {
        email: "archiviste@cdg62.example",
        name: "Paul Wattel",
        roles: &[Role::Archivist],
        sirens: &[CDG62],
        title: "CdG62, archiviste",
    },
    Account {
        email: "administration@cdg62.example",
        name: "Sophie Caron",
        roles: &[Role::Administrator],
        sirens: &[CDG62],
        title: "CdG62, administratrice",
    },
    Account {
        email: "inspection@archives62.example",
        name: "Luc Hennebelle",
        roles: &[Role::Inspector],
        sirens: &[AD62],
        title: "Archives départementales, inspecteur",
    },
    Account {
        email: "secretariat@avion.example",
        name: "Marie Duval",
        roles: &[Role::MemberContact],
        sirens: &[AVION],
        title: "Avion, référente",
    },
    Account {
        email: "maire@avion.example",
        name: "Jean Bailleul",
        roles: &[Role::Signatory],
        sirens: &[AVION],
        title: "Avion, signataire",
    },
    Account {
        email: "finances@avion.example",
        name: "Karim Benali",
        roles: &[Role::MemberFinance],
        sirens: &[AVION],
        title: "Avion, finances",
    },
    Account {
        email: "elue@avion.example",
        name: "Denise Queva",
        roles: &[Role::MemberReader],
        sirens: &[AVION],
        title: "Avion, lectrice",
    },
    Account {
        email: "secretaire@trois-communes.example",
        name: "Isabelle Fournier",
        roles: &[Role::MemberContact, Role::MemberFinance],
        sirens: &THREE_COMMUNES,
        title: "Ablain-Saint-Nazaire, Carency et Souchez, secrétaire",
    },
    Account {
        email: "maire@souchez.example",
        name: "Michel Vasseur",
        roles: &[Role::Signatory],
        sirens: &["216208017"],
        title: "Souchez, signataire",
    },
    Account {
        email: "archives@lens-lievin.example",
        name: "Aurélie Penel",
        roles: &[Role::MemberContact, Role::Signatory],
        sirens: &[LENS_LIEVIN],
        title: "CA de Lens - Liévin, référente et signataire",
    },
];

/// Gives everybody their account, on `app`'s day.
pub(super) async fn open(app: &App) -> Result<(), DemoError> {
    let actor = Actor("administration@cdg62.example".into());
    let archives = people::archives(app.today())?;
    group::import_members(app, &actor, vec![archives]).await?;
    let by_siren: BTreeMap<String, (OrganisationId, OrganisationKind)> =
        group_store::organisations(&app.store, &[])
            .await?
            .into_iter()
            .map(|listed| {
                let siren = listed.organisation.sirets.siren().to_string();
                (siren, (listed.id, listed.organisation.kind))
            })
            .collect();
    let by = By::server(actor);
    for account in &ACCOUNTS {
        let mut person = None;
        for siren in account.sirens {
            let (organisation, _) = by_siren
                .get(*siren)
                .ok_or_else(|| DemoError::Data(format!("l’organisme {siren} manque")))?;
            let invitation = Invitation {
                organisation: *organisation,
                email: account.email.into(),
                name: account.name.into(),
                roles: account.roles.iter().copied().collect(),
            };
            person = Some(teams::enlist(app, &by, &invitation).await.map_err(entry)?);
        }
        let Some(person) = person else { continue };
        passwords::set(app, person, PASSWORD).await.map_err(entry)?;
        if account.has_second_factor() {
            second_factor::set(app, person, &secret(account.email)).await?;
        }
    }
    Ok(())
}

/// The same secret whenever the demonstration is built, so that an application set up once goes
/// on working.
fn secret(email: &str) -> [u8; 20] {
    let digest = Sha256::digest(format!("Travée, démonstration, {email}").as_bytes());
    let mut secret = [0; 20];
    secret.copy_from_slice(&digest[..20]);
    secret
}

fn entry(error: EntryError) -> DemoError {
    match error {
        EntryError::UseCase(error) => DemoError::UseCase(error),
        other @ (EntryError::TooMany(_)
        | EntryError::Wrong
        | EntryError::Gone
        | EntryError::NotAnAddress
        | EntryError::Password(_)
        | EntryError::Stale) => DemoError::UseCase(UseCaseError::Failed {
            doing: "opening the demonstration's accounts",
            message: other.to_string(),
        }),
    }
}
