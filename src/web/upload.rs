//! Files that readers send: known by their content, never by their name or what the browser says.

use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;

use tokio::sync::Semaphore;

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

/// Forms with files that are read at once, the others wait: each may take [`LARGEST_UPLOAD`] of
/// memory.
static RECEIVING: Semaphore = Semaphore::const_new(16);

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
        Some(NewFile { name: named(self.name, content_type), content_type, bytes: self.bytes })
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

/// The endings of a kind, its own first.
fn endings(kind: &str) -> &'static [&'static str] {
    match kind {
        PDF => &["pdf"],
        XML => &["xml"],
        JPEG => &["jpg", "jpeg", "jpe", "jfif"],
        PNG => &["png"],
        WEBP => &["webp"],
        _ => &["zip"],
    }
}

/// The name under which whoever takes the file later gets it: with an ending that says what it is,
/// or their machine would open a picture called `page.html` as a page.
fn named(name: String, kind: &str) -> String {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    match endings(kind) {
        known if known.contains(&ending.as_str()) => name,
        [first, ..] => format!("{name}.{first}"),
        [] => name,
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
        let _turn =
            RECEIVING.acquire().await.map_err(|error| PageError::Export(error.to_string()))?;
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
            (b"<!DOCTYPE html><script>", Some(XML)),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"x\">", Some(XML)),
            (b"GIF89a/*<script>", None),
            (b"PK\x03\x04 a bomb", Some(ZIP)),
            (b"\x1f\x8b\x08 a bomb", None),
            (b"#!/bin/sh", None),
            (b"\x7fELF", None),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 macros", None),
            (b"junk %PDF-1.7", None),
            (b"RIFF....AVI ", None),
            (b"MZ\x90", None),
            (b"", None),
        ] {
            assert_eq!(sniffed(bytes), kind, "{bytes:?}");
        }
    }

    #[test]
    fn a_form_takes_its_own_kinds_and_the_type_comes_from_the_bytes() {
        let sent = |name: &str, bytes: &[u8]| UploadedFile {
            field: "scan".into(),
            name: name.into(),
            content_type: sniffed(bytes),
            bytes: bytes.to_vec(),
        };
        for (name, bytes) in [
            ("signature.pdf", &b"<html><script>alert(1)</script>"[..]),
            ("photo.jpg", b"<svg onload=alert(1)>"),
            ("bombe.pdf", b"PK\x03\x04"),
            ("macro.pdf", b"\xd0\xcf\x11\xe0"),
            ("vide.pdf", b""),
        ] {
            assert_eq!(sent(name, bytes).accept(&[PDF, JPEG, PNG]), None, "{name}");
        }
        // A picture that also reads as a page is a picture, whatever its name says.
        let both = sent("page.html", b"\xff\xd8\xff\xe0<script>alert(1)</script>");
        let kept = both.accept(&[PDF, JPEG]).unwrap();
        assert_eq!((kept.name.as_str(), kept.content_type), ("page.html.jpg", JPEG));
        for name in ["photo.JPG", "photo.jpeg"] {
            assert_eq!(sent(name, b"\xff\xd8\xff").accept(&[JPEG]).unwrap().name, name);
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
