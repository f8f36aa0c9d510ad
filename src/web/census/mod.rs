//! The member's side of a census, in five screens: what is asked, where to deliver, what is
//! needed, check, done. For a person of the member, or for whoever holds the census's shared
//! link.
//!
//! Every page works without a script; `besoins.js` saves what is typed and says packs and
//! amounts while it is typed.

mod check;
mod deliver;
mod done;
mod list;
mod needs;
mod sheet;
mod start;
mod words;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::campaigns::census::{CensusState, Phase};
use domain::french;
use domain::ids::{CampaignId, SiteId};
use minijinja::{Value, context};

use super::Pages;
use super::agent::{Agent, Answerer};
use super::error::PageError;
use super::routes::Routes;
use crate::usecases::campaigns::review::{Point, Review, review};

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/campagnes", list::show)
        .get("/campagnes/{id}", start::show)
        .post("/campagnes/{id}/reprise", start::refill)
        .post("/campagnes/{id}/modification", start::reopen)
        .get("/campagnes/{id}/neant", start::nothing)
        .post("/campagnes/{id}/neant", start::declare_nothing)
        .get("/campagnes/{id}/livraison", deliver::show)
        .post("/campagnes/{id}/livraison", deliver::add)
        .get("/campagnes/{id}/livraison/{lieu}", deliver::edit)
        .post("/campagnes/{id}/livraison/{lieu}", deliver::mend)
        .get("/campagnes/{id}/besoins", needs::show)
        .post("/campagnes/{id}/besoins", needs::take)
        .post("/campagnes/{id}/brouillon", needs::autosave)
        .get("/campagnes/{id}/verification", check::show)
        .post("/campagnes/{id}/verification", check::send)
        .get("/campagnes/{id}/merci", done::show)
        .get("/campagnes/{id}/recepisse", done::receipt)
        .get("/campagnes/{id}/signature", done::to_sign)
        .post("/campagnes/{id}/signature", done::sign)
        .upload("/campagnes/{id}/signature-papier", done::sign_on_paper)
}

/// Who may answer: an [`Answerer`] that does more than read.
struct Writer(Answerer);

impl std::ops::Deref for Writer {
    type Target = Answerer;

    fn deref(&self) -> &Answerer {
        &self.0
    }
}

impl FromRequestParts<Pages> for Writer {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, PageError> {
        let who = Answerer::from_request_parts(parts, pages).await?;
        who.writes()?;
        Ok(Self(who))
    }
}

/// A row's number in a path; what is none is no page.
fn number(text: &str) -> Result<i64, PageError> {
    text.parse().map_err(|_| PageError::NotFound)
}

/// The census of a path, which the reader's link opens.
fn census_of(who: &Answerer, id: &str) -> Result<CampaignId, PageError> {
    let id = CampaignId(number(id)?);
    who.of_census(id)?;
    Ok(id)
}

/// The member's answer to the census of a path.
async fn open(pages: &Pages, who: &Answerer, id: &str) -> Result<Review, PageError> {
    let id = census_of(who, id)?;
    Ok(review(&pages.app, who.organisation, id).await?)
}

/// Whether the reader may type an answer now.
fn may_write(who: &Answerer, review: &Review) -> bool {
    review.phase == Phase::TakesAnswers && who.writes().is_ok()
}

/// Where the pages of a census are.
fn address(review: &Review) -> String {
    format!("/campagnes/{}", review.member.census.id)
}

fn needs_address(review: &Review, site: SiteId) -> String {
    format!("{}/besoins?lieu={site}", address(review))
}

/// The census as every screen names it.
fn census_view(review: &Review) -> Value {
    let stored = &review.member.census;
    let census = &stored.census;
    let years = review.years();
    let span = match (years.first(), years.last()) {
        (Some(first), Some(last)) if first != last => format!("{first} à {last}"),
        (Some(only), _) => only.to_string(),
        (None, _) => String::new(),
    };
    let left = (census.closes_on - review.today).num_days();
    let left_words = match left {
        0 => "C’est aujourd’hui le dernier jour.".into(),
        1 => "Il reste un jour.".into(),
        2.. => format!("Il reste {left} jours."),
        _ => String::new(),
    };
    context! {
        id => stored.id.0,
        title => census.name.as_str(),
        opens_on => french::date(census.opens_on),
        closes_on => french::date(census.closes_on),
        span => span,
        years => years.len(),
        left => left_words,
        cancelled => census.state == CensusState::Cancelled,
        settled => census.state == CensusState::Settled,
    }
}

/// How a draft says who saved it.
fn signed_by(name: &str) -> &str {
    if name.trim().is_empty() { "le lien partagé" } else { name }
}

/// Who types, as a draft keeps it.
fn typist(who: &Agent) -> String {
    signed_by(&who.name).to_owned()
}

/// The screens as steps: where the reader is, of how many.
fn steps(review: &Review, current: usize) -> Value {
    let here = address(review);
    let words = ["Où livrer", "Vos besoins", "Vérification"];
    let first = review.points.first().map(|point| needs_address(review, point.id));
    let links = [Some(format!("{here}/livraison")), first, None];
    words
        .iter()
        .zip(links)
        .enumerate()
        .map(|(index, (word, link))| {
            let state = match index.cmp(&current) {
                std::cmp::Ordering::Less => "done",
                std::cmp::Ordering::Equal => "current",
                std::cmp::Ordering::Greater => "todo",
            };
            let href = link.filter(|_| index < current);
            context! { word => *word, state => state, detail => "", href => href }
        })
        .collect()
}

/// A delivery point as the screens name it.
fn site_view(point: &Point) -> Value {
    context! {
        id => point.id.0,
        name => point.site.name.as_str(),
        address => point.site.address.to_string(),
        hours => point.site.access.hours.as_str(),
        constraints => point.site.access.constraints.as_str(),
        retired => point.site.retired,
    }
}
