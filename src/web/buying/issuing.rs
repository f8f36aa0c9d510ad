//! Issuing a window's validated orders: seen in figures first, then done in bulk.

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::ids::OrderWindowId;
use domain::orders::state::OrderState;
use minijinja::{Value, context};

use super::Row;
use super::words::many;
use crate::store::orders;
use crate::usecases::orders::{Issue, RefusedOrder, issue_window, preview_issue};
use crate::usecases::{Actor, UseCaseError};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::rights::Buy;
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/gestion/fenetres/{id}/emission", preview)
        .post("/gestion/fenetres/{id}/emission", issue)
}

/// Refused orders for the macro `refused`.
fn refused(list: &[RefusedOrder]) -> Value {
    let one = |refused: &RefusedOrder| {
        let reasons = refused.reasons.iter().map(|reason| french::unbroken(&reason.message));
        context! { name => refused.name.as_str(), reasons => reasons.collect::<Vec<_>>() }
    };
    Value::from(list.iter().map(one).collect::<Vec<_>>())
}

async fn preview(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let window = orders::window(on, OrderWindowId(id)).await?;
    let seen = preview_issue(&pages.app, &who.actor(), window.id()).await?;
    let states = orders::window_states(on, window.id()).await?;
    let drafts = states.iter().find(|row| row.state == OrderState::Draft.code());
    let drafts = drafts.map_or(0, |row| row.orders);
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let room = window.contract.gauge().ok();
    let mut lines = vec![
        format!(
            "{}, {}.",
            many(count(seen.orders), "commande sera émise", "commandes seront émises"),
            many(count(seen.papers), "document sera préparé", "documents seront préparés")
        ),
        format!(
            "Montant : {} HT, {} de TVA, {} TTC.",
            seen.net.french(),
            seen.vat.french(),
            seen.gross.french()
        ),
    ];
    if let Some(room) = room {
        lines.push(format!(
            "Ces commandes comptent déjà dans le maximum depuis leur validation : il reste {} HT après l’émission.",
            room.left.french()
        ));
    }
    lines.push("Les numéros se suivent sans trou. Une commande émise ne se modifie plus : elle se corrige par avenant.".into());
    if drafts > 0 {
        lines.push(format!(
            "{} : rien n’en sera émis.",
            many(drafts, "brouillon attend encore sa validation", "brouillons attendent encore leur validation")
        ));
    }
    if seen.missing > 0 {
        lines.push(format!(
            "{} de commandes déjà émises.",
            many(count(seen.missing), "extrait manque encore et sera préparé", "extraits manquent encore et seront préparés")
        ));
    }
    let values = context! {
        id => id,
        orders => seen.orders,
        button => many(count(seen.orders), "commande", "commandes"),
        something => seen.orders > 0 || seen.missing > 0,
        lines => lines,
        refused => refused(&seen.refused),
        ..super::window::head(&window, pages.app.today())
    };
    pages.page(&who, "pages/buying/issue.html", values).await
}

async fn issue(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let done = run(&pages, &who.actor(), OrderWindowId(id)).await?;
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let words = format!(
        "{}, {}.",
        many(count(done.orders), "commande est émise", "commandes sont émises"),
        many(count(done.papers), "document est préparé", "documents sont préparés")
    );
    if done.refused.is_empty() {
        let message = format!("{words} Préparez maintenant l’envoi au titulaire.");
        return pages.done(&who, &format!("/gestion/fenetres/{id}"), message).await;
    }
    let window = orders::window(&pages.app.store, OrderWindowId(id)).await?;
    let values = context! {
        id => id,
        words => words,
        refused => refused(&done.refused),
        ..super::window::head(&window, pages.app.today())
    };
    pages.page(&who, "pages/buying/issued.html", values).await
}

/// Issues the window, at once.
async fn run(pages: &Pages, actor: &Actor, window: OrderWindowId) -> Result<Issue, UseCaseError> {
    issue_window(&pages.app, actor, window, &|_, _| {}).await
}
