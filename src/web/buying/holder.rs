//! What the holder of a contract sees, without an account: a pack of orders by the link of its
//! letter, to be taken and acknowledged.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::french;
use minijinja::context;

use super::packs::size;
use crate::usecases::orders::{LinkedPack, acknowledge_by_link, linked_pack};
use crate::usecases::platform::entering::EntryError;
use crate::web::Pages;
use crate::web::account::trouble;
use crate::web::agent::Visitor;
use crate::web::error::PageError;
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/envois/{token}", show)
        .post("/envois/{token}", acknowledge)
        .get("/envois/fichier/{token}", take)
}

/// The pack, or the page of a link that gives none any more.
async fn found(
    pages: &Pages,
    visitor: &Visitor,
    token: &str,
) -> Result<Result<LinkedPack, Response>, PageError> {
    match linked_pack(&pages.app, token).await {
        Ok(linked) => Ok(Ok(linked)),
        Err(EntryError::Gone) => {
            let page = pages.public(visitor, "pages/holder/gone.html", context! {})?;
            Ok(Err((StatusCode::GONE, page).into_response()))
        }
        Err(error) => Err(trouble(pages, error)),
    }
}

async fn show(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, PageError> {
    let linked = match found(&pages, &visitor, &token).await? {
        Ok(linked) => linked,
        Err(gone) => return Ok(gone),
    };
    let values = context! {
        token => token,
        contract => linked.contract,
        lot => linked.lot,
        holder => linked.holder,
        orders => french::counted(linked.pack.orders, "commande", "commandes"),
        made_on => french::date(linked.pack.made_on),
        until => french::date(linked.until),
        size => size(linked.pack.bytes),
        acknowledged_on => linked.pack.acknowledged_on.map(french::date),
    };
    pages.public(&visitor, "pages/holder/pack.html", values)
}

async fn take(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, PageError> {
    let linked = match found(&pages, &visitor, &token).await? {
        Ok(linked) => linked,
        Err(gone) => return Ok(gone),
    };
    let bytes = pages.app.files.get(&linked.pack.file_key).await?;
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' };
    let number: String = linked.contract.chars().map(plain).collect();
    let name = format!("attachment; filename=\"commandes_{number}_{}.zip\"", linked.pack.rank);
    let headers =
        [(header::CONTENT_TYPE, "application/zip".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, bytes).into_response())
}

async fn acknowledge(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, PageError> {
    if let Err(gone) = found(&pages, &visitor, &token).await? {
        return Ok(gone);
    }
    let done = acknowledge_by_link(&pages.app, &token, &visitor.visit.place).await;
    done.map_err(|error| trouble(&pages, error))?;
    Ok(Redirect::to(&format!("/envois/{token}")).into_response())
}
