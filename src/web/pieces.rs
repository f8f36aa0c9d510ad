//! Files that people added: how pages list them, and how they leave.
//!
//! Whoever serves one has found it by what its reader may see.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::dates::paris_day;
use domain::french;
use minijinja::{Value, context};

use super::Pages;
use super::error::PageError;
use super::form::Errors;
use super::upload::{JPEG, PDF, PNG, Upload};
use crate::store::platform::attachments::Attachment;
use crate::usecases::platform::attachments::NewFile;

/// A file as its reader knows it.
fn what(kind: &str) -> &'static str {
    match kind {
        "signed_order" => "Commande signée sur papier",
        "delivery_photo" => "Photo de la livraison",
        "deliberation" => "Délibération",
        "signed_convention" => "Convention signée",
        "convention" => "Texte de la convention",
        "signed_sheet" => "Fiche de besoins signée",
        _ => "Fichier",
    }
}

/// For the macro `files`.
pub(crate) fn row(file: &Attachment, folder: &str) -> Value {
    let kilobytes = (file.bytes + 512).div_euclid(1024).max(1);
    context! {
        name => format!("{} : {}", what(&file.kind), file.name),
        detail => format!(
            "{} ko, ajouté le {} par {}",
            french::thousands(&kilobytes.to_string()),
            french::date(paris_day(file.added_at)),
            file.added_by
        ),
        href => format!("{folder}/{}", file.id),
    }
}

/// The bytes as they came, to be kept and not shown: nothing of a stranger runs in our pages.
pub(crate) async fn serve(pages: &Pages, file: Attachment) -> Result<Response, PageError> {
    let bytes = pages.app.files.get(&file.file_key).await?;
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' };
    let name: String = file.name.chars().map(plain).collect();
    let headers = [
        (header::CONTENT_TYPE, file.content_type),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, bytes).into_response())
}

/// The scan sent in `field`; `None` where none was, or with an error where it is no scan.
pub(crate) fn scan(upload: &mut Upload, field: &str, errors: &mut Errors) -> Option<NewFile> {
    let at = upload.files.iter().position(|file| file.field == field)?;
    let kept = upload.files.remove(at).accept(&[PDF, JPEG, PNG]);
    if kept.is_none() {
        errors.add(field, "Envoyez un PDF, ou une photographie JPEG ou PNG.");
    }
    kept
}
