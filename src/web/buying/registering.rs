//! Organisations come in: one by one, or as the lists of members, of contacts, of adhesions.

use axum::extract::{Query, State};
use axum::response::Response;
use domain::french;
use domain::group::address::{Email, PostalAddress};
use domain::group::organisation::{ChorusRequirements, OrganisationKind};
use minijinja::{Value, context};

use super::text;
use crate::exchange::table::Read;
use crate::exchange::{adhesions, contacts, members};
use crate::store::group::{self, StoredConvention};
use crate::usecases::group::{
    NewBody, from_row, import_adhesions, import_contacts, import_members, register,
};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields, read_siret};
use crate::web::rights::Buy;
use crate::web::routes::{Routes, Row};
use crate::web::upload::Upload;

const TEMPLATE: &str = "pages/buying/register.html";
const FILES: &str = "pages/buying/register_file.html";
const ADHESIONS: &str = "pages/buying/adhesions.html";

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
    Routes::new()
        .get("/gestion/membres/nouveau", ask)
        .post("/gestion/membres/nouveau", record)
        .get("/gestion/membres/fichier", ask_file)
        .upload("/gestion/membres/fichier", take_in)
        .get("/gestion/conventions/{id}/adhesions", ask_adhesions)
        .upload("/gestion/conventions/{id}/adhesions", take_adhesions)
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

fn file_form(errors: &Errors) -> Value {
    context! { errors => errors.view() }
}

async fn ask_file(State(pages): State<Pages>, who: May<Buy>) -> Result<Response, PageError> {
    pages.page(&who, FILES, file_form(&Errors::none())).await
}

/// The rows of a file, or every line that is refused.
fn accepted<T>(read: Read<T>, errors: &mut Errors) -> Vec<(u64, T)> {
    for refused in &read.refused {
        errors.add("fichier", format!("Ligne {} : {}", refused.line, refused.message));
    }
    read.rows
}

/// A list of communes, of EPCI, or of contacts: its column names say which. All or nothing; who is
/// known already stays as they are, so that a list can come again.
async fn take_in(
    State(pages): State<Pages>,
    who: May<Buy>,
    upload: Upload,
) -> Result<Response, PageError> {
    let mut errors = Errors::none();
    let Some(file) = upload.files.into_iter().next() else {
        errors.add("fichier", "Choisissez le fichier CSV de la liste.");
        return pages.again(&who, FILES, file_form(&errors)).await;
    };
    let (app, actor) = (&pages.app, who.actor());
    let done = if contacts::is_list(&file.bytes) {
        let rows = accepted(contacts::read(&file.bytes), &mut errors);
        if !errors.is_empty() {
            return pages.again(&who, FILES, file_form(&errors)).await;
        }
        import_contacts(app, &actor, &rows).await.map(|done| {
            format!(
                "{}, {}, {}.",
                french::counted(done.contacts, "contact ajouté", "contacts ajoutés"),
                french::counted(done.known, "déjà connu", "déjà connus"),
                french::counted(
                    done.sites,
                    "lieu de livraison ajouté",
                    "lieux de livraison ajoutés"
                )
            )
        })
    } else {
        let rows = accepted(members::read(&file.bytes), &mut errors);
        if !errors.is_empty() {
            return pages.again(&who, FILES, file_form(&errors)).await;
        }
        let bodies: Result<Vec<_>, _> =
            rows.into_iter().map(|(_, row)| from_row(app, &actor, row)).collect();
        match bodies {
            Ok(bodies) => import_members(app, &actor, bodies).await.map(|done| {
                format!(
                    "{}, {}{}.",
                    french::counted(done.added, "membre ajouté", "membres ajoutés"),
                    french::counted(done.known, "déjà connu", "déjà connus"),
                    match done.without_epci {
                        0 => String::new(),
                        count => format!(
                            ", dont {} l’EPCI n’est pas enregistré",
                            french::counted(count, "commune dont", "communes dont")
                        ),
                    }
                )
            }),
            Err(error) => Err(error),
        }
    };
    match done {
        Ok(said) => pages.done(&who, "/gestion/membres", said).await,
        Err(error) => {
            let values = file_form(&Errors::refused(error)?);
            pages.again(&who, FILES, values).await
        }
    }
}

fn adhesions_form(stored: &StoredConvention, errors: &Errors) -> Value {
    let lots = stored.lots.iter().map(|lot| lot.number.as_str());
    context! {
        id => stored.id.0,
        reference => stored.convention.terms().reference.as_str(),
        lots => lots.collect::<Vec<_>>().join(", "),
        errors => errors.view(),
    }
}

async fn ask_adhesions(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let stored = super::conventions::found(&pages, id).await?;
    pages.page(&who, ADHESIONS, adhesions_form(&stored, &Errors::none())).await
}

async fn take_adhesions(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    upload: Upload,
) -> Result<Response, PageError> {
    let stored = super::conventions::found(&pages, id).await?;
    let mut errors = Errors::none();
    let rows = match upload.files.into_iter().next() {
        Some(file) => accepted(adhesions::read(&file.bytes), &mut errors),
        None => {
            errors.add("fichier", "Choisissez le fichier CSV des adhésions.");
            Vec::new()
        }
    };
    if errors.is_empty() {
        match import_adhesions(&pages.app, &who.actor(), stored.id, &rows).await {
            Ok(done) => {
                let said = format!(
                    "{}, {}.",
                    french::counted(done.joined, "membre admis", "membres admis"),
                    french::counted(done.known, "déjà engagé", "déjà engagés")
                );
                return pages.done(&who, &format!("/gestion/conventions/{id}"), said).await;
            }
            Err(error) => errors = Errors::refused(error)?,
        }
    }
    pages.again(&who, ADHESIONS, adhesions_form(&stored, &errors)).await
}
