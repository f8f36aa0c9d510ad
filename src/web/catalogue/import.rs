//! A catalogue comes in from a CSV file: what it would do is shown first.

use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use domain::catalogue::CatalogueEntry;
use domain::french;
use minijinja::context;

use crate::exchange::catalogue::read;
use crate::store::reference;
use crate::usecases::catalogue::{import_catalogue, preview_import};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};
use crate::web::rights::Buy;
use crate::web::upload::Upload;

async fn page(
    pages: &Pages,
    who: &Agent,
    from: &str,
    errors: &Errors,
) -> Result<Response, PageError> {
    let values = context! { from => from, errors => errors.view() };
    let template = "pages/catalogue/import.html";
    if errors.is_empty() {
        pages.page(who, template, values).await
    } else {
        pages.again(who, template, values).await
    }
}

pub(super) async fn form(State(pages): State<Pages>, who: May<Buy>) -> Result<Response, PageError> {
    let from = pages.app.today().to_string();
    page(&pages, &who, &from, &Errors::none()).await
}

/// The entries of a file, or every line that is refused.
async fn entries(
    pages: &Pages,
    bytes: &[u8],
    errors: &mut Errors,
) -> Result<Vec<CatalogueEntry>, PageError> {
    let cpv = reference::cpv_list(&pages.app.store).await?;
    let found = read(bytes, Some(&cpv));
    for refused in &found.refused {
        errors.add("fichier", format!("Ligne {} : {}", refused.line, refused.message));
    }
    Ok(found.rows.into_iter().map(|(_, entry)| entry).collect())
}

fn day(fields: &Fields, errors: &mut Errors) -> Option<NaiveDate> {
    let found = fields.text("des").parse().ok();
    if found.is_none() {
        errors.add("des", "Indiquez une date, par exemple 01/01/2027.");
    }
    found
}

pub(super) async fn preview(
    State(pages): State<Pages>,
    who: May<Buy>,
    upload: Upload,
) -> Result<Response, PageError> {
    let mut errors = Errors::none();
    let from = day(&upload.fields, &mut errors);
    let typed = upload.fields.text("des").to_owned();
    let Some(file) = upload.files.into_iter().next() else {
        errors.add("fichier", "Choisissez le fichier CSV du catalogue.");
        return page(&pages, &who, &typed, &errors).await;
    };
    let entries = entries(&pages, &file.bytes, &mut errors).await?;
    let (true, Some(from)) = (errors.is_empty(), from) else {
        return page(&pages, &who, &typed, &errors).await;
    };
    let shown = match preview_import(&pages.app, &entries, from).await {
        Ok(shown) => shown,
        Err(error) => return page(&pages, &who, &typed, &Errors::refused(error)?).await,
    };
    let added = shown.added.iter().map(|entry| {
        context! {
            reference => entry.reference.as_str(),
            label => entry.terms.label.as_str(),
            price => entry.terms.reference_price.french(),
        }
    });
    let revised = shown.revised.iter().map(|change| {
        context! {
            reference => change.reference.as_str(),
            label => change.after.label.as_str(),
            before => change.before.reference_price.french(),
            after => change.after.reference_price.french(),
        }
    });
    let lines = [
        format!(
            "{} {}.",
            french::count(shown.added.len()),
            french::plural(shown.added.len(), "article ajouté", "articles ajoutés")
        ),
        format!(
            "{} {} une nouvelle version à partir du {}.",
            french::count(shown.revised.len()),
            french::plural(shown.revised.len(), "article reçoit", "articles reçoivent"),
            french::date(from)
        ),
        format!(
            "{} {}.",
            french::count(shown.unchanged),
            french::plural(shown.unchanged, "article inchangé", "articles inchangés")
        ),
    ];
    let values = context! {
        lines => lines.to_vec(),
        added => added.collect::<Vec<_>>(),
        revised => revised.collect::<Vec<_>>(),
        nothing => shown.added.is_empty() && shown.revised.is_empty(),
        from => typed,
        // What was read is what is taken in, whatever becomes of the file meanwhile.
        content => String::from_utf8_lossy(&file.bytes).trim_start_matches('\u{feff}').to_owned(),
    };
    pages.page(&who, "pages/catalogue/preview.html", values).await
}

pub(super) async fn take_in(
    State(pages): State<Pages>,
    who: May<Buy>,
    fields: Fields,
) -> Result<Response, PageError> {
    let mut errors = Errors::none();
    let from = day(&fields, &mut errors);
    let entries = entries(&pages, fields.text("contenu").as_bytes(), &mut errors).await?;
    if let (true, Some(from)) = (errors.is_empty(), from) {
        match import_catalogue(&pages.app, &who.actor(), &entries, from).await {
            Ok(done) => {
                let said = format!(
                    "Catalogue importé : {} ajoutés, {} modifiés, {} inchangés.",
                    done.added, done.revised, done.unchanged
                );
                return pages.done(&who, "/gestion/catalogue", said).await;
            }
            Err(error) => errors = Errors::refused(error)?,
        }
    }
    page(&pages, &who, fields.text("des"), &errors).await
}
