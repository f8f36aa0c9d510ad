//! Drafts of a window: what preparing them would make, then what it made.

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::ids::{OrderWindowId, OrganisationId};
use domain::money::Cents;
use minijinja::{Value, context};

use super::Row;
use super::window::head;
use super::words::table;
use crate::store::{group, orders};
use crate::usecases::UseCaseError;
use crate::usecases::orders::{DraftPreview, Drafted, draft_orders, preview_drafts};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::Cell;
use crate::web::rights::Buy;
use crate::web::routes::Routes;

/// How many drafts the preview lists: the dearest.
const SHOWN: usize = 25;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/gestion/fenetres/{id}/brouillons", ask)
        .post("/gestion/fenetres/{id}/brouillons", draft)
}

/// Who is left out and why, and what cannot be ordered: the same words before and after.
async fn left_out(pages: &Pages, drafted: &Drafted, head: Value) -> Result<Value, PageError> {
    let ids: Vec<OrganisationId> = drafted.not_entitled.iter().map(|(id, _)| *id).collect();
    let bodies = group::organisations_among(&pages.app.store, &ids).await?;
    let refused = drafted.not_entitled.iter().map(|(id, why)| {
        let name = bodies.get(id).map_or("", |body| body.name.as_str());
        context! { name => name, reasons => vec![why.for_the_reader()] }
    });
    let unserved = drafted.unserved.iter().map(|(reference, left)| {
        format!("{reference} : {} unités hors conditionnement, non commandées.", left.french())
    });
    Ok(context! {
        orders => french::count(drafted.orders),
        known => french::count(drafted.known),
        refused => refused.collect::<Vec<_>>(),
        unpriced => drafted.unpriced.clone(),
        unserved => unserved.collect::<Vec<_>>(),
        ..head
    })
}

async fn ask(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let window = orders::window(&pages.app.store, OrderWindowId(id)).await?;
    let head = head(&window, pages.app.today());
    let template = "pages/buying/draft.html";
    let seen = match preview_drafts(&pages.app, window.id()).await {
        Ok(seen) => seen,
        Err(UseCaseError::Refused(reasons)) => {
            let why: Vec<String> = reasons.into_iter().map(|one| one.message).collect();
            let values = context! { id => id, why => why, ..head };
            return pages.page(&who, template, values).await;
        }
        Err(error) => return Err(error.into()),
    };
    let values = context! {
        id => id,
        why => Vec::<String>::new(),
        lines => lines(&seen, window.model().coordinator_pays()),
        figures => figures(&seen),
        table => dearest(&pages, &seen).await?,
        more => french::count(seen.orders.len().saturating_sub(SHOWN)),
        any_more => seen.orders.len() > SHOWN,
        any => !seen.orders.is_empty(),
        ..left_out(&pages, &seen.drafted, head).await?
    };
    pages.page(&who, template, values).await
}

fn figures(seen: &DraftPreview) -> Value {
    let count = seen.orders.len();
    Value::from(vec![
        context! {
            value => french::count(count),
            words => french::plural(count, "brouillon à préparer", "brouillons à préparer"),
        },
        context! { value => seen.net.french(), words => "HT, port compris" },
        context! { value => seen.gross.french(), words => "TTC" },
        context! { value => seen.left.french(), words => "HT encore libres sous le maximum" },
    ])
}

fn lines(seen: &DraftPreview, coordinator: bool) -> Vec<String> {
    let count = i64::try_from(seen.orders.len()).unwrap_or(i64::MAX);
    let mut lines = vec![if coordinator {
        format!(
            "{} au nom du CdG62, avec une part pour chaque membre. Il le signe ensuite.",
            french::counted(count, "brouillon est préparé", "brouillons sont préparés")
        )
    } else {
        format!(
            "{} depuis les besoins. Chaque membre relit le sien, le corrige et le valide.",
            french::counted(count, "brouillon est préparé", "brouillons sont préparés")
        )
    }];
    if seen.drafted.known > 0 {
        lines.push(format!(
            "{} déjà sa commande dans cette période : elle ne change pas.",
            french::counted(
                i64::try_from(seen.drafted.known).unwrap_or(i64::MAX),
                "acheteur a",
                "acheteurs ont chacun"
            )
        ));
    }
    let after = seen.left.cents() - seen.unsigned.cents() - seen.net.cents();
    lines.push(if after >= 0 {
        format!(
            "Un brouillon n’engage rien. Si tous sont validés, il restera {} HT sous le maximum.",
            Cents(after).french()
        )
    } else {
        format!(
            "Un brouillon n’engage rien. Si tous étaient validés, le maximum serait dépassé de {} \
             HT : les derniers seront refusés.",
            Cents(-after).french()
        )
    });
    lines.into_iter().map(|line| french::unbroken(&line)).collect()
}

async fn dearest(pages: &Pages, seen: &DraftPreview) -> Result<Value, PageError> {
    let shown = &seen.orders[..seen.orders.len().min(SHOWN)];
    let ids: Vec<OrganisationId> = shown.iter().map(|(buyer, ..)| *buyer).collect();
    let bodies = group::organisations_among(&pages.app.store, &ids).await?;
    let rows = shown.iter().map(|(buyer, net, gross)| {
        let name = bodies.get(buyer).map_or("", |body| body.name.as_str());
        vec![
            Cell::link(name, format!("/gestion/membres/{buyer}")),
            Cell::Money(net.0),
            Cell::Money(gross.0),
        ]
    });
    let columns = [("Acheteur", false), ("HT, port compris", true), ("TTC", true)];
    let empty = "Aucun brouillon à préparer : chaque acheteur qui a des besoins a sa commande.";
    Ok(table(
        "Brouillons qui seraient préparés, du plus cher au moins cher",
        &columns,
        rows.collect(),
        empty,
    ))
}

async fn draft(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let window = OrderWindowId(id);
    let drafted = draft_orders(&pages.app, &who.actor(), window).await?;
    if drafted.not_entitled.is_empty() && drafted.unpriced.is_empty() && drafted.unserved.is_empty()
    {
        let orders = i64::try_from(drafted.orders).unwrap_or(i64::MAX);
        let message = format!(
            "{} depuis les besoins. Les membres peuvent les relire et les valider.",
            french::counted(orders, "brouillon est préparé", "brouillons sont préparés")
        );
        return pages.done(&who, &format!("/gestion/fenetres/{id}"), message).await;
    }
    let window = orders::window(&pages.app.store, window).await?;
    let values = context! {
        id => id,
        ..left_out(&pages, &drafted, head(&window, pages.app.today())).await?
    };
    pages.page(&who, "pages/buying/drafted.html", values).await
}
