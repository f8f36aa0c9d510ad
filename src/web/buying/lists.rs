//! Lists come in: organisations, contacts, adhesions. What a list does is shown first. It is all or
//! nothing, and who is known already stays as they are, so that a list can come again.

use axum::extract::State;
use axum::response::Response;
use domain::french;
use minijinja::{Value, context};

use crate::exchange::table::Read;
use crate::exchange::{adhesions, contacts, members};
use crate::store::group::StoredConvention;
use crate::usecases::UseCaseError;
use crate::usecases::group::{
    from_row, import_adhesions, import_contacts, import_members, preview_adhesions,
    preview_contacts, preview_members,
};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};
use crate::web::rights::Buy;
use crate::web::routes::{Routes, Row};
use crate::web::upload::Upload;

const FILES: &str = "pages/buying/register_file.html";
const FILES_AT: &str = "/gestion/membres/fichier";
const ADHESIONS: &str = "pages/buying/adhesions.html";
const PREVIEW: &str = "pages/buying/list_preview.html";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(FILES_AT, ask_file)
        .upload("/gestion/membres/fichier/apercu", show_file)
        .post(FILES_AT, take_file)
        .get("/gestion/conventions/{id}/adhesions", ask_adhesions)
        .upload("/gestion/conventions/{id}/adhesions/apercu", show_adhesions)
        .post("/gestion/conventions/{id}/adhesions", take_adhesions)
}

/// Whether a list is only shown, or taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Show,
    Take,
}

/// What a list does, in words, and how much of it is new.
struct Effect {
    words: Vec<String>,
    new: usize,
}

impl Effect {
    /// On one line, once it is done.
    fn said(&self) -> String {
        self.words.join(", ") + "."
    }
}

/// The rows of a list, or every line that is refused.
fn accepted<T>(read: Read<T>) -> Result<Vec<(u64, T)>, Errors> {
    let mut errors = Errors::none();
    for refused in &read.refused {
        errors.add("fichier", format!("Ligne {} : {}", refused.line, refused.message));
    }
    if errors.is_empty() { Ok(read.rows) } else { Err(errors) }
}

/// The bytes of the file that was chosen.
fn chosen(upload: Upload, missing: &str) -> Result<Vec<u8>, Errors> {
    let file = upload.files.into_iter().next();
    file.map(|file| file.bytes).ok_or_else(|| {
        let mut errors = Errors::none();
        errors.add("fichier", missing);
        errors
    })
}

/// Asks to confirm what a list does. What was read is what is taken in, whatever becomes of the
/// file meanwhile.
async fn preview(
    pages: &Pages,
    who: &Agent,
    (bytes, effect): (&[u8], &Effect),
    (title, action, crumbs): (&str, &str, &[(&str, &str)]),
) -> Result<Response, PageError> {
    let crumbs = crumbs
        .iter()
        .map(|(label, href)| Value::from(vec![Value::from(*label), Value::from(*href)]));
    let lines = effect.words.iter().map(|line| format!("{line}."));
    let values = context! {
        title => title,
        action => action,
        crumbs => crumbs.collect::<Vec<_>>(),
        lines => lines.collect::<Vec<_>>(),
        nothing => effect.new == 0,
        content => String::from_utf8_lossy(bytes).trim_start_matches('\u{feff}').to_owned(),
    };
    pages.page(who, PREVIEW, values).await
}

/// A list of communes, of EPCI, or of contacts: its column names say which.
async fn members_or_contacts(
    pages: &Pages,
    who: &Agent,
    bytes: &[u8],
    step: Step,
) -> Result<Result<Effect, Errors>, PageError> {
    let (app, actor) = (&pages.app, who.actor());
    let effect = if contacts::is_list(bytes) {
        let rows = match accepted(contacts::read(bytes)) {
            Ok(rows) => rows,
            Err(errors) => return Ok(Err(errors)),
        };
        let done = match step {
            Step::Show => preview_contacts(app, &actor, &rows).await,
            Step::Take => import_contacts(app, &actor, &rows).await,
        };
        done.map(|done| Effect {
            words: vec![
                french::counted(done.contacts, "contact ajouté", "contacts ajoutés"),
                french::counted(done.known, "déjà connu", "déjà connus"),
                french::counted(
                    done.sites,
                    "lieu de livraison ajouté",
                    "lieux de livraison ajoutés",
                ),
            ],
            new: done.contacts + done.sites,
        })
    } else {
        let rows = match accepted(members::read(bytes)) {
            Ok(rows) => rows,
            Err(errors) => return Ok(Err(errors)),
        };
        let bodies: Result<Vec<_>, UseCaseError> =
            rows.into_iter().map(|(_, row)| from_row(app, &actor, row)).collect();
        let done = match (bodies, step) {
            (Err(error), _) => Err(error),
            (Ok(bodies), Step::Show) => preview_members(app, &actor, bodies).await,
            (Ok(bodies), Step::Take) => import_members(app, &actor, bodies).await,
        };
        done.map(|done| {
            let mut words = vec![
                french::counted(done.added, "membre ajouté", "membres ajoutés"),
                french::counted(done.known, "déjà connu", "déjà connus"),
            ];
            if done.without_epci > 0 {
                let communes = french::counted(done.without_epci, "commune dont", "communes dont");
                words.push(format!("dont {communes} l’EPCI n’est pas enregistré"));
            }
            Effect { words, new: done.added }
        })
    };
    match effect {
        Ok(effect) => Ok(Ok(effect)),
        Err(error) => Ok(Err(Errors::refused(error)?)),
    }
}

fn file_form(errors: &Errors) -> Value {
    context! { errors => errors.view() }
}

async fn ask_file(State(pages): State<Pages>, who: May<Buy>) -> Result<Response, PageError> {
    pages.page(&who, FILES, file_form(&Errors::none())).await
}

async fn show_file(
    State(pages): State<Pages>,
    who: May<Buy>,
    upload: Upload,
) -> Result<Response, PageError> {
    let bytes = match chosen(upload, "Choisissez le fichier CSV de la liste.") {
        Ok(bytes) => bytes,
        Err(errors) => return pages.again(&who, FILES, file_form(&errors)).await,
    };
    match members_or_contacts(&pages, &who, &bytes, Step::Show).await? {
        Ok(effect) => {
            let crumbs = [("Membres", "/gestion/membres"), ("Importer", FILES_AT), ("Aperçu", "")];
            let page = ("Importer la liste", FILES_AT, &crumbs[..]);
            preview(&pages, &who, (&bytes, &effect), page).await
        }
        Err(errors) => pages.again(&who, FILES, file_form(&errors)).await,
    }
}

async fn take_file(
    State(pages): State<Pages>,
    who: May<Buy>,
    fields: Fields,
) -> Result<Response, PageError> {
    let list = fields.text("contenu").as_bytes();
    match members_or_contacts(&pages, &who, list, Step::Take).await? {
        Ok(effect) => pages.done(&who, "/gestion/membres", effect.said()).await,
        Err(errors) => pages.again(&who, FILES, file_form(&errors)).await,
    }
}

async fn adhesions_of(
    pages: &Pages,
    who: &Agent,
    stored: &StoredConvention,
    (bytes, step): (&[u8], Step),
) -> Result<Result<Effect, Errors>, PageError> {
    let rows = match accepted(adhesions::read(bytes)) {
        Ok(rows) => rows,
        Err(errors) => return Ok(Err(errors)),
    };
    let done = match step {
        Step::Show => preview_adhesions(&pages.app, stored.id, &rows).await,
        Step::Take => import_adhesions(&pages.app, &who.actor(), stored.id, &rows).await,
    };
    match done {
        Ok(done) => Ok(Ok(Effect {
            words: vec![
                french::counted(done.joined, "membre admis", "membres admis"),
                french::counted(done.known, "déjà engagé", "déjà engagés"),
            ],
            new: done.joined,
        })),
        Err(error) => Ok(Err(Errors::refused(error)?)),
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

async fn show_adhesions(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    upload: Upload,
) -> Result<Response, PageError> {
    let stored = super::conventions::found(&pages, id).await?;
    let bytes = match chosen(upload, "Choisissez le fichier CSV des adhésions.") {
        Ok(bytes) => bytes,
        Err(errors) => {
            return pages.again(&who, ADHESIONS, adhesions_form(&stored, &errors)).await;
        }
    };
    match adhesions_of(&pages, &who, &stored, (&bytes, Step::Show)).await? {
        Ok(effect) => {
            let home = format!("/gestion/conventions/{id}");
            let action = format!("{home}/adhesions");
            let reference = stored.convention.terms().reference.as_str();
            let crumbs = [
                ("Conventions", "/gestion/conventions"),
                (reference, home.as_str()),
                ("Importer des adhésions", action.as_str()),
                ("Aperçu", ""),
            ];
            let page = ("Importer les adhésions", action.as_str(), &crumbs[..]);
            preview(&pages, &who, (&bytes, &effect), page).await
        }
        Err(errors) => pages.again(&who, ADHESIONS, adhesions_form(&stored, &errors)).await,
    }
}

async fn take_adhesions(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let stored = super::conventions::found(&pages, id).await?;
    let list = fields.text("contenu").as_bytes();
    match adhesions_of(&pages, &who, &stored, (list, Step::Take)).await? {
        Ok(effect) => pages.done(&who, &format!("/gestion/conventions/{id}"), effect.said()).await,
        Err(errors) => pages.again(&who, ADHESIONS, adhesions_form(&stored, &errors)).await,
    }
}
