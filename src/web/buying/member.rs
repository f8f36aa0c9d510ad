//! Everything of one member on one page.

use axum::extract::State;
use axum::response::Response;
use domain::campaigns::sheet::SheetState;
use domain::french;
use domain::group::siret_history::SiretStatus;
use domain::ids::OrganisationId;
use domain::invoices::state::InvoiceState;
use domain::money::Cents;
use minijinja::{Value, context};

use super::Row;
use super::contract::glance;
use super::members::membership_state;
use super::words::{delivered, facts, history, order_name, order_state, papers, quantity, table};
use crate::store::group::{self, Identity, Listed};
use crate::store::orders::{DeliveryFilter, OrderFilter, desk_orders, desk_shares};
use crate::store::{StoreError, platform};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::Cell;
use crate::web::rights::{Buy, Needed, ReadMembers, ReadPurchases};
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new().get("/gestion/membres/{id}", show)
}

pub(super) async fn listed(pages: &Pages, id: i64) -> Result<Listed, PageError> {
    let found = group::organisation(&pages.app.store, OrganisationId(id)).await?;
    found.ok_or_else(|| StoreError::NotFound { what: "organisation", id: id.to_string() }.into())
}

async fn show(
    State(pages): State<Pages>,
    who: May<ReadMembers>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let (on, today) = (&pages.app.store, pages.app.today());
    let listed = listed(&pages, id).await?;
    let member = listed.id;
    let identity = group::identity(on, member).await?;
    let sites = group::sites(on, Some(member)).await?;
    let people = group::contacts(on, Some(member)).await?;
    let powers = group::delegations(on, Some(member)).await?;
    let memberships = group::memberships_of(on, member).await?;
    let sheets = group::sheets_of(on, member).await?;
    let (shares, share_count) =
        desk_shares(on, DeliveryFilter::Any, Some(member), &glance()).await?;
    let told = platform::history(on, ("organisation", id)).await?;
    let purchases =
        if who.may(ReadPurchases::RIGHT) { Some(purchases(&pages, member).await?) } else { None };
    let may_buy = who.may(Buy::RIGHT);
    let unconfirmed = listed.organisation.sirets.confirmed_on(today).is_err();
    let site_rows = sites.values().map(|point| {
        vec![
            Cell::text(&point.name),
            Cell::text(point.address.to_string()),
            Cell::text_or_absent(Some(point.access.hours.clone())),
            Cell::text_or_absent(Some(point.access.constraints.clone())),
            Cell::text_or_absent(
                point.contact.and_then(|id| people.get(&id)).map(|person| person.name.clone()),
            ),
            if point.retired {
                Cell::state("n’est plus utilisé", "quiet")
            } else {
                Cell::state("utilisé", "good")
            },
        ]
    });
    let contact_rows = people.iter().map(|(contact, person)| {
        let power = powers.iter().rev().find(|(_, power)| power.contact == *contact);
        let power = power.map(|(_, power)| {
            let to = power.to.map(|to| format!(" au {}", french::date(to))).unwrap_or_default();
            format!("{} depuis le {}{to}", power.act, french::date(power.from))
        });
        vec![
            if may_buy {
                Cell::link(&person.name, format!("/gestion/membres/{id}/contacts/{contact}"))
            } else {
                Cell::text(&person.name)
            },
            Cell::text(person.role.french()),
            Cell::text_or_absent(Some(person.quality.clone())),
            Cell::text_or_absent(person.email.as_ref().map(|email| email.as_str().to_owned())),
            Cell::text_or_absent(Some(person.phone.clone())),
            Cell::text_or_absent(power),
        ]
    });
    let membership_rows = memberships.iter().map(|row| {
        vec![
            Cell::link(
                &row.convention,
                format!("/gestion/conventions/{}/membres/{id}", row.convention_id),
            ),
            membership_state(Some(&row.state)),
            Cell::text_or_absent(row.deliberation_number.clone()),
            Cell::date(row.deliberated_on),
            Cell::date(row.enforceable_on),
            Cell::date(row.signed_on),
            Cell::date(row.left_on),
        ]
    });
    let sheet_rows = sheets.iter().map(|row| {
        let state = SheetState::from_code(&row.state).map_or("inconnu", SheetState::french);
        let answer = match row.answer.as_deref() {
            Some("needs") => "a des besoins",
            Some("nothing") => "néant",
            _ => "pas de réponse",
        };
        vec![
            Cell::text(&row.campaign),
            Cell::text(&row.site),
            Cell::text(state),
            Cell::text(answer),
            Cell::Count(row.lines),
            Cell::Date(row.closes_on),
        ]
    });
    let share_rows = shares.iter().map(|row| {
        vec![
            Cell::link(&row.number, format!("/gestion/livraisons/{}", row.id)),
            Cell::text(format!("{} {}", row.article, row.label)),
            Cell::text(&row.site),
            Cell::date(row.delivered_on),
            quantity(row.quantity_milli),
            quantity(row.delivered_milli),
            quantity(row.accepted_milli),
            quantity(row.rejected_milli),
        ]
    });
    let values = context! {
        id => id,
        name => listed.organisation.name.as_str(),
        may_buy => may_buy,
        unconfirmed => unconfirmed,
        heir_id => identity.heir_id,
        heir => identity.heir.as_deref(),
        succeeded_on => identity.succeeded_on.map(french::date),
        facts => described(&listed, &identity),
        sirets => sirets(&listed),
        sites => table(
            "Lieux de livraison",
            &[("Lieu", false), ("Adresse", false), ("Horaires", false), ("Accès", false), ("Contact", false), ("État", false)],
            site_rows.collect(),
            "Aucun lieu de livraison : le membre l’indique en répondant au recensement.",
        ),
        contacts => table(
            "Contacts",
            &[("Nom", false), ("Rôle", false), ("Qualité", false), ("Courriel", false), ("Téléphone", false), ("Pouvoir de signature", false)],
            contact_rows.collect(),
            "Aucun contact : ajoutez au moins un référent.",
        ),
        memberships => table(
            "Adhésions",
            &[("Convention", false), ("Étape", false), ("Délibération", false), ("Du", false), ("Exécutoire le", false), ("Signée le", false), ("Retrait le", false)],
            membership_rows.collect(),
            "Cet organisme n’est lié à aucune convention.",
        ),
        sheets => table(
            "Besoins recensés",
            &[("Recensement", false), ("Lieu", false), ("Fiche", false), ("Réponse", false), ("Lignes", true), ("Clôture", false)],
            sheet_rows.collect(),
            "Aucune fiche de besoins.",
        ),
        deliveries => table(
            "Dernières livraisons",
            &[("Commande", false), ("Article", false), ("Lieu", false), ("Livré le", false), ("Commandé", true), ("Livré", true), ("Accepté", true), ("Refusé", true)],
            share_rows.collect(),
            "Aucune livraison reçue.",
        ),
        delivery_words => french::counted(share_count, "ligne livrée", "lignes livrées"),
        purchases => purchases,
        history => history(&told),
    };
    pages.page(&who, "pages/buying/member.html", values).await
}

/// Orders, invoices and papers: not for who reads members only.
async fn purchases(pages: &Pages, member: OrganisationId) -> Result<Value, PageError> {
    let on = &pages.app.store;
    let filter = OrderFilter { concerning: Some(member), ..OrderFilter::default() };
    let (orders, order_count) = desk_orders(on, &filter, &glance()).await?;
    let (invoices, invoice_count) = group::invoices_of(on, member, &glance()).await?;
    let (files, paper_count) = group::papers_of(on, member, &glance()).await?;
    let order_rows = orders.iter().map(|row| {
        vec![
            Cell::link(
                order_name(row.number.clone(), row.id),
                format!("/gestion/commandes/{}", row.id),
            ),
            Cell::text(&row.contract),
            Cell::text(&row.buyer),
            order_state(&row.state),
            Cell::Money(Cents(row.net_cents)),
            Cell::Money(Cents(row.gross_cents)),
            delivered(&row.state, row.sums.ordered_milli, row.sums.kept_milli),
        ]
    });
    let invoice_rows = invoices.iter().map(|row| {
        let state = InvoiceState::from_code(&row.state).map_or("inconnu", InvoiceState::french);
        vec![
            Cell::link(&row.number, format!("/comptabilite/factures/{}", row.id)),
            Cell::text(&row.supplier),
            Cell::Date(row.issue_date),
            Cell::text(state),
            Cell::Money(Cents(row.gross_cents)),
            Cell::date(row.due_on),
        ]
    });
    Ok(context! {
        orders => table(
            "Dernières commandes, les siennes et celles du CdG62 où il a une part",
            &[("Commande", false), ("Marché", false), ("Acheteur", false), ("État", false), ("HT", true), ("TTC", true), ("Livraison", false)],
            order_rows.collect(),
            "Aucune commande.",
        ),
        order_words => french::counted(order_count, "commande", "commandes"),
        invoices => table(
            "Dernières factures",
            &[("Facture", false), ("Fournisseur", false), ("Date", false), ("État", false), ("Total de la facture TTC", true), ("Échéance", false)],
            invoice_rows.collect(),
            "Aucune facture.",
        ),
        invoice_words => french::counted(invoice_count, "facture", "factures"),
        papers => papers(&files),
        paper_words => french::counted(paper_count, "document", "documents"),
    })
}

fn described(listed: &Listed, identity: &Identity) -> Value {
    let body = &listed.organisation;
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".into());
    let chorus = match (body.chorus.service_code, body.chorus.commitment_number) {
        (false, false) => "n’exige rien",
        (true, false) => "exige un code service",
        (false, true) => "exige un numéro d’engagement",
        (true, true) => "exige un code service et un numéro d’engagement",
    };
    facts(vec![
        ("Nature", body.kind.french().to_owned()),
        ("EPCI", or_dash(identity.epci.clone())),
        ("SIREN", body.sirets.siren().to_string()),
        ("Code INSEE", or_dash(identity.insee.clone())),
        (
            "Habitants",
            or_dash(body.population.map(|number| french::thousands(&number.to_string()))),
        ),
        ("Adresse", or_dash(body.address.as_ref().map(ToString::to_string))),
        ("Chorus Pro", chorus.to_owned()),
    ])
}

fn sirets(listed: &Listed) -> Value {
    let rows = listed.organisation.sirets.entries().iter().map(|entry| {
        let state = match &entry.status {
            SiretStatus::DerivedNotVerified => Cell::state("à confirmer", "warn"),
            SiretStatus::Confirmed { by, on } => {
                Cell::state(format!("confirmé par {by} le {}", french::date(*on)), "good")
            }
        };
        vec![Cell::text(entry.siret.spaced()), Cell::date(entry.from), Cell::date(entry.to), state]
    });
    let columns =
        [("SIRET", false), ("Depuis le", false), ("Jusqu’au", false), ("Vérification", false)];
    table("SIRET, du premier au dernier", &columns, rows.collect(), "Aucun SIRET.")
}
