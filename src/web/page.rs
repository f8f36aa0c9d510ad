//! What every page shares: the sign, who is signed in and for whom, where one can go, the message
//! of what was just done, whom to call.

use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::french;
use domain::group::organisation::OrganisationKind;
use domain::platform::role::Right;
use minijinja::{Value, context};

use super::Pages;
use super::agent::{Agent, Visitor};
use super::error::PageError;
use super::help;
use crate::clock::Clock;
use crate::usecases::letterhead;
use crate::usecases::platform::sessions;

/// Where the head of the pages leads, and who may go there.
const PLACES: [(&str, &str, Right); 20] = [
    ("/campagnes", "Recensements", Right::ReadOwn),
    ("/commandes", "Commandes", Right::ReadOwn),
    ("/livraisons", "Livraisons", Right::ReadOwn),
    ("/factures", "Factures", Right::ReadOwn),
    ("/documents", "Documents", Right::ReadOwn),
    ("/adhesion", "Adhésion", Right::ReadOwn),
    ("/lieux", "Lieux de livraison", Right::ReadOwn),
    ("/equipe", "Équipe", Right::ManageTeam),
    ("/gestion/recensements", "Recensements", Right::ReadMembers),
    ("/gestion/marches", "Marchés", Right::ReadPurchases),
    ("/gestion/commandes", "Commandes", Right::ReadPurchases),
    ("/gestion/livraisons", "Livraisons", Right::ReadMembers),
    ("/comptabilite", "Factures", Right::ReadPurchases),
    ("/gestion/membres", "Membres", Right::ReadMembers),
    ("/gestion/catalogue", "Catalogue", Right::ReadPurchases),
    ("/gestion/conventions", "Conventions", Right::ReadMembers),
    ("/administration/taches", "Tâches", Right::Administer),
    ("/administration/personnes", "Personnes", Right::Administer),
    ("/administration/references", "Références", Right::Administer),
    ("/administration/parametres", "Paramètres", Right::Administer),
];

impl Pages {
    /// A page of somebody who is signed in.
    pub(crate) async fn page(
        &self,
        who: &Agent,
        template: &str,
        values: Value,
    ) -> Result<Response, PageError> {
        let contact = letterhead::contact(&self.app).await?;
        let shell = context! { contact => contact, ..self.shell(who) };
        let page = self.render(template, context! { shell => shell, ..values })?;
        if who.flash.is_some() {
            sessions::said(&self.app, who.session).await?;
        }
        Ok(page.into_response())
    }

    /// The same page with status 422: the form as it was typed, and what is wrong with it.
    pub(crate) async fn again(
        &self,
        who: &Agent,
        template: &str,
        values: Value,
    ) -> Result<Response, PageError> {
        let page = self.page(who, template, values).await?;
        Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    }

    /// A page that anybody may read.
    pub(crate) fn public(
        &self,
        visitor: &Visitor,
        template: &str,
        values: Value,
    ) -> Result<Response, PageError> {
        let shell = match &visitor.agent {
            // Whatever was left to be said waits for a page of one's own.
            Some(agent) => self.shell(&Agent { flash: None, ..agent.clone() }),
            None => self.bare_shell(),
        };
        Ok(self.render(template, context! { shell => shell, ..values })?.into_response())
    }

    /// Something was done: the next page says so.
    pub(crate) async fn done(
        &self,
        who: &Agent,
        next: &str,
        message: impl AsRef<str>,
    ) -> Result<Response, PageError> {
        sessions::leave(&self.app, who.session, &french::unbroken(message.as_ref())).await?;
        Ok(Redirect::to(next).into_response())
    }

    pub(crate) fn render(
        &self,
        name: &str,
        values: Value,
    ) -> Result<Html<String>, minijinja::Error> {
        Ok(Html(self.templates.get_template(name)?.render(values)?))
    }

    fn shell(&self, who: &Agent) -> Value {
        let here = who.visit.path.as_str();
        let is_under = |href: &str| {
            here.strip_prefix(href).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let places: &[(&str, &str, Right)] = if who.census.is_some() { &[] } else { &PLACES };
        let nav = places.iter().filter(|(_, _, right)| who.may(*right)).map(|(href, label, _)| {
            context! { href => *href, label => *label, current => is_under(href) }
        });
        let others = who.others.iter().map(|(id, name)| context! { id => id.0, name => name });
        let who_view = context! {
            name => if who.name.is_empty() { "Lien de recensement" } else { who.name.as_str() },
            organisation => who.organisation_name.as_str(),
            kind => who.kind.code(),
            coordinator => who.kind == OrganisationKind::Coordinator,
            guest => who.person.is_none(),
            others => others.collect::<Vec<_>>(),
        };
        context! {
            who => who_view,
            nav => nav.collect::<Vec<_>>(),
            flash => who.flash.as_deref(),
            page_help => help::of(&who.visit.route),
            ..self.bare_shell()
        }
    }

    /// The shell of a page whose reader is unknown.
    pub(crate) fn bare_shell(&self) -> Value {
        let frozen = match self.app.clock {
            Clock::Frozen(_) => Some(french::date(self.app.today())),
            Clock::System => None,
        };
        context! {
            who => None::<&str>,
            nav => Vec::<Value>::new(),
            flash => None::<&str>,
            contact => None::<&str>,
            page_help => None::<&str>,
            frozen => frozen,
            demo => self.app.site.demo,
        }
    }
}
