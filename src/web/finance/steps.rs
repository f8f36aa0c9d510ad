//! The steps of an invoice's life that a person decides: what will happen, then it happens.

use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use domain::french;
use domain::invoices::state::{InvoiceAction as A, InvoiceState, STEPS};
use minijinja::{Value, context};
use serde::Deserialize;

use super::words::{the, title};
use super::{Row, before, load};
use crate::store::invoices::StoredInvoice;
use crate::usecases::UseCaseError;
use crate::usecases::invoices as desk;
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Form};
use crate::web::rights::KeepInvoices;

/// A step that has a page of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Validate,
    Pay,
    Dispute,
    Suspend,
    Resume,
    Reopen,
    Reject,
}

const ALL: [Step; 7] = [
    Step::Validate,
    Step::Pay,
    Step::Dispute,
    Step::Suspend,
    Step::Resume,
    Step::Reopen,
    Step::Reject,
];

/// What is asked besides.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    motif: String,
    date: String,
}

impl Step {
    pub(super) fn of(action: A) -> Option<Self> {
        match action {
            A::Validate => Some(Self::Validate),
            A::Pay => Some(Self::Pay),
            A::Dispute => Some(Self::Dispute),
            A::Suspend => Some(Self::Suspend),
            A::Resume => Some(Self::Resume),
            A::Reopen => Some(Self::Reopen),
            A::Reject => Some(Self::Reject),
            // Taken with the file, or on the pages of the shares.
            A::Check | A::Match | A::Allocate | A::Waive => None,
        }
    }

    fn action(self) -> A {
        match self {
            Self::Validate => A::Validate,
            Self::Pay => A::Pay,
            Self::Dispute => A::Dispute,
            Self::Suspend => A::Suspend,
            Self::Resume => A::Resume,
            Self::Reopen => A::Reopen,
            Self::Reject => A::Reject,
        }
    }

    pub(super) fn slug(self) -> &'static str {
        match self {
            Self::Validate => "valider",
            Self::Pay => "payer",
            Self::Dispute => "contester",
            Self::Suspend => "suspendre",
            Self::Resume => "reprendre",
            Self::Reopen => "rouvrir",
            Self::Reject => "rejeter",
        }
    }

    /// A verb and its object.
    pub(super) fn button(self, invoice: &StoredInvoice) -> String {
        let the = the(invoice);
        match self {
            Self::Validate => "Valider la répartition".into(),
            Self::Pay if invoice.kind.is_credit() => "Indiquer que l’avoir est déduit".into(),
            Self::Pay => "Indiquer le paiement".into(),
            Self::Dispute => format!("Contester {the}"),
            Self::Suspend => "Suspendre le paiement".into(),
            Self::Resume => "Reprendre le contrôle".into(),
            Self::Reopen => "Annuler la répartition".into(),
            Self::Reject => format!("Rejeter {the}"),
        }
    }

    pub(super) fn is_main(self) -> bool {
        match self {
            Self::Validate | Self::Pay | Self::Resume => true,
            Self::Dispute | Self::Suspend | Self::Reopen | Self::Reject => false,
        }
    }

    fn wants_reason(self) -> bool {
        match self {
            Self::Dispute | Self::Suspend | Self::Reopen | Self::Reject => true,
            Self::Validate | Self::Pay | Self::Resume => false,
        }
    }

    /// The label of the day that is asked.
    fn wants_day(self) -> Option<&'static str> {
        match self {
            Self::Pay => Some("Date du paiement"),
            Self::Suspend => Some("Premier jour de la suspension"),
            Self::Resume => Some("Date de la pièce reçue ou de la livraison"),
            Self::Validate | Self::Dispute | Self::Reopen | Self::Reject => None,
        }
    }
}

fn named(slug: &str) -> Result<Step, PageError> {
    ALL.into_iter().find(|step| step.slug() == slug).ok_or(PageError::NotFound)
}

pub(super) async fn ask(
    State(pages): State<Pages>,
    who: May<KeepInvoices>,
    Row((id, slug)): Row<(i64, String)>,
) -> Result<Response, PageError> {
    let step = named(&slug)?;
    let invoice = load(&pages, id).await?;
    allowed(step, &invoice)?;
    let asked = Asked { date: pages.app.today().to_string(), ..Asked::default() };
    let values = view(&pages, &who, &invoice, step, &asked, &Errors::none()).await?;
    pages.page(&who, "pages/finance/step.html", values).await
}

/// A step that the life table does not have from here is told in words, not as a form.
fn allowed(step: Step, invoice: &StoredInvoice) -> Result<(), UseCaseError> {
    STEPS.after(invoice.state, step.action()).map(|_| ()).map_err(|refused| {
        UseCaseError::refused(
            "etape_interdite",
            format!(
                "Impossible de {} {} {}, à l’étape « {} ». Quelqu’un a peut-être agi entre-temps.",
                refused.action.french(),
                the(invoice),
                invoice.number,
                refused.from.french()
            ),
        )
    })
}

pub(super) async fn take(
    State(pages): State<Pages>,
    who: May<KeepInvoices>,
    Row((id, slug)): Row<(i64, String)>,
    Form(asked): Form<Asked>,
) -> Result<Response, PageError> {
    let step = named(&slug)?;
    let invoice = load(&pages, id).await?;
    let mut errors = Errors::none();
    if step.wants_reason() && asked.motif.trim().is_empty() {
        errors.add(
            "motif",
            "Dites pourquoi, en une phrase : le fournisseur et vos collègues la liront.",
        );
    }
    let mut day = pages.app.today();
    if step.wants_day().is_some() {
        match asked.date.trim().parse::<NaiveDate>() {
            Ok(found) if found > day => errors.add(
                "date",
                format!("Saisissez une date passée, au plus tard le {}.", french::date(day)),
            ),
            Ok(found) if found < invoice.received_on => errors.add(
                "date",
                format!(
                    "Saisissez une date qui suit la réception, le {}.",
                    french::date(invoice.received_on)
                ),
            ),
            Ok(found) => day = found,
            Err(_) => errors.add("date", "Saisissez une date, par exemple 22/11/2026."),
        }
    }
    if errors.is_empty() {
        match done(&pages, &who, &invoice, step, asked.motif.trim(), day).await {
            Ok(said) => {
                return pages.done(&who, &format!("/comptabilite/factures/{id}"), said).await;
            }
            Err(error) => errors = Errors::refused(error)?,
        }
    }
    let values = view(&pages, &who, &invoice, step, &asked, &errors).await?;
    pages.again(&who, "pages/finance/step.html", values).await
}

/// Takes the step; answers what happened and what comes next.
async fn done(
    pages: &Pages,
    who: &Agent,
    invoice: &StoredInvoice,
    step: Step,
    reason: &str,
    day: NaiveDate,
) -> Result<String, UseCaseError> {
    let (app, actor, id) = (&pages.app, who.actor(), invoice.id);
    let name = title(invoice);
    Ok(match step {
        Step::Validate => {
            let made = desk::validate(app, &actor, id).await?;
            let mut said = format!(
                "La répartition est validée : {} {} leur numéro.",
                french::count(made.statements),
                french::plural(made.statements, "relevé a reçu", "relevés ont reçu")
            );
            if made.recharges > 0 {
                said.push_str(&format!(
                    " {} {} à titrer.",
                    french::count(made.recharges),
                    french::plural(made.recharges, "créance est prête", "créances sont prêtes")
                ));
            }
            said + " Émettez maintenant les relevés."
        }
        Step::Pay => match desk::pay(app, &actor, id, day).await? {
            None => format!("{name} : paiement noté au {}.", french::date(day)),
            Some(late) => format!(
                "{name} : paiement noté au {}, {} jours après l’échéance. Sont dus en plus {} \
                 d’intérêts moratoires et {} d’indemnité.",
                french::date(day),
                late.days,
                late.interest.french(),
                late.recovery_costs.french()
            ),
        },
        Step::Dispute => {
            desk::dispute(app, &actor, id, reason).await?;
            format!(
                "{name} : en litige. Demandez au fournisseur un avoir ou la livraison manquante."
            )
        }
        Step::Suspend => {
            desk::suspend(app, &actor, id, day, reason).await?;
            format!(
                "{name} : le délai de paiement est arrêté depuis le {}. Prévenez le fournisseur.",
                french::date(day)
            )
        }
        Step::Resume => match desk::resume(app, &actor, id, day).await? {
            InvoiceState::Matched => {
                format!("{name} correspond maintenant à sa commande. Passez à la répartition.")
            }
            InvoiceState::Disputed => {
                format!("{name} ne correspond toujours pas à sa commande : le litige continue.")
            }
            state @ (InvoiceState::Received
            | InvoiceState::Checked
            | InvoiceState::Allocated
            | InvoiceState::Validated
            | InvoiceState::Paid
            | InvoiceState::Suspended
            | InvoiceState::Rejected) => {
                format!("{name} est à l’étape « {} ».", state.french())
            }
        },
        Step::Reopen => match desk::reopen(app, &actor, id, reason).await? {
            InvoiceState::Disputed => {
                format!("{name} : la répartition est annulée, le litige est rouvert.")
            }
            InvoiceState::Received
            | InvoiceState::Checked
            | InvoiceState::Matched
            | InvoiceState::Allocated
            | InvoiceState::Validated
            | InvoiceState::Paid
            | InvoiceState::Suspended
            | InvoiceState::Rejected => {
                format!("{name} : la répartition est annulée. Une nouvelle peut être faite.")
            }
        },
        Step::Reject => {
            desk::reject(app, &actor, id, reason).await?;
            format!("{name} : rejet noté. Demandez un nouveau document au fournisseur.")
        }
    })
}

async fn view(
    pages: &Pages,
    who: &Agent,
    invoice: &StoredInvoice,
    step: Step,
    asked: &Asked,
    errors: &Errors,
) -> Result<Value, PageError> {
    let own = step == Step::Validate && invoice.checked_by.as_deref() == Some(&who.actor().0);
    Ok(context! {
        title => step.button(invoice),
        invoice => title(invoice),
        id => invoice.id.0,
        slug => step.slug(),
        lines => before::figures(pages, invoice, step).await?,
        wants_reason => step.wants_reason(),
        day_label => step.wants_day(),
        reason => asked.motif.as_str(),
        day => asked.date.as_str(),
        errors => errors.view(),
        own => own,
        danger => step == Step::Reject,
    })
}
