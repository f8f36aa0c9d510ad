//! Files that readers send: known by their content, never by their name or what the browser says.

use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;

use super::Pages;
use super::error::PageError;
use super::form::Fields;
use crate::usecases::platform::attachments::NewFile;

/// One file, as everywhere else (interfaces.md: an invoice over 10 MB is refused).
pub(crate) const LARGEST_FILE: usize = 10 * 1024 * 1024;

/// A whole form with its files.
pub(crate) const LARGEST_UPLOAD: usize = 64 * 1024 * 1024;

/// How many files one form may bring.
const MOST_FILES: usize = 50;

/// A form with files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Upload {
    pub(crate) fields: Fields,
    pub(crate) files: Vec<UploadedFile>,
}

/// A file as it came. `content_type` says what its first bytes are, `None` when we know no such
/// kind: whoever keeps it refuses it then, in words that fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UploadedFile {
    pub(crate) field: String,
    pub(crate) name: String,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) bytes: Vec<u8>,
}

impl UploadedFile {
    /// To be kept, when it is one of these kinds.
    pub(crate) fn accept(self, kinds: &[&str]) -> Option<NewFile> {
        let content_type = self.content_type.filter(|found| kinds.contains(found))?;
        Some(NewFile { name: self.name, content_type, bytes: self.bytes })
    }
}

pub(crate) const PDF: &str = "application/pdf";
pub(crate) const XML: &str = "application/xml";
pub(crate) const JPEG: &str = "image/jpeg";
pub(crate) const PNG: &str = "image/png";
pub(crate) const WEBP: &str = "image/webp";
pub(crate) const ZIP: &str = "application/zip";

/// What the first bytes say.
fn sniffed(bytes: &[u8]) -> Option<&'static str> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    if begins(b"%PDF-") {
        Some(PDF)
    } else if begins(b"\xff\xd8\xff") {
        Some(JPEG)
    } else if begins(b"\x89PNG\r\n\x1a\n") {
        Some(PNG)
    } else if begins(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some(WEBP)
    } else if begins(b"PK\x03\x04") {
        Some(ZIP)
    } else if text.trim_ascii_start().starts_with(b"<") || begins(b"\xff\xfe<") {
        Some(XML)
    } else {
        None
    }
}

/// The last part of a path, without what a file name must not hold.
fn plain(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.chars().filter(|c| !c.is_control()).take(120).collect();
    if kept.trim().is_empty() { "fichier".into() } else { kept }
}

fn broken(error: MultipartError) -> PageError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        PageError::TooLarge
    } else {
        PageError::BadRequest(error.to_string())
    }
}

impl FromRequest<Pages> for Upload {
    type Rejection = PageError;

    async fn from_request(request: Request, pages: &Pages) -> Result<Self, PageError> {
        let mut parts = Multipart::from_request(request, pages)
            .await
            .map_err(|rejection| PageError::BadRequest(rejection.to_string()))?;
        let mut upload = Self::default();
        while let Some(part) = parts.next_field().await.map_err(broken)? {
            let field = part.name().unwrap_or_default().to_owned();
            let Some(name) = part.file_name().map(plain) else {
                let value = part.text().await.map_err(broken)?;
                upload.fields.0.push((field, value));
                continue;
            };
            let bytes = part.bytes().await.map_err(broken)?.to_vec();
            // A file field that was left empty still comes, without a byte.
            if bytes.is_empty() && name == "fichier" {
                continue;
            }
            if bytes.len() > LARGEST_FILE || upload.files.len() == MOST_FILES {
                return Err(PageError::TooLarge);
            }
            let content_type = sniffed(&bytes);
            upload.files.push(UploadedFile { field, name, content_type, bytes });
        }
        Ok(upload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_first_bytes_say_whatever_its_name() {
        for (bytes, kind) in [
            (&b"%PDF-1.7"[..], Some(PDF)),
            (b"\xff\xd8\xff\xe0", Some(JPEG)),
            (b"\x89PNG\r\n\x1a\n..", Some(PNG)),
            (b"RIFF....WEBP", Some(WEBP)),
            (b"\xef\xbb\xbf<?xml", Some(XML)),
            (b"  <Invoice/>", Some(XML)),
            (b"MZ\x90", None),
            (b"", None),
        ] {
            assert_eq!(sniffed(bytes), kind, "{bytes:?}");
        }
    }

    #[test]
    fn a_name_keeps_its_last_part_only() {
        for (sent, kept) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Bureau\\délibération.pdf", "délibération.pdf"),
            ("", "fichier"),
            ("a\u{0}b.pdf", "ab.pdf"),
        ] {
            assert_eq!(plain(sent), kept);
        }
    }
}
