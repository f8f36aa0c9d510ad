//! The coordinator types what a member said on the telephone, or corrects after closing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use domain::campaigns::accept::HandedIn;
use domain::campaigns::census::Phase;
use domain::campaigns::sheet::{AnswerChannel, AnswerSource, NeedAnswer, NeedLine, SheetState};
use domain::french;
use domain::ids::{ArticleId, NeedSheetId};
use domain::quantity::Quantity;
use minijinja::{Value, context};

use super::show::Desk;
use crate::store::Viewer;
use crate::store::campaigns::{self as store, Answering, FrozenArticle};
use crate::store::group;
use crate::usecases::campaigns::{reopen_sheet, submit_needs};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};
use crate::web::rights::Buy;
use crate::web::routes::Row;

/// A sheet, what it is judged against, and every article it may ask for.
struct Sheet {
    world: Answering,
    articles: BTreeMap<ArticleId, Arc<FrozenArticle>>,
}

impl Sheet {
    async fn of(pages: &Pages, desk: &Desk, id: i64) -> Result<Self, PageError> {
        let on = &pages.app.store;
        let id = NeedSheetId(id);
        let frozen = store::frozen_articles(on, desk.census.id).await?;
        let all: BTreeSet<ArticleId> = frozen.keys().copied().collect();
        let today = pages.app.today();
        let world = store::read_sheet(on, Viewer::Coordinator, id, &all, today).await?;
        if world.census.id != desk.census.id {
            return Err(PageError::NotFound);
        }
        let subscribed = &world.subscribed;
        let articles =
            frozen.into_iter().filter(|(_, article)| subscribed.contains(&article.lot)).collect();
        Ok(Self { world, articles })
    }

    /// Whether it was sent and must be opened again before it changes.
    fn is_sent(&self, phase: Phase) -> bool {
        let sent = match self.world.sheet.sheet.state {
            SheetState::Submitted | SheetState::Locked => true,
            SheetState::Draft | SheetState::Reopened => false,
        };
        sent && phase == Phase::TakesAnswers
    }

    fn lines(&self) -> &[NeedLine] {
        match &self.world.sheet.sheet.answer {
            NeedAnswer::Needs(lines) => lines,
            NeedAnswer::Nothing | NeedAnswer::Silent => &[],
        }
    }

    /// What the field of an article and year holds before anything is typed.
    fn before(&self, article: ArticleId, year: usize) -> String {
        let line = self.lines().iter().find(|line| line.article == article);
        let quantity = line.and_then(|line| line.quantities.get(year));
        quantity.filter(|quantity| !quantity.is_zero()).map(|q| q.french()).unwrap_or_default()
    }
}

fn field(article: ArticleId, year: usize) -> String {
    format!("q-{article}-{year}")
}

/// What was typed, and what of it is no quantity.
fn typed(fields: &Fields, sheet: &Sheet, errors: &mut Errors) -> NeedAnswer {
    if fields.text("reponse") == "neant" {
        return NeedAnswer::Nothing;
    }
    let years = sheet.world.census.census.years;
    let mut lines = Vec::new();
    for (id, article) in &sheet.articles {
        let mut quantities = Vec::with_capacity(years);
        for year in 0..years {
            let name = field(*id, year);
            let text = fields.text(&name);
            let read = if text.is_empty() {
                Ok(Quantity::ZERO)
            } else {
                Quantity::parse(text).and_then(|quantity| article.terms.unit.accept(quantity))
            };
            quantities.push(read.unwrap_or_else(|_| {
                let example = if article.terms.takes_decimals { "12,5" } else { "150" };
                let kind = if article.terms.takes_decimals { "" } else { " entière" };
                let message = format!(
                    "{} : saisissez une quantité{kind}, par exemple {example}.",
                    article.reference
                );
                errors.add(&name, message);
                Quantity::ZERO
            }));
        }
        let before = sheet.lines().iter().find(|line| line.article == *id);
        let tolerance = before.map_or(Quantity::ZERO, |line| line.tolerance);
        if quantities.iter().any(|quantity| !quantity.is_zero()) {
            lines.push(NeedLine { article: *id, quantities, tolerance });
        }
    }
    NeedAnswer::Needs(lines)
}

async fn page(
    pages: &Pages,
    who: &Agent,
    desk: &Desk,
    sheet: &Sheet,
    (fields, errors): (Option<&Fields>, &Errors),
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let stored = &sheet.world.sheet;
    let member = group::organisation(on, stored.sheet.member).await?;
    let member = member.ok_or(PageError::NotFound)?;
    let sites = group::sites(on, Some(stored.sheet.member)).await?;
    let site = stored.sheet.site.and_then(|site| sites.get(&site));
    let phase = desk.census.census.phase(pages.app.today());
    let years: Vec<i32> = desk.census.census.year_numbers().collect();
    let mut families: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
    let mut sorted: Vec<(&ArticleId, &Arc<FrozenArticle>)> = sheet.articles.iter().collect();
    sorted.sort_by(|a, b| a.1.reference.cmp(&b.1.reference));
    for (id, article) in sorted {
        let cells = years.iter().enumerate().map(|(index, year)| {
            let name = field(*id, index);
            let value = fields
                .map_or_else(|| sheet.before(*id, index), |fields| fields.text(&name).to_owned());
            context! { name => name, year => year, value => value }
        });
        let last = sheet.world.last_year.get(id).map(|quantity| quantity.french());
        families.entry((article.family.clone(), article.sub_family.clone())).or_default().push(
            context! {
                reference => article.reference.as_str(),
                label => article.terms.label.as_str(),
                unit => article.terms.unit_label.as_str(),
                pack => article.terms.pack.map(domain::catalogue::PackSize::units),
                price => article.terms.reference_price.french(),
                last => last,
                cells => cells.collect::<Vec<_>>(),
            },
        );
    }
    let families = families.into_iter().map(|((family, sub), articles)| {
        let name = if sub.is_empty() { family } else { format!("{family}, {sub}") };
        context! { name => name, articles => articles }
    });
    let nothing = stored.sheet.answer == NeedAnswer::Nothing;
    let answer = fields.map_or(if nothing { "neant" } else { "besoins" }, |fields| {
        if fields.text("reponse") == "neant" { "neant" } else { "besoins" }
    });
    let text = |name: &str| fields.map_or("", |fields| fields.text(name));
    let values = context! {
        census => desk.head(pages, who),
        member => member.organisation.name.as_str(),
        member_href => format!("{}/membres/{}", desk.home(), stored.sheet.member),
        site => site.map_or("Point de livraison", |site| site.name.as_str()),
        action => format!("{}/fiches/{}", desk.home(), stored.id),
        sent => sheet.is_sent(phase),
        closed => phase == Phase::Over,
        sealed => matches!(phase, Phase::Sealed | Phase::NotYet),
        families => families.collect::<Vec<_>>(),
        years => years,
        answer => answer,
        told_by => text("interlocuteur"),
        note => text("note"),
        reason => text("motif"),
        errors => errors.view(),
    };
    let template = "pages/censuses/typing.html";
    if errors.is_empty() {
        pages.page(who, template, values).await
    } else {
        pages.again(who, template, values).await
    }
}

pub(super) async fn form(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row((id, sheet)): Row<(i64, i64)>,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let sheet = Sheet::of(&pages, &desk, sheet).await?;
    page(&pages, &who, &desk, &sheet, (None, &Errors::none())).await
}

pub(super) async fn take_in(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row((id, sheet)): Row<(i64, i64)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let sheet = Sheet::of(&pages, &desk, sheet).await?;
    let over = desk.census.census.phase(pages.app.today()) == Phase::Over;
    let mut errors = Errors::none();
    let answer = typed(&fields, &sheet, &mut errors);
    if answer == NeedAnswer::Needs(Vec::new()) && errors.is_empty() {
        errors.add(
            "reponse",
            "Saisissez au moins une quantité, ou choisissez « Néant » si le membre n’a besoin de \
             rien.",
        );
    }
    if fields.text("interlocuteur").is_empty() {
        errors
            .add("interlocuteur", "Indiquez qui a répondu, par exemple « Mme Petit, secrétaire ».");
    }
    if over && fields.text("motif").is_empty() {
        errors.add("motif", "Le recensement est clos : indiquez le motif de la correction.");
    }
    if !errors.is_empty() {
        return page(&pages, &who, &desk, &sheet, (Some(&fields), &errors)).await;
    }
    let source = AnswerSource {
        channel: AnswerChannel::Phone,
        typed_by: who.name.clone(),
        told_by: Some(fields.text("interlocuteur").to_owned()),
        note: fields.text("note").to_owned(),
    };
    let handed_in = HandedIn { answer, source, reason: fields.text("motif").to_owned() };
    let id = sheet.world.sheet.id;
    let done = submit_needs(&pages.app, &who.actor(), Viewer::Coordinator, id, handed_in).await;
    match done {
        Ok(taken) => {
            let flags = taken.flags.len() + taken.line_flags.len();
            let odd = if flags == 0 {
                String::new()
            } else {
                format!(" {} à revoir.", french::counted(flags, "point", "points"))
            };
            let said = format!("La réponse est enregistrée.{odd}");
            let member = sheet.world.sheet.sheet.member;
            pages.done(&who, &format!("{}/membres/{member}", desk.home()), said).await
        }
        Err(error) => {
            let errors = Errors::refused(error)?;
            page(&pages, &who, &desk, &sheet, (Some(&fields), &errors)).await
        }
    }
}

/// Opens a sent sheet again, so that it can be changed.
pub(super) async fn reopen(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row((id, sheet)): Row<(i64, i64)>,
) -> Result<Response, PageError> {
    let sheet = NeedSheetId(sheet);
    reopen_sheet(&pages.app, &who.actor(), Viewer::Coordinator, sheet).await?;
    let said =
        "La fiche est rouverte. Ses besoins comptent toujours tant que vous ne la changez pas.";
    pages.done(&who, &format!("/gestion/recensements/{id}/fiches/{sheet}"), said).await
}
