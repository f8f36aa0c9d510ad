//! What a person must say before a credit note or a dispute can be shared: whom a credit note
//! concerns, why what is left of a dispute is accepted. Asked, shown in figures, then booked.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::invoices::allocation::MemberShare;
use domain::invoices::state::InvoiceState;
use domain::money::{Gross, Net, Vat};
use domain::quantity::Quantity;
use domain::siret::Siret;
use minijinja::{Value, context};

use super::sharing::together;
use super::words::{the, title};
use super::{Row, load};
use crate::store::invoices::StoredInvoice;
use crate::usecases::UseCaseError;
use crate::usecases::invoices::{
    self as desk, Candidate, Concerned, Left, Questions, Said, SharedDocument, Terms, Unnamed,
};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};
use crate::web::rights::KeepInvoices;

const FORM: &str = "pages/finance/precisions.html";

/// The field of what a line gives back to a member: `q-41-0-21620041000019`.
fn field(line: &Unnamed, at: usize, siret: &Siret) -> String {
    format!("q-{}-{at}-{siret}", line.credit)
}

/// What was typed: whom each line concerns.
fn read(questions: &Questions, fields: &Fields) -> (Vec<Concerned>, Errors) {
    let (mut whom, mut errors) = (Vec::new(), Errors::none());
    for (at, line) in questions.unnamed.iter().enumerate() {
        let mut given = Quantity::ZERO;
        for one in &line.candidates {
            let name = field(line, at, &one.siret);
            let typed = fields.text(&name);
            if typed.is_empty() {
                continue;
            }
            match Quantity::parse(typed) {
                Ok(quantity) if quantity.is_zero() => {}
                Ok(quantity) => {
                    given = given.plus(quantity).unwrap_or(given);
                    whom.push(Concerned {
                        credit: line.credit,
                        line: line.line.clone(),
                        siret: one.siret.clone(),
                        quantity,
                    });
                }
                Err(_) => errors.add(&name, "Saisissez une quantité, par exemple 10."),
            }
        }
        if given != line.quantity {
            let first = line.candidates.first().map(|one| field(line, at, &one.siret));
            errors.add(
                &first.unwrap_or_default(),
                format!(
                    "Avoir {}, « {} » : désignez {} en tout, vous en avez désigné {}.",
                    line.number,
                    line.label,
                    line.quantity.french(),
                    given.french()
                ),
            );
        }
    }
    (whom, errors)
}

/// Everything the form shows: the lines to name, what is left, what was typed.
struct Asked {
    invoice: StoredInvoice,
    questions: Questions,
    /// What a dispute leaves once the lines are named as typed.
    left: Vec<Left>,
    whom: Vec<Concerned>,
    errors: Errors,
}

impl Asked {
    async fn of(pages: &Pages, id: i64, fields: &Fields) -> Result<Self, PageError> {
        let invoice = load(pages, id).await?;
        let questions = desk::questions(&pages.app, invoice.id, &[]).await?;
        let (whom, errors) = read(&questions, fields);
        let left = if questions.unnamed.is_empty() || !errors.is_empty() {
            questions.left.clone()
        } else {
            desk::questions(&pages.app, invoice.id, &whom).await?.left
        };
        Ok(Self { invoice, questions, left, whom, errors })
    }

    /// Whether a reason is asked: something is left, or nothing else ends the dispute.
    fn may_close(&self) -> bool {
        !self.left.is_empty()
            || (self.invoice.state == InvoiceState::Disputed && self.questions.unnamed.is_empty())
    }

    /// The reason typed, where one is asked.
    fn closing<'a>(&self, fields: &'a Fields) -> Option<&'a str> {
        Some(fields.text("motif")).filter(|text| self.may_close() && !text.is_empty())
    }

    fn view(&self, fields: &Fields, errors: &Errors) -> Value {
        let lines = self.questions.unnamed.iter().enumerate().map(|(at, line)| {
            context! {
                number => line.number.as_str(),
                label => line.label.as_str(),
                quantity => line.quantity.french(),
                members => line.candidates.iter().map(|one| member(line, at, one, fields))
                    .collect::<Vec<_>>(),
            }
        });
        context! {
            id => self.invoice.id.0,
            title => title(&self.invoice),
            the => the(&self.invoice),
            lines => lines.collect::<Vec<_>>(),
            left => self.left.iter().map(left).collect::<Vec<_>>(),
            may_close => self.may_close(),
            reason => fields.text("motif"),
            errors => errors.view(),
        }
    }
}

fn member(line: &Unnamed, at: usize, one: &Candidate, fields: &Fields) -> Value {
    let name = field(line, at, &one.siret);
    context! {
        typed => fields.text(&name),
        field => name,
        name => one.name.as_str(),
        siret => one.siret.spaced(),
        ordered => one.ordered.french(),
        accepted => one.accepted.french(),
        paid => one.paid.french(),
    }
}

fn left(one: &Left) -> Value {
    context! {
        what => one.what.as_str(),
        billed => one.billed.french(),
        allowed => one.allowed.french(),
        more => one.more().french(),
    }
}

pub(super) async fn ask(
    State(pages): State<Pages>,
    who: May<KeepInvoices>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let fields = Fields::default();
    let asked = Asked::of(&pages, id, &fields).await?;
    pages.page(&who, FORM, asked.view(&fields, &Errors::none())).await
}

pub(super) async fn see(
    State(pages): State<Pages>,
    who: May<KeepInvoices>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let asked = Asked::of(&pages, id, &fields).await?;
    if !asked.errors.is_empty() {
        return pages.again(&who, FORM, asked.view(&fields, &asked.errors)).await;
    }
    let closing = asked.closing(&fields);
    let terms = Terms { closing: closing.is_some(), ..Terms::OF_THE_CONVENTION };
    let preview = match desk::preview(&pages.app, asked.invoice.id, &asked.whom, terms).await {
        Ok(preview) => preview,
        Err(error) => return refused(&pages, &who, &asked, &fields, error).await,
    };
    let documents = preview.documents.iter();
    let hidden = fields.0.iter().map(|(name, value)| {
        context! { name => name.as_str(), value => value.as_str() }
    });
    let accepted: i64 = preview
        .settlement
        .iter()
        .flat_map(|settlement| &settlement.left)
        .map(|one| one.more().cents())
        .sum();
    let mut words = vec![format!(
        "{} {} entre leurs membres, comme ci-dessous.",
        french::count(preview.documents.len()),
        french::plural(preview.documents.len(), "document est réparti", "documents sont répartis")
    )];
    if let Some(reason) = closing {
        words.push(format!(
            "Le litige est clos : {} HT au-dessus de la commande sont admis. Motif : {reason}",
            Net::from_cents(accepted).french()
        ));
    }
    words.push(
        "Une autre personne doit ensuite valider. Jusque-là, tout peut être annulé.".to_owned(),
    );
    let values = context! {
        id => id,
        title => title(&asked.invoice),
        words => words,
        documents => documents.map(document).collect::<Vec<_>>(),
        balance => balance(&preview.documents),
        hidden => hidden.collect::<Vec<_>>(),
    };
    pages.page(&who, "pages/finance/precisions_preview.html", values).await
}

/// The form again, with why; a reason that is missing is said at its field.
async fn refused(
    pages: &Pages,
    who: &Agent,
    asked: &Asked,
    fields: &Fields,
    error: UseCaseError,
) -> Result<Response, PageError> {
    let refused = Errors::refused(error)?;
    let mut errors = Errors::none();
    for message in refused.messages() {
        errors.add(if asked.may_close() { "motif" } else { "" }, message);
    }
    pages.again(who, FORM, asked.view(fields, &errors)).await
}

/// One document with each member's share.
fn document(one: &SharedDocument) -> Value {
    let members = &one.allocation.members;
    let sum = |of: &dyn Fn(&MemberShare) -> i64| members.iter().map(of).sum::<i64>();
    let net = sum(&|member| member.net.cents());
    let vat = sum(&|member| member.vat_total.cents());
    let gross = sum(&|member| member.gross.cents());
    let printed = &one.invoice.totals;
    let equal =
        (net, vat, gross) == (printed.net.cents(), printed.vat.cents(), printed.gross.cents());
    context! {
        name => title(&one.stored),
        credit => one.stored.kind.is_credit(),
        members => members.iter().map(|member| context! {
            name => member.name.as_str(),
            siret => member.siret.spaced(),
            net => member.net.french(),
            vat => member.vat_total.french(),
            gross => member.gross.french(),
        }).collect::<Vec<_>>(),
        net => Net::from_cents(net).french(),
        vat => Vat::from_cents(vat).french(),
        gross => Gross::from_cents(gross).french(),
        equal => equal,
    }
}

/// What each member pays once the credit notes are taken off; nothing for one document.
fn balance(documents: &[SharedDocument]) -> Vec<Value> {
    if documents.len() < 2 {
        return Vec::new();
    }
    let mut sums: BTreeMap<&Siret, (&str, i64)> = BTreeMap::new();
    for one in documents {
        let sign = if one.stored.kind.is_credit() { -1 } else { 1 };
        for member in &one.allocation.members {
            let sum = sums.entry(&member.siret).or_insert((member.name.as_str(), 0));
            sum.1 += sign * member.gross.cents();
        }
    }
    sums.into_iter()
        .map(|(siret, (name, cents))| {
            context! {
                name => name,
                siret => siret.spaced(),
                gross => Gross::from_cents(cents).french(),
            }
        })
        .collect()
}

pub(super) async fn book(
    State(pages): State<Pages>,
    who: May<KeepInvoices>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let asked = Asked::of(&pages, id, &fields).await?;
    if !asked.errors.is_empty() {
        return pages.again(&who, FORM, asked.view(&fields, &asked.errors)).await;
    }
    let said = Said { whom: &asked.whom, key: None, closing: asked.closing(&fields) };
    let actor = who.actor();
    match desk::allocate_by(&pages.app, &actor, asked.invoice.id, &said).await {
        Ok(made) => {
            let words = format!(
                "{} : répartition faite{}. Une autre personne doit maintenant la valider.",
                title(&asked.invoice),
                together(made.len())
            );
            pages.done(&who, &format!("/comptabilite/factures/{id}"), words).await
        }
        Err(error) => refused(&pages, &who, &asked, &fields, error).await,
    }
}
