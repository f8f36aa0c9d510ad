//! What the CdG62 claims back (model C), to be taken into its finance software.

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::platform::role::Right;
use minijinja::context;
use serde::Deserialize;

use super::Row;
use super::words::euros;
use crate::store::invoices::{self as store, Claim, Claims};
use crate::usecases::invoices::export_recharges;
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::{Form, new_key};
use crate::web::listing::{Cell, Column, ListQuery, Listing};
use crate::web::rights::{KeepInvoices, ReadPurchases};

pub(super) async fn show(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let (claims, total, cents) = store::claims(on, Claims::Waiting, &query.slice("numero")).await?;
    let batches = store::batches(on).await?;
    let count = usize::try_from(total).unwrap_or(0);
    let values = context! {
        to_export => total > 0 && who.may(Right::KeepInvoices),
        key => new_key()?,
        words => format!(
            "{} {}, {} TTC",
            french::count(count),
            french::plural(count, "créance à titrer", "créances à titrer"),
            euros(cents.0)
        ),
        batches => batches.iter().map(|batch| context! {
            href => format!("/comptabilite/titres/{}", batch.id),
            name => format!("Export n° {} du {}", batch.id, french::date(batch.exported_on)),
            detail => format!(
                "{}, {} TTC, par {}",
                french::counted(batch.claims, "créance", "créances"),
                euros(batch.total_cents),
                batch.exported_by
            ),
        }).collect::<Vec<_>>(),
    };
    let empty = "Aucune créance n’attend. Elles naissent quand la répartition d’une facture payée \
                 par le CdG62 est validée.";
    let listing =
        listing("creances", "Créances sur les membres, à exporter", claims, total, query, empty);
    listing.respond(&pages, &who, "pages/finance/recharges.html", values).await
}

pub(super) async fn batch(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    Row(id): Row<i64>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let batch = store::batch(on, id).await?;
    let (claims, total, cents) = store::claims(on, Claims::Of(id), &query.slice("numero")).await?;
    let values = context! {
        id => id,
        exported_on => french::date(batch.exported_on),
        exported_by => batch.exported_by,
        total => euros(cents.0),
        claims => batch.claims,
    };
    let listing = listing("titres", "Créances de cet export", claims, total, query, "");
    let about = id.to_string();
    listing.respond_about(&about, &pages, &who, "pages/finance/batch.html", values).await
}

fn listing(
    name: &'static str,
    caption: &str,
    claims: Vec<Claim>,
    total: u64,
    query: ListQuery,
    empty: &str,
) -> Listing {
    Listing {
        name,
        caption: caption.to_owned(),
        columns: vec![
            Column::text("numero", "Créance"),
            Column::text("debiteur", "Débiteur"),
            Column::text("", "SIRET du débiteur"),
            Column::number("montant", "Montant TTC"),
            Column::text("", "Objet"),
            Column::text("compte", "Compte suggéré"),
            Column::text("", "Source du compte"),
            Column::text("facture", "Facture du fournisseur"),
            Column::text("", "Relevé"),
        ],
        rows: claims.iter().map(row).collect(),
        total,
        query,
        search: Some("Débiteur, SIRET, créance ou facture"),
        filters: Vec::new(),
        empty: empty.to_owned(),
        noun: ("créance", "créances"),
    }
}

fn row(claim: &Claim) -> Vec<Cell> {
    vec![
        Cell::text(claim.number.as_str()),
        Cell::text(claim.debtor.as_str()),
        Cell::text(claim.debtor_siret.as_str()),
        Cell::Money(claim.amount()),
        Cell::text(object(claim)),
        Cell::text_or_absent(Some(claim.account.clone())),
        Cell::text_or_absent(claim.account_source.clone()),
        Cell::link(
            claim.invoice_number.as_str(),
            format!("/comptabilite/factures/{}", claim.invoice_id),
        ),
        Cell::text_or_absent(claim.statement_number.clone()),
    ]
}

/// What a treasurer reads on the receipt order.
fn object(claim: &Claim) -> String {
    let what = if claim.amount_cents < 0 { "Réduction, avoir" } else { "Part de la facture" };
    let order = claim.order_number.as_deref().unwrap_or("sans numéro");
    format!(
        "{what} {} de {}, commande {order}, marché {}",
        claim.invoice_number, claim.supplier, claim.contract_number
    )
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Export {
    cle: String,
}

pub(super) async fn export(
    State(pages): State<Pages>,
    who: May<KeepInvoices>,
    Form(form): Form<Export>,
) -> Result<Response, PageError> {
    let batch = export_recharges(&pages.app, &who.actor(), &form.cle).await?;
    let said = "L’export est prêt. Téléchargez le fichier CSV et importez-le dans votre logiciel \
                financier. Ces créances ne seront plus proposées.";
    pages.done(&who, &format!("/comptabilite/titres/{batch}"), said).await
}
