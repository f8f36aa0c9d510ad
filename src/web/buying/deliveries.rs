//! Deliveries of all members: to be decided, with reserves, rejected, late.
//!
//! The archivists read them; the buyer decides where a member has not.

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::ids::{OrderId, OrganisationId};
use domain::money::{Cents, Net};
use domain::orders::delivery::{Decision, ShareKey, Verdict};
use domain::quantity::Quantity;
use minijinja::{Value, context};

use super::Row;
use super::words::{facts, quantity};
use crate::store::orders::{self, DeliveryFilter, DeskShare, desk_shares};
use crate::store::{StoreError, Viewer};
use crate::usecases::orders::decide_deliveries;
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};
use crate::web::listing::{Cell, Column, Filter, ListQuery, Listing};
use crate::web::rights::{Buy, Needed, ReadMembers};
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/gestion/livraisons", list)
        .get("/gestion/livraisons/{id}", show)
        .post("/gestion/livraisons/{id}", decide)
}

async fn list(
    State(pages): State<Pages>,
    who: May<ReadMembers>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let filter = match query.filter("etat") {
        Some("reserves") => DeliveryFilter::Reserved,
        Some("refus") => DeliveryFilter::Rejected,
        Some("retard") => DeliveryFilter::Late(pages.app.today()),
        Some("recues") => DeliveryFilter::Any,
        _ => DeliveryFilter::Pending,
    };
    let member = query.filter("membre").and_then(|text| text.parse().ok()).map(OrganisationId);
    let (rows, total) =
        desk_shares(&pages.app.store, filter, member, &query.slice("livrer")).await?;
    let empty = match filter {
        DeliveryFilter::Pending => "Rien à vérifier : chaque livraison reçue a sa décision.",
        DeliveryFilter::Reserved => "Aucune livraison acceptée avec réserves.",
        DeliveryFilter::Rejected => "Aucune livraison refusée.",
        DeliveryFilter::Late(_) => "Aucune livraison en retard.",
        DeliveryFilter::Any | DeliveryFilter::Of(_) => "Aucune livraison reçue.",
    };
    let listing = Listing {
        name: "livraisons",
        caption: "Livraisons par membre, article et lieu".into(),
        columns: vec![
            Column::text("membre", "Membre"),
            Column::text("", "Lieu"),
            Column::text("commande", "Commande"),
            Column::text("article", "Article"),
            Column::text("livrer", "À livrer avant le"),
            Column::text("", "Livré le"),
            Column::number("", "Commandé"),
            Column::number("", "Livré"),
            Column::number("", "Accepté"),
            Column::number("", "Refusé"),
            Column::number("", "À vérifier"),
            Column::text("", "Dernière décision"),
            Column::text("", "Motif"),
        ],
        rows: rows.iter().map(row).collect(),
        total,
        query,
        search: Some("Membre, commande ou article"),
        filters: vec![Filter {
            key: "etat",
            label: "Livraisons",
            options: [
                ("a_verifier", "à vérifier"),
                ("reserves", "avec réserves ou réfaction"),
                ("refus", "refusées"),
                ("retard", "en retard"),
                ("recues", "toutes celles reçues"),
            ]
            .map(|(code, words)| (code.to_owned(), words.to_owned()))
            .to_vec(),
        }],
        empty: empty.into(),
        noun: ("ligne", "lignes"),
    };
    let values = context! {
        title => "Livraisons",
        lead => "Par défaut, ce qui est livré et attend une décision. Le membre décide d’abord ; le CdG62 tranche quand il ne l’a pas fait.",
        bars => Vec::<Value>::new(),
        actions => Vec::<Value>::new(),
    };
    listing.respond(&pages, &who, "pages/buying/list.html", values).await
}

fn pending(row: &DeskShare) -> i64 {
    row.delivered_milli - row.accepted_milli - row.rejected_milli
}

fn verdict(row: &DeskShare) -> Cell {
    let Some(verdict) = row.verdict.as_deref().and_then(Verdict::from_code) else {
        return Cell::Absent;
    };
    let tone = match verdict {
        Verdict::Accepted => "good",
        Verdict::WithReserves | Verdict::Reduced => "warn",
        Verdict::Rejected => "bad",
    };
    Cell::state(verdict.french(), tone)
}

fn row(row: &DeskShare) -> Vec<Cell> {
    vec![
        Cell::link(&row.member, format!("/gestion/livraisons/{}", row.id)),
        Cell::text(&row.site),
        Cell::text(&row.number),
        Cell::text(format!("{} {}", row.article, row.label)),
        Cell::date(row.deliver_by),
        Cell::date(row.delivered_on),
        quantity(row.quantity_milli),
        quantity(row.delivered_milli),
        quantity(row.accepted_milli),
        quantity(row.rejected_milli),
        quantity(pending(row)),
        verdict(row),
        Cell::text_or_absent(row.reason.clone()),
    ]
}

async fn show(
    State(pages): State<Pages>,
    who: May<ReadMembers>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let share = orders::desk_share(&pages.app.store, id).await?;
    let values = form(&share, who.may(Buy::RIGHT), &Fields::default(), &Errors::none());
    pages.page(&who, "pages/buying/delivery.html", values).await
}

fn form(share: &DeskShare, may_buy: bool, fields: &Fields, errors: &Errors) -> Value {
    let shown = |milli| quantity(milli).french();
    let options = Verdict::ALL.iter().map(|verdict| {
        let words = match verdict {
            Verdict::Accepted => "Accepter",
            Verdict::WithReserves => "Accepter avec réserves",
            Verdict::Reduced => "Accepter à prix réduit (réfaction)",
            Verdict::Rejected => "Refuser (rejet)",
        };
        context! { code => verdict.code(), words => words }
    });
    let typed = |name: &str, default: String| match fields.text(name) {
        "" => default,
        text => text.to_owned(),
    };
    let list = vec![
        ("Membre", share.member.clone()),
        ("Lieu", share.site.clone()),
        ("Article", format!("{} {}", share.article, share.label)),
        ("À livrer avant le", share.deliver_by.map_or_else(|| "–".into(), french::date)),
        ("Livré le", share.delivered_on.map_or_else(|| "–".into(), french::date)),
        ("Commandé", shown(share.quantity_milli)),
        ("Livré", shown(share.delivered_milli)),
        ("Accepté", shown(share.accepted_milli)),
        ("Refusé", shown(share.rejected_milli)),
        ("Réfaction", format!("{} HT", Cents(share.reduction_cents).french())),
        ("Dernière décision", verdict(share).french()),
        ("Motif", share.reason.clone().unwrap_or_else(|| "–".into())),
    ];
    context! {
        id => share.id,
        order_id => share.order_id,
        number => share.number.as_str(),
        member => share.member.as_str(),
        facts => facts(list),
        pending => shown(pending(share)),
        decidable => may_buy && pending(share) > 0,
        options => options.collect::<Vec<_>>(),
        verdict => typed("decision", Verdict::Accepted.code().into()),
        quantity => typed("quantite", shown(pending(share))),
        reduction => fields.text("refaction"),
        reason => fields.text("motif"),
        unit => share.unit.as_str(),
        errors => errors.view(),
    }
}

async fn decide(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let share = orders::desk_share(on, id).await?;
    let order = OrderId(share.order_id);
    let stored = orders::one(on, Viewer::Coordinator, order).await?;
    let key: Option<ShareKey> =
        stored.share_rows.iter().find(|(_, row)| **row == id).map(|(key, _)| *key);
    let key = key.ok_or_else(|| StoreError::NotFound { what: "delivery", id: id.to_string() })?;
    let mut errors = Errors::none();
    let verdict = Verdict::from_code(fields.text("decision"));
    if verdict.is_none() {
        errors.add("decision", "Choisissez ce que vous décidez.");
    }
    let count = Quantity::parse(fields.text("quantite"));
    if count.is_err() {
        errors.add("quantite", "Saisissez la quantité que la décision concerne, par exemple 12.");
    }
    let reduction = match (verdict, fields.text("refaction")) {
        (Some(Verdict::Reduced), text) => match text.parse::<Cents>() {
            Ok(cents) if cents.0 > 0 => Net(cents),
            _ => {
                errors.add("refaction", "Saisissez le montant HT à déduire, par exemple 12,50.");
                Net::ZERO
            }
        },
        _ => Net::ZERO,
    };
    if let (Some(verdict), Ok(quantity)) = (verdict, count)
        && errors.is_empty()
    {
        let decision = Decision {
            key,
            verdict,
            quantity,
            reduction,
            reason: fields.text("motif").to_owned(),
            by: who.actor().0,
            on: pages.app.today(),
        };
        let (actor, decisions) = (who.actor(), [(order, decision)]);
        match decide_deliveries(&pages.app, &actor, Viewer::Coordinator, &decisions).await {
            Ok(()) => {
                let message = format!(
                    "La décision est enregistrée pour {} : {}.",
                    share.member,
                    verdict.french()
                );
                return pages.done(&who, "/gestion/livraisons", message).await;
            }
            Err(error) => errors = Errors::refused(error)?,
        }
    }
    let values = form(&share, true, &fields, &errors);
    pages.again(&who, "pages/buying/delivery.html", values).await
}
