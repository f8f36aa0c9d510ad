//! What is typed on a need sheet is kept as it is typed, until it is sent.
//!
//! Drafts save themselves every few seconds and say nothing to anybody but their member, so they
//! are not journalled: sending is.

use chrono::{DateTime, Utc};
use domain::campaigns::census::Phase;
use domain::campaigns::fault::SheetFault;
use domain::campaigns::repeat;
use domain::campaigns::sheet::NeedAnswer;
use domain::campaigns::typed::{self, Merged, Typed};
use domain::ids::{ArticleId, CampaignId, OrganisationId, SiteId};

use super::review::{compose, facts, filled};
use super::{App, UseCaseError};
use crate::store::StoreError;
use crate::store::campaigns::{self as store, MemberCensus, StoredDraft, StoredSheet};
use crate::store::reference;

/// The longest text kept of one field.
const LONGEST: usize = 60;

/// What became of what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    Kept {
        version: i64,
        at: DateTime<Utc>,
    },
    /// Somebody else saved since: nothing was written, here is both.
    Meanwhile {
        theirs: StoredDraft,
        merged: Merged,
    },
}

/// Keeps `typed` as the draft of a delivery point; `before` is the version it was typed over.
///
/// # Errors
///
/// Refused where the census takes no answer or the sheet was sent; not found where the member
/// has no sheet there.
pub async fn save(
    app: &App,
    member: OrganisationId,
    campaign: CampaignId,
    site: SiteId,
    typed: Typed,
    before: i64,
    by: &str,
) -> Result<Saved, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let found = store::member_census_to_answer(&tx, member, campaign).await?;
    let sheet = editable(app, &found, site)?.id;
    let typed = kept(&found, typed);
    let at = app.wall.now();
    if let Some(version) = store::save_draft(&tx, sheet, before, &typed, by, at).await? {
        tx.commit().await?;
        return Ok(Saved::Kept { version, at });
    }
    let theirs = store::draft_of(&tx, sheet)
        .await?
        .ok_or(StoreError::Overtaken { what: "need draft", id: sheet.0 })?;
    if theirs.typed == typed {
        return Ok(Saved::Kept { version: theirs.version, at: theirs.saved_at });
    }
    let merged = typed::merge(&typed, &theirs.typed);
    Ok(Saved::Meanwhile { theirs, merged })
}

/// The sheet of `site`, if it may be changed now.
fn editable<'a>(
    app: &App,
    found: &'a MemberCensus,
    site: SiteId,
) -> Result<&'a StoredSheet, UseCaseError> {
    takes_answers(found.census.census.phase(app.today()))?;
    let mut sheets = found.sheets.iter();
    let sheet = sheets
        .find(|stored| stored.sheet.site == Some(site))
        .ok_or(StoreError::NotFound { what: "need sheet", id: site.to_string() })?;
    if sheet.sheet.state.is_editable() {
        return Ok(sheet);
    }
    Err(UseCaseError::refused(
        "fiche_envoyee",
        "Cette réponse a été envoyée. Pour la changer, choisissez d’abord « Modifier ma réponse ».",
    ))
}

pub(super) fn takes_answers(phase: Phase) -> Result<(), UseCaseError> {
    let fault = match phase {
        Phase::TakesAnswers => return Ok(()),
        Phase::NotYet => SheetFault::NotYetOpen,
        Phase::Over => SheetFault::Closed,
        Phase::Sealed => SheetFault::Sealed,
    };
    Err(UseCaseError::refused(fault.code(), fault.for_the_reader()))
}

/// Only fields of the form, shortened to what a field may hold; blank ones are left out.
fn kept(found: &MemberCensus, typed: Typed) -> Typed {
    let years: Vec<i32> = found.census.census.year_numbers().collect();
    let mut known: std::collections::BTreeSet<String> =
        ESTIMATOR.iter().map(|name| (*name).to_owned()).collect();
    for offered in &found.articles {
        let id = offered.article.id;
        known.insert(typed::every_year(id));
        known.extend(years.iter().map(|year| typed::one_year(id, *year)));
    }
    typed
        .into_iter()
        .filter(|(name, text)| known.contains(name) && !text.trim().is_empty())
        .map(|(name, text)| (name, text.chars().take(LONGEST).collect()))
        .collect()
}

/// The fields of the estimator, kept like the others.
pub const ESTIMATOR: [&str; 7] =
    ["e_metres", "e_eliminable", "e_boite", "e_travee", "e_feuillets", "e_annees", "e_reliure"];

/// What « comme la dernière fois » filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refilled {
    /// Lines filled in, over all delivery points.
    pub lines: usize,
    /// What could not be taken over: an article, and why.
    pub left_out: Vec<(ArticleId, String)>,
    /// The last answer was « néant » at every point.
    pub nothing: bool,
}

/// « Comme la dernière fois »: fills the drafts with the last answers; what was typed stays.
///
/// # Errors
///
/// Refused where no delivery point answered then.
pub async fn refill(
    app: &App,
    member: OrganisationId,
    campaign: CampaignId,
    by: &str,
) -> Result<Refilled, UseCaseError> {
    let rules = reference::budget_accounts(&app.store).await?;
    let tx = app.store.begin_write().await?;
    let found = store::member_census_to_answer(&tx, member, campaign).await?;
    let review = compose(found, &rules, app.today())?;
    takes_answers(review.phase)?;
    let found = &review.member;
    if found.last.is_empty() {
        return Err(UseCaseError::refused(
            "pas_de_reponse_precedente",
            "Vous n’avez pas répondu au recensement précédent : saisissez vos besoins.",
        ));
    }
    let (years, facts) = (review.years(), facts(&found.articles, app.today()));
    let mut refilled = Refilled { nothing: true, ..Refilled::default() };
    for point in review.points.iter().filter(|point| !point.is_sent()) {
        let Some(last) = found.last.get(&point.id) else { continue };
        let again = repeat::same_as_last(&last.answer, years.len(), &found.subscribed, &facts);
        refilled.nothing &= last.answer == NeedAnswer::Nothing;
        for (article, fault) in again.left_out {
            refilled.left_out.push((article, fault.for_the_reader()));
        }
        let NeedAnswer::Needs(lines) = &again.answer else { continue };
        let mut typed = point.typed.clone();
        for line in lines {
            let names = years.iter().map(|year| typed::one_year(line.article, *year));
            let mut names = names.chain([typed::every_year(line.article)]);
            if !names.any(|name| typed.contains_key(&name)) {
                let one = NeedAnswer::Needs(vec![line.clone()]);
                typed.extend(filled(&one, &years));
                refilled.lines += 1;
            }
        }
        let version = point.draft_version();
        let sheet = point.stored.id;
        store::save_draft(&tx, sheet, version, &typed, by, app.wall.now())
            .await?
            .ok_or(StoreError::Overtaken { what: "need draft", id: sheet.0 })?;
    }
    tx.commit().await?;
    Ok(refilled)
}
