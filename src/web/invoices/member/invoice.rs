//! One invoice as the member sees it: its own share, to the cent, and nobody else's.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use domain::french;
use domain::ids::InvoiceId;
use domain::money::{Cents, Gross, Net, Vat};
use domain::platform::role::Right;
use minijinja::{Value, context};
use serde::Deserialize;

use super::{share, words};
use crate::store::StoreError;
use crate::store::invoices::{self as store, MemberInvoice, member_invoice};
use crate::usecases::UseCaseError;
use crate::usecases::invoices::{late_interest, pay_own, share_of};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Form};
use crate::web::rights::{MarkPayments, ReadOwn};
use crate::web::routes::Row;

fn head(row: &MemberInvoice, today: NaiveDate) -> Value {
    let standing = words::standing(row, today);
    let gross = |cents: Option<i64>| {
        cents.map_or_else(|| "–".into(), |cents| Gross::from_cents(cents).french())
    };
    context! {
        id => row.id,
        name => words::name(row),
        number => row.number.as_str(),
        supplier => row.supplier.as_str(),
        own => row.own,
        credit => row.credit,
        word => standing.word,
        tone => standing.tone,
        sentence => standing.sentence,
        issued_on => french::date(row.issued_on),
        due_on => row.due_on.map_or_else(|| "–".into(), french::date),
        paid_on => row.paid_on.map_or_else(|| "–".into(), french::date),
        order => row.order_number.clone().unwrap_or_else(|| "–".into()),
        net => row.net_cents.map_or_else(|| "–".into(), |cents| Net::from_cents(cents).french()),
        vat => row.vat_cents.map_or_else(|| "–".into(), |cents| Vat::from_cents(cents).french()),
        gross => gross(row.gross_cents),
        payable => row.payable_cents.map_or_else(|| "–".into(), |cents| Cents(cents).french()),
        notice => row.notice.clone().unwrap_or_else(|| "–".into()),
        statement => row.statement_number.as_deref(),
        paper => row.paper_id,
        payable_now => row.own && row.state == "validated",
    }
}

pub(super) async fn show(
    State(pages): State<Pages>,
    who: May<ReadOwn>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let row = member_invoice(on, who.organisation, InvoiceId(id)).await?;
    let statement = match row.statement_number {
        Some(_) => Some(share_of(&pages.app, who.organisation, InvoiceId(id)).await?),
        None => None,
    };
    // What was found is about the whole invoice: for whoever it is addressed to.
    let findings = match (row.own, &statement) {
        (true, None) => store::findings(on, InvoiceId(id)).await?,
        (true, Some(_)) | (false, _) => Vec::new(),
    };
    let values = context! {
        invoice => head(&row, pages.app.today()),
        share => statement.as_ref().map(share::view),
        findings => findings.into_iter().map(|one| one.message).collect::<Vec<_>>(),
        may_pay => who.may(Right::MarkPayments),
    };
    pages.page(&who, "pages/invoices/show.html", values).await
}

/// The invoice to pay, addressed to the member itself and validated.
async fn to_pay(pages: &Pages, who: &Agent, id: i64) -> Result<MemberInvoice, PageError> {
    let row = member_invoice(&pages.app.store, who.organisation, InvoiceId(id)).await?;
    if row.own {
        Ok(row)
    } else {
        Err(StoreError::NotFound { what: "invoice to pay", id: id.to_string() }.into())
    }
}

async fn render(
    pages: &Pages,
    who: &Agent,
    row: &MemberInvoice,
    typed: &str,
    errors: &Errors,
    status: StatusCode,
) -> Result<Response, PageError> {
    let today = pages.app.today();
    let late = match row.due_on {
        Some(due) if due < today && row.state == "validated" && !row.credit => {
            match late_interest(&pages.app, InvoiceId(row.id), today).await {
                Ok(late) => late,
                // An unknown rate is said when the payment is marked, not before.
                Err(UseCaseError::Refused(_)) => None,
                Err(error) => return Err(error.into()),
            }
        }
        Some(_) | None => None,
    };
    let values = context! {
        invoice => head(row, today),
        typed => typed,
        late => late.map(|late| context! {
            days => late.days,
            interest => late.interest.french(),
            costs => late.recovery_costs.french(),
        }),
        errors => errors.view(),
    };
    let page = pages.page(who, "pages/invoices/payment.html", values).await?;
    Ok((status, page).into_response())
}

pub(super) async fn payment(
    State(pages): State<Pages>,
    who: May<MarkPayments>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let row = to_pay(&pages, &who, id).await?;
    let typed = french::date(pages.app.today());
    render(&pages, &who, &row, &typed, &Errors::none(), StatusCode::OK).await
}

#[derive(Debug, Deserialize)]
pub(super) struct Paid {
    #[serde(default, rename = "paye-le")]
    on: String,
}

pub(super) async fn pay(
    State(pages): State<Pages>,
    who: May<MarkPayments>,
    Row(id): Row<i64>,
    Form(paid): Form<Paid>,
) -> Result<Response, PageError> {
    let row = to_pay(&pages, &who, id).await?;
    let mut errors = Errors::none();
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let Some(on) = french::read_date(&paid.on) else {
        errors.add("paye-le", "Saisissez la date du paiement, par exemple 22/11/2026.");
        return render(&pages, &who, &row, &paid.on, &errors, status).await;
    };
    match pay_own(&pages.app, &who.actor(), who.viewer(), InvoiceId(id), on).await {
        Ok(late) => {
            let mut said =
                format!("{} : paiement du {} noté.", words::name(&row), french::date(on));
            if let Some(late) = late {
                said = format!(
                    "{said} {} jours de retard : {} d’intérêts moratoires et {} d’indemnité sont \
                     dus au titulaire, sans qu’il ait à les demander.",
                    late.days,
                    late.interest.french(),
                    late.recovery_costs.french()
                );
            }
            pages.done(&who, &format!("/factures/{id}"), &said).await
        }
        Err(error) => {
            let errors = Errors::refused(error)?;
            render(&pages, &who, &row, &paid.on, &errors, status).await
        }
    }
}
