//! 2025–2026: the members are registered, the group is founded, they adhere.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use domain::group::contact::Signature;
use domain::group::convention::{
    ConventionTerms, CoordinationModel, FeeKey, FreightKey, PackingPolicy, TenderCommittee,
};
use domain::group::membership::Deliberation;
use domain::group::organisation::OrganisationKind;
use domain::ids::{ConventionId, OrganisationId};

use super::chance::Chance;
use super::{DemoError, day, people};
use crate::store::group::{self as store, Listed, NewLot};
use crate::usecases::group::{self, Adhesion};
use crate::usecases::letterhead::{self, LetterheadSettings};
use crate::usecases::{Actor, App};

/// The group as the rest of the story uses it.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) convention: ConventionId,
    /// Communes and EPCI, by name.
    pub(super) members: Vec<Listed>,
}

/// Registers everybody and founds the group, on `app`'s day.
pub(super) async fn found(app: &App, actor: &Actor) -> Result<Group, DemoError> {
    let mut everybody = people::others(app.today())?;
    for row in people::members()? {
        everybody.push(group::from_row(app, actor, row)?);
    }
    // EPCI stand before their communes in the list, but in one import nobody has a number yet.
    let (epci, rest): (Vec<_>, Vec<_>) =
        everybody.into_iter().partition(|new| new.organisation.kind == OrganisationKind::Epci);
    group::import_members(app, actor, epci).await?;
    group::import_members(app, actor, rest).await?;
    let listed = store::organisations(&app.store, &[]).await?;
    let coordinator = listed
        .iter()
        .find(|one| one.organisation.kind == OrganisationKind::Coordinator)
        .map(|one| one.id)
        .ok_or_else(|| DemoError::Data("le coordonnateur manque".into()))?;
    let members: Vec<Listed> = listed
        .into_iter()
        .filter(|one| {
            matches!(one.organisation.kind, OrganisationKind::Commune | OrganisationKind::Epci)
        })
        .collect();
    group::add_sites(app, actor, &people::sites(&members)).await?;
    let mut contacts = people::contacts(&members);
    contacts.push(people::coordinators_signatory(coordinator));
    group::add_people(app, actor, &contacts, people::power).await?;
    let settings = LetterheadSettings {
        short_name: "CdG62".into(),
        service: "Service Archives et achats groupés".into(),
        contact: "03 53 01 62 62 · achats@cdg62.example".into(),
    };
    letterhead::set(app, actor, &settings).await?;
    let convention = convention(app, actor, coordinator).await?;
    Ok(Group { convention, members })
}

async fn convention(
    app: &App,
    actor: &Actor,
    coordinator: OrganisationId,
) -> Result<ConventionId, DemoError> {
    let terms = ConventionTerms {
        reference: "2025-GC-ARCHIVES".into(),
        subject: "Fournitures et prestations d’archives".into(),
        permanent: true,
        from: day(2025, 10, 1)?,
        to: None,
        committee: TenderCommittee::Coordinators,
        freight_key: FreightKey::NetAmount,
        fee_key: FeeKey::Population,
        lots: Vec::new(),
    };
    let lot = |number: &str, title: &str, model| NewLot {
        number: number.into(),
        title: title.into(),
        model,
        packing: PackingPolicy::Site,
    };
    let lots = [
        lot("1", "Boîtes et fournitures de conservation", CoordinationModel::CoordinatorOrders),
        lot("2", "Rayonnages", CoordinationModel::MembersOrder),
        lot("3", "Reliures", CoordinationModel::MembersOrder),
    ];
    Ok(group::found_group(app, actor, &terms, coordinator, &lots, "demo").await?)
}

/// Whether a member deliberates so late that rule 1 keeps it from the first contracts.
fn is_late(siren: &str) -> bool {
    Chance::of(siren, "late").between(1, 1_000) <= 12
}

/// The members that deliberated in time for the first procedure.
pub(super) async fn adhere_in_time(
    app: &App,
    actor: &Actor,
    group: &Group,
) -> Result<(), DemoError> {
    adhere(app, actor, group, day(2025, 11, 3)?, false).await
}

/// The others, after the procedure was launched.
pub(super) async fn adhere_late(app: &App, actor: &Actor, group: &Group) -> Result<(), DemoError> {
    adhere(app, actor, group, day(2026, 3, 12)?, true).await
}

async fn adhere(
    app: &App,
    actor: &Actor,
    group: &Group,
    from: NaiveDate,
    late: bool,
) -> Result<(), DemoError> {
    let stored = store::convention(&app.store, group.convention)
        .await?
        .ok_or_else(|| DemoError::Data("la convention manque".into()))?;
    let lots: BTreeSet<_> = stored.lots.iter().map(|lot| lot.id).collect();
    let joining = group
        .members
        .iter()
        .filter(|member| is_late(member.organisation.sirets.siren().as_str()) == late);
    let adhesions = joining.map(|member| {
        let siren = member.organisation.sirets.siren().as_str();
        let mut chance = Chance::of(siren, "adhesion");
        let deliberated = after(from, chance.between(0, 40));
        let enforceable = after(deliberated, chance.between(1, 10));
        Adhesion {
            organisation: member.id,
            deliberation: Deliberation {
                number: format!("{}-{:03}", deliberated.format("%Y"), chance.between(1, 120)),
                on: deliberated,
                enforceable_on: Some(enforceable),
            },
            signature: Signature {
                name: people::mayor(siren),
                quality: "Représentant légal".into(),
                on: after(enforceable, chance.between(0, 10)),
            },
            lots: lots.clone(),
        }
    });
    group::adhere(app, actor, group.convention, adhesions.collect()).await?;
    Ok(())
}

fn after(day: NaiveDate, days: u32) -> NaiveDate {
    day + Days::new(days.into())
}
