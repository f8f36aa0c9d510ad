//! A member answers a census, or somebody answers for it.
//!
//! Who is looking decides whose sheets are found: a member never reaches another's. The
//! coordinator types phoned answers and, once the census is closed, corrects with a reason.

use std::collections::BTreeSet;

use domain::campaigns::accept::{Accepted, Author, Background, HandedIn, accept};
use domain::campaigns::census::Phase;
use domain::campaigns::fault::{Fault, Flag, LineFlag, Refusal as Faults, SheetFault};
use domain::campaigns::repeat;
use domain::campaigns::sheet::{AnswerSource, NeedAnswer, NeedSheet, STEPS, SheetAction};
use domain::group::contact::Signature;
use domain::ids::{ArticleId, NeedSheetId};

use super::{Actor, App, UseCaseError};
use crate::store::campaigns::{self as store, Answering};
use crate::store::{Tx, Viewer, platform};
use crate::usecases::Refusal;

/// An answer that was taken in, and what deserves a second look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub sheet: NeedSheet,
    pub flags: Vec<Flag>,
    /// In the order of the lines as handed in.
    pub line_flags: Vec<LineFlag>,
}

/// The last answer, taken in again, and what of it could not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated {
    pub taken: Taken,
    pub left_out: Vec<(ArticleId, Fault)>,
}

fn author(viewer: Viewer) -> Author {
    match viewer {
        Viewer::Coordinator => Author::Coordinator,
        Viewer::Member(_) => Author::Member,
    }
}

fn asked(answer: &NeedAnswer) -> BTreeSet<ArticleId> {
    match answer {
        NeedAnswer::Needs(lines) => lines.iter().map(|line| line.article).collect(),
        NeedAnswer::Silent | NeedAnswer::Nothing => BTreeSet::new(),
    }
}

/// Takes an answer in: needs or « néant », from the member or typed by the coordinator. Before
/// closing it is a submission; afterwards a correction, by the coordinator alone, with a reason
/// that goes to the journal.
///
/// # Errors
///
/// Everything that is wrong, line by line (domain `campaigns::accept`); nothing is changed.
pub async fn submit_needs(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    sheet: NeedSheetId,
    handed_in: HandedIn,
) -> Result<Taken, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let articles = asked(&handed_in.answer);
    let world = store::answering(&tx, viewer, sheet, &articles, app.today()).await?;
    let (taken, entry) = take_in(app, actor, viewer, &tx, &world, handed_in).await?;
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(taken)
}

/// « Comme la dernière fois »: takes the answer of the census before in again, in one step.
///
/// # Errors
///
/// Refused where the delivery point did not answer then, and as [`submit_needs`].
pub async fn same_as_last(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    sheet: NeedSheetId,
    source: AnswerSource,
) -> Result<Repeated, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let none = BTreeSet::new();
    let mut world = store::answering(&tx, viewer, sheet, &none, app.today()).await?;
    let last = store::last_answer(&tx, &world.census, &world.sheet.sheet).await?;
    let last = last.ok_or_else(|| {
        UseCaseError::refused(
            "pas_de_reponse_precedente",
            "Ce point de livraison n’a pas répondu au recensement précédent : saisissez les \
             besoins.",
        )
    })?;
    let articles = asked(&last);
    world = store::answering(&tx, viewer, sheet, &articles, app.today()).await?;
    // A lot the member left since is not asked of it any more.
    let lots = world.census.census.lots.intersection(&world.subscribed).copied().collect();
    let years = world.census.census.years;
    let again = repeat::same_as_last(&last, years, &lots, &world.articles);
    let handed_in = HandedIn { answer: again.answer, source, reason: String::new() };
    let (taken, entry) = take_in(app, actor, viewer, &tx, &world, handed_in).await?;
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(Repeated { taken, left_out: again.left_out })
}

async fn take_in(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    tx: &Tx,
    world: &Answering,
    handed_in: HandedIn,
) -> Result<(Taken, platform::Entry), UseCaseError> {
    let background = Background {
        census: &world.census.census,
        articles: &world.articles,
        subscribed: &world.subscribed,
        last_year: &world.last_year,
    };
    let lines: Vec<ArticleId> = match &handed_in.answer {
        NeedAnswer::Needs(lines) => lines.iter().map(|line| line.article).collect(),
        NeedAnswer::Silent | NeedAnswer::Nothing => Vec::new(),
    };
    let reason = handed_in.reason.clone();
    let before = &world.sheet;
    let Accepted { sheet, action, flags, line_flags } =
        accept(&before.sheet, handed_in, background, app.today(), author(viewer))
            .map_err(|faults| refused(&faults, &lines, world))?;
    let first_year = world.census.census.first_year;
    store::save_sheet(tx, before, &sheet, first_year, Some(app.clock.now())).await?;
    let journalled = match action {
        SheetAction::Submit => "need_sheet.submit",
        SheetAction::Correct => "need_sheet.correct",
        SheetAction::Reopen => "need_sheet.reopen",
        SheetAction::Lock => "need_sheet.lock",
    };
    let entry = app.entry(actor, journalled, "need_sheet", before.id.0, details(&sheet, &reason));
    Ok((Taken { sheet, flags, line_flags }, entry))
}

/// What the journal says of an answer: how it came, and why it was changed after closing.
pub(super) fn details(sheet: &NeedSheet, reason: &str) -> String {
    let what = match &sheet.answer {
        NeedAnswer::Needs(lines) => format!("{} lignes", lines.len()),
        NeedAnswer::Nothing => "néant".to_owned(),
        NeedAnswer::Silent => "sans réponse".to_owned(),
    };
    let how = sheet.source.as_ref().map(|source| match &source.told_by {
        Some(told_by) => format!(", {} ({told_by})", source.channel.french()),
        None => format!(", {}", source.channel.french()),
    });
    let why = if reason.trim().is_empty() {
        String::new()
    } else {
        format!(", motif : {}", reason.trim())
    };
    format!("{what}{}{why}", how.unwrap_or_default())
}

pub(super) fn refused(faults: &Faults, lines: &[ArticleId], world: &Answering) -> UseCaseError {
    let sheet = faults.sheet.iter();
    let mut refusals: Vec<Refusal> =
        sheet.map(|fault| Refusal::new(fault.code(), fault.for_the_reader())).collect();
    refusals.extend(faults.lines.iter().map(|found| {
        let article = lines.get(found.line).and_then(|id| world.articles.get(id));
        let named = article.map_or(String::new(), |facts| format!(" ({})", facts.reference));
        let message = format!("Ligne {}{named} : {}", found.line + 1, found.fault.for_the_reader());
        Refusal::new(found.fault.code(), message)
    }));
    UseCaseError::Refused(refusals)
}

/// Opens a sheet that was sent, so that it can be changed while the census takes answers. Its
/// needs count on until it is sent again.
pub async fn reopen_sheet(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    sheet: NeedSheetId,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let none = BTreeSet::new();
    let world = store::answering(&tx, viewer, sheet, &none, app.today()).await?;
    let refused = |fault: &SheetFault| UseCaseError::refused(fault.code(), fault.for_the_reader());
    match world.census.census.phase(app.today()) {
        Phase::TakesAnswers => {}
        Phase::NotYet => return Err(refused(&SheetFault::NotYetOpen)),
        Phase::Over => return Err(refused(&SheetFault::Closed)),
        Phase::Sealed => return Err(refused(&SheetFault::Sealed)),
    }
    let before = &world.sheet;
    let state = STEPS
        .after(before.sheet.state, SheetAction::Reopen)
        .map_err(|step| refused(&SheetFault::NotAllowed(step)))?;
    let reopened = NeedSheet { state, ..before.sheet.clone() };
    let first_year = world.census.census.first_year;
    store::save_sheet(&tx, before, &reopened, first_year, before.answered_at).await?;
    let entry = app.entry(actor, "need_sheet.reopen", "need_sheet", before.id.0, "");
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}

/// Records who signed the answer of a sheet; a new answer is not what was signed before it.
///
/// # Errors
///
/// Refused on a sheet that was not answered: there is nothing to sign.
pub async fn sign_sheet(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    sheet: NeedSheetId,
    signature: Signature,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let none = BTreeSet::new();
    let world = store::answering(&tx, viewer, sheet, &none, app.today()).await?;
    let before = &world.sheet;
    if !before.sheet.is_answered() {
        return Err(UseCaseError::refused(
            "fiche_sans_reponse",
            "Cette fiche n’a pas été envoyée : il n’y a rien à signer.",
        ));
    }
    let details = format!("{}, {}", signature.name, signature.quality);
    let signed = NeedSheet { signature: Some(signature), ..before.sheet.clone() };
    let first_year = world.census.census.first_year;
    store::save_sheet(&tx, before, &signed, first_year, before.answered_at).await?;
    let entry = app.entry(actor, "need_sheet.sign", "need_sheet", before.id.0, details);
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}
