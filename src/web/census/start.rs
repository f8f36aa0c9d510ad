//! Screen 1: who is asked, what, until when; and the ways to begin.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::campaigns::census::Phase;
use domain::campaigns::sheet::NeedAnswer;
use domain::dates::paris_day;
use domain::french;
use minijinja::{Value, context};

use super::{Writer, address, census_of, census_view, may_write, open, typist};
use crate::store::StoreError;
use crate::usecases::UseCaseError;
use crate::usecases::campaigns::draft;
use crate::usecases::campaigns::review::Review;
use crate::usecases::campaigns::send::{self, Sending, What};
use crate::web::Pages;
use crate::web::agent::Answerer;
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};

pub(super) async fn show(
    State(pages): State<Pages>,
    who: Answerer,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let review = open(&pages, &who, &id).await?;
    let lots: Vec<Value> = lots(&review);
    let page = context! {
        census => census_view(&review),
        stage => stage(&review),
        lots => lots,
        writes => may_write(&who, &review),
        sent => sent(&review),
        signed => review.is_signed(),
        draft => draft_words(&review),
        last => last(&review),
        organisation => who.organisation_name.as_str(),
        total => super::sheet::foot(
            review.points.iter().map(|point| point.lines.len()).sum(),
            review.totals.all,
            review.years().len(),
        ),
        nothing => review.is_answered() && !review.has_needs(),
    };
    pages.page(&who, "pages/census/start.html", page).await
}

/// Which of the page's states this is.
fn stage(review: &Review) -> &'static str {
    match review.phase {
        Phase::NotYet => "not_yet",
        Phase::Sealed | Phase::Over if review.is_answered() => "over_answered",
        Phase::Sealed | Phase::Over => "over_silent",
        Phase::TakesAnswers if review.member.subscribed.is_empty() => "no_lot",
        Phase::TakesAnswers if review.points.is_empty() => "no_site",
        Phase::TakesAnswers if review.is_sent() => "sent",
        Phase::TakesAnswers if review.is_answered() => "changing",
        Phase::TakesAnswers if review.points.iter().any(|point| point.draft.is_some()) => "begun",
        Phase::TakesAnswers => "open",
    }
}

/// What the census asks about, of what the member subscribed.
fn lots(review: &Review) -> Vec<Value> {
    let mut lots: Vec<(&str, &str, usize)> = Vec::new();
    for offered in &review.member.articles {
        match lots.iter_mut().find(|(number, _, _)| *number == offered.article.lot_number) {
            Some((_, _, count)) => *count += 1,
            None => lots.push((&offered.article.lot_number, &offered.article.lot_title, 1)),
        }
    }
    lots.into_iter()
        .map(|(number, title, count)| {
            let word = french::plural(count, "article", "articles");
            context! { number => number, title => title, count => format!("{count} {word}") }
        })
        .collect()
}

fn sent(review: &Review) -> Option<Value> {
    let answered = review.points.iter().filter(|point| point.stored.sheet.is_answered());
    let last = answered.max_by_key(|point| point.stored.answered_at)?;
    let source = last.stored.sheet.source.as_ref()?;
    let by = source.told_by.as_ref().unwrap_or(&source.typed_by);
    Some(context! {
        on => last.stored.answered_at.map(|at| french::date(paris_day(at))),
        by => by.as_str(),
        channel => source.channel.french(),
    })
}

fn draft_words(review: &Review) -> Option<String> {
    let drafts = review.points.iter().filter_map(|point| point.draft.as_ref());
    let last = drafts.max_by_key(|draft| draft.saved_at)?;
    Some(format!(
        "Enregistrée le {} à {} par {}.",
        french::date(paris_day(last.saved_at)),
        super::words::hour(last.saved_at),
        last.saved_by
    ))
}

fn last(review: &Review) -> Option<Value> {
    let unsent = |point: &&crate::usecases::campaigns::review::Point| !point.is_sent();
    let mut found =
        review.points.iter().filter(unsent).filter_map(|point| review.member.last.get(&point.id));
    let first = found.next()?;
    let nothing =
        first.answer == NeedAnswer::Nothing && found.all(|last| last.answer == NeedAnswer::Nothing);
    Some(context! { year => first.answered_in, nothing => nothing })
}

/// « Reprendre ma réponse de 2025 ».
pub(super) async fn refill(
    State(pages): State<Pages>,
    who: Writer,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let campaign = census_of(&who, &id)?;
    let by = typist(&who);
    let refilled = draft::refill(&pages.app, who.organisation, campaign, &by).await?;
    let review = open(&pages, &who, &id).await?;
    let here = address(&review);
    if refilled.nothing {
        return Ok(Redirect::to(&format!("{here}/neant")).into_response());
    }
    let count = refilled.lines;
    let mut words = format!(
        "{count} {} de votre dernière réponse : vérifiez-les, corrigez, puis envoyez.",
        french::plural(count, "ligne reprise", "lignes reprises"),
    );
    for (article, why) in &refilled.left_out {
        let named = review.article(*article).map(|offered| &offered.article.terms.label);
        let named = named.map_or("Un article de votre dernière réponse", String::as_str);
        words.push_str(&format!(" {named} n’est pas repris : {}", lowered(why)));
    }
    pages.done(&who, &format!("{here}/livraison"), words).await
}

fn lowered(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
}

/// « Modifier ma réponse »: opens what was sent.
pub(super) async fn reopen(
    State(pages): State<Pages>,
    who: Writer,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let campaign = census_of(&who, &id)?;
    send::reopen(&pages.app, &who.actor(), who.organisation, campaign).await?;
    let words = "Vous pouvez modifier votre réponse. Celle que vous aviez envoyée compte tant que \
                 vous n’avez pas envoyé la nouvelle.";
    pages.done(&who, &format!("/campagnes/{campaign}/livraison"), words).await
}

/// « Nous n’avons pas de besoin »: what that will say.
pub(super) async fn nothing(
    State(pages): State<Pages>,
    who: Writer,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let review = open(&pages, &who, &id).await?;
    if let Some(elsewhere) = cannot_declare(&review) {
        return Ok(elsewhere);
    }
    let page = nothing_view(&who, &review, "", &Errors::none());
    pages.page(&who, "pages/census/nothing.html", page).await
}

fn cannot_declare(review: &Review) -> Option<Response> {
    let here = address(review);
    if review.phase != Phase::TakesAnswers || review.is_sent() {
        Some(Redirect::to(&here).into_response())
    } else {
        None
    }
}

fn nothing_view(who: &Answerer, review: &Review, by: &str, errors: &Errors) -> Value {
    let begun = review.points.iter().map(|point| point.lines.len()).sum::<usize>();
    context! {
        census => census_view(review),
        organisation => who.organisation_name.as_str(),
        begun => begun,
        points => review.points.len(),
        guest => who.person.is_none(),
        by => by,
        seen => review.seen(),
        errors => errors.view(),
    }
}

pub(super) async fn declare_nothing(
    State(pages): State<Pages>,
    who: Writer,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, PageError> {
    let campaign = census_of(&who, &id)?;
    let by = if who.person.is_some() { who.name.clone() } else { fields.text("par").to_owned() };
    let sending = Sending {
        what: What::Nothing,
        typed_by: by.clone(),
        confirmed: true,
        seen: fields.text("vu").to_owned(),
        signature: None,
        receipt_to: super::check::receipt_to(&who),
    };
    match send::send(&pages.app, &who.actor(), who.organisation, campaign, &sending).await {
        Ok(_) => {
            let words = "Vous avez déclaré que vous n’avez pas de besoin.";
            pages.done(&who, &format!("/campagnes/{campaign}/merci"), words).await
        }
        Err(UseCaseError::Refused(reasons)) => {
            let mut errors = Errors::none();
            for reason in reasons {
                let field = if reason.code == "source_absente" { "par" } else { "" };
                errors.add(field, reason.message);
            }
            let review = open(&pages, &who, &id).await?;
            let page = nothing_view(&who, &review, &by, &errors);
            pages.again(&who, "pages/census/nothing.html", page).await
        }
        Err(UseCaseError::Store(StoreError::Overtaken { .. })) => {
            let mut errors = Errors::none();
            errors.add("", super::check::CHANGED);
            let review = open(&pages, &who, &id).await?;
            if let Some(elsewhere) = cannot_declare(&review) {
                return Ok(elsewhere);
            }
            let page = nothing_view(&who, &review, &by, &errors);
            pages.again(&who, "pages/census/nothing.html", page).await
        }
        Err(error) => Err(error.into()),
    }
}
