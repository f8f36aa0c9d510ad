//! The two censuses: one finished in February 2026, one open when the story ends.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::campaigns::accept::HandedIn;
use domain::campaigns::census::{Census, CensusState};
use domain::campaigns::sheet::{AnswerChannel, AnswerSource, NeedAnswer, NeedLine, SheetState};
use domain::catalogue::CatalogueEntry;
use domain::group::contact::Signature;
use domain::group::site::DeliveryPoint;
use domain::ids::{ArticleId, CampaignId, NeedSheetId, OrganisationId, SiteId};

use super::chance::Chance;
use super::founding::Group;
use super::needs::{Reply, reply};
use super::{DemoError, Progress, day, on, people};
use crate::exchange::catalogue;
use crate::store::campaigns::{self as store, SheetKey};
use crate::store::{Viewer, group as group_store};
use crate::usecases::group::confirm_sirets;
use crate::usecases::{Actor, App, campaigns};

const CATALOGUE: &[u8] = include_bytes!("../../data/catalogue.csv");

/// The 68 articles of the catalogue.
pub(super) fn catalogue() -> Result<Vec<CatalogueEntry>, DemoError> {
    let read = catalogue::read(CATALOGUE, None);
    match read.refused.first() {
        Some(refused) => Err(DemoError::Data(format!(
            "catalogue.csv, ligne {} : {}",
            refused.line, refused.message
        ))),
        None => Ok(read.rows.into_iter().map(|(_, entry)| entry).collect()),
    }
}

/// One census of the story.
pub(super) struct Plan {
    pub(super) name: &'static str,
    pub(super) opens_on: NaiveDate,
    pub(super) closes_on: NaiveDate,
    pub(super) first_year: i32,
    pub(super) years: usize,
    /// The days on which members answer, in order; who would answer later is still silent.
    pub(super) answer_days: Vec<NaiveDate>,
    /// Of a hundred members, how many have answered by the last of these days.
    pub(super) answered_percent: u32,
}

/// Creates the census, opens it, and lets the members answer.
pub(super) async fn run(
    app: &App,
    actor: &Actor,
    group: &Group,
    plan: &Plan,
    progress: &Progress<'_>,
) -> Result<CampaignId, DemoError> {
    let opening = on(app, plan.opens_on);
    let convention = group_store::convention(&app.store, group.convention)
        .await?
        .ok_or_else(|| DemoError::Data("la convention manque".into()))?;
    let census = Census {
        name: plan.name.into(),
        state: CensusState::Draft,
        opens_on: plan.opens_on,
        closes_on: plan.closes_on,
        first_year: plan.first_year,
        years: plan.years,
        lots: convention.lots.iter().map(|lot| lot.id).collect(),
    };
    let campaign =
        campaigns::create_census(&opening, actor, group.convention, &census, plan.name).await?;
    campaigns::open_census(&opening, actor, campaign).await?;
    answers(app, actor, group, plan, campaign, progress).await?;
    Ok(campaign)
}

/// A sheet that will be answered, by whom and with what.
struct Answer<'a> {
    sheet: NeedSheetId,
    member: OrganisationId,
    siren: &'a str,
    day: NaiveDate,
    said: NeedAnswer,
}

async fn answers(
    app: &App,
    actor: &Actor,
    group: &Group,
    plan: &Plan,
    campaign: CampaignId,
    progress: &Progress<'_>,
) -> Result<(), DemoError> {
    let entries = catalogue()?;
    let frozen = store::frozen_articles(&app.store, campaign).await?;
    let ids: BTreeMap<&str, ArticleId> =
        frozen.values().map(|article| (article.reference.as_str(), article.id)).collect();
    let articles: Vec<Option<ArticleId>> =
        entries.iter().map(|entry| ids.get(entry.reference.as_str()).copied()).collect();
    let sites = group_store::sites(&app.store, None).await?;
    let sheets = store::sheet_keys(&app.store, Viewer::Coordinator, campaign).await?;
    let mut planned = planned(group, plan, &entries, &articles, &sites, &sheets);
    planned.sort_by_key(|answer| (answer.day, answer.sheet.0));
    let total = planned.len();
    for (done, answer) in planned.into_iter().enumerate() {
        hand_in(&on(app, answer.day), actor, plan, answer).await?;
        if done % 16 == 0 {
            progress(plan.name, done, total);
        }
    }
    progress(plan.name, total, total);
    Ok(())
}

fn planned<'a>(
    group: &'a Group,
    plan: &Plan,
    entries: &[CatalogueEntry],
    articles: &[Option<ArticleId>],
    sites: &BTreeMap<SiteId, DeliveryPoint>,
    sheets: &[SheetKey],
) -> Vec<Answer<'a>> {
    let mut seen: BTreeSet<OrganisationId> = BTreeSet::new();
    let mut silent: BTreeSet<OrganisationId> = BTreeSet::new();
    let mut planned = Vec::new();
    let members: BTreeMap<OrganisationId, _> =
        group.members.iter().map(|member| (member.id, member)).collect();
    for key in sheets {
        let Some(member) = members.get(&key.member) else { continue };
        let siren = member.organisation.sirets.siren().as_str();
        let mut chance = Chance::of(siren, plan.name);
        let late = !chance.happens(plan.answered_percent);
        let Some(day) = chance.one_of(&plan.answer_days).copied() else { continue };
        // A second delivery point asks for a part, under a name of its own.
        let first = seen.insert(key.member);
        let population = member.organisation.population.unwrap_or(1_000);
        let asked = sites.get(&key.site).map_or("", |site| site.name.as_str());
        let said = if first {
            reply(siren, population, plan.name, plan.years, entries)
        } else {
            reply(&format!("{siren}{asked}"), population / 4, plan.name, plan.years, entries)
        };
        let answer = match said {
            Reply::Silent => {
                silent.insert(key.member);
                continue;
            }
            Reply::Nothing => NeedAnswer::Nothing,
            Reply::Wants(wants) => NeedAnswer::Needs(
                wants
                    .into_iter()
                    .filter_map(|want| {
                        let article = articles.get(want.article).copied().flatten()?;
                        Some(NeedLine {
                            article,
                            quantities: want.by_year,
                            tolerance: want.tolerance,
                        })
                    })
                    .collect(),
            ),
        };
        if !late {
            planned.push(Answer { sheet: key.id, member: key.member, siren, day, said: answer });
        }
    }
    planned.retain(|answer| !silent.contains(&answer.member));
    planned
}

async fn hand_in(
    app: &App,
    actor: &Actor,
    plan: &Plan,
    answer: Answer<'_>,
) -> Result<(), DemoError> {
    let mut chance = Chance::of(answer.siren, "voice");
    let phoned = chance.happens(6);
    let member = Actor(format!("accueil@siren-{}.example", answer.siren));
    let (author, viewer, source) = if phoned {
        let source = AnswerSource {
            channel: AnswerChannel::Phone,
            typed_by: actor.0.clone(),
            told_by: Some("Secrétariat de mairie".into()),
            note: "Appel de relance".into(),
        };
        (actor, Viewer::Coordinator, source)
    } else {
        let source = AnswerSource {
            channel: AnswerChannel::Online,
            typed_by: member.0.clone(),
            told_by: None,
            note: String::new(),
        };
        (&member, Viewer::Member(answer.member), source)
    };
    let handed_in = HandedIn { answer: answer.said, source, reason: String::new() };
    campaigns::submit_needs(app, author, viewer, answer.sheet, handed_in).await?;
    // Two of three have their answer signed; unsigned needs count all the same.
    if !phoned && chance.happens(66) && plan.closes_on >= app.today() {
        let signature = Signature {
            name: people::mayor(answer.siren),
            quality: "Maire".into(),
            on: app.today(),
        };
        campaigns::sign_sheet(app, &member, viewer, answer.sheet, signature).await?;
    }
    Ok(())
}

/// Closes the census on `closing`: who answered has had its SIRET confirmed on that occasion.
pub(super) async fn close(
    app: &App,
    actor: &Actor,
    group: &Group,
    campaign: CampaignId,
    closing: NaiveDate,
) -> Result<(), DemoError> {
    let app = on(app, closing);
    campaigns::close_census(&app, actor, campaign).await?;
    let sheets = store::sheet_keys(&app.store, Viewer::Coordinator, campaign).await?;
    let answered: BTreeSet<OrganisationId> =
        sheets.iter().filter(|key| key.state == SheetState::Locked).map(|key| key.member).collect();
    let members: Vec<OrganisationId> =
        group.members.iter().map(|one| one.id).filter(|id| answered.contains(id)).collect();
    confirm_sirets(&app, actor, &members).await?;
    Ok(())
}

/// The finished census: four years from 2026, closed at the end of February.
pub(super) fn finished() -> Result<Plan, DemoError> {
    Ok(Plan {
        name: "Besoins 2026-2029",
        opens_on: day(2026, 1, 12)?,
        closes_on: day(2026, 2, 27)?,
        first_year: 2026,
        years: 4,
        answer_days: vec![
            day(2026, 1, 14)?,
            day(2026, 1, 20)?,
            day(2026, 2, 3)?,
            day(2026, 2, 12)?,
            day(2026, 2, 24)?,
            day(2026, 2, 27)?,
        ],
        answered_percent: 100,
    })
}

/// The census that is still open when the story ends.
pub(super) fn running() -> Result<Plan, DemoError> {
    Ok(Plan {
        name: "Besoins complémentaires 2027-2028",
        opens_on: day(2026, 11, 2)?,
        closes_on: day(2026, 12, 15)?,
        first_year: 2027,
        years: 2,
        answer_days: vec![day(2026, 11, 4)?, day(2026, 11, 10)?, day(2026, 11, 18)?],
        answered_percent: 55,
    })
}
