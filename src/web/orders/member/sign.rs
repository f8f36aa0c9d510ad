//! The signatory validates an order: what it commits stands in figures before, and after.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use domain::french;
use domain::ids::{ContactId, OrderId};
use domain::orders::ceiling::fits;
use domain::orders::calendar::ready_to_validate;
use minijinja::{Value, context};
use serde::Deserialize;

use super::order::Seen;
use crate::store::{StoreError, group};
use crate::usecases::orders::{
    Approval, PaperSignature, References, Signer, set_references, signers, validate_as_read,
    validate_signed_paper,
};
use crate::usecases::{UseCaseError};
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::page::Pages;
use crate::web::rights::{AdjustOrders, KeepAccounts, Right, ValidateOrders};
use crate::web::routes::Row;
use crate::web::upload::Upload;

/// An order that is to be signed, with who may.
struct Desk {
    seen: Seen,
    signers: Vec<Signer>,
    lacks: Vec<&'static str>,
}

impl Desk {
    async fn read(pages: &Pages, who: &Agent, id: i64) -> Result<Self, PageError> {
        let store = &pages.app.store;
        let seen = Seen::read(store, who.organisation, OrderId(id)).await?;
        if !seen.own() {
            return Err(StoreError::NotFound { what: "order", id: id.to_string() }.into());
        }
        let signers = signers(store, who.organisation, pages.app.today()).await?;
        let chorus = group::organisation(store, who.organisation).await?;
        let chorus = chorus.map(|body| body.organisation.chorus).unwrap_or_default();
        let order = &seen.stored.order;
        let mut lacks = Vec::new();
        if chorus.commitment_number && order.commitment_number.is_none() {
            lacks.push("le numéro d’engagement");
        }
        if chorus.service_code && order.service_code.is_none() {
            lacks.push("le code service");
        }
        Ok(Self { seen, signers, lacks })
    }

    /// The power of whoever is signed in: by its address, else by its name.
    fn own_power(&self, who: &Agent) -> Option<&Signer> {
        let (email, name) = (who.email.to_lowercase(), who.name.to_lowercase());
        self.signers
            .iter()
            .find(|signer| signer.email.as_deref() == Some(email.as_str()))
            .or_else(|| self.signers.iter().find(|signer| signer.name.to_lowercase() == name))
    }

    fn value(&self, today: NaiveDate) -> Value {
        let contract = &self.seen.window.contract;
        let terms = contract.agreement.terms();
        let net = self.seen.stored.totals.net;
        let before = terms.ceiling.minus(contract.committed);
        let after = fits(terms.ceiling, contract.committed, net);
        let days = self.seen.window.window.days;
        let ready = ready_to_validate(days, self.seen.window.priced_at_close(), today);
        context! {
            net => net.french(),
            vat => self.seen.stored.totals.vat.french(),
            gross => self.seen.stored.totals.gross.french(),
            ceiling => terms.ceiling.french(),
            left_before => before.map_or_else(|_| "–".into(), |left| left.french()),
            left_after => after.as_ref().map(|room| room.left.french()).ok(),
            past => after.err().map(|past| past.for_the_reader()),
            not_yet => ready.err().map(|why| why.for_the_reader()),
            lacks => self.lacks.clone(),
            signers => self.signers.iter().map(|signer| {
                context! { name => signer.name, quality => signer.quality }
            }).collect::<Vec<_>>(),
        }
    }
}

/// What was typed of a signature on paper.
#[derive(Debug, Clone, Default)]
struct Typed {
    name: String,
    quality: String,
    on: String,
}

fn render(
    pages: &Pages,
    who: &Agent,
    desk: &Desk,
    typed: &Typed,
    errors: &BTreeMap<String, String>,
    notices: Vec<String>,
) -> Result<Response, PageError> {
    let today = pages.app.today();
    let mine = desk.own_power(who).filter(|_| who.may(Right::ValidateOrders));
    pages.page(
        who,
        "pages/orders/sign.html",
        context! {
            order => desk.seen.head(today),
            figures => desk.seen.figures()?,
            lines => desk.seen.lines()?,
            signing => desk.value(today),
            draft => desk.seen.is_draft(),
            may_sign => who.may(Right::ValidateOrders),
            mine => mine.map(|signer| context! { name => signer.name, quality => signer.quality }),
            may_refer => who.may(Right::KeepAccounts),
            typed => context! { name => typed.name, quality => typed.quality, on => typed.on },
            errors => errors,
            notices => notices,
        },
    )
}

/// For whoever signs, and for whoever brings what was signed on paper.
pub(super) async fn form(
    State(pages): State<Pages>,
    who: May<AdjustOrders>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let desk = Desk::read(&pages, &who, id).await?;
    let typed = Typed { on: french::date(pages.app.today()), ..Typed::default() };
    render(&pages, &who, &desk, &typed, &BTreeMap::new(), Vec::new())
}

#[derive(Debug, Deserialize)]
pub(super) struct Read {
    version: i64,
}

fn approval(id: i64, signatory: Option<ContactId>) -> Approval {
    Approval { order: OrderId(id), signatory, references: References::default() }
}

async fn signed(
    pages: &Pages,
    who: &Agent,
    id: i64,
    room: domain::orders::ceiling::Room,
    proof: &str,
) -> Result<Response, PageError> {
    let seen = Seen::read(&pages.app.store, who.organisation, OrderId(id)).await?;
    let said = format!(
        "Votre commande de {} HT ({} TTC) est validée{proof}. Il reste {} HT au marché. Le CdG62 \
         l’envoie au titulaire ; vous trouverez ensuite le bon de commande ici.",
        seen.stored.totals.net.french(),
        seen.stored.totals.gross.french(),
        room.left.french()
    );
    pages.done(who, &format!("/commandes/{id}"), &said).await
}

pub(super) async fn sign(
    State(pages): State<Pages>,
    who: May<ValidateOrders>,
    Row(id): Row<i64>,
    axum::Form(read): axum::Form<Read>,
) -> Result<Response, PageError> {
    let desk = Desk::read(&pages, &who, id).await?;
    let again = |notices, status: StatusCode| {
        let typed = Typed { on: french::date(pages.app.today()), ..Typed::default() };
        let page = render(&pages, &who, &desk, &typed, &BTreeMap::new(), notices)?;
        Ok((status, page).into_response())
    };
    let Some(power) = desk.own_power(&who) else {
        let message = "Aucun pouvoir de signature n’est enregistré à votre nom : faites-le \
                       enregistrer par le CdG62, ou déposez la commande signée sur papier.";
        return again(vec![message.into()], StatusCode::UNPROCESSABLE_ENTITY);
    };
    let approval = approval(id, Some(power.contact));
    let done =
        validate_as_read(&pages.app, &who.actor(), who.viewer(), &approval, read.version).await;
    match done {
        Ok(room) => signed(&pages, &who, id, room, "").await,
        Err(UseCaseError::Refused(reasons)) => {
            let told = reasons.into_iter().map(|reason| reason.message).collect();
            again(told, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => Err(error.into()),
    }
}
