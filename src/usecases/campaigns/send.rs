//! A member sends its whole answer, all delivery points at once, signs it, and opens it again.

use domain::campaigns::accept::{Author, Background, HandedIn, accept};
use domain::campaigns::census::Phase;
use domain::campaigns::sheet::{
    AnswerChannel, AnswerSource, NeedAnswer, NeedSheet, STEPS, SheetAction,
};
use domain::group::contact::Signature;
use domain::ids::{CampaignId, NeedSheetId, OrganisationId};

use super::answer::{details, refused};
use super::draft::takes_answers;
use super::review::{Point, Review, compose, facts};
use super::{Actor, App, UseCaseError};
use crate::documents::emails::Letter;
use crate::store::campaigns::{self as store, Answering};
use crate::store::platform::Entry;
use crate::store::{StoreError, Tx, platform, reference};
use crate::usecases::platform::attachments::{self, NewFile};
use crate::usecases::platform::mail::{self, Message, Recipient};
use crate::usecases::platform::news::about;
use domain::french;

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// What was typed; a delivery point where nothing was typed needs nothing.
    Needs,
    /// « Néant » for all of them.
    Nothing,
}

/// How an answer is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    pub what: What,
    /// « Qui répond ? »
    pub typed_by: String,
    /// Surprising quantities were looked at.
    pub confirmed: bool,
    /// [`Review::seen`] of what was shown.
    pub seen: String,
    /// By a signatory, who sends and signs in one step.
    pub signature: Option<Signature>,
    /// Who is written to that it arrived; a shared link has no address of its own.
    pub receipt_to: Option<ReceiptTo>,
}

/// Who is told by e-mail, and of which organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptTo {
    pub recipient: Recipient,
    pub organisation_name: String,
}

/// Sends the answer of `member`.
///
/// # Errors
///
/// Overtaken when something changed since it was shown; refused with everything that is wrong.
pub async fn send(
    app: &App,
    actor: &Actor,
    member: OrganisationId,
    campaign: CampaignId,
    sending: &Sending,
) -> Result<Review, UseCaseError> {
    let rules = reference::budget_accounts(&app.store).await?;
    let tx = app.store.begin_write().await?;
    let found = store::member_census_to_answer(&tx, member, campaign).await?;
    let review = compose(found, &rules, app.today())?;
    check(&review, sending)?;
    let mut entries = Vec::new();
    let to_send: Vec<&Point> = review.points.iter().filter(|point| !point.is_sent()).collect();
    for point in &to_send {
        entries.extend(send_one(app, actor, &tx, &review, point, sending).await?);
    }
    let sent: Vec<NeedSheetId> = to_send.iter().map(|point| point.stored.id).collect();
    store::remove_drafts(&tx, &sent).await?;
    let found = store::member_census_to_answer(&tx, member, campaign).await?;
    let after = compose(found, &rules, app.today())?;
    if let Some(to) = &sending.receipt_to {
        mail::queue(&tx, app, &received(&after, to)).await?;
    }
    platform::append(&tx, entries).await?;
    tx.commit().await?;
    Ok(after)
}

/// « Vos besoins sont enregistrés »: one letter each time the answer is sent.
fn received(review: &Review, to: &ReceiptTo) -> Message {
    let census = &review.member.census;
    let lines: usize = review.points.iter().map(|point| point.lines.len()).sum();
    let summary = if lines == 0 {
        "Vous avez déclaré que vous n’avez pas de besoin.".to_owned()
    } else {
        format!(
            "{} {}, {} HT, {} TTC à prix indicatifs.",
            french::count(lines),
            french::plural(lines, "ligne", "lignes"),
            review.totals.all.net.french(),
            review.totals.all.gross.french()
        )
    };
    let path = format!("/campagnes/{}/merci", census.id);
    let path = to.recipient.organisation.map_or(path.clone(), |member| about(member, &path));
    Message {
        key: format!("needs:{}:{}", census.id, review.seen()),
        to: to.recipient.clone(),
        campaign: Some(census.id),
        letter: Letter::NeedsReceived {
            organisation: to.organisation_name.clone(),
            title: census.census.name.clone(),
            summary,
            closes_on: census.census.closes_on,
            path,
        },
        attached: None,
    }
}

fn check(review: &Review, sending: &Sending) -> Result<(), UseCaseError> {
    takes_answers(review.phase)?;
    if review.seen() != sending.seen {
        let id = review.member.census.id.0;
        return Err(StoreError::Overtaken { what: "answer to a census", id }.into());
    }
    if review.points.is_empty() {
        return Err(UseCaseError::refused(
            "point_de_livraison_absent",
            "Indiquez d’abord où livrer.",
        ));
    }
    if review.is_sent() {
        return Err(UseCaseError::refused("deja_envoyee", "Votre réponse a déjà été envoyée."));
    }
    if sending.typed_by.trim().is_empty() {
        return Err(UseCaseError::refused("source_absente", "Indiquez qui répond."));
    }
    if sending.what == What::Nothing {
        return Ok(());
    }
    if review.has_faults() {
        return Err(UseCaseError::refused(
            "saisie_fautive",
            "Corrigez d’abord les quantités signalées.",
        ));
    }
    if !review.has_needs() {
        return Err(UseCaseError::refused(
            "reponse_vide",
            "Indiquez au moins une quantité, ou déclarez que vous n’avez pas de besoin.",
        ));
    }
    if review.has_oddities() && !sending.confirmed {
        return Err(UseCaseError::refused(
            "a_confirmer",
            "Confirmez les quantités inhabituelles, ou corrigez-les.",
        ));
    }
    Ok(())
}

async fn send_one(
    app: &App,
    actor: &Actor,
    tx: &Tx,
    review: &Review,
    point: &Point,
    sending: &Sending,
) -> Result<Vec<Entry>, UseCaseError> {
    let answer = match sending.what {
        What::Needs if !point.lines.is_empty() => point.answer(),
        What::Needs | What::Nothing => NeedAnswer::Nothing,
    };
    let last = review.member.last.get(&point.id).and_then(|last| last.year.as_ref());
    let world = Answering {
        sheet: point.stored.clone(),
        census: review.member.census.clone(),
        subscribed: review.member.subscribed.clone(),
        articles: facts(&review.member.articles, app.today()),
        last_year: last.map(|(_, needed)| needed.clone()).unwrap_or_default(),
    };
    let against = Background {
        census: &world.census.census,
        articles: &world.articles,
        subscribed: &world.subscribed,
        last_year: &world.last_year,
    };
    let source = AnswerSource {
        channel: AnswerChannel::Online,
        typed_by: sending.typed_by.trim().to_owned(),
        told_by: None,
        note: String::new(),
    };
    let lines: Vec<_> = point.lines.iter().map(|line| line.article).collect();
    let handed_in = HandedIn { answer, source, reason: String::new() };
    let accepted = accept(&point.stored.sheet, handed_in, against, app.today(), Author::Member)
        .map_err(|faults| refused(&faults, &lines, &world))?;
    let mut sheet = accepted.sheet;
    let id = point.stored.id.0;
    let mut entries =
        vec![app.entry(actor, "need_sheet.submit", "need_sheet", id, details(&sheet, ""))];
    if let Some(signature) = &sending.signature {
        entries.push(app.entry(actor, "need_sheet.sign", "need_sheet", id, signed(signature)));
        sheet.signature = Some(signature.clone());
    }
    let first_year = world.census.census.first_year;
    store::save_sheet(tx, &point.stored, &sheet, first_year, Some(app.clock.now())).await?;
    Ok(entries)
}

fn signed(signature: &Signature) -> String {
    format!("{}, {}", signature.name, signature.quality)
}

/// Opens the sent answer again, so that it can be changed until the census closes. What was sent
/// counts until it is sent again. Nothing happens where it is open already.
pub async fn reopen(
    app: &App,
    actor: &Actor,
    member: OrganisationId,
    campaign: CampaignId,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let found = store::member_census_to_answer(&tx, member, campaign).await?;
    takes_answers(found.census.census.phase(app.today()))?;
    let first_year = found.census.census.first_year;
    let mut entries = Vec::new();
    let mut opened = Vec::new();
    for before in found.sheets.iter().filter(|stored| !stored.sheet.state.is_editable()) {
        let state = STEPS.after(before.sheet.state, SheetAction::Reopen).map_err(|step| {
            let fault = domain::campaigns::fault::SheetFault::NotAllowed(step);
            UseCaseError::refused(fault.code(), fault.for_the_reader())
        })?;
        let sheet = NeedSheet { state, ..before.sheet.clone() };
        store::save_sheet(&tx, before, &sheet, first_year, before.answered_at).await?;
        opened.push(before.id);
        entries.push(app.entry(actor, "need_sheet.reopen", "need_sheet", before.id.0, ""));
    }
    // What was typed before the answer that is opened now is older than it.
    store::remove_drafts(&tx, &opened).await?;
    platform::append(&tx, entries).await?;
    Ok(tx.commit().await?)
}

/// Records who signed what was sent, on every delivery point that nobody signed yet; with the
/// scan of what was signed on paper, if it was. `seen` is what was shown.
///
/// # Errors
///
/// Overtaken when the answer changed since it was shown; refused where nothing was sent, or it is
/// being changed.
pub async fn sign(
    app: &App,
    actor: &Actor,
    member: OrganisationId,
    campaign: CampaignId,
    (seen, scan): (&str, Option<NewFile>),
    signature: &Signature,
) -> Result<(), UseCaseError> {
    let rules = reference::budget_accounts(&app.store).await?;
    let tx = app.store.begin_write().await?;
    let found = store::member_census_to_answer(&tx, member, campaign).await?;
    let review = compose(found, &rules, app.today())?;
    if review.seen() != seen {
        return Err(StoreError::Overtaken { what: "answer to a census", id: campaign.0 }.into());
    }
    if !review.is_sent() || review.phase == Phase::Sealed {
        return Err(UseCaseError::refused(
            "fiche_sans_reponse",
            "La réponse n’a pas été envoyée, ou elle est arrêtée : il n’y a rien à signer.",
        ));
    }
    let first_year = review.member.census.census.first_year;
    let mut entries = Vec::new();
    for point in review.points.iter().filter(|point| point.stored.sheet.signature.is_none()) {
        let before = &point.stored;
        let sheet = NeedSheet { signature: Some(signature.clone()), ..before.sheet.clone() };
        store::save_sheet(&tx, before, &sheet, first_year, before.answered_at).await?;
        let id = before.id.0;
        entries.push(app.entry(actor, "need_sheet.sign", "need_sheet", id, signed(signature)));
    }
    if let Some(scan) = scan {
        let subject = ("campaign", campaign.0);
        attachments::keep(app, &tx, actor, subject, (Some(member), "signed_sheet"), scan).await?;
    }
    platform::append(&tx, entries).await?;
    Ok(tx.commit().await?)
}
