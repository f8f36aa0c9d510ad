//! One member's sheets, as the buyer sees them.

use axum::extract::State;
use axum::response::Response;
use domain::campaigns::census::Phase;
use domain::campaigns::sheet::{NeedAnswer, SheetState};
use domain::dates::paris_day;
use domain::french;
use domain::group::convention::PackingPolicy;
use domain::ids::OrganisationId;
use domain::money::Net;
use domain::quantity::Quantity;
use domain::tenders::packing::{self, Ask};
use minijinja::{Value, context};

use super::show::Desk;
use crate::store::StoreError;
use crate::store::Viewer;
use crate::store::campaigns::{self as store, FrozenArticle, StoredSheet};
use crate::store::group;
use crate::usecases::UseCaseError;
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::rights::ReadMembers;
use crate::web::routes::Row;

/// What a line costs, packed at the delivery point year by year, as the receipt says it.
fn amount(article: &FrozenArticle, quantities: &[Quantity]) -> Result<Net, PageError> {
    let mut sum = Net::ZERO;
    for needed in quantities {
        let ask = Ask { needed: *needed, tolerance: Quantity::ZERO };
        let packed = packing::pack(PackingPolicy::Site, article.terms.pack, &[ask])
            .map_err(UseCaseError::failed("packing a line"))?;
        let net = article.terms.reference_price.times(packed.ordered);
        let net = net.map_err(UseCaseError::failed("pricing a line"))?;
        sum = sum.plus(net).map_err(UseCaseError::failed("adding a sheet up"))?;
    }
    Ok(sum)
}

fn answer_words(sheet: &StoredSheet) -> (String, &'static str) {
    match (&sheet.sheet.answer, sheet.sheet.state) {
        (_, SheetState::Draft) | (NeedAnswer::Silent, _) => ("sans réponse".into(), "bad"),
        (NeedAnswer::Nothing, _) => ("néant".into(), "quiet"),
        (NeedAnswer::Needs(_), SheetState::Reopened) => {
            ("besoins exprimés, fiche rouverte".into(), "warn")
        }
        (NeedAnswer::Needs(_), SheetState::Submitted | SheetState::Locked) => {
            ("besoins exprimés".into(), "good")
        }
    }
}

/// Who said it, how, when, and who signed.
fn said(sheet: &StoredSheet) -> Option<String> {
    let source = sheet.sheet.source.as_ref()?;
    let when = sheet.answered_at.map(|at| format!(" le {}", french::date(paris_day(at))));
    let told = source.told_by.as_ref().map(|told| format!(", répondu par {told}"));
    Some(format!(
        "{}{}{}, saisi par {}",
        source.channel.french(),
        when.unwrap_or_default(),
        told.unwrap_or_default(),
        source.typed_by
    ))
}

pub(super) async fn show(
    State(pages): State<Pages>,
    who: May<ReadMembers>,
    Row((id, member)): Row<(i64, i64)>,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let on = &pages.app.store;
    let member = OrganisationId(member);
    let body = group::organisation(on, member).await?;
    let body =
        body.ok_or_else(|| StoreError::NotFound { what: "organisation", id: member.to_string() })?;
    let sheets = store::sheets(on, Viewer::Coordinator, &desk.census, Some(member)).await?;
    let asked = !sheets.is_empty();
    let articles = store::frozen_articles(on, desk.census.id).await?;
    let sites = group::sites(on, Some(member)).await?;
    let contacts = group::contacts(on, Some(member)).await?;
    let writable = match desk.census.census.phase(pages.app.today()) {
        Phase::TakesAnswers | Phase::Over => true,
        Phase::NotYet | Phase::Sealed => false,
    };
    let mut total = Net::ZERO;
    let mut shown = Vec::with_capacity(sheets.len());
    for sheet in &sheets {
        let site = sheet.sheet.site.and_then(|site| sites.get(&site));
        let mut lines: Vec<(String, Value)> = Vec::new();
        let mut sum = Net::ZERO;
        for line in sheet.sheet.counted_lines() {
            let Some(article) = articles.get(&line.article) else { continue };
            let net = amount(article, &line.quantities)?;
            sum = sum.plus(net).map_err(UseCaseError::failed("adding a sheet up"))?;
            let by_year: Vec<String> =
                line.quantities.iter().map(|quantity| quantity.french()).collect();
            let view = context! {
                reference => article.reference.as_str(),
                label => article.terms.label.as_str(),
                unit => article.terms.unit_label.as_str(),
                by_year => by_year,
                net => net.french(),
            };
            lines.push((article.reference.to_string(), view));
        }
        lines.sort_by(|a, b| a.0.cmp(&b.0));
        total = total.plus(sum).map_err(UseCaseError::failed("adding sheets up"))?;
        let (answer, tone) = answer_words(sheet);
        let signature = sheet.sheet.signature.as_ref().map(|signed| {
            format!("{}, {}, le {}", signed.name, signed.quality, french::date(signed.on))
        });
        shown.push(context! {
            id => sheet.id.0,
            site => site.map_or("Point de livraison", |site| site.name.as_str()),
            address => site.map(|site| site.address.to_string()),
            answer => answer,
            tone => tone,
            said => said(sheet),
            note => sheet.sheet.source.as_ref().map(|source| source.note.clone()).unwrap_or_default(),
            signature => signature,
            answered => sheet.sheet.is_answered(),
            lines => lines.into_iter().map(|(_, view)| view).collect::<Vec<_>>(),
            net => sum.french(),
            href => format!("{}/fiches/{}", desk.home(), sheet.id),
        });
    }
    let people = contacts.values().map(|contact| {
        context! {
            name => contact.name.as_str(),
            role => contact.role.french(),
            phone => contact.phone.as_str(),
            email => contact.email.as_ref().map(domain::group::address::Email::as_str),
        }
    });
    let values = context! {
        census => desk.head(&pages, &who),
        member => body.organisation.name.as_str(),
        member_id => member.0,
        sheets => shown,
        asked => asked,
        years => desk.census.census.year_numbers().collect::<Vec<_>>(),
        total => total.french(),
        several => sheets.len() > 1,
        people => people.collect::<Vec<_>>(),
        writable => writable,
        over => desk.census.census.phase(pages.app.today()) == Phase::Over,
    };
    pages.page(&who, "pages/censuses/member.html", values).await
}
