//! The holder's pack: made, downloaded, sent, acknowledged.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::french;
use domain::ids::OrderWindowId;
use minijinja::{Value, context};

use super::Row;
use crate::store::StoreError;
use crate::store::orders::{self, HolderPack};
use crate::usecases::orders::{
    LARGEST_BY_MAIL, acknowledge_pack, mail_pack, make_pack, pack_recipient, send_pack,
};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::Fields;
use crate::web::rights::{Buy, ReadPurchases};
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .post("/gestion/fenetres/{id}/envois", make)
        .get("/gestion/fenetres/{id}/envois/{rang}", download)
        .get("/gestion/fenetres/{id}/envois/{rang}/depart", ask)
        .post("/gestion/fenetres/{id}/envois/{rang}/depart", send)
        .post("/gestion/fenetres/{id}/envois/{rang}/reception", acknowledge)
}

/// The packs of a window for its page.
pub(super) fn rows(window: i64, packs: &[HolderPack], may_buy: bool) -> Value {
    let one = |pack: &HolderPack| {
        let here = format!("/gestion/fenetres/{window}/envois/{}", pack.rank);
        context! {
            name => format!("Envoi n° {}", pack.rank),
            detail => format!("ZIP, {}", size(pack.bytes)),
            href => here.as_str(),
            orders => french::thousands(&pack.orders.to_string()),
            made_on => french::date(pack.made_on),
            sent_on => pack.sent_on.map(french::date),
            acknowledged_on => pack.acknowledged_on.map(french::date),
            send => may_buy.then(|| format!("{here}/depart")),
            acknowledge => may_buy.then(|| format!("{here}/reception")),
        }
    };
    Value::from(packs.iter().map(one).collect::<Vec<_>>())
}

fn size(bytes: i64) -> String {
    let kilobytes = usize::try_from((bytes + 512) / 1024).unwrap_or_default().max(1);
    if kilobytes < 1024 {
        format!("{kilobytes} ko")
    } else {
        format!("{} Mo", french::count(kilobytes.div_ceil(1024)))
    }
}

async fn make(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let pack = make_pack(&pages.app, &who.actor(), OrderWindowId(id)).await?;
    let message = format!(
        "L’envoi n° {} est prêt : {} commandes, {}. Envoyez-le au titulaire.",
        pack.rank,
        french::thousands(&pack.orders.to_string()),
        size(pack.bytes)
    );
    pages.done(&who, &format!("/gestion/fenetres/{id}"), message).await
}

async fn found(pages: &Pages, window: i64, rank: i64) -> Result<HolderPack, PageError> {
    let packs = orders::packs_of_window(&pages.app.store, OrderWindowId(window)).await?;
    let found = packs.into_iter().find(|pack| pack.rank == rank);
    let id = format!("{window}/{rank}");
    found.ok_or_else(|| StoreError::NotFound { what: "holder pack", id }.into())
}

async fn download(
    State(pages): State<Pages>,
    _who: May<ReadPurchases>,
    Row((id, rank)): Row<(i64, i64)>,
) -> Result<Response, PageError> {
    let pack = found(&pages, id, rank).await?;
    let bytes = pages.app.files.get(&pack.file_key).await?;
    let name = format!("attachment; filename=\"envoi-titulaire_{id}_{rank}.zip\"");
    let headers =
        [(header::CONTENT_TYPE, "application/zip".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, bytes).into_response())
}

async fn ask(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row((id, rank)): Row<(i64, i64)>,
) -> Result<Response, PageError> {
    let pack = found(&pages, id, rank).await?;
    let on = &pages.app.store;
    let window = orders::window(on, OrderWindowId(id)).await?;
    let to = pack_recipient(on, window.holder()).await?.map(|to| to.address);
    let light = pack.bytes <= LARGEST_BY_MAIL;
    let lines = vec![
        format!("L’envoi n° {rank} réunit {} commandes, {}.", pack.orders, size(pack.bytes)),
        to.as_ref().map_or_else(
            || "Le titulaire n’a pas d’adresse de courriel : téléchargez l’envoi et remettez-le autrement, puis notez son départ.".to_owned(),
            |to| format!("Adresse du titulaire : {to}."),
        ),
        if light {
            "La date de départ est notée ; elle ne se change plus.".into()
        } else {
            "Cet envoi est trop lourd pour un courriel : téléchargez-le, remettez-le autrement, puis notez son départ.".into()
        },
    ];
    let values = context! {
        id => id,
        rank => rank,
        sent => pack.sent_on.map(french::date),
        lines => lines,
        mailable => to.is_some() && light,
        ..super::window::head(&window, pages.app.today())
    };
    pages.page(&who, "pages/buying/pack.html", values).await
}

async fn send(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row((id, rank)): Row<(i64, i64)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let window = OrderWindowId(id);
    let message = if fields.text("moyen") == "autre" {
        send_pack(&pages.app, &who.actor(), window, rank).await?;
        format!(
            "Le départ de l’envoi n° {rank} est noté. Notez sa réception quand le titulaire la confirme."
        )
    } else {
        let to = mail_pack(&pages.app, &who.actor(), window, rank).await?;
        format!(
            "L’envoi n° {rank} part par courriel à {}. Notez sa réception quand le titulaire la confirme.",
            to.address
        )
    };
    pages.done(&who, &format!("/gestion/fenetres/{id}"), message).await
}

async fn acknowledge(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row((id, rank)): Row<(i64, i64)>,
) -> Result<Response, PageError> {
    acknowledge_pack(&pages.app, &who.actor(), OrderWindowId(id), rank).await?;
    let message = format!("La réception de l’envoi n° {rank} par le titulaire est notée.");
    pages.done(&who, &format!("/gestion/fenetres/{id}"), message).await
}
