//! The people of an organisation: one's own at `/equipe`, a member's at
//! `/gestion/membres/{id}/equipe`, the CdG62's at `/administration/organismes/{id}/equipe`.
//!
//! The pages are the same; what differs is who may open them and whose people they show.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::group::organisation::OrganisationKind;
use domain::ids::{OrganisationId, PersonId};
use domain::platform::role::{Right, Role};
use minijinja::{Value, context};

use super::sign_in::NOT_AN_ADDRESS;
use super::trouble;
use super::view::{moment, role_words};
use crate::store::StoreError;
use crate::store::platform::grants::Mate;
use crate::usecases::UseCaseError;
use crate::usecases::platform::entering::EntryError;
use crate::usecases::platform::teams::{self, By, Invitation};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};
use crate::web::rights::{Administer, ManagePeople, ManageTeam};
use crate::web::routes::{Routes, Row};

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/equipe", own)
        .get("/equipe/invitation", own_ask)
        .post("/equipe/invitation", own_invite)
        .get("/equipe/{person}", own_mate)
        .post("/equipe/{person}/retrait", own_remove)
        .post("/equipe/{person}/roles/{grant}/retrait", own_take)
        .post("/equipe/{person}/invitation", own_again)
        .get("/gestion/membres/{id}/equipe", member)
        .get("/gestion/membres/{id}/equipe/invitation", member_ask)
        .post("/gestion/membres/{id}/equipe/invitation", member_invite)
        .get("/gestion/membres/{id}/equipe/{person}", member_mate)
        .post("/gestion/membres/{id}/equipe/{person}/retrait", member_remove)
        .post("/gestion/membres/{id}/equipe/{person}/roles/{grant}/retrait", member_take)
        .post("/gestion/membres/{id}/equipe/{person}/invitation", member_again)
        .get("/administration/organismes/{id}/equipe", any)
        .get("/administration/organismes/{id}/equipe/invitation", any_ask)
        .post("/administration/organismes/{id}/equipe/invitation", any_invite)
        .get("/administration/organismes/{id}/equipe/{person}", any_mate)
        .post("/administration/organismes/{id}/equipe/{person}/retrait", any_remove)
        .post("/administration/organismes/{id}/equipe/{person}/roles/{grant}/retrait", any_take)
        .post("/administration/organismes/{id}/equipe/{person}/invitation", any_again)
}

/// Whose people, and where their pages are.
struct Team {
    id: OrganisationId,
    name: String,
    kind: OrganisationKind,
    base: String,
    /// Where the pages come from: the member's page, the list of people.
    above: Option<(&'static str, String)>,
    by: By,
}

pub(super) fn by(who: &Agent) -> By {
    By {
        actor: who.actor(),
        person: who.person,
        organisation: Some(who.organisation),
        rights: who.rights.clone(),
    }
}

impl Team {
    fn own(who: &Agent) -> Self {
        Self {
            id: who.organisation,
            name: who.organisation_name.clone(),
            kind: who.kind,
            base: "/equipe".into(),
            above: None,
            by: by(who),
        }
    }

    /// A member's, as the CdG62 sees it: not the CdG62's own people.
    async fn member(pages: &Pages, who: &Agent, id: i64) -> Result<Self, PageError> {
        let team = Self::of(pages, who, id).await?;
        if !Role::MemberReader.fits(team.kind) {
            return Err(PageError::NotFound);
        }
        Ok(Self {
            base: format!("/gestion/membres/{id}/equipe"),
            above: Some(("Fiche du membre", format!("/gestion/membres/{id}"))),
            ..team
        })
    }

    async fn of(pages: &Pages, who: &Agent, id: i64) -> Result<Self, PageError> {
        let (name, kind) = teams::organisation(&pages.app, OrganisationId(id)).await?;
        Ok(Self {
            id: OrganisationId(id),
            name,
            kind,
            base: format!("/administration/organismes/{id}/equipe"),
            above: Some(("Personnes", "/administration/personnes".into())),
            by: by(who),
        })
    }

    async fn mates(&self, pages: &Pages) -> Result<Vec<Mate>, PageError> {
        Ok(teams::team(&pages.app, self.id).await?)
    }

    async fn mate(&self, pages: &Pages, person: i64) -> Result<Mate, PageError> {
        let mates = self.mates(pages).await?;
        mates.into_iter().find(|mate| mate.person.0 == person).ok_or(PageError::NotFound)
    }

    fn view(&self) -> Value {
        context! {
            name => self.name.as_str(),
            base => self.base.as_str(),
            above => self.above.as_ref().map(|(label, href)| {
                context! { label => *label, href => href.as_str() }
            }),
        }
    }

    fn mate_view(&self, pages: &Pages, mate: &Mate) -> Value {
        let today = pages.app.today();
        let roles = mate.roles.iter().map(|(id, grant)| {
            let words = grant.role.french();
            context! {
                id => id,
                word => words,
                from => french::date(grant.from),
                to => grant.to.map(french::date),
                ends => grant.to.is_some(),
                coming => !grant.holds_on(today),
            }
        });
        context! {
            id => mate.person.0,
            name => mate.name.as_str(),
            email => mate.email.as_str(),
            seen => mate.seen_at.map(moment),
            disabled => mate.disabled,
            second_factor => mate.second_factor,
            me => self.by.person == Some(mate.person),
            roles => roles.collect::<Vec<_>>(),
        }
    }

    async fn list(&self, pages: &Pages, who: &Agent) -> Result<Response, PageError> {
        let mates = self.mates(pages).await?;
        let signs = mates.iter().any(|mate| {
            !mate.disabled && mate.roles.iter().any(|(_, grant)| grant.role == Role::Signatory)
        });
        let values = context! {
            team => self.view(),
            mates => mates.iter().map(|mate| self.mate_view(pages, mate)).collect::<Vec<_>>(),
            nobody_signs => !signs && Role::Signatory.fits(self.kind),
        };
        pages.page(who, "pages/account/team.html", values).await
    }

    fn invitation_form(&self, typed: &Fields, errors: &Errors) -> Value {
        let chosen: BTreeSet<&str> = typed.all("role").collect();
        let roles = teams::roles_to_give(&self.by, self.id, self.kind).into_iter().map(|role| {
            context! {
                code => role.code(),
                words => role_words(role),
                chosen => chosen.contains(role.code()),
            }
        });
        context! {
            team => self.view(),
            nom => typed.text("nom"),
            adresse => typed.text("adresse"),
            roles => roles.collect::<Vec<_>>(),
            errors => errors.view(),
        }
    }

    async fn ask(&self, pages: &Pages, who: &Agent) -> Result<Response, PageError> {
        let values = self.invitation_form(&Fields::default(), &Errors::none());
        pages.page(who, INVITE, values).await
    }

    async fn invite(
        &self,
        pages: &Pages,
        who: &Agent,
        typed: Fields,
    ) -> Result<Response, PageError> {
        let mut errors = Errors::none();
        let (name, email) = (typed.text("nom"), typed.text("adresse"));
        if name.is_empty() || name.chars().count() > 100 {
            errors.add("nom", "Saisissez le prénom et le nom, par exemple Marie Dupont.");
        }
        let roles: BTreeSet<Role> = typed.all("role").filter_map(Role::from_code).collect();
        if roles.is_empty() {
            errors.add("role", "Choisissez au moins un rôle.");
        }
        let invitation = Invitation {
            organisation: self.id,
            email: email.to_owned(),
            name: name.to_owned(),
            roles,
        };
        if errors.is_empty() {
            match teams::invite(&pages.app, &self.by, &invitation).await {
                Ok(invited) => {
                    let message = if invited.token.is_some() {
                        format!(
                            "Une invitation vient d’être envoyée à « {email} ». Elle fonctionne pendant 7 jours."
                        )
                    } else {
                        format!(
                            "« {email} » utilisait déjà Travée : ses nouveaux rôles comptent dès maintenant et un courriel le lui dit."
                        )
                    };
                    return pages.done(who, &self.base, message).await;
                }
                Err(EntryError::NotAnAddress) => errors.add("adresse", NOT_AN_ADDRESS),
                Err(EntryError::UseCase(error @ UseCaseError::Refused(_))) => {
                    errors = Errors::refused(error)?;
                }
                Err(error) => return Err(trouble(pages, error)),
            }
        } else if domain::platform::account::sign_in_address(email).is_err() {
            errors.add("adresse", NOT_AN_ADDRESS);
        }
        pages.again(who, INVITE, self.invitation_form(&typed, &errors)).await
    }

    async fn show(&self, pages: &Pages, who: &Agent, person: i64) -> Result<Response, PageError> {
        let mate = self.mate(pages, person).await?;
        let values = context! {
            team => self.view(),
            mate => self.mate_view(pages, &mate),
            administers => who.may(Right::Administer),
        };
        pages.page(who, "pages/account/mate.html", values).await
    }

    async fn remove(&self, pages: &Pages, who: &Agent, person: i64) -> Result<Response, PageError> {
        let mate = self.mate(pages, person).await?;
        teams::remove(&pages.app, &self.by, self.id, mate.person).await?;
        let message = format!("{} n’a plus accès à « {} ».", mate.name, self.name);
        // Whoever takes themselves out has no right to the list any more.
        let next = if self.by.person == Some(mate.person) { "/" } else { &self.base };
        pages.done(who, next, message).await
    }

    async fn take(
        &self,
        pages: &Pages,
        who: &Agent,
        (person, grant): (i64, i64),
    ) -> Result<Response, PageError> {
        let mate = self.mate(pages, person).await?;
        if !mate.roles.iter().any(|(id, _)| *id == grant) {
            return Err(StoreError::NotFound { what: "role", id: grant.to_string() }.into());
        }
        teams::take_role(&pages.app, &self.by, self.id, grant).await?;
        let message = format!("Le rôle est retiré à {}.", mate.name);
        let next = if self.by.person == Some(mate.person) { "/" } else { &self.base };
        pages.done(who, next, message).await
    }

    async fn again(&self, pages: &Pages, who: &Agent, person: i64) -> Result<Response, PageError> {
        let asked = teams::invite_again(&pages.app, &self.by, self.id, PersonId(person)).await;
        asked.map_err(|error| trouble(pages, error))?;
        let message =
            "Une nouvelle invitation vient d’être envoyée. La précédente ne fonctionne plus.";
        pages.done(who, &self.base, message).await
    }
}

const INVITE: &str = "pages/account/invite.html";

type Answer = Result<Response, PageError>;

async fn own(State(pages): State<Pages>, who: May<ManageTeam>) -> Answer {
    Team::own(&who).list(&pages, &who).await
}

async fn own_ask(State(pages): State<Pages>, who: May<ManageTeam>) -> Answer {
    Team::own(&who).ask(&pages, &who).await
}

async fn own_invite(State(pages): State<Pages>, who: May<ManageTeam>, typed: Fields) -> Answer {
    Team::own(&who).invite(&pages, &who, typed).await
}

async fn own_mate(State(pages): State<Pages>, who: May<ManageTeam>, Row(id): Row<i64>) -> Answer {
    Team::own(&who).show(&pages, &who, id).await
}

async fn own_remove(State(pages): State<Pages>, who: May<ManageTeam>, Row(id): Row<i64>) -> Answer {
    Team::own(&who).remove(&pages, &who, id).await
}

async fn own_take(
    State(pages): State<Pages>,
    who: May<ManageTeam>,
    Row(ids): Row<(i64, i64)>,
) -> Answer {
    Team::own(&who).take(&pages, &who, ids).await
}

async fn own_again(State(pages): State<Pages>, who: May<ManageTeam>, Row(id): Row<i64>) -> Answer {
    Team::own(&who).again(&pages, &who, id).await
}

/// The same seven pages for the people of another organisation.
macro_rules! pages_of_another {
    ($right:ident, $team:ident: $list:ident $ask:ident $invite:ident $mate:ident $remove:ident $take:ident $again:ident) => {
        async fn $list(State(pages): State<Pages>, who: May<$right>, Row(id): Row<i64>) -> Answer {
            Team::$team(&pages, &who, id).await?.list(&pages, &who).await
        }

        async fn $ask(State(pages): State<Pages>, who: May<$right>, Row(id): Row<i64>) -> Answer {
            Team::$team(&pages, &who, id).await?.ask(&pages, &who).await
        }

        async fn $invite(
            State(pages): State<Pages>,
            who: May<$right>,
            Row(id): Row<i64>,
            typed: Fields,
        ) -> Answer {
            Team::$team(&pages, &who, id).await?.invite(&pages, &who, typed).await
        }

        async fn $mate(
            State(pages): State<Pages>,
            who: May<$right>,
            Row((id, person)): Row<(i64, i64)>,
        ) -> Answer {
            Team::$team(&pages, &who, id).await?.show(&pages, &who, person).await
        }

        async fn $remove(
            State(pages): State<Pages>,
            who: May<$right>,
            Row((id, person)): Row<(i64, i64)>,
        ) -> Answer {
            Team::$team(&pages, &who, id).await?.remove(&pages, &who, person).await
        }

        async fn $take(
            State(pages): State<Pages>,
            who: May<$right>,
            Row((id, person, grant)): Row<(i64, i64, i64)>,
        ) -> Answer {
            Team::$team(&pages, &who, id).await?.take(&pages, &who, (person, grant)).await
        }

        async fn $again(
            State(pages): State<Pages>,
            who: May<$right>,
            Row((id, person)): Row<(i64, i64)>,
        ) -> Answer {
            Team::$team(&pages, &who, id).await?.again(&pages, &who, person).await
        }
    };
}

pages_of_another!(ManagePeople, member: member member_ask member_invite member_mate member_remove member_take member_again);
pages_of_another!(Administer, of: any any_ask any_invite any_mate any_remove any_take any_again);
