//! One invoice: as printed on the left; its order, its deliveries and every difference on the
//! right; what may be done next.

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::ids::InvoiceId;
use domain::invoices::state::{InvoiceAction, InvoiceState, STEPS};
use domain::platform::role::Right;
use minijinja::{Value, context};

use super::steps::Step;
use super::words::{self, euros, figure, price};
use super::{Row, download, load, standing};
use crate::store::invoices::{self as store, PrintedAmount, PrintedRows, Severity, StoredInvoice};
use crate::usecases::invoices::{ComparedLine, Difference, compared, freight, lateness};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::rights::ReadPurchases;

pub(super) async fn show(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let invoice = load(&pages, id).await?;
    let rows = store::printed_rows(on, InvoiceId(id)).await?;
    let names = store::invoice_names(on, InvoiceId(id)).await?;
    let findings = store::findings(on, InvoiceId(id)).await?;
    let credits = store::credits_of(on, InvoiceId(id)).await?;
    let life = store::invoice_life(on, InvoiceId(id)).await?;
    let suspension = store::suspension(on, InvoiceId(id)).await?;
    let PrintedRows { lines, charges, allowances, taxes } = rows;
    let lines = compared(on, &invoice, lines).await?;
    let freight = freight(on, &invoice).await?;
    let late = lateness(&pages.app, &invoice).await?;
    let amount = |one: &PrintedAmount, word: &str| {
        context! {
            label => one.reason.clone().unwrap_or_else(|| word.to_owned()),
            rate => one.rate.french(),
            amount => one.amount.french(),
        }
    };
    let values = context! {
        title => words::title(&invoice),
        id => id,
        state => invoice.state.french(),
        tone => words::tone(invoice.state),
        expected => words::expected(&invoice),
        credit => invoice.kind.is_credit(),
        names => context! {
            supplier => names.supplier, buyer => names.buyer, order => names.order_number,
            contract => names.contract_number, contract_title => names.contract_title,
            corrects => names.corrects, corrects_id => invoice.corrects.map(|id| id.0),
            checked_by => names.checked_by, validated_by => names.validated_by,
        },
        figures => figures(&invoice),
        order_reference => invoice.order_reference.as_deref(),
        issued_on => french::date(invoice.issued_on),
        received_on => french::date(invoice.received_on),
        due_on => invoice.due_on.map(french::date),
        paid_on => invoice.paid_on.map(french::date),
        suspended => suspension.map(|one| context! {
            from => french::date(one.from), to => one.to.map(french::date), reason => one.reason,
        }),
        lines => lines.iter().map(line).collect::<Vec<_>>(),
        charges => charges.iter().map(|one| amount(one, "Frais")).collect::<Vec<_>>(),
        allowances => allowances.iter().map(|one| amount(one, "Remise")).collect::<Vec<_>>(),
        taxes => taxes.iter().map(|one| context! {
            rate => one.rate.french(), base => one.base.french(), tax => one.tax.french(),
            exemption => one.exemption.as_deref(),
        }).collect::<Vec<_>>(),
        totals => totals(&invoice),
        findings => findings.iter().map(|one| context! {
            blocking => one.severity == Severity::Blocking, message => one.message.as_str(),
        }).collect::<Vec<_>>(),
        credits => credits.iter().map(|one| context! {
            href => format!("/comptabilite/factures/{}", one.id),
            name => format!("Avoir {}", one.number),
            detail => format!(
                "{}, {} TTC, {}",
                french::date(one.issued_on), one.totals.gross.french(), one.state.french()
            ),
        }).collect::<Vec<_>>(),
        dispute => standing::dispute(&invoice, &lines, &credits),
        freight => freight.map(standing::freight),
        late => standing::late(&late, &invoice),
        shared => invoice.state.is_shared(),
        stated => matches!(invoice.state, InvoiceState::Validated | InvoiceState::Paid),
        to_settle => who.may(Right::KeepInvoices),
        steps => if who.may(Right::KeepInvoices) { steps(&invoice) } else { Vec::new() },
        history => life.iter().map(|one| context! {
            what => words::step(&one.action),
            who => one.actor.as_str(),
            at => french::date(domain::dates::paris_day(one.at)),
            why => one.details.as_str(),
        }).collect::<Vec<_>>(),
    };
    pages.page(&who, "pages/finance/show.html", values).await
}

fn figures(invoice: &StoredInvoice) -> Vec<Value> {
    let totals = &invoice.totals;
    vec![
        figure(totals.net.french(), "HT"),
        figure(totals.vat.french(), "de TVA"),
        figure(totals.gross.french(), "TTC"),
        figure(euros(totals.payable.0), "à payer TTC"),
    ]
}

fn totals(invoice: &StoredInvoice) -> Vec<Value> {
    let totals = &invoice.totals;
    let row = |label: &str, amount: String| context! { label => label, amount => amount };
    let mut rows = vec![row("Total des lignes HT", totals.lines.french())];
    if totals.allowances.cents() != 0 {
        rows.push(row("Remises HT, à déduire", totals.allowances.french()));
    }
    if totals.charges.cents() != 0 {
        rows.push(row("Frais HT, à ajouter", totals.charges.french()));
    }
    rows.push(row("Total HT", totals.net.french()));
    rows.push(row("TVA", totals.vat.french()));
    rows.push(row("Total TTC", totals.gross.french()));
    if totals.prepaid.0 != 0 {
        rows.push(row("Acompte déjà versé TTC", euros(totals.prepaid.0)));
    }
    if totals.rounding.0 != 0 {
        rows.push(row("Arrondi", euros(totals.rounding.0)));
    }
    rows.push(row("À payer TTC", euros(totals.payable.0)));
    rows
}

fn line(one: &ComparedLine) -> Value {
    let line = &one.line;
    let number = |value: rust_decimal::Decimal| french::decimal(value.normalize());
    context! {
        id => line.id.as_str(),
        label => line.label.as_str(),
        reference => line.reference.as_deref(),
        quantity => number(line.quantity),
        price => price(line.price),
        per => (line.base_quantity != rust_decimal::Decimal::ONE)
            .then(|| number(line.base_quantity)),
        net => line.net.french(),
        rate => line.rate.french(),
        order => one.order.as_ref().map(|side| context! {
            position => side.position,
            reference => side.reference.as_str(),
            unit => side.unit.french(),
            ordered => side.ordered.french(),
            accepted => side.accepted.french(),
            before => side.invoiced_before.french(),
            price => price(side.price),
        }),
        agrees => matches!(
            one.difference,
            Difference::None | Difference::Freight | Difference::GivesBack { .. }
        ),
        difference => difference(one),
    }
}

fn difference(one: &ComparedLine) -> String {
    match one.difference {
        Difference::None => "Conforme".into(),
        Difference::Freight => "Frais de port, répartis selon la clé de la convention".into(),
        Difference::NotOrdered => "Absent de la commande".into(),
        Difference::GivesBack { goods: true } => "Rend des articles au prix de la commande".into(),
        Difference::GivesBack { goods: false } => "Baisse un prix, sans rendre d’article".into(),
        Difference::Differs { quantity, price: more } => {
            let mut words: Vec<String> = Vec::new();
            if let Some(quantity) = quantity {
                words.push(format!("{} de plus que l’admis non facturé", quantity.french()));
            }
            if !more.is_zero() {
                let way = if more.is_sign_negative() { "inférieur" } else { "supérieur" };
                words.push(format!("prix {way} de {} HT", price(more.abs())));
                if let Some(net) = one.too_much() {
                    words.push(format!("soit {} HT de trop", net.french()));
                }
            }
            words.join(", ")
        }
    }
}

/// The buttons of the life table, the main one first.
fn steps(invoice: &StoredInvoice) -> Vec<Value> {
    let id = invoice.id;
    let mut buttons = Vec::new();
    for action in STEPS.offers(invoice.state) {
        if action == InvoiceAction::Allocate {
            buttons.push(context! {
                words => format!("Répartir {}", words::the(invoice)),
                href => format!("/comptabilite/factures/{id}/repartition"),
                main => true,
            });
        } else if action == InvoiceAction::Waive {
            buttons.push(context! {
                words => "Clore le litige avec un motif",
                href => format!("/comptabilite/factures/{id}/precisions"),
                main => false,
            });
        } else if let Some(step) = Step::of(action) {
            buttons.push(context! {
                words => step.button(invoice),
                href => format!("/comptabilite/factures/{id}/etapes/{}", step.slug()),
                main => step.is_main(),
            });
        }
    }
    buttons
}

/// The file as the supplier sent it.
pub(super) async fn original(
    State(pages): State<Pages>,
    _who: May<ReadPurchases>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let invoice = load(&pages, id).await?;
    let bytes = pages.app.files.get(&invoice.file_key).await?;
    let (kind, suffix) = if bytes.starts_with(b"%PDF") {
        ("application/pdf", "pdf")
    } else {
        ("application/xml", "xml")
    };
    let number = crate::usecases::invoices::statement::file_name_part(&invoice.number);
    download(kind, &format!("facture_{number}.{suffix}"), bytes)
}
