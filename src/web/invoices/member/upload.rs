//! The supplier invoices that the member's own Chorus Pro received (models A and B), brought in
//! and judged as any other.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::french;
use minijinja::{Value, context};

use crate::store::invoices::Severity;
use crate::usecases::UseCaseError;
use crate::usecases::invoices::{Received, Verdict, receive_own_invoice};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields, new_key};
use crate::web::rights::UploadInvoices;
use crate::web::upload::{PDF, Upload, XML};

const FILE: &str = "facture";
const DAY: &str = "recue-le";
const KEY: &str = "cle";

async fn render(
    pages: &Pages,
    who: &Agent,
    typed: &Fields,
    errors: &Errors,
    judged: Option<Value>,
    status: StatusCode,
) -> Result<Response, PageError> {
    let day = match typed.text(DAY) {
        "" => french::date(pages.app.today()),
        typed => typed.to_owned(),
    };
    let values = context! {
        day => day,
        key => new_key()?,
        errors => errors.view(),
        judged => judged,
    };
    let page = pages.page(who, "pages/invoices/upload.html", values).await?;
    Ok((status, page).into_response())
}

pub(super) async fn form(
    State(pages): State<Pages>,
    who: May<UploadInvoices>,
) -> Result<Response, PageError> {
    let nothing = (Fields::default(), Errors::none());
    render(&pages, &who, &nothing.0, &nothing.1, None, StatusCode::OK).await
}

/// What the checks said, in their words.
fn judged(received: &Received) -> Value {
    let findings: Vec<Value> = received
        .findings
        .iter()
        .map(|one| {
            context! {
                message => one.message.as_str(),
                blocking => one.severity == Severity::Blocking,
            }
        })
        .collect();
    context! {
        number => received.number.as_deref().unwrap_or("–"),
        findings => findings,
    }
}

pub(super) async fn send(
    State(pages): State<Pages>,
    who: May<UploadInvoices>,
    upload: Upload,
) -> Result<Response, PageError> {
    let typed = upload.fields;
    let mut errors = Errors::none();
    let day = french::read_date(typed.text(DAY));
    if day.is_none() {
        errors.add(DAY, "Saisissez la date de réception, par exemple 22/11/2026.");
    }
    let file = upload.files.into_iter().find(|file| file.field == FILE);
    if file.is_none() {
        errors.add(FILE, "Choisissez le fichier de la facture.");
    }
    let file = file.and_then(|file| {
        let accepted = file.accept(&[PDF, XML]);
        if accepted.is_none() {
            errors.add(
                FILE,
                "Ce fichier n’est pas une facture électronique : déposez le XML ou le PDF \
                 (Factur-X) reçu sur Chorus Pro.",
            );
        }
        accepted
    });
    let key = typed.text(KEY);
    if key.is_empty() {
        return Err(PageError::BadRequest("no key".into()));
    }
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    let (Some(day), Some(file)) = (day, file) else {
        return render(&pages, &who, &typed, &errors, None, refused).await;
    };
    // Two people's keys never meet.
    let key = format!("{}-{key}", who.organisation);
    let done =
        receive_own_invoice(&pages.app, &who.actor(), who.organisation, file.bytes, day, &key)
            .await;
    match done {
        Ok(received) => match (received.verdict(), received.invoice) {
            (Verdict::Accept | Verdict::AcceptWithWarnings, Some(id)) => {
                let number = received.number.as_deref().unwrap_or("–");
                let said = if received.findings.is_empty() {
                    format!(
                        "Facture {number} reçue : elle correspond à votre commande. Ne la payez \
                         pas encore : le CdG62 établit votre relevé."
                    )
                } else {
                    format!(
                        "Facture {number} reçue, avec des remarques ci-dessous. Ne la payez pas : \
                         le CdG62 les examine."
                    )
                };
                pages.done(&who, &format!("/factures/{}", id.0), &said).await
            }
            (Verdict::Accept | Verdict::AcceptWithWarnings | Verdict::Reject, _) => {
                render(&pages, &who, &typed, &errors, Some(judged(&received)), refused).await
            }
        },
        Err(error @ UseCaseError::Refused(_)) => {
            let errors = Errors::refused(error)?;
            render(&pages, &who, &typed, &errors, None, refused).await
        }
        Err(error) => Err(error.into()),
    }
}
