//! What came on paper for an order: a member's signature by hand, and the files that were added.
//!
//! A mayor without an account signs the printed order and sends it back: the CdG62 types the name
//! and the day, and keeps the scan.

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::ids::{AttachmentId, OrderId};
use domain::orders::calendar::ready_to_validate;
use domain::orders::ceiling::fits;
use domain::orders::state::OrderState;
use domain::platform::role::Right;
use minijinja::{Value, context};

use super::Row;
use super::order::{head, read};
use crate::store::Viewer;
use crate::store::platform::attachments;
use crate::usecases::orders::{
    Approval, PaperSignature, References, signers, validate_signed_paper,
};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};
use crate::web::pieces;
use crate::web::rights::{Buy, ReadMembers};
use crate::web::routes::Routes;
use crate::web::upload::Upload;

const NAME: &str = "signataire";
const QUALITY: &str = "qualite";
const ON: &str = "signe-le";
const SCAN: &str = "scan";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/gestion/commandes/{id}/signature-papier", ask)
        .upload("/gestion/commandes/{id}/signature-papier", sign)
        .get("/gestion/pieces/{id}", piece)
}

async fn page(
    pages: &Pages,
    who: &Agent,
    id: i64,
    (fields, errors): (&Fields, &Errors),
) -> Result<Response, PageError> {
    let (stored, window, buyer) = read(pages, id).await?;
    let today = pages.app.today();
    let contract = &window.contract;
    let mut lines = vec![format!(
        "La commande engage {buyer} pour {} HT, {} TTC, envers {}.",
        stored.totals.net.french(),
        stored.totals.gross.french(),
        contract.holder_name
    )];
    match fits(contract.agreement.terms().ceiling, contract.committed, stored.totals.net) {
        Ok(room) => lines.push(format!(
            "Après validation, {} HT seront engagés sur le marché ; il restera {} HT{}.",
            room.committed.french(),
            room.left.french(),
            if room.warn { ", au-delà de 80 % du maximum" } else { "" }
        )),
        Err(past) => lines.push(past.for_the_reader()),
    }
    lines.push("Quantités et prix ne changent plus ; la commande s’émet ensuite.".into());
    let ready = ready_to_validate(window.window.days, window.priced_at_close(), today);
    let powers = signers(&pages.app.store, stored.order.buyer, today).await?;
    let powers = powers.iter().map(|one| format!("{} ({})", one.name, one.quality));
    let or = |name: &str, usual: String| match fields.text(name) {
        "" => usual,
        typed => typed.to_owned(),
    };
    let values = context! {
        lines => lines.iter().map(|line| french::unbroken(line)).collect::<Vec<_>>(),
        draft => stored.order.state == OrderState::Draft,
        state => stored.order.state.french(),
        not_yet => ready.err().map(|why| why.for_the_reader()),
        powers => powers.collect::<Vec<_>>().join(", "),
        version => or("version", stored.version.to_string()),
        signed_by => fields.text(NAME),
        quality => fields.text(QUALITY),
        signed_on => or(ON, french::date(today)),
        commitment => or("engagement", stored.order.commitment_number.clone().unwrap_or_default()),
        service => or("service", stored.order.service_code.clone().unwrap_or_default()),
        account => or("imputation", stored.budget_account.clone().unwrap_or_default()),
        errors => errors.view(),
        ..head(&stored, &window, &buyer)
    };
    let template = "pages/buying/order_paper.html";
    if errors.is_empty() {
        pages.page(who, template, values).await
    } else {
        pages.again(who, template, values).await
    }
}

async fn ask(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    page(&pages, &who, id, (&Fields::default(), &Errors::none())).await
}

async fn sign(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    mut upload: Upload,
) -> Result<Response, PageError> {
    let (stored, _, buyer) = read(&pages, id).await?;
    let fields = std::mem::take(&mut upload.fields);
    let mut errors = Errors::none();
    for (field, message) in [
        (NAME, "Saisissez le nom de la personne qui a signé."),
        (QUALITY, "Saisissez la qualité de la personne qui a signé, par exemple « Maire »."),
    ] {
        if fields.text(field).is_empty() {
            errors.add(field, message);
        }
    }
    let on = french::read_date(fields.text(ON));
    if on.is_none() {
        errors.add(ON, "Saisissez la date de signature, par exemple 22/11/2026.");
    }
    let sent = upload.files.iter().any(|file| file.field == SCAN);
    let scan = pieces::scan(&mut upload, SCAN, &mut errors);
    if !sent {
        errors.add(SCAN, "Ajoutez la commande signée : un PDF, ou une photographie JPEG ou PNG.");
    }
    let version = fields.text("version").parse::<i64>();
    let version = version.map_err(|_| PageError::BadRequest("no version".into()))?;
    let (Some(on), Some(scan), true) = (on, scan, errors.is_empty()) else {
        return page(&pages, &who, id, (&fields, &errors)).await;
    };
    let text = |name: &str| fields.text(name).to_owned();
    let maybe = |name: &str| Some(text(name)).filter(|typed| !typed.is_empty());
    let approval = Approval {
        order: OrderId(id),
        signatory: None,
        references: References {
            commitment_number: maybe("engagement"),
            service_code: maybe("service"),
            budget_account: maybe("imputation"),
        },
    };
    let paper = PaperSignature { name: text(NAME), quality: text(QUALITY), on };
    let (app, actor, viewer) = (&pages.app, who.actor(), Viewer::Coordinator);
    match validate_signed_paper(app, &actor, viewer, &approval, &paper, version, scan).await {
        Ok(room) => {
            let message = format!(
                "La commande {}, {} HT, est validée d’après la signature {} sur papier. \
                 Il reste {} HT sur le marché. Émettez-la pour qu’elle parte.",
                french::of(&buyer),
                stored.totals.net.french(),
                french::of(&paper.name),
                room.left.french()
            );
            pages.done(&who, &format!("/gestion/commandes/{id}"), message).await
        }
        Err(error) => page(&pages, &who, id, (&fields, &Errors::refused(error)?)).await,
    }
}

/// The files added to an order, for its page.
pub(super) async fn added(pages: &Pages, order: OrderId) -> Result<Vec<Value>, PageError> {
    let on = &pages.app.store;
    let files = attachments::of(on, Viewer::Coordinator, ("order", order.0)).await?;
    Ok(files.iter().map(|file| pieces::row(file, "/gestion/pieces")).collect())
}

/// A file of an order. A signed order tells amounts: archivists read deliveries only.
async fn piece(
    State(pages): State<Pages>,
    who: May<ReadMembers>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let kept = attachments::find(&pages.app.store, who.viewer(), AttachmentId(id)).await?;
    match kept.kind.as_str() {
        "delivery_photo" => {}
        "signed_order" if who.may(Right::ReadPurchases) => {}
        "signed_order" => return Err(PageError::Forbidden),
        _ => return Err(PageError::NotFound),
    }
    pieces::serve(&pages, kept).await
}
