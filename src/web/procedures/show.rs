//! Procedures, one of them, and one of its lots with its bids ranked.

use axum::extract::{Query, State};
use axum::response::Response;
use domain::french;
use domain::ids::{OrganisationId, ProcedureId, TenderLotId};
use domain::platform::role::Right;
use minijinja::{Value, context};

use crate::store::group;
use crate::store::tenders::{self as store, StoredLot};
use crate::usecases::tenders::{issue_lot_sheets, ranking};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::Fields;
use crate::web::rights::{Buy, ReadPurchases};
use crate::web::routes::Row;

/// Points of the price criterion, when the page does not say: what scores are shown over.
const POINTS: u32 = 100;

pub(super) async fn list(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let only: Option<i64> = Fields(asked).text("recensement").parse().ok();
    let all = store::procedures(&pages.app.store).await?;
    let shown = all
        .iter()
        .filter(|procedure| only.is_none_or(|census| procedure.head.campaign.0 == census));
    let rows = shown.map(|procedure| {
        context! {
            href => format!("/gestion/procedures/{}", procedure.id),
            reference => procedure.head.reference.as_str(),
            title => procedure.head.title.as_str(),
            launched_on => french::date(procedure.head.launched_on),
            kind => procedure.head.kind.french(),
            lots => procedure.lots.len(),
            value => procedure.head.value.french(),
        }
    });
    let values = context! {
        rows => rows.collect::<Vec<_>>(),
        census => only.map(|id| format!("/gestion/recensements/{id}")),
    };
    pages.page(&who, "pages/procedures/list.html", values).await
}

fn lot_row(lot: &StoredLot, sheet: bool, awarded: bool, bids: usize) -> Value {
    context! {
        href => format!("/gestion/procedures/lots/{}", lot.id),
        code => lot.code.as_str(),
        title => lot.title.as_str(),
        months => lot.months,
        estimate => lot.estimate.french(),
        ceiling => lot.ceiling.french(),
        sheet => sheet,
        awarded => awarded,
        bids => bids,
    }
}

pub(super) async fn show(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let id = ProcedureId(id);
    let procedure = store::procedure(on, id).await?;
    let sheets = store::lots_with_sheet(on, id).await?;
    let counts = store::bid_counts(on, id).await?;
    let lots = procedure.lots.iter().map(|lot| {
        let (bids, awarded) = counts.get(&lot.id).copied().unwrap_or_default();
        lot_row(lot, sheets.contains(&lot.id), awarded, bids)
    });
    let values = context! {
        id => id.0,
        reference => procedure.head.reference.as_str(),
        title => procedure.head.title.as_str(),
        launched_on => french::date(procedure.head.launched_on),
        kind => procedure.head.kind.french(),
        value => procedure.head.value.french(),
        advice => procedure.head.advice.lines().map(french::unbroken).collect::<Vec<_>>(),
        census => format!("/gestion/recensements/{}", procedure.head.campaign),
        lots => lots.collect::<Vec<_>>(),
        missing => procedure.lots.len() - sheets.len(),
        may_buy => who.may(Right::Buy),
    };
    pages.page(&who, "pages/procedures/show.html", values).await
}

pub(super) async fn issue_sheets(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let made = issue_lot_sheets(&pages.app, &who.actor(), ProcedureId(id)).await?;
    let said = format!(
        "{} {}.",
        french::count(made),
        french::plural(made, "fiche de lot produite", "fiches de lots produites")
    );
    pages.done(&who, &format!("/gestion/procedures/{id}"), said).await
}

pub(super) async fn lot(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let id = TenderLotId(id);
    let lot = store::tender_lot(on, id).await?;
    let procedure = store::procedure(on, lot.procedure).await?;
    let bids = store::bids(on, id).await?;
    let standing = ranking(on, id, POINTS).await?;
    let candidates: Vec<OrganisationId> = bids.iter().map(|bid| bid.bid.candidate).collect();
    let bodies = group::organisations_among(on, &candidates).await?;
    let name = |candidate: OrganisationId| {
        bodies.get(&candidate).map(|body| body.name.clone()).unwrap_or_default()
    };
    let bid_of = |candidate| bids.iter().find(|bid| bid.bid.candidate == candidate);
    let ranked = standing.ranked.iter().enumerate().map(|(index, one)| {
        let bid = bid_of(one.candidate);
        context! {
            rank => index + 1,
            name => name(one.candidate),
            net => one.net.french(),
            score => french::decimal(one.price_score),
            received_on => bid.map(|bid| french::date(bid.received_on)),
            awarded => bid.and_then(|bid| bid.awarded.as_ref()).map(|decision| {
                context! { on => french::date(decision.on), reason => decision.reason.as_deref() }
            }),
            href => bid.map(|bid| format!("/gestion/procedures/offres/{}/attribution", bid.id)),
            change => format!("/gestion/procedures/lots/{id}/offre?candidat={}", one.candidate),
        }
    });
    let faulty = standing.to_regularise.iter().map(|total| {
        let missing: Vec<&str> = total
            .missing
            .iter()
            .chain(&total.free)
            .map(domain::catalogue::ArticleRef::as_str)
            .collect();
        context! {
            name => name(total.candidate),
            net => total.net.french(),
            missing => missing.join(", "),
            change => format!("/gestion/procedures/lots/{id}/offre?candidat={}", total.candidate),
        }
    });
    let awarded = bids.iter().any(|bid| bid.awarded.is_some());
    let values = context! {
        id => id.0,
        code => lot.code.as_str(),
        title => lot.title.as_str(),
        months => lot.months,
        estimate => lot.estimate.french(),
        ceiling => lot.ceiling.french(),
        procedure => procedure.head.reference.as_str(),
        procedure_href => format!("/gestion/procedures/{}", procedure.id),
        ranked => ranked.collect::<Vec<_>>(),
        faulty => faulty.collect::<Vec<_>>(),
        awarded => awarded,
        points => POINTS,
        may_buy => who.may(Right::Buy),
    };
    pages.page(&who, "pages/procedures/lot.html", values).await
}
