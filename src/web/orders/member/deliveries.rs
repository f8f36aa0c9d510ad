//! What is on its way to a member, and what came.

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::ids::AttachmentId;
use domain::money::Net;
use domain::orders::delivery::Verdict;
use domain::platform::role::Right;
use domain::quantity::Quantity;
use minijinja::{Value, context};

use super::words;
use crate::store::orders::{self as store, DecidedRow, DeliveredRow, Wanted};
use crate::store::platform::attachments;
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, ListQuery, Listing};
use crate::web::pieces;
use crate::web::rights::ReadOwn;
use crate::web::routes::Row;

pub(super) async fn list(
    State(pages): State<Pages>,
    who: May<ReadOwn>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let today = pages.app.today();
    let wanted = match query.filter("quoi") {
        Some("tout") => Wanted::Delivered,
        Some(_) | None => Wanted::ToReceive,
    };
    let slice = query.slice("livrer");
    let (rows, total) =
        store::member_orders(&pages.app.store, who.organisation, wanted, &slice).await?;
    let receives = who.may(Right::ReceiveDeliveries);
    let cells = rows.iter().map(|row| {
        let name = words::name(row.number.as_deref(), row.own);
        let quantity =
            |milli: i64| Quantity::from_thousandths(milli).map_or(Cell::Absent, Cell::Quantity);
        let left = row.ordered_milli.saturating_sub(row.kept_milli).max(0);
        let act = row.state == "issued" && (left > 0 || row.undecided_milli > 0);
        vec![
            Cell::link(name, format!("/commandes/{}", row.id)),
            Cell::text(row.lot.clone()),
            Cell::text(row.holder.clone()),
            Cell::state(words::standing(row, today).word, words::tone(row, today)),
            Cell::date(row.deliver_by),
            quantity(row.ordered_milli),
            quantity(row.kept_milli),
            quantity(left),
            if act && receives {
                Cell::link("Réceptionner", format!("/livraisons/{}/reception", row.id))
            } else {
                Cell::Absent
            },
        ]
    });
    let listing = Listing {
        name: "livraisons",
        caption: "Ce qui est commandé pour vous, en unités de chaque article.".into(),
        columns: vec![
            Column::text("commande", "Commande"),
            Column::text("marche", "Pour"),
            Column::text("", "Livré par"),
            Column::text("etat", "État"),
            Column::text("livrer", "Attendu avant le"),
            Column::number("", "Commandé"),
            Column::number("", "Livré"),
            Column::number("", "Reste"),
            Column::text("", "À faire"),
        ],
        rows: cells.collect(),
        total,
        query,
        search: Some("Chercher une livraison : commande ou article"),
        filters: vec![crate::web::listing::Filter {
            key: "quoi",
            label: "Montrer",
            options: vec![
                ("attendu".into(), "ce qui est attendu".into()),
                ("tout".into(), "tout, même déjà livré".into()),
            ],
        }],
        empty: "Aucune livraison attendue. Dès que le CdG62 a envoyé une commande au titulaire, \
                elle apparaît ici avec la date de livraison."
            .into(),
        noun: ("commande", "commandes"),
    };
    listing.respond(&pages, &who, "pages/orders/deliveries.html", context! {}).await
}

pub(super) fn delivered(row: &DeliveredRow) -> Value {
    context! {
        reference => row.reference.as_str(),
        on => french::date(row.delivered_on),
        site => row.site.as_str(),
        article => format!("{} – {}", row.article, row.label),
        unit => row.unit_label.as_str(),
        delivered => words::quantity(row.delivered_milli),
        turned_back => words::quantity(row.turned_back_milli),
        any_back => row.turned_back_milli > 0,
    }
}

pub(super) fn decided(row: &DecidedRow) -> Value {
    context! {
        verdict => Verdict::from_code(&row.verdict).map_or("inconnu", verdict_word),
        article => row.label.as_str(),
        site => row.site.as_str(),
        quantity => format!("{} {}", words::quantity(row.quantity_milli), row.unit_label),
        reduction => (row.reduction_cents != 0)
            .then(|| Net::from_cents(row.reduction_cents).french()),
        reason => row.reason.as_str(),
        by => row.decided_by.as_str(),
        on => french::date(row.decided_on),
    }
}

/// The law's word is that of papers; a secretary reads this.
pub(super) fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted => "accepté",
        Verdict::WithReserves => "accepté avec réserves",
        Verdict::Reduced => "accepté avec réduction de prix",
        Verdict::Rejected => "refusé",
    }
}

/// A file that somebody of the member added, to it alone.
pub(super) async fn attachment(
    State(pages): State<Pages>,
    who: May<ReadOwn>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let file = attachments::find(&pages.app.store, who.viewer(), AttachmentId(id)).await?;
    pieces::serve(&pages, file).await
}
