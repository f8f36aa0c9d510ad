//! Style sheet, scripts and icons: embedded, served under a name that changes with their bytes,
//! so that a browser keeps them for ever.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::error::PageError;
use super::routes::Routes;

#[derive(RustEmbed)]
#[folder = "assets/"]
#[include = "css/*.css"]
#[include = "js/*.js"]
#[include = "icons/*.svg"]
struct Assets;

/// The eight first digits of the bytes' SHA-256.
fn mark(file: &EmbeddedFile) -> String {
    file.metadata.sha256_hash().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// `/actifs/1a2b3c4d/css/travee.css`: for templates, which name a file that is there.
pub(super) fn address(name: &str) -> Result<String, minijinja::Error> {
    let file = Assets::get(name).ok_or_else(|| {
        minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, format!("no asset {name}"))
    })?;
    Ok(format!("/actifs/{}/{name}", mark(&file)))
}

pub(super) fn routes() -> Routes {
    Routes::new().get("/actifs/{mark}/{*name}", serve)
}

/// Whatever mark was asked for, the bytes are today's; only the right mark is kept by browsers.
async fn serve(Path((asked, name)): Path<(String, String)>) -> Result<Response, PageError> {
    let file = Assets::get(&name).ok_or(PageError::NotFound)?;
    let mut headers = HeaderMap::new();
    let kind = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        _ => "image/svg+xml",
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if asked == mark(&file) {
        let year = HeaderValue::from_static("public, max-age=31536000, immutable");
        headers.insert(header::CACHE_CONTROL, year);
    }
    Ok((headers, file.data.into_owned()).into_response())
}
