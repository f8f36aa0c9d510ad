//! Communes that become one: chosen by their codes, seen in figures, then merged.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use domain::french;
use domain::group::organisation::OrganisationKind;
use domain::ids::OrganisationId;
use minijinja::{Value, context};

use super::{day, text};
use crate::store::group::{self, Coded};
use crate::usecases::group::{Merger, Merging, NewBody, merge, preview_merge, register};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields, read_siret};
use crate::web::rights::Buy;
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/gestion/membres/reunion", ask)
        .post("/gestion/membres/reunion/apercu", preview)
        .post("/gestion/membres/reunion", apply)
        .post("/gestion/membres/reunion/commune", add)
}

fn form(fields: &Fields, errors: &Errors) -> Value {
    context! {
        heir => fields.text("nouvelle"),
        former => fields.text("anciennes"),
        on => fields.text("du"),
        act => fields.text("acte"),
        name => fields.text("nom"),
        siret => fields.text("siret"),
        insee => fields.text("insee"),
        errors => errors.view(),
    }
}

async fn ask(State(pages): State<Pages>, who: May<Buy>) -> Result<Response, PageError> {
    pages.page(&who, "pages/buying/merge.html", form(&Fields::default(), &Errors::none())).await
}

fn codes(typed: &str) -> Vec<String> {
    let lines = typed.split(['\n', ',', ';']);
    let plain = lines.map(|line| line.chars().filter(|c| c.is_alphanumeric()).collect::<String>());
    plain.filter(|code| !code.is_empty()).collect()
}

fn is(found: &Coded, code: &str) -> bool {
    found.insee.as_deref() == Some(code)
        || found.siren == code
        || found.siret.as_deref() == Some(code)
}

/// What was typed as a merger; what no body has is an error of its field.
async fn read(pages: &Pages, fields: &Fields) -> Result<Result<Merger, Errors>, PageError> {
    let mut errors = Errors::none();
    let on = day(fields.text("du"), "du", &mut errors);
    let act = text(
        fields.text("acte"),
        "acte",
        "Indiquez l’arrêté préfectoral, par exemple : arrêté du 12/09/2026.",
        &mut errors,
    );
    let (heirs, formers) = (codes(fields.text("nouvelle")), codes(fields.text("anciennes")));
    let asked: Vec<String> = heirs.iter().chain(&formers).cloned().collect();
    let found = group::by_codes(&pages.app.store, &asked).await?;
    let mut heir = None;
    match heirs.as_slice() {
        [code] => match found.iter().find(|body| is(body, code)) {
            Some(body) => heir = Some(OrganisationId(body.id)),
            None => errors.add("nouvelle", format!("Aucun organisme n’a le code {code}. Enregistrez d’abord la commune nouvelle, plus bas.")),
        },
        _ => errors.add("nouvelle", "Saisissez le SIRET ou le code INSEE de la commune nouvelle."),
    }
    let mut former = BTreeSet::new();
    for code in &formers {
        match found.iter().find(|body| is(body, code)) {
            Some(body) => {
                former.insert(OrganisationId(body.id));
            }
            None => errors.add("anciennes", format!("Aucun organisme n’a le code {code}.")),
        }
    }
    if formers.is_empty() {
        errors.add("anciennes", "Saisissez au moins une commune, une par ligne.");
    }
    Ok(match (heir, on) {
        (Some(heir), Some(on)) if errors.is_empty() => Ok(Merger { heir, former, on, act }),
        _ => Err(errors),
    })
}

/// What happens, in figures.
fn lines(seen: &Merging, on: NaiveDate) -> Vec<String> {
    vec![
        format!(
            "{} deviennent {} à partir du {}.",
            seen.former.join(", "),
            seen.heir,
            french::date(on)
        ),
        format!(
            "{} et {} lui passent.",
            french::counted(seen.sites, "lieu de livraison", "lieux de livraison"),
            french::counted(seen.contacts, "contact", "contacts")
        ),
        format!(
            "{} de recensements ouverts et {} de recensements clos, dont les besoins restent à commander, lui passent.",
            french::counted(seen.open_sheets, "fiche", "fiches"),
            french::counted(seen.closed_sheets, "fiche", "fiches")
        ),
        format!(
            "{} ({} HT) : annulés avec ce motif, et repris en un seul par période de commande.",
            french::counted(seen.drafts, "brouillon de commande", "brouillons de commande"),
            seen.draft_net.french()
        ),
        format!(
            "{} dans les brouillons du CdG62 changent de nom.",
            french::counted(seen.draft_shares, "part", "parts")
        ),
        format!(
            "{} ; la commune nouvelle est liée comme la première des anciennes, pour tous leurs lots.",
            french::counted(seen.memberships, "adhésion prend fin", "adhésions prennent fin")
        ),
        format!(
            "{} et {} ne changent pas : ils gardent le nom et le SIRET de leur date.",
            french::counted(seen.issued, "commande émise", "commandes émises"),
            french::counted(seen.papers, "document", "documents")
        ),
        "Les SIRET des anciennes communes s’arrêtent la veille. Les pouvoirs de signature de leurs élus ne passent pas : enregistrez ceux de la commune nouvelle.".into(),
    ]
}

async fn preview(
    State(pages): State<Pages>,
    who: May<Buy>,
    fields: Fields,
) -> Result<Response, PageError> {
    let again = async |errors: Errors| {
        pages.again(&who, "pages/buying/merge.html", form(&fields, &errors)).await
    };
    let merger = match read(&pages, &fields).await? {
        Ok(merger) => merger,
        Err(errors) => return again(errors).await,
    };
    match preview_merge(&pages.app, &merger).await {
        Ok(seen) => {
            let values = context! {
                lines => lines(&seen, merger.on),
                heir_name => seen.heir.as_str(),
                ..form(&fields, &Errors::none())
            };
            pages.page(&who, "pages/buying/merge_preview.html", values).await
        }
        Err(error) => again(Errors::refused(error)?).await,
    }
}

async fn apply(
    State(pages): State<Pages>,
    who: May<Buy>,
    fields: Fields,
) -> Result<Response, PageError> {
    let merger = match read(&pages, &fields).await? {
        Ok(merger) => merger,
        Err(errors) => {
            return pages.again(&who, "pages/buying/merge.html", form(&fields, &errors)).await;
        }
    };
    let done = merge(&pages.app, &who.actor(), &merger).await?;
    let message = format!(
        "{} : la réunion est enregistrée. Vérifiez le SIRET et les pouvoirs de signature de la commune nouvelle.",
        done.heir
    );
    pages.done(&who, &format!("/gestion/membres/{}", merger.heir), message).await
}

/// Records the new commune, so that the old ones can join it.
async fn add(
    State(pages): State<Pages>,
    who: May<Buy>,
    fields: Fields,
) -> Result<Response, PageError> {
    let mut errors = Errors::none();
    let name =
        text(fields.text("nom"), "nom", "Saisissez le nom de la commune nouvelle.", &mut errors);
    let siret = read_siret(fields.text("siret"), "siret", &mut errors);
    if let (Some(siret), true) = (siret, errors.is_empty()) {
        let insee = Some(fields.text("insee").to_owned()).filter(|code| !code.is_empty());
        let body = NewBody { insee, ..NewBody::new(OrganisationKind::Commune, &name, siret) };
        match register(&pages.app, &who.actor(), body).await {
            Ok(_) => {
                let message = format!(
                    "{name} est enregistrée. Réunissez-lui maintenant les anciennes communes."
                );
                return pages.done(&who, "/gestion/membres/reunion", &message).await;
            }
            Err(error) => errors = Errors::refused(error)?,
        }
    }
    pages.again(&who, "pages/buying/merge.html", form(&fields, &errors)).await
}
