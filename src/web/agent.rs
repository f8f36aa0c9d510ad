//! Who asks, and for whom: the session's person, acting for one organisation at a time.
//!
//! A handler names the right it needs in its signature. Without a session the reader is sent to
//! sign in and comes back; without the right it is refused; whoever sees all members and has not
//! given a second factor in this session is sent to give it.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum_extra::extract::CookieJar;
use domain::group::organisation::OrganisationKind;
use domain::ids::{CampaignId, OrganisationId, PersonId};
use domain::platform::role::{Right, Role, rights_of};

use super::error::PageError;
use super::resume;
use super::rights::{Needed, WriteNeeds};
use super::{Pages, account};
use crate::store::Viewer;
use crate::store::platform::sessions::Session;
use crate::usecases::Actor;
use crate::usecases::platform::accounts;
use crate::usecases::platform::sessions::{self, Place};

/// A person, or the holder of a census's shared link, acting for one organisation.
#[derive(Debug, Clone)]
pub(crate) struct Agent {
    pub(crate) session: i64,
    pub(crate) person: Option<PersonId>,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) organisation: OrganisationId,
    pub(crate) organisation_name: String,
    pub(crate) kind: OrganisationKind,
    pub(crate) roles: BTreeSet<Role>,
    pub(crate) rights: BTreeSet<Right>,
    /// The other organisations the person may act for, by name.
    pub(crate) others: Vec<(OrganisationId, String)>,
    /// The one census that a shared link opens.
    pub(crate) census: Option<CampaignId>,
    pub(crate) second_factor: bool,
    pub(crate) enrolled: bool,
    pub(crate) flash: Option<String>,
    pub(crate) visit: Visit,
}

/// What is known of a request before anybody signed in.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    /// The path asked for, without its query.
    pub(crate) path: String,
    /// The route it matched: `/commandes/{id}`.
    pub(crate) route: String,
    /// Where to come back after signing in.
    pub(crate) back: String,
    pub(crate) place: Place,
}

impl Agent {
    pub(crate) fn may(&self, right: Right) -> bool {
        self.rights.contains(&right)
    }

    /// What it can see: the coordinator's people all, a member's its own.
    pub(crate) fn viewer(&self) -> Viewer {
        if self.kind == OrganisationKind::Coordinator {
            Viewer::Coordinator
        } else {
            Viewer::Member(self.organisation)
        }
    }

    /// As the journal names it.
    pub(crate) fn actor(&self) -> Actor {
        if self.person.is_some() {
            Actor(self.email.clone())
        } else {
            Actor(format!("lien de recensement, {}", self.organisation_name))
        }
    }

    /// Acting for the organisation last chosen, else the first by name. `None` when no role is
    /// left.
    fn of(session: Session, visit: Visit) -> Option<Self> {
        let chosen = session
            .grants
            .iter()
            .find(|granted| Some(granted.organisation) == session.organisation)
            .or_else(|| session.grants.first())?
            .clone();
        let mine = session.grants.iter().filter(|one| one.organisation == chosen.organisation);
        let roles: BTreeSet<Role> = mine.map(|granted| granted.grant.role).collect();
        let mut others: Vec<(OrganisationId, String)> = session
            .grants
            .iter()
            .filter(|granted| granted.organisation != chosen.organisation)
            .map(|granted| (granted.organisation, granted.organisation_name.clone()))
            .collect();
        others.dedup();
        Some(Self {
            session: session.id,
            person: session.person,
            name: session.name,
            email: session.email,
            organisation: chosen.organisation,
            organisation_name: chosen.organisation_name,
            kind: chosen.kind,
            rights: rights_of(roles.iter().copied()),
            roles,
            others,
            census: session.campaign,
            second_factor: session.second_factor,
            enrolled: session.enrolled,
            flash: session.flash,
            visit,
        })
    }
}

/// The name of the cookie: bound to its host wherever the site is served over TLS.
pub(crate) fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-travee" } else { "travee" }
}

impl Visit {
    fn of(parts: &Parts, pages: &Pages) -> Self {
        let path = parts.uri.path().to_owned();
        let route = parts
            .extensions
            .get::<axum::extract::MatchedPath>()
            .map_or_else(|| path.clone(), |matched| matched.as_str().to_owned());
        let back = if parts.method == Method::GET {
            parts.uri.path_and_query().map_or_else(|| path.clone(), ToString::to_string)
        } else {
            // What was posted cannot be asked again: the page it came from can.
            referer_path(parts).unwrap_or_else(|| "/".into())
        };
        let device = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let place = Place {
            device: device.unwrap_or_default().to_owned(),
            address: address(parts, pages).map(|address| address.to_string()).unwrap_or_default(),
        };
        Self { path, route, back, place }
    }
}

/// The path of the page that a form stood on, if it was ours.
fn referer_path(parts: &Parts) -> Option<String> {
    let referer: axum::http::Uri =
        parts.headers.get(header::REFERER)?.to_str().ok()?.parse().ok()?;
    let host = parts.headers.get(header::HOST)?.to_str().ok()?;
    let ours = referer.authority().is_some_and(|authority| authority.as_str() == host);
    ours.then(|| referer.path_and_query().map(ToString::to_string))?
}

/// The reader's network address: the one that the connection shows, or, behind a proxy that the
/// settings trust, the last that it did not write itself.
fn address(parts: &Parts, pages: &Pages) -> Option<IpAddr> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip();
    if !pages.proxies.contains(&peer) {
        return Some(peer);
    }
    let forwarded = parts.headers.get("x-forwarded-for")?.to_str().ok()?;
    let mut hops = forwarded.rsplit(',').filter_map(|hop| hop.trim().parse::<IpAddr>().ok());
    hops.find(|hop| !pages.proxies.contains(hop)).or(Some(peer))
}

fn token(parts: &Parts, pages: &Pages) -> Option<String> {
    let jar = CookieJar::from_headers(&parts.headers);
    Some(jar.get(cookie_name(pages.secure()))?.value().to_owned())
}

/// The session of the cookie, acting for whom a form that is sent again was filled in for.
async fn session(parts: &Parts, pages: &Pages) -> Result<Option<Session>, PageError> {
    let Some(token) = token(parts, pages) else { return Ok(None) };
    let Some(mut session) = sessions::find(&pages.app, &token).await? else { return Ok(None) };
    let Some(wanted) = filled_in_for(parts) else { return Ok(Some(session)) };
    let chosen = session.organisation;
    let mut grants = session.grants.iter().map(|granted| granted.organisation);
    if wanted == UNKNOWN {
        // Whoever acts for one alone, or has chosen, cannot mean another.
        let first = grants.next();
        if chosen.is_none() && grants.any(|other| Some(other) != first) {
            return Err(PageError::OtherOrganisation);
        }
        return Ok(Some(session));
    }
    if !grants.any(|organisation| organisation == wanted) {
        return Err(PageError::OtherOrganisation);
    }
    if let Some(person) = session.person.filter(|_| chosen != Some(wanted)) {
        accounts::act_for(&pages.app, person, session.id, wanted).await?;
        session.organisation = Some(wanted);
    }
    Ok(Some(session))
}

/// Whom a form was filled in for whose session nobody knows any more.
pub(crate) const UNKNOWN: OrganisationId = OrganisationId(0);

/// The organisation that a form sent again was filled in for.
pub(crate) fn filled_in_for(parts: &Parts) -> Option<OrganisationId> {
    (parts.method == Method::POST).then(|| resume::filled_in_for(&parts.uri))?
}

/// For whom a session acted that is over. It proves no right.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    pub(crate) organisation: OrganisationId,
    pub(crate) name: String,
    /// It was opened by a census's shared link.
    pub(crate) link: bool,
}

pub(crate) async fn ended(parts: &Parts, pages: &Pages) -> Result<Option<Ended>, PageError> {
    let Some(token) = token(parts, pages) else { return Ok(None) };
    let found = sessions::find_ended(&pages.app, &token).await?;
    let agent = found.and_then(|session| Agent::of(session, Visit::of(parts, pages)));
    Ok(agent.map(|agent| Ended {
        organisation: agent.organisation,
        name: agent.organisation_name,
        link: agent.person.is_none(),
    }))
}

/// Anybody, signed in or not.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) visit: Visit,
    pub(crate) agent: Option<Agent>,
}

impl FromRequestParts<Pages> for Visitor {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, PageError> {
        let visit = Visit::of(parts, pages);
        let found = session(parts, pages).await?;
        let agent = found.and_then(|session| Agent::of(session, visit.clone()));
        if let Some(agent) = agent.as_ref().filter(|_| parts.method == Method::GET)
            && let Some(to) = account::elsewhere(&parts.uri, agent)
        {
            return Err(PageError::Elsewhere { to });
        }
        Ok(Self { visit, agent })
    }
}

/// Anybody signed in with a role left, the second factor given where it must be. Not the holder
/// of a census's link.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn(pub(crate) Agent);

/// Signed in, second factor still to be given: the pages that ask for it.
#[derive(Debug, Clone)]
pub(crate) struct HalfSignedIn(pub(crate) Agent);

async fn half(parts: &mut Parts, pages: &Pages) -> Result<Agent, PageError> {
    let visitor = Visitor::from_request_parts(parts, pages).await?;
    visitor.agent.ok_or(PageError::SignIn { back: visitor.visit.back })
}

fn whole(agent: Agent) -> Result<Agent, PageError> {
    let must = agent.roles.iter().any(|role| role.needs_second_factor());
    if (must || agent.enrolled) && !agent.second_factor && agent.person.is_some() {
        return Err(PageError::SecondFactor { enrolled: agent.enrolled, back: agent.visit.back });
    }
    Ok(agent)
}

impl FromRequestParts<Pages> for HalfSignedIn {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, PageError> {
        let agent = half(parts, pages).await?;
        if agent.person.is_none() {
            return Err(PageError::Forbidden);
        }
        Ok(Self(agent))
    }
}

impl FromRequestParts<Pages> for SignedIn {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, PageError> {
        let HalfSignedIn(agent) = HalfSignedIn::from_request_parts(parts, pages).await?;
        Ok(Self(whole(agent)?))
    }
}

/// Somebody who holds the right `R` in the organisation acted for.
#[derive(Debug, Clone)]
pub(crate) struct May<R> {
    agent: Agent,
    right: PhantomData<fn() -> R>,
}

impl<R> Deref for May<R> {
    type Target = Agent;

    fn deref(&self) -> &Agent {
        &self.agent
    }
}

impl<R: Needed> FromRequestParts<Pages> for May<R> {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, PageError> {
        let SignedIn(agent) = SignedIn::from_request_parts(parts, pages).await?;
        if agent.may(R::RIGHT) {
            Ok(Self { agent, right: PhantomData })
        } else {
            let (person, route) = (agent.person.map(|id| id.0), &agent.visit.route);
            tracing::warn!(person, route, right = ?R::RIGHT, "refused: without the right");
            Err(PageError::Forbidden)
        }
    }
}

/// Somebody who may read a census's pages of one member: its people, or the holder of that
/// census's shared link. The link opens no other census: [`Answerer::of_census`] says so.
#[derive(Debug, Clone)]
pub(crate) struct Answerer {
    agent: Agent,
}

impl Deref for Answerer {
    type Target = Agent;

    fn deref(&self) -> &Agent {
        &self.agent
    }
}

impl FromRequestParts<Pages> for Answerer {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, PageError> {
        let agent = whole(half(parts, pages).await?)?;
        if agent.may(Right::ReadOwn) { Ok(Self { agent }) } else { Err(PageError::Forbidden) }
    }
}

impl Answerer {
    /// Refuses every other census to the holder of a link, as if it did not exist.
    pub(crate) fn of_census(&self, census: CampaignId) -> Result<(), PageError> {
        match self.agent.census {
            Some(only) if only != census => Err(PageError::NotFound),
            Some(_) | None => Ok(()),
        }
    }

    /// Refuses whoever may only read.
    pub(crate) fn writes(&self) -> Result<(), PageError> {
        if self.agent.may(WriteNeeds::RIGHT) { Ok(()) } else { Err(PageError::Forbidden) }
    }
}

impl Deref for SignedIn {
    type Target = Agent;

    fn deref(&self) -> &Agent {
        &self.0
    }
}
