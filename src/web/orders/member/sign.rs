//! The signatory validates an order: what it commits stands in figures before, and after.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use domain::french;
use domain::ids::{ContactId, OrderId};
use domain::orders::calendar::ready_to_validate;
use domain::orders::ceiling::fits;
use domain::platform::role::Right;
use minijinja::{Value, context};
use serde::Deserialize;

use super::order::Seen;
use crate::store::{StoreError, group};
use crate::usecases::UseCaseError;
use crate::usecases::orders::{
    Approval, PaperSignature, References, Signer, set_references, signers, validate_as_read,
    validate_signed_paper,
};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields, Form};
use crate::web::rights::{AdjustOrders, KeepAccounts, ValidateOrders};
use crate::web::routes::Row;
use crate::web::upload::{JPEG, PDF, PNG, Upload};

const SIGNED_BY: &str = "signataire";
const SIGNED_AS: &str = "qualite";
const SIGNED_ON: &str = "signe-le";
const SCAN: &str = "scan";

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
            left_before => before.map_or_else(|_| "–".into(), domain::money::Net::french),
            left_after => after.as_ref().map(|room| room.left.french()).ok(),
            past => after.err().map(|past| past.for_the_reader()),
            not_yet => ready.err().map(|why| why.for_the_reader()),
            lacks => self.lacks.clone(),
            signers => self.signers.iter().map(|signer| {
                context! { name => signer.name.as_str(), quality => signer.quality.as_str() }
            }).collect::<Vec<_>>(),
        }
    }
}

/// What the page shows beside the order: what was typed of a paper, and what is wrong.
#[derive(Default)]
struct Said {
    typed: Fields,
    errors: Errors,
}

async fn render(
    pages: &Pages,
    who: &Agent,
    desk: &Desk,
    said: &Said,
    status: StatusCode,
) -> Result<Response, PageError> {
    let today = pages.app.today();
    let mine = desk.own_power(who).filter(|_| who.may(Right::ValidateOrders));
    let on = match said.typed.text(SIGNED_ON) {
        "" => french::date(today),
        typed => typed.to_owned(),
    };
    let values = context! {
        order => desk.seen.head(today),
        figures => desk.seen.figures()?,
        lines => desk.seen.lines()?,
        signing => desk.value(today),
        draft => desk.seen.is_draft(),
        may_sign => who.may(Right::ValidateOrders),
        mine => mine.map(|signer| context! { name => signer.name.as_str(), quality => signer.quality.as_str() }),
        may_refer => who.may(Right::KeepAccounts),
        typed => context! {
            name => said.typed.text(SIGNED_BY),
            quality => said.typed.text(SIGNED_AS),
            on => on,
        },
        errors => said.errors.view(),
    };
    let page = pages.page(who, "pages/orders/sign.html", values).await?;
    Ok((status, page).into_response())
}

/// For whoever signs, and for whoever brings what was signed on paper.
pub(super) async fn form(
    State(pages): State<Pages>,
    who: May<AdjustOrders>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let desk = Desk::read(&pages, &who, id).await?;
    render(&pages, &who, &desk, &Said::default(), StatusCode::OK).await
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

/// What the rules say against it, on the same page; any other error goes on.
async fn refused(
    pages: &Pages,
    who: &Agent,
    desk: &Desk,
    error: UseCaseError,
    typed: Fields,
) -> Result<Response, PageError> {
    let errors = Errors::refused(error)?;
    let said = Said { typed, errors };
    render(pages, who, desk, &said, StatusCode::UNPROCESSABLE_ENTITY).await
}

pub(super) async fn sign(
    State(pages): State<Pages>,
    who: May<ValidateOrders>,
    Row(id): Row<i64>,
    Form(read): Form<Read>,
) -> Result<Response, PageError> {
    let desk = Desk::read(&pages, &who, id).await?;
    let Some(power) = desk.own_power(&who) else {
        let message = "Aucun pouvoir de signature n’est enregistré à votre nom : \
                       enregistrez-le dans « Équipe », ou déposez la commande signée sur papier.";
        let error = UseCaseError::refused("delegation", message);
        return refused(&pages, &who, &desk, error, Fields::default()).await;
    };
    let approval = approval(id, Some(power.contact));
    let done =
        validate_as_read(&pages.app, &who.actor(), who.viewer(), &approval, read.version).await;
    match done {
        Ok(room) => signed(&pages, &who, id, room, "").await,
        Err(error) => refused(&pages, &who, &desk, error, Fields::default()).await,
    }
}

/// What was signed by hand: the scan is kept, and the name is the one on it.
pub(super) async fn sign_on_paper(
    State(pages): State<Pages>,
    who: May<AdjustOrders>,
    Row(id): Row<i64>,
    upload: Upload,
) -> Result<Response, PageError> {
    let desk = Desk::read(&pages, &who, id).await?;
    let typed = upload.fields;
    let mut errors = Errors::none();
    let name = typed.text(SIGNED_BY).to_owned();
    if name.is_empty() {
        errors.add(SIGNED_BY, "Saisissez le nom de la personne qui a signé.");
    }
    let quality = typed.text(SIGNED_AS).to_owned();
    if quality.is_empty() {
        errors.add(
            SIGNED_AS,
            "Saisissez la qualité de la personne qui a signé, par exemple « Maire ».",
        );
    }
    let on = french::read_date(typed.text(SIGNED_ON));
    if on.is_none() {
        errors.add(SIGNED_ON, "Saisissez la date de signature, par exemple 22/11/2026.");
    }
    let scan = upload.files.into_iter().find(|file| file.field == SCAN);
    let scan = scan.and_then(|file| file.accept(&[PDF, JPEG, PNG]));
    if scan.is_none() {
        errors.add(
            SCAN,
            "Ajoutez la commande signée : un PDF ou une photo (JPEG, PNG), 10 Mo au plus.",
        );
    }
    let version = typed.text("version").parse::<i64>().ok();
    let (Some(on), Some(scan), Some(version), true) = (on, scan, version, errors.is_empty()) else {
        if version.is_none() {
            return Err(PageError::BadRequest("no version".into()));
        }
        let said = Said { typed, errors };
        return render(&pages, &who, &desk, &said, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let paper = PaperSignature { name, quality, on };
    let (actor, viewer, approval) = (who.actor(), who.viewer(), approval(id, None));
    let app = &pages.app;
    match validate_signed_paper(app, &actor, viewer, &approval, &paper, version, scan).await {
        Ok(room) => {
            let proof = format!(" d’après la signature de {} sur papier", paper.name);
            signed(&pages, &who, id, room, &proof).await
        }
        Err(error) => refused(&pages, &who, &desk, error, typed).await,
    }
}

/// What the buyer's finance software knows of the order.
#[derive(Debug, Deserialize)]
pub(super) struct Known {
    #[serde(default)]
    engagement: String,
    #[serde(default)]
    service: String,
    #[serde(default)]
    imputation: String,
}

pub(super) async fn refer(
    State(pages): State<Pages>,
    who: May<KeepAccounts>,
    Row(id): Row<i64>,
    Form(known): Form<Known>,
) -> Result<Response, PageError> {
    let references = References {
        commitment_number: Some(known.engagement),
        service_code: Some(known.service),
        budget_account: Some(known.imputation),
    };
    set_references(&pages.app, &who.actor(), who.viewer(), OrderId(id), &references).await?;
    let said = "Références enregistrées. Elles figureront sur le bon de commande.";
    pages.done(&who, &format!("/commandes/{id}"), said).await
}
