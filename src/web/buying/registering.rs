//! Organisations come in one by one.

use axum::extract::{Query, State};
use axum::response::Response;
use domain::group::address::{Email, PostalAddress};
use domain::group::organisation::{ChorusRequirements, OrganisationKind};
use minijinja::{Value, context};

use super::text;
use crate::store::group;
use crate::usecases::group::{NewBody, register};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields, read_siret};
use crate::web::rights::Buy;
use crate::web::routes::Routes;

const TEMPLATE: &str = "pages/buying/register.html";

/// What a buyer records one by one. The coordinator is recorded on the server, with its first
/// administrator.
const KINDS: [OrganisationKind; 5] = [
    OrganisationKind::PublicBody,
    OrganisationKind::Commune,
    OrganisationKind::Epci,
    OrganisationKind::Supplier,
    OrganisationKind::DepartmentalArchives,
];

pub(super) fn routes() -> Routes {
    Routes::new().get("/gestion/membres/nouveau", ask).post("/gestion/membres/nouveau", record)
}

async fn form(pages: &Pages, fields: &Fields, errors: &Errors) -> Result<Value, PageError> {
    let epcis = group::epcis(&pages.app.store).await?;
    let none = context! { code => "", words => "aucun" };
    let epcis =
        epcis.into_iter().map(|(id, name)| context! { code => id.to_string(), words => name });
    let kinds = KINDS.map(|kind| context! { code => kind.code(), words => kind.french() });
    Ok(context! {
        kinds => kinds.to_vec(),
        epcis => std::iter::once(none).chain(epcis).collect::<Vec<_>>(),
        kind => fields.text("nature"),
        name => fields.text("nom"),
        siret => fields.text("siret"),
        verified => fields.text("verifie") == "oui",
        address => fields.text("adresse"),
        email => fields.text("courriel"),
        population => fields.text("habitants"),
        insee => fields.text("insee"),
        epci => fields.text("epci"),
        service => fields.text("service") == "oui",
        commitment => fields.text("engagement") == "oui",
        lot => fields.text("lot"),
        errors => errors.view(),
    })
}

/// `?nature=supplier&lot=12`: a bidder of that lot, whose bid comes next.
async fn ask(
    State(pages): State<Pages>,
    who: May<Buy>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let values = form(&pages, &Fields(asked), &Errors::none()).await?;
    pages.page(&who, TEMPLATE, values).await
}

/// What may be left out; what is there and cannot be read is an error.
fn maybe<T>(
    fields: &Fields,
    name: &str,
    message: &str,
    errors: &mut Errors,
    read: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let typed = fields.text(name);
    let found = if typed.is_empty() { None } else { read(typed) };
    if found.is_none() && !typed.is_empty() {
        errors.add(name, message);
    }
    found
}

async fn read(pages: &Pages, fields: &Fields) -> Result<Result<NewBody, Errors>, PageError> {
    let mut errors = Errors::none();
    let kind = OrganisationKind::from_code(fields.text("nature"));
    let kind = kind.filter(|kind| KINDS.contains(kind));
    if kind.is_none() {
        errors.add("nature", "Choisissez la nature de l’organisme.");
    }
    let name = text(fields.text("nom"), "nom", "Saisissez le nom de l’organisme.", &mut errors);
    let siret = read_siret(fields.text("siret"), "siret", &mut errors);
    let address =
        "Écrivez la rue, puis le code postal et la commune : 1 place de la Mairie, 62000 Arras.";
    let address =
        maybe(fields, "adresse", address, &mut errors, |typed| typed.parse::<PostalAddress>().ok());
    let email = "Saisissez une adresse complète, par exemple contact@entreprise.fr.";
    let email = maybe(fields, "courriel", email, &mut errors, |typed| typed.parse::<Email>().ok());
    let inhabitants = "Saisissez un nombre d’habitants, par exemple 1 250.";
    let population = maybe(fields, "habitants", inhabitants, &mut errors, |typed| {
        let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        digits.parse().ok()
    });
    let insee = "Saisissez un code INSEE de cinq signes, par exemple 62041.";
    let insee = maybe(fields, "insee", insee, &mut errors, |typed| {
        let is_code = typed.len() == 5 && typed.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_code.then(|| typed.to_owned())
    });
    let epci_siren = match fields.text("epci").parse().ok() {
        Some(id) => {
            let found = group::organisation(&pages.app.store, domain::ids::OrganisationId(id));
            found.await?.map(|listed| listed.organisation.sirets.siren().to_string())
        }
        None => None,
    };
    let (Some(kind), Some(siret), true) = (kind, siret, errors.is_empty()) else {
        return Ok(Err(errors));
    };
    Ok(Ok(NewBody {
        verified: fields.text("verifie") == "oui",
        address,
        population,
        insee,
        epci_siren,
        chorus: ChorusRequirements {
            service_code: fields.text("service") == "oui",
            commitment_number: fields.text("engagement") == "oui",
        },
        email,
        ..NewBody::new(kind, name, siret)
    }))
}

async fn record(
    State(pages): State<Pages>,
    who: May<Buy>,
    fields: Fields,
) -> Result<Response, PageError> {
    let errors = match read(&pages, &fields).await? {
        Ok(body) => {
            let name = body.name.clone();
            match register(&pages.app, &who.actor(), body).await {
                Ok(id) => {
                    let next = match fields.text("lot").parse::<i64>() {
                        Ok(lot) => format!("/gestion/procedures/lots/{lot}/offre?candidat={id}"),
                        Err(_) => format!("/gestion/membres/{id}"),
                    };
                    return pages.done(&who, &next, format!("{name} : enregistré.")).await;
                }
                Err(error) => Errors::refused(error)?,
            }
        }
        Err(errors) => errors,
    };
    let values = form(&pages, &fields, &errors).await?;
    pages.again(&who, TEMPLATE, values).await
}
