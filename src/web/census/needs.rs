//! Screen 3: what is needed. Kept as it is typed, by the script every few seconds and by the
//! buttons; two people at once are told and lose nothing.

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::campaigns::typed::{FieldFault, Typed};
use domain::ids::SiteId;
use minijinja::{Value, context};
use serde::Deserialize;

use super::sheet::{self, Beside};
use super::{
    Writer, address, census_of, census_view, needs_address, number, open, site_view, steps, typist,
    words,
};
use crate::store::campaigns::StoredDraft;
use crate::usecases::campaigns::draft::{self, Saved};
use crate::usecases::campaigns::estimate::{Help, estimate};
use crate::usecases::campaigns::review::{Point, Review};
use crate::web::Pages;
use crate::web::agent::Answerer;
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};

#[derive(Debug, Deserialize)]
pub(super) struct Place {
    #[serde(default)]
    lieu: String,
}

impl Place {
    /// The point that the address names, else the first.
    fn of<'a>(&self, review: &'a Review) -> Result<&'a Point, PageError> {
        if self.lieu.is_empty() {
            return review.points.first().ok_or(PageError::NotFound);
        }
        review.point(SiteId(number(&self.lieu)?)).ok_or(PageError::NotFound)
    }
}

pub(super) async fn show(
    State(pages): State<Pages>,
    who: Writer,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> Result<Response, PageError> {
    let review = open(&pages, &who, &id).await?;
    if let Some(elsewhere) = super::deliver::elsewhere(&review) {
        return Ok(elsewhere);
    }
    if review.points.is_empty() {
        return Ok(Redirect::to(&format!("{}/livraison", address(&review))).into_response());
    }
    let point = place.of(&review)?;
    if point.is_sent() {
        return Ok(Redirect::to(&address(&review)).into_response());
    }
    let page = view(&review, point, &Beside::default(), None);
    pages.page(&who, "pages/census/needs.html", page).await
}

fn view(review: &Review, point: &Point, beside: &Beside<'_>, other: Option<&StoredDraft>) -> Value {
    let mut errors = Errors::none();
    for fault in beside.faults {
        let offered = review.member.articles.iter().find(|offered| {
            let every = domain::campaigns::typed::every_year(offered.article.id);
            fault.field == every || fault.field.starts_with(&format!("{every}_"))
        });
        let named = offered.map(|offered| format!("{} : ", offered.article.terms.label));
        errors.add(&fault.field, format!("{}{}", named.unwrap_or_default(), fault.message));
    }
    let years = review.years();
    let saved = point.draft.as_ref().map(|draft| words::hour(draft.saved_at));
    let other = other.map(|theirs| {
        let count = beside.differing.len();
        context! {
            by => theirs.saved_by.as_str(),
            at => words::hour(theirs.saved_at),
            count => count,
        }
    });
    let position = review.points.iter().position(|one| one.id == point.id).unwrap_or_default();
    context! {
        census => census_view(review),
        steps => steps(review, 1),
        point => site_view(point),
        position => position + 1,
        points => review.points.iter().map(site_view).collect::<Vec<_>>(),
        families => sheet::families(review, point, beside),
        foot => sheet::foot(point.lines.len(), point.totals.all, years.len()),
        years => years,
        version => point.draft_version(),
        saved => saved,
        errors => errors.view(),
        other => other,
    }
}

/// What was typed, and over which version of the draft.
fn typed(fields: &Fields) -> (Typed, i64) {
    let version = fields.text("version").parse().unwrap_or(0);
    let typed = fields
        .0
        .iter()
        .filter(|(name, _)| name.starts_with('a') || name.starts_with("e_"))
        .map(|(name, text)| (name.clone(), text.clone()))
        .collect();
    (typed, version)
}

/// One of the form's buttons.
pub(super) async fn take(
    State(pages): State<Pages>,
    who: Writer,
    Path(id): Path<String>,
    Query(place): Query<Place>,
    fields: Fields,
) -> Result<Response, PageError> {
    let campaign = census_of(&who, &id)?;
    let before = open(&pages, &who, &id).await?;
    let site = place.of(&before)?.id;
    let (typed, version) = typed(&fields);
    let by = typist(&who);
    let keep = async |typed: Typed, version: i64| {
        draft::save(&pages.app, who.organisation, campaign, site, typed, version, &by).await
    };
    let (version, theirs) = match keep(typed.clone(), version).await? {
        Saved::Kept { version, .. } => (version, None),
        Saved::Meanwhile { theirs, merged } => (theirs.version, Some((theirs, merged))),
    };
    if let Some((theirs, merged)) = theirs {
        return both(&pages, &who, &before, site, (theirs, merged)).await;
    }
    let here = needs_address(&before, site);
    let action = fields.text("action");
    if let Some(help) = action.strip_prefix("estimer-").and_then(Help::from_code) {
        let found = match estimate(help, &typed, &before.member.articles) {
            Ok(found) => found,
            Err(faults) => return faulty(&pages, &who, &id, site, &faults).await,
        };
        let mut filled = typed;
        found.put(&before.years(), &mut filled);
        keep(filled, version).await?;
        let year = before.years().into_iter().next().unwrap_or_default();
        let said = format!(
            "{} La quantité est inscrite pour {year} : corrigez-la au besoin.",
            found.words
        );
        return pages.done(&who, &format!("{here}#article-{}", found.article), said).await;
    }
    if action == "brouillon" {
        let said = "Votre saisie est enregistrée. Elle n’est pas encore envoyée : vous pouvez y \
                    revenir plus tard.";
        return pages.done(&who, &here, said).await;
    }
    let review = open(&pages, &who, &id).await?;
    let point = review.point(site).ok_or(PageError::NotFound)?;
    if !point.faults.is_empty() {
        return faulty(&pages, &who, &id, site, &point.faults).await;
    }
    let after = review.points.iter().skip_while(|one| one.id != site).skip(1);
    let next = after.filter(|one| !one.is_sent()).find(|one| !one.is_begun());
    let next = next.map_or_else(
        || format!("{}/verification", address(&review)),
        |point| needs_address(&review, point.id),
    );
    Ok(Redirect::to(&next).into_response())
}

/// The page as it was typed, with what is wrong.
async fn faulty(
    pages: &Pages,
    who: &Answerer,
    id: &str,
    site: SiteId,
    faults: &[FieldFault],
) -> Result<Response, PageError> {
    let review = open(pages, who, id).await?;
    let point = review.point(site).ok_or(PageError::NotFound)?;
    let beside = Beside { faults, ..Beside::default() };
    pages.again(who, "pages/census/needs.html", view(&review, point, &beside, None)).await
}

/// Somebody else saved meanwhile: both are shown, nothing is written yet.
async fn both(
    pages: &Pages,
    who: &Answerer,
    review: &Review,
    site: SiteId,
    (theirs, merged): (StoredDraft, domain::campaigns::typed::Merged),
) -> Result<Response, PageError> {
    let point = review.point(site).ok_or(PageError::NotFound)?;
    let shown = StoredDraft { typed: merged.values.clone(), ..theirs.clone() };
    let point = Point { typed: merged.values, draft: Some(shown), ..point.clone() };
    let beside = Beside { differing: merged.differing, ..Beside::default() };
    let page = view(review, &point, &beside, Some(&theirs));
    let page = pages.page(who, "pages/census/needs.html", page).await?;
    Ok((StatusCode::CONFLICT, page).into_response())
}

/// The script saves: the same, answered in JSON.
pub(super) async fn autosave(
    State(pages): State<Pages>,
    who: Writer,
    Path(id): Path<String>,
    Query(place): Query<Place>,
    fields: Fields,
) -> Result<Response, PageError> {
    let campaign = census_of(&who, &id)?;
    let site = SiteId(number(&place.lieu)?);
    let (typed, version) = typed(&fields);
    let by = typist(&who);
    let saved =
        draft::save(&pages.app, who.organisation, campaign, site, typed, version, &by).await?;
    let (status, told) = match saved {
        Saved::Kept { version, at } => {
            (StatusCode::OK, serde_json::json!({ "version": version, "at": words::hour(at) }))
        }
        Saved::Meanwhile { theirs, merged } => {
            let told = serde_json::json!({
                "version": theirs.version,
                "at": words::hour(theirs.saved_at),
                "by": theirs.saved_by,
                "values": merged.values,
                "differing": merged.differing,
                "taken": merged.taken,
            });
            (StatusCode::CONFLICT, told)
        }
    };
    let kind = [(header::CONTENT_TYPE, "application/json")];
    Ok((status, kind, told.to_string()).into_response())
}
