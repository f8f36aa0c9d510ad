//! What binds an order: signed by the coordinator, issued, closed, cancelled. Each is
//! shown in figures first.

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::ids::{ContactId, OrderId};
use domain::orders::ceiling::fits;
use minijinja::{Value, context};

use super::Row;
use super::order::{head, read};
use crate::store::orders::{StoredOrder, Window};
use crate::store::{Viewer, group};
use crate::usecases::UseCaseError;
use crate::usecases::orders::{
    Approval, References, cancel_order, close_order, issue_order, preview_cancel, preview_close,
    validate_order,
};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};
use crate::web::rights::Buy;
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/gestion/commandes/{id}/signature", ask_signature)
        .post("/gestion/commandes/{id}/signature", sign)
        .get("/gestion/commandes/{id}/emission", ask_issue)
        .post("/gestion/commandes/{id}/emission", issue)
        .get("/gestion/commandes/{id}/annulation", ask_cancel)
        .post("/gestion/commandes/{id}/annulation", cancel)
        .get("/gestion/commandes/{id}/solde", ask_close)
        .post("/gestion/commandes/{id}/solde", close)
}

/// The reasons of a refusal, to be shown where the figures would be; any other error goes on.
fn reasons(error: UseCaseError) -> Result<Vec<String>, UseCaseError> {
    match error {
        UseCaseError::Refused(reasons) => {
            Ok(reasons.into_iter().map(|reason| reason.message).collect())
        }
        UseCaseError::Store(_) | UseCaseError::Failed { .. } => Err(error),
    }
}

/// Only the coordinator's own order is signed here: a member signs its own.
fn own(stored: &StoredOrder, window: &Window) -> Result<(), UseCaseError> {
    if window.model().coordinator_pays() && stored.order.buyer == window.contract.coordinator {
        return Ok(());
    }
    Err(UseCaseError::refused(
        "signature_du_membre",
        "Cette commande est celle d’un membre : son signataire la valide, ou vous enregistrez sa \
         signature sur papier.",
    ))
}

async fn signing(
    pages: &Pages,
    id: i64,
    fields: &Fields,
    errors: &Errors,
) -> Result<Value, PageError> {
    let on = &pages.app.store;
    let (stored, window, buyer) = read(pages, id).await?;
    own(&stored, &window)?;
    let powers = group::delegations(on, Some(stored.order.buyer)).await?;
    let options = powers.iter().map(|(_, power)| {
        context! {
            code => power.contact.to_string(),
            words => format!("{}, {} ({})", power.name, power.quality, power.act),
        }
    });
    let contract = &window.contract;
    let mut lines = vec![format!(
        "La commande engage le CdG62 pour {} HT, {} TTC.",
        stored.totals.net.french(),
        stored.totals.gross.french()
    )];
    match fits(contract.agreement.terms().ceiling, contract.committed, stored.totals.net) {
        Ok(room) => lines.push(format!(
            "Après signature, {} HT seront engagés sur le marché ; il restera {} HT{}.",
            room.committed.french(),
            room.left.french(),
            if room.warn { ", au-delà de 80 % du maximum" } else { "" }
        )),
        Err(past) => lines.push(past.for_the_reader()),
    }
    lines.push(format!(
        "{} membres y ont une part. La commande s’émet ensuite.",
        french::count(stored.order.members().len())
    ));
    Ok(context! {
        lines => lines,
        buyer => stored.order.buyer.0,
        options => options.collect::<Vec<_>>(),
        signatory => fields.text("signataire"),
        commitment => fields.text("engagement"),
        service => fields.text("service"),
        account => fields.text("imputation"),
        errors => errors.view(),
        ..head(&stored, &window, &buyer)
    })
}

async fn ask_signature(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let values = signing(&pages, id, &Fields::default(), &Errors::none()).await?;
    pages.page(&who, "pages/buying/order_sign.html", values).await
}

async fn sign(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let (stored, window, _) = read(&pages, id).await?;
    own(&stored, &window)?;
    let maybe = |name: &str| Some(fields.text(name).to_owned()).filter(|text| !text.is_empty());
    let approval = Approval {
        order: stored.id,
        signatory: fields.text("signataire").parse().ok().map(ContactId),
        references: References {
            commitment_number: maybe("engagement"),
            service_code: maybe("service"),
            budget_account: maybe("imputation"),
        },
    };
    match validate_order(&pages.app, &who.actor(), Viewer::Coordinator, &approval).await {
        Ok(room) => {
            let message = format!(
                "La commande est signée. Il reste {} HT sur le marché. Émettez-la pour qu’elle parte.",
                room.left.french()
            );
            pages.done(&who, &format!("/gestion/commandes/{id}"), message).await
        }
        Err(error) => {
            let values = signing(&pages, id, &fields, &Errors::refused(error)?).await?;
            pages.again(&who, "pages/buying/order_sign.html", values).await
        }
    }
}

/// A page that asks before it does: what happens, or what stands against it.
struct Question<'a> {
    title: &'a str,
    path: &'a str,
    button: &'a str,
    danger: bool,
    asks_reason: bool,
}

async fn question(
    pages: &Pages,
    who: &May<Buy>,
    id: i64,
    question: Question<'_>,
    (lines, refused, errors): (Vec<String>, Vec<String>, Errors),
) -> Result<Response, PageError> {
    let (stored, window, buyer) = read(pages, id).await?;
    let values = context! {
        title => question.title,
        path => question.path,
        button => question.button,
        danger => question.danger,
        asks_reason => question.asks_reason,
        lines => lines,
        refused => refused,
        errors => errors.view(),
        ..head(&stored, &window, &buyer)
    };
    let template = "pages/buying/order_confirm.html";
    if errors.is_empty() {
        pages.page(who, template, values).await
    } else {
        pages.again(who, template, values).await
    }
}

async fn ask_issue(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let (stored, window, _) = read(&pages, id).await?;
    let lines = vec![
        format!(
            "Montant : {} HT, {} TTC.",
            stored.totals.net.french(),
            stored.totals.gross.french()
        ),
        format!(
            "La commande prend le prochain numéro de l’année et la date du {}.",
            french::date(pages.app.today())
        ),
        format!(
            "Le titulaire doit livrer sous {} jours. La commande ne se modifie plus que par avenant.",
            window.contract.agreement.terms().delivery_days
        ),
    ];
    let asked = Question {
        title: "Émettre la commande",
        path: "emission",
        button: "Émettre la commande",
        danger: false,
        asks_reason: false,
    };
    question(&pages, &who, id, asked, (lines, Vec::new(), Errors::none())).await
}

async fn issue(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let done = issue_order(&pages.app, &who.actor(), OrderId(id)).await?;
    let papers = i64::try_from(done.papers).unwrap_or(i64::MAX);
    let message = format!(
        "La commande est émise. {} dans ses documents.",
        french::counted(papers, "document est prêt", "documents sont prêts")
    );
    pages.done(&who, &format!("/gestion/commandes/{id}"), message).await
}

fn cancelling() -> Question<'static> {
    Question {
        title: "Annuler la commande",
        path: "annulation",
        button: "Annuler la commande",
        danger: true,
        asks_reason: true,
    }
}

async fn cancel_figures(pages: &Pages, id: i64) -> Result<(Vec<String>, Vec<String>), PageError> {
    match preview_cancel(&pages.app, OrderId(id)).await {
        Ok(seen) => Ok((
            vec![
                format!("{} HT sont rendus au maximum du marché.", seen.given_back.french()),
                "La commande garde son numéro ; ses documents restent à l’historique.".into(),
                "Une commande annulée ne se reprend pas : préparez-en une autre.".into(),
            ],
            Vec::new(),
        )),
        Err(error) => Ok((Vec::new(), reasons(error)?)),
    }
}

async fn ask_cancel(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let (lines, refused) = cancel_figures(&pages, id).await?;
    question(&pages, &who, id, cancelling(), (lines, refused, Errors::none())).await
}

async fn cancel(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let reason = fields.text("motif");
    if reason.is_empty() {
        let mut errors = Errors::none();
        errors.add("motif", "Indiquez le motif de l’annulation.");
        let (lines, refused) = cancel_figures(&pages, id).await?;
        return question(&pages, &who, id, cancelling(), (lines, refused, errors)).await;
    }
    cancel_order(&pages.app, &who.actor(), Viewer::Coordinator, OrderId(id), reason).await?;
    let message = "La commande est annulée et son montant rendu au maximum du marché.";
    pages.done(&who, &format!("/gestion/commandes/{id}"), message).await
}

async fn ask_close(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let (lines, refused) = match preview_close(&pages.app, OrderId(id)).await {
        Ok(seen) => (
            vec![
                format!(
                    "La commande compte pour {} HT sous le maximum ; elle comptera pour {} HT.",
                    seen.counts.french(),
                    seen.after.french()
                ),
                format!(
                    "{} HT, non livrés ou refusés, sont rendus au marché.",
                    seen.given_back.french()
                ),
                "Plus aucune livraison ne pourra être reçue sur cette commande.".into(),
            ],
            Vec::new(),
        ),
        Err(error) => (Vec::new(), reasons(error)?),
    };
    let asked = Question {
        title: "Solder la commande",
        path: "solde",
        button: "Solder la commande",
        danger: false,
        asks_reason: false,
    };
    question(&pages, &who, id, asked, (lines, refused, Errors::none())).await
}

async fn close(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let rest = close_order(&pages.app, &who.actor(), OrderId(id)).await?;
    let message = format!("La commande est soldée ; {} HT sont rendus au marché.", rest.french());
    pages.done(&who, &format!("/gestion/commandes/{id}"), message).await
}
