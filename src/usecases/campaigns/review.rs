//! One member's answer to a census as it stands: what was typed or sent, by delivery point, with
//! its value, what is wrong with it and what deserves a second look.
//!
//! The pages show it, sending judges it again in its own transaction: the same function, so that
//! what was shown is what is sent.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::campaigns::accept::{ArticleFacts, Author, Background, HandedIn, accept};
use domain::campaigns::census::Phase;
use domain::campaigns::fault::Flag;
use domain::campaigns::sheet::{
    AnswerChannel, AnswerSource, NeedAnswer, NeedLine, NeedSheet, SheetState,
};
use domain::campaigns::typed::{self, FieldFault, Typed};
use domain::campaigns::valuation::{self, Cells, LineValue, Totals, ValuationError};
use domain::catalogue::budget::AccountRule;
use domain::dates::Dated;
use domain::group::site::DeliveryPoint;
use domain::ids::{ArticleId, SiteId};
use domain::quantity::Quantity;

use super::receipt::account;
use super::{App, UseCaseError};
use crate::documents::parties::BudgetAccount;
use crate::store::campaigns::{
    self as store, MemberCensus, OfferedArticle, StoredDraft, StoredSheet,
};
use crate::store::reference;

/// A line of the answer: what is needed each year, and what that makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub article: ArticleId,
    pub quantities: Vec<Quantity>,
    pub value: LineValue,
}

/// Something to confirm about an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oddity {
    pub article: ArticleId,
    /// Its place among the census's years.
    pub year: Option<usize>,
    pub flag: Flag,
}

/// One delivery point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    pub stored: StoredSheet,
    pub id: SiteId,
    pub site: DeliveryPoint,
    /// Only while the sheet may be changed.
    pub draft: Option<StoredDraft>,
    /// What the fields show: the draft, else the answer.
    pub typed: Typed,
    /// In the order of the articles; those without a quantity are left out.
    pub lines: Vec<Line>,
    pub faults: Vec<FieldFault>,
    pub oddities: Vec<Oddity>,
    pub totals: Totals<BudgetAccount>,
}

impl Point {
    /// Whether somebody typed or answered something here.
    pub fn is_begun(&self) -> bool {
        self.draft.is_some() || self.stored.sheet.answer != NeedAnswer::Silent
    }

    pub fn is_sent(&self) -> bool {
        !self.stored.sheet.state.is_editable()
    }

    /// The version of the draft shown, 0 for none.
    pub fn draft_version(&self) -> i64 {
        self.draft.as_ref().map_or(0, |draft| draft.version)
    }

    pub(super) fn answer(&self) -> NeedAnswer {
        NeedAnswer::Needs(self.lines.iter().map(|line| self.need(line)).collect())
    }

    /// The form does not ask for a tolerance: one that was imported stays.
    fn need(&self, line: &Line) -> NeedLine {
        let before = match &self.stored.sheet.answer {
            NeedAnswer::Needs(lines) => lines.iter().find(|before| before.article == line.article),
            NeedAnswer::Silent | NeedAnswer::Nothing => None,
        };
        NeedLine {
            article: line.article,
            quantities: line.quantities.clone(),
            tolerance: before.map(|before| before.tolerance).unwrap_or_default(),
        }
    }
}

/// The whole answer of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    pub member: MemberCensus,
    pub phase: Phase,
    pub today: NaiveDate,
    /// The points in use, and those that were answered before they were retired.
    pub points: Vec<Point>,
    pub totals: Totals<BudgetAccount>,
    /// The account of each article, by which VAT is added up.
    pub accounts: BTreeMap<ArticleId, BudgetAccount>,
}

impl Review {
    pub fn years(&self) -> Vec<i32> {
        self.member.census.census.year_numbers().collect()
    }

    pub fn is_sent(&self) -> bool {
        !self.points.is_empty() && self.points.iter().all(Point::is_sent)
    }

    /// Answered once, whether or not it is being changed.
    pub fn is_answered(&self) -> bool {
        self.points.iter().any(|point| point.stored.sheet.is_answered())
    }

    pub fn is_signed(&self) -> bool {
        let mut answered = self.points.iter().filter(|point| point.stored.sheet.is_answered());
        self.is_answered() && answered.all(|point| point.stored.sheet.signature.is_some())
    }

    pub fn has_faults(&self) -> bool {
        self.points.iter().any(|point| !point.faults.is_empty())
    }

    /// Whether something must be confirmed before sending.
    pub fn has_oddities(&self) -> bool {
        let many = |oddity: &Oddity| matches!(oddity.flag, Flag::ManyTimesLastYear { .. });
        self.points.iter().any(|point| point.oddities.iter().any(many))
    }

    pub fn has_needs(&self) -> bool {
        self.points.iter().any(|point| !point.lines.is_empty())
    }

    pub fn point(&self, site: SiteId) -> Option<&Point> {
        self.points.iter().find(|point| point.id == site)
    }

    /// What was shown, so that nothing else is sent: sheets and drafts with their versions.
    pub fn seen(&self) -> String {
        let each = self.points.iter().map(|point| {
            format!("{}.{}.{}", point.stored.id, point.stored.version, point.draft_version())
        });
        each.collect::<Vec<_>>().join("-")
    }

    pub fn article(&self, id: ArticleId) -> Option<&OfferedArticle> {
        self.member.articles.iter().find(|offered| offered.article.id == id)
    }
}

/// Reads the answer of `member`.
pub async fn review(
    app: &App,
    member: domain::ids::OrganisationId,
    campaign: domain::ids::CampaignId,
) -> Result<Review, UseCaseError> {
    let accounts = reference::budget_accounts(&app.store).await?;
    let found = store::member_census(&app.store, member, campaign).await?;
    compose(found, &accounts, app.today())
}

/// Judges what was read.
pub(super) fn compose(
    member: MemberCensus,
    rules: &[Dated<AccountRule>],
    today: NaiveDate,
) -> Result<Review, UseCaseError> {
    let failed = UseCaseError::failed("valuing needs");
    review_of(member, rules, today).map_err(failed)
}

fn review_of(
    member: MemberCensus,
    rules: &[Dated<AccountRule>],
    today: NaiveDate,
) -> Result<Review, ValuationError> {
    let closes_on = member.census.census.closes_on;
    let mut accounts = BTreeMap::new();
    for offered in &member.articles {
        accounts.insert(offered.article.id, account(rules, &offered.article, closes_on)?);
    }
    let facts = facts(&member.articles, today);
    let phase = member.census.census.phase(today);
    let years = member.census.census.years;
    let mut all = Cells::default();
    let mut points = Vec::with_capacity(member.sheets.len());
    for stored in &member.sheets {
        let found = stored.sheet.site.and_then(|id| member.sites.get(&id).map(|site| (id, site)));
        let Some((id, site)) = found else { continue };
        if site.retired && !stored.sheet.is_answered() {
            continue;
        }
        points.push(point(
            &member,
            stored,
            (id, site),
            &accounts,
            &facts,
            (phase, today),
            &mut all,
        )?);
    }
    Ok(Review { totals: all.totals(years)?, phase, today, points, accounts, member })
}

/// What the rules of taking in must know of the articles.
pub(super) fn facts(
    articles: &[OfferedArticle],
    today: NaiveDate,
) -> BTreeMap<ArticleId, ArticleFacts> {
    let fact = |offered: &OfferedArticle| {
        let article = &offered.article;
        let facts = ArticleFacts {
            reference: article.reference.to_string(),
            lot: article.lot,
            unit: article.terms.unit,
            pack: article.terms.pack.map(|pack| Quantity::whole(pack.units())),
            retired: offered.retired_on.is_some_and(|since| since <= today),
        };
        (article.id, facts)
    };
    articles.iter().map(fact).collect()
}

fn point(
    member: &MemberCensus,
    stored: &StoredSheet,
    (id, site): (SiteId, &DeliveryPoint),
    accounts: &BTreeMap<ArticleId, BudgetAccount>,
    facts: &BTreeMap<ArticleId, ArticleFacts>,
    (phase, today): (Phase, NaiveDate),
    all: &mut Cells<BudgetAccount>,
) -> Result<Point, ValuationError> {
    let years: Vec<i32> = member.census.census.year_numbers().collect();
    let editable = stored.sheet.state.is_editable();
    let draft = member.drafts.get(&stored.id).filter(|_| editable).cloned();
    let typed = match &draft {
        Some(draft) => draft.typed.clone(),
        None => filled(&stored.sheet.answer, &years),
    };
    let mut point = Point {
        stored: stored.clone(),
        id,
        site: site.clone(),
        draft,
        typed,
        lines: Vec::new(),
        faults: Vec::new(),
        oddities: Vec::new(),
        totals: Cells::default().totals(years.len())?,
    };
    let mut cells = Cells::default();
    for offered in &member.articles {
        let article = &offered.article;
        match typed::read(article.id, &article.terms, &years, &point.typed) {
            Err(faults) => point.faults.extend(faults),
            Ok(quantities) if quantities.iter().all(|quantity| quantity.is_zero()) => {}
            Ok(quantities) => {
                let terms = &article.terms;
                let value = valuation::line(terms.reference_price, terms.pack, &quantities)?;
                if let Some(account) = accounts.get(&article.id) {
                    cells.add(account, terms.vat_rate, &value)?;
                    all.add(account, terms.vat_rate, &value)?;
                }
                point.lines.push(Line { article: article.id, quantities, value });
            }
        }
    }
    point.totals = cells.totals(years.len())?;
    if phase == Phase::TakesAnswers {
        judge(member, facts, today, &mut point);
    }
    Ok(point)
}

/// What the rules of taking in would say of it today.
fn judge(
    member: &MemberCensus,
    facts: &BTreeMap<ArticleId, ArticleFacts>,
    today: NaiveDate,
    point: &mut Point,
) {
    if point.lines.is_empty() {
        return;
    }
    let none = BTreeMap::new();
    let last = member.last.get(&point.id).and_then(|last| last.year.as_ref());
    let against = Background {
        census: &member.census.census,
        articles: facts,
        subscribed: &member.subscribed,
        last_year: last.map_or(&none, |(_, needed)| needed),
    };
    // As if it were sent now, also where it was sent already: only its lines are judged.
    let state = match point.stored.sheet.state {
        SheetState::Submitted | SheetState::Locked => SheetState::Reopened,
        open @ (SheetState::Draft | SheetState::Reopened) => open,
    };
    let sheet = NeedSheet { state, ..point.stored.sheet.clone() };
    let source = AnswerSource {
        channel: AnswerChannel::Online,
        typed_by: "–".into(),
        told_by: None,
        note: String::new(),
    };
    let handed_in = HandedIn { answer: point.answer(), source, reason: String::new() };
    let article_of = |line: usize| point.lines.get(line).map(|line| line.article);
    match accept(&sheet, handed_in, against, today, Author::Member) {
        Ok(accepted) => {
            let oddity = |flag: domain::campaigns::fault::LineFlag| {
                let article = article_of(flag.line)?;
                Some(Oddity { article, year: flag.year, flag: flag.flag })
            };
            point.oddities = accepted.line_flags.into_iter().filter_map(oddity).collect();
        }
        Err(refusal) => {
            let fault = |found: domain::campaigns::fault::LineFault| {
                let field = typed::every_year(article_of(found.line)?);
                Some(FieldFault { field, message: found.fault.for_the_reader() })
            };
            let faults: Vec<_> = refusal.lines.into_iter().filter_map(fault).collect();
            point.faults.extend(faults);
        }
    }
}

/// The fields that say an answer.
pub(super) fn filled(answer: &NeedAnswer, years: &[i32]) -> Typed {
    let mut fields = Typed::new();
    if let NeedAnswer::Needs(lines) = answer {
        for line in lines {
            typed::fill(line.article, years, &line.quantities, &mut fields);
        }
    }
    fields
}
