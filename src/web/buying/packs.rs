//! The holder's pack: made, downloaded, sent, acknowledged.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::french;
use domain::ids::OrderWindowId;
use domain::money::Net;
use domain::platform::job::{JobKind, JobState};
use minijinja::{Value, context};

use super::Row;
use crate::store::StoreError;
use crate::store::orders::{self, HolderPack};
use crate::store::platform::jobs::last_of;
use crate::usecases::orders::{
    LARGEST_BY_MAIL, LINK, acknowledge_pack, mail_pack, pack_recipient, send_pack,
};
use crate::usecases::platform::jobs::{self, Work};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::{Fields, new_key};
use crate::web::rights::{Buy, ReadPurchases};
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/gestion/fenetres/{id}/envois", ask_make)
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

pub(super) fn size(bytes: i64) -> String {
    let kilobytes = usize::try_from((bytes + 512) / 1024).unwrap_or_default().max(1);
    if kilobytes < 1024 {
        format!("{kilobytes} ko")
    } else {
        format!("{} Mo", french::count(kilobytes.div_ceil(1024)))
    }
}

/// Where the preparation of a window's pack is; `None` where none runs and all is well.
pub(super) async fn underway(pages: &Pages, window: i64) -> Result<Option<Value>, PageError> {
    let job = last_of(&pages.app.store, JobKind::HolderPack, &window.to_string()).await?;
    let Some(job) = job else { return Ok(None) };
    Ok(match job.state {
        JobState::Waiting | JobState::Running => Some(context! {
            tone => "",
            words => "L’envoi au titulaire se prépare. Rechargez cette page pour voir où il en est.",
        }),
        JobState::Dead => Some(context! {
            tone => "bad",
            words => format!(
                "L’envoi au titulaire n’a pas pu être préparé : {} Corrigez, puis recommencez.",
                job.last_error.unwrap_or_default()
            ),
        }),
        JobState::Done | JobState::Cancelled => None,
    })
}

/// What making a pack would do, in figures.
async fn ask_make(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let window = orders::window(on, OrderWindowId(id)).await?;
    let to = pack_recipient(on, window.holder()).await?.map(|to| to.address);
    let states = orders::window_states(on, window.id()).await?;
    let issued = states.iter().filter(|row| matches!(row.state.as_str(), "issued" | "closed"));
    let (orders, net) =
        issued.fold((0, 0), |(orders, net), row| (orders + row.orders, net + row.net_cents));
    let lines = vec![
        format!(
            "{} pour {} HT, avec le tableau de toutes les lignes et de toutes les livraisons.",
            french::counted(orders, "commande émise", "commandes émises"),
            Net::from_cents(net).french()
        ),
        to.as_ref().map_or_else(
            || "Le titulaire n’a pas d’adresse électronique : l’envoi se télécharge et se remet autrement.".to_owned(),
            |to| format!("Adresse du titulaire : {to}. Il y reçoit un lien pour télécharger l’envoi et en accuser réception, valable {} jours.", LINK.num_days()),
        ),
        "Ce qui est envoyé ne se reprend pas ; un envoi qui s’égare peut repartir.".to_owned(),
    ];
    let values = context! {
        id => id,
        something => orders > 0,
        lines => lines,
        to => to,
        ..super::window::head(&window, pages.app.today())
    };
    pages.page(&who, "pages/buying/pack_new.html", values).await
}

/// Asks for a pack; a double click asks once.
async fn make(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let window = orders::window(&pages.app.store, OrderWindowId(id)).await?.id();
    let back = format!("/gestion/fenetres/{id}");
    let send = fields.text("moyen") == "courriel";
    let work = Work::HolderPack { window, send, back: back.clone() };
    jobs::start(&pages.app, &who.actor(), &id.to_string(), &work).await?;
    let message = if send {
        "L’envoi se prépare, puis part par courriel. Vous pouvez quitter cette page."
    } else {
        "L’envoi se prépare. Vous pouvez quitter cette page."
    };
    pages.done(&who, &back, message).await
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
    let mut lines = vec![
        format!("L’envoi n° {rank} réunit {} commandes, {}.", pack.orders, size(pack.bytes)),
        to.as_ref().map_or_else(
            || "Le titulaire n’a pas d’adresse de courriel : téléchargez l’envoi et remettez-le autrement, puis notez son départ.".to_owned(),
            |to| format!("Adresse du titulaire : {to}."),
        ),
    ];
    if to.is_some() {
        let joined = if pack.bytes <= LARGEST_BY_MAIL {
            "Le fichier est joint au courriel"
        } else {
            "Trop lourd pour être joint, le fichier se télécharge"
        };
        lines.push(format!(
            "{joined} ; un lien, valable {} jours, permet d’en accuser réception.",
            LINK.num_days()
        ));
    }
    let values = context! {
        id => id,
        rank => rank,
        sent => pack.sent_on.map(french::date),
        acknowledged => pack.acknowledged_on.map(french::date),
        lines => lines,
        mailable => to.is_some(),
        key => new_key()?,
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
        let key = match fields.text("cle") {
            "" => new_key()?,
            key => key.to_owned(),
        };
        let to = mail_pack(&pages.app, &who.actor(), window, rank, &key).await?;
        format!(
            "L’envoi n° {rank} part par courriel à {}. Sa réception se note ici dès que le titulaire l’accuse.",
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
