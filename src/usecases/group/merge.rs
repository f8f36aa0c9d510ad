//! Communes become one (commune nouvelle): from its day on the heir has their rights and duties
//! (L2113-5 CGCT).
//!
//! What is still being prepared goes over: delivery points, contacts and roles, memberships, the
//! sheets of censuses that still serve, drafts of orders. What was issued stays as it was issued,
//! under the name and SIRET of its day. Nothing is undone by erasing: old drafts are cancelled
//! with their reason, old memberships end, old SIRETs get their last day.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use domain::french;
use domain::group::contact::ContactRole;
use domain::group::membership::{Membership, MembershipState};
use domain::group::site::DeliveryPoint;
use domain::ids::{ConventionId, LotId, MembershipId, OrganisationId, SiteId};
use domain::money::Net;

use crate::store::group::{self as store, Listed, LivingSheet};
use crate::store::platform::{self, Entry};
use crate::store::{Access, StoreError, Tx};
use crate::usecases::orders::takeover;
use crate::usecases::{Actor, App, Refusal, UseCaseError};

/// Which bodies become which, and from when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merger {
    pub heir: OrganisationId,
    pub former: BTreeSet<OrganisationId>,
    /// The first day of the new commune.
    pub on: NaiveDate,
    /// The prefect's order that creates it.
    pub act: String,
}

/// What a merger does, in figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merging {
    pub heir: String,
    pub former: Vec<String>,
    pub sites: usize,
    pub contacts: usize,
    /// Sheets of censuses that are open, and of closed ones whose needs are still to be ordered.
    pub open_sheets: usize,
    pub closed_sheets: usize,
    /// Own drafts that become one a window, and what they come to before VAT.
    pub drafts: usize,
    pub draft_net: Net,
    /// Shares of the coordinator's drafts.
    pub draft_shares: usize,
    /// Memberships that end.
    pub memberships: usize,
    /// Issued orders and papers, which stay.
    pub issued: usize,
    pub papers: usize,
}

type Members = BTreeMap<OrganisationId, (MembershipId, Membership)>;

/// What a merger finds.
struct Plan {
    heir: Listed,
    former: Vec<Listed>,
    sites: BTreeMap<SiteId, DeliveryPoint>,
    contacts: Vec<domain::group::contact::Contact>,
    sheets: Vec<LivingSheet>,
    conventions: BTreeMap<ConventionId, Members>,
    figures: Merging,
}

/// What [`merge`] would do, or everything that stands against it.
pub async fn preview_merge(app: &App, merger: &Merger) -> Result<Merging, UseCaseError> {
    Ok(plan(app, &app.store, merger).await?.figures)
}

async fn plan(app: &App, on: &impl Access, merger: &Merger) -> Result<Plan, UseCaseError> {
    let missing =
        |id: OrganisationId| StoreError::NotFound { what: "organisation", id: id.to_string() };
    let heir = store::organisation(on, merger.heir).await?.ok_or_else(|| missing(merger.heir))?;
    let mut former = Vec::new();
    for id in &merger.former {
        former.push(store::organisation(on, *id).await?.ok_or_else(|| missing(*id))?);
    }
    let ids: Vec<OrganisationId> = merger.former.iter().copied().collect();
    let standing = store::standing(on, &ids).await?;
    let mut reasons = stands_against(app, merger, &heir, &former);
    let mut succeeded = BTreeSet::new();
    for body in former.iter().chain([&heir]) {
        if store::identity(on, body.id).await?.heir_id.is_some() {
            succeeded.insert(body.organisation.name.clone());
        }
    }
    for name in succeeded {
        let message = format!("{name} fait déjà partie d’une commune nouvelle.");
        reasons.push(Refusal::new("deja_reunie", message));
    }
    if standing.validated > 0 {
        let message = format!(
            "{} commandes validées attendent leur émission. Émettez-les ou annulez-les d’abord : \
             elles engagent les communes d’avant.",
            standing.validated
        );
        reasons.push(Refusal::new("commandes_validees", message));
    }
    let mut conventions = BTreeMap::new();
    for id in store::convention_ids(on).await? {
        let members = store::memberships(on, id).await?;
        if let Some((_, own)) = members.get(&merger.heir)
            && own.state != MembershipState::Active
            && ids.iter().any(|id| members.contains_key(id))
        {
            let message = format!(
                "L’adhésion {} est à l’étape « {} » : menez-la à son terme d’abord.",
                french::of(&heir.organisation.name),
                own.state.french()
            );
            reasons.push(Refusal::new("adhesion", message));
        }
        conventions.insert(id, members);
    }
    if !reasons.is_empty() {
        return Err(UseCaseError::Refused(reasons));
    }
    let all_sites = store::sites(on, None).await?;
    let sites: BTreeMap<SiteId, DeliveryPoint> = all_sites
        .into_iter()
        .filter(|(_, point)| merger.former.contains(&point.organisation) && !point.retired)
        .collect();
    let contacts = contacts(on, merger).await?;
    let sheets = store::living_sheets(on, &ids, merger.on.year()).await?;
    let drafts = takeover::own_drafts(on, merger.former.iter().copied()).await?;
    let open = sheets
        .iter()
        .filter(|sheet| matches!(sheet.campaign_state.as_str(), "draft" | "open"))
        .count();
    let ended = conventions
        .values()
        .flat_map(|members| ids.iter().filter_map(|id| members.get(id)))
        .filter(|(_, membership)| membership.state != MembershipState::Withdrawn)
        .count();
    let count = |number: i64| usize::try_from(number).unwrap_or_default();
    let figures = Merging {
        heir: heir.organisation.name.clone(),
        former: former.iter().map(|body| body.organisation.name.clone()).collect(),
        sites: sites.len(),
        contacts: contacts.len(),
        open_sheets: open,
        closed_sheets: sheets.len() - open,
        drafts: drafts.values().map(Vec::len).sum(),
        draft_net: takeover::total(&drafts),
        draft_shares: count(standing.draft_shares),
        memberships: ended,
        issued: count(standing.issued),
        papers: count(standing.papers),
    };
    Ok(Plan { heir, former, sites, contacts, sheets, conventions, figures })
}

fn stands_against(app: &App, merger: &Merger, heir: &Listed, former: &[Listed]) -> Vec<Refusal> {
    let mut reasons = Vec::new();
    let mut refuse = |code: &str, message: String| reasons.push(Refusal::new(code, message));
    if merger.former.is_empty() {
        refuse(
            "communes",
            "Choisissez au moins une commune qui rejoint la commune nouvelle.".into(),
        );
    }
    if merger.former.contains(&merger.heir) {
        let name = &heir.organisation.name;
        refuse("communes", format!("{name} ne peut pas être à la fois ancienne et nouvelle."));
    }
    for body in former.iter().chain([heir]) {
        if body.organisation.kind != domain::group::organisation::OrganisationKind::Commune {
            let name = &body.organisation.name;
            refuse("communes", format!("{name} n’est pas une commune."));
        }
    }
    if merger.on > app.today() {
        let day = french::date(merger.on);
        refuse(
            "date",
            format!("La commune nouvelle existe à partir du {day} : enregistrez-la ce jour-là."),
        );
    }
    if merger.act.trim().is_empty() {
        refuse("acte", "Indiquez l’arrêté préfectoral qui crée la commune nouvelle.".into());
    }
    for body in former {
        let began = body.organisation.sirets.entries().last().and_then(|entry| entry.from);
        if began.is_some_and(|began| began >= merger.on) {
            let whose = french::of(&body.organisation.name);
            refuse("date", format!("Le SIRET {whose} commence après cette date."));
        }
    }
    reasons
}

/// The people who go over: not those who sign, whose powers end with their commune.
async fn contacts(
    on: &impl Access,
    merger: &Merger,
) -> Result<Vec<domain::group::contact::Contact>, UseCaseError> {
    let own = store::contacts(on, Some(merger.heir)).await?;
    let mut known: BTreeSet<(&'static str, String)> =
        own.values().map(|person| (person.role.code(), person.name.clone())).collect();
    let mut going = Vec::new();
    for id in &merger.former {
        for mut person in store::contacts(on, Some(*id)).await?.into_values() {
            let signs = person.role == ContactRole::Signatory;
            if !signs && known.insert((person.role.code(), person.name.clone())) {
                person.organisation = merger.heir;
                person.site = None;
                going.push(person);
            }
        }
    }
    Ok(going)
}

/// Merges communes: all of it, or nothing.
///
/// # Errors
///
/// Refused, with every reason, for a day to come, for validated orders that were not issued, for
/// bodies that are no communes or already merged, and while the heir's own membership is underway.
pub async fn merge(app: &App, actor: &Actor, merger: &Merger) -> Result<Merging, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let plan = plan(app, &tx, merger).await?;
    let ids: Vec<OrganisationId> = merger.former.iter().copied().collect();
    let reason = format!(
        "Repris par {} le {}, {}",
        plan.heir.organisation.name,
        french::date(merger.on),
        merger.act.trim()
    );
    let mut entries = Vec::new();
    store::add_contacts(&tx, &plan.contacts).await?;
    let sites = move_sites(&tx, merger, &plan).await?;
    for sheet in &plan.sheets {
        let at = sites.get(&SiteId(sheet.site_id)).copied();
        // A retired delivery point has no successor: its sheet stays as it is.
        let Some(at) = at else { continue };
        let new = store::move_sheet(&tx, sheet, merger.heir, at).await?;
        entries.extend(lived(app, actor, sheet, new.0));
    }
    for (convention, members) in &plan.conventions {
        entries.extend(
            move_memberships(app, actor, &tx, merger, (*convention, members), &reason).await?,
        );
    }
    let former = (&merger.former, merger.heir);
    entries.extend(takeover::take_over(app, actor, &tx, former, &sites, &reason).await?);
    store::move_draft_shares(&tx, merger.heir, &sites).await?;
    store::copy_roles(&tx, &ids, merger.heir, merger.on, &actor.0).await?;
    for id in &ids {
        store::end_siret(&tx, *id, merger.on).await?;
    }
    store::succeed(&tx, &ids, merger.heir, merger.on).await?;
    for body in &plan.former {
        let entry =
            app.entry(actor, "organisation.merge", "organisation", body.id.0, reason.clone());
        entries.push(entry);
    }
    let details = format!(
        "{} ; {} lieux, {} fiches, {} brouillons",
        plan.figures.former.join(", "),
        plan.figures.sites,
        plan.figures.open_sheets + plan.figures.closed_sheets,
        plan.figures.drafts
    );
    entries.push(app.entry(actor, "organisation.merge", "organisation", merger.heir.0, details));
    platform::append(&tx, entries).await?;
    tx.commit().await?;
    Ok(plan.figures)
}

/// The heir gets the delivery points, under a name of their own; the old ones retire.
async fn move_sites(
    tx: &Tx,
    merger: &Merger,
    plan: &Plan,
) -> Result<BTreeMap<SiteId, SiteId>, UseCaseError> {
    let own = store::sites(tx, Some(merger.heir)).await?;
    let mut taken: BTreeSet<String> = own.into_values().map(|point| point.name).collect();
    let bodies: BTreeMap<OrganisationId, &str> =
        plan.former.iter().map(|body| (body.id, body.organisation.name.as_str())).collect();
    let mut named = BTreeMap::new();
    let mut points = Vec::with_capacity(plan.sites.len());
    for (id, point) in &plan.sites {
        let body = bodies.get(&point.organisation).copied().unwrap_or_default();
        let mut name = format!("{body}, {}", point.name);
        while !taken.insert(name.clone()) {
            name.push_str(" (bis)");
        }
        named.insert(name.clone(), *id);
        points.push(DeliveryPoint {
            organisation: merger.heir,
            name,
            contact: None,
            ..point.clone()
        });
    }
    store::add_sites(tx, &points).await?;
    let made = store::sites(tx, Some(merger.heir)).await?;
    let moved: BTreeMap<SiteId, SiteId> =
        made.iter().filter_map(|(id, point)| Some((*named.get(&point.name)?, *id))).collect();
    let people = store::contacts(tx, None).await?;
    for (old, new) in &moved {
        let caller = plan.sites.get(old).and_then(|point| point.contact);
        let caller = caller.and_then(|id| people.get(&id));
        let same = caller.and_then(|caller| {
            people.iter().find(|(_, person)| {
                person.organisation == merger.heir
                    && person.role == caller.role
                    && person.name == caller.name
            })
        });
        if let Some((id, _)) = same {
            store::name_site_contact(tx, *new, *id).await?;
        }
    }
    let old: Vec<SiteId> = moved.keys().copied().collect();
    store::retire_sites(tx, &old).await?;
    Ok(moved)
}

/// The steps that a moved sheet has behind it, under its new number.
fn lived(app: &App, actor: &Actor, sheet: &LivingSheet, new: i64) -> Vec<Entry> {
    let steps: &[&'static str] = match sheet.state.as_str() {
        "submitted" => &["need_sheet.submit"],
        "reopened" => &["need_sheet.submit", "need_sheet.reopen"],
        "locked" => &["need_sheet.submit", "need_sheet.lock"],
        _ => &[],
    };
    let told = format!("reprise de la fiche {}", sheet.id);
    let moved =
        app.entry(actor, "need_sheet.move", "need_sheet", sheet.id, format!("vers la fiche {new}"));
    let again = steps.iter().map(|step| app.entry(actor, step, "need_sheet", new, told.clone()));
    std::iter::once(moved).chain(again).collect()
}

/// The heir is bound as the first of the old ones was, for the lots of all; theirs end.
async fn move_memberships(
    app: &App,
    actor: &Actor,
    tx: &Tx,
    merger: &Merger,
    (convention, members): (ConventionId, &Members),
    reason: &str,
) -> Result<Vec<Entry>, UseCaseError> {
    let mut entries = Vec::new();
    let old: Vec<&(MembershipId, Membership)> =
        merger.former.iter().filter_map(|id| members.get(id)).collect();
    let active: Vec<&Membership> = old
        .iter()
        .map(|(_, membership)| membership)
        .filter(|membership| membership.state == MembershipState::Active)
        .collect();
    let lots: BTreeSet<LotId> =
        active.iter().flat_map(|membership| membership.lots.iter().copied()).collect();
    let first = active.iter().min_by_key(|membership| membership.bound_on());
    match (members.get(&merger.heir), first) {
        (Some((id, own)), _) => {
            store::add_lots(tx, *id, lots.difference(&own.lots).copied()).await?;
        }
        (None, Some(first)) => {
            let taken = Membership { lots, left_on: None, ..(*first).clone() };
            store::add_memberships(tx, convention, &[(merger.heir, taken)]).await?;
            let added = store::memberships(tx, convention).await?;
            let id = added.get(&merger.heir).map_or(0, |(id, _)| id.0);
            for step in ["membership.deliberate", "membership.sign", "membership.activate"] {
                entries.push(app.entry(actor, step, "membership", id, reason));
            }
        }
        (None, None) => {}
    }
    for (id, membership) in old {
        if membership.state == MembershipState::Withdrawn {
            continue;
        }
        let left = membership
            .clone()
            .withdraw(merger.on)
            .map_err(|error| UseCaseError::refused("adhesion", error.for_the_reader()))?;
        store::move_membership(tx, *id, membership.state, &left).await?;
        entries.push(app.entry(actor, "membership.withdraw", "membership", id.0, reason));
    }
    Ok(entries)
}
