//! The addresses that letters do not reach, for whoever corrects them.

use axum::extract::State;
use axum::response::Response;
use domain::group::organisation::OrganisationKind;
use domain::platform::role::Role;
use minijinja::context;

use crate::store::platform::mail::{Undeliverable, undeliverable};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, ListQuery, Listing};
use crate::web::rights::ManagePeople;

pub(super) async fn list(
    State(pages): State<Pages>,
    who: May<ManagePeople>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let mut all = undeliverable(&pages.app.store).await?;
    let slice = query.slice("adresse");
    let search = slice.search.to_lowercase();
    all.retain(|one| {
        let name = one.organisation.as_deref().unwrap_or_default().to_lowercase();
        one.address.contains(&search) || name.contains(&search)
    });
    if slice.sort == "organisme" {
        all.sort_by(|a, b| a.organisation.cmp(&b.organisation));
    }
    if slice.descending {
        all.reverse();
    }
    let total = all.len() as u64;
    let offset = usize::try_from(slice.offset).unwrap_or(usize::MAX);
    let limit = usize::try_from(slice.limit).unwrap_or(usize::MAX);
    let listing = Listing {
        name: "adresses-a-corriger",
        caption: "Adresses qui ne reçoivent pas nos courriels".into(),
        columns: vec![
            Column::text("adresse", "Adresse"),
            Column::text("organisme", "Organisme"),
            Column::text("", "Ce que le serveur a répondu"),
        ],
        rows: all.iter().skip(offset).take(limit).map(row).collect(),
        total,
        query,
        search: Some("Adresse ou organisme"),
        filters: Vec::new(),
        empty: "Toutes les adresses reçoivent nos courriels. Celles dont un courriel revient \
                s’affichent ici."
            .into(),
        noun: ("adresse", "adresses"),
    };
    listing.respond(&pages, &who, "pages/platform/addresses.html", context! {}).await
}

fn row(one: &Undeliverable) -> Vec<Cell> {
    let kind = one.kind.as_deref().and_then(OrganisationKind::from_code);
    let member = kind.is_some_and(|kind| Role::MemberContact.fits(kind));
    let organisation = match (one.organisation_id, &one.organisation) {
        (Some(id), Some(name)) if member => {
            Cell::link(name.as_str(), format!("/gestion/membres/{id}"))
        }
        (_, name) => Cell::text_or_absent(name.clone()),
    };
    vec![Cell::text(one.address.as_str()), organisation, Cell::text_or_absent(one.reason.clone())]
}
