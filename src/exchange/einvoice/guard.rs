//! The first door: size, kind, encoding.

use std::borrow::Cow;

use super::reason::{Code, Reason};
use super::{encoding, pdf};

/// The largest file read, and the largest invoice taken out of a PDF: 10 MB.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;

/// The XML text of `bytes`, taken out of its PDF if it is one.
pub(super) fn admit(bytes: &[u8]) -> Result<Cow<'_, str>, Reason> {
    let bytes: Cow<'_, [u8]> = if bytes.starts_with(b"%PDF") {
        sized(bytes)?;
        Cow::Owned(pdf::attached_invoice(bytes)?)
    } else {
        Cow::Borrowed(bytes)
    };
    sized(&bytes)?;
    looks_like_xml(&bytes)?;
    match bytes {
        Cow::Borrowed(borrowed) => encoding::decode(borrowed),
        Cow::Owned(owned) => encoding::decode(&owned).map(|text| Cow::Owned(text.into_owned())),
    }
}

fn sized(bytes: &[u8]) -> Result<(), Reason> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Reason::new(
            Code::EmptyFile,
            "Le fichier est vide : demandez au fournisseur de le renvoyer.",
        ));
    }
    if bytes.len() > MAX_BYTES {
        return Err(Reason::new(
            Code::TooBig,
            "Le fichier dépasse 10 Mo : demandez au fournisseur une facture sans pièces jointes \
             volumineuses.",
        ));
    }
    Ok(())
}

/// Tells what is no XML at all from XML in a wrong encoding.
fn looks_like_xml(bytes: &[u8]) -> Result<(), Reason> {
    let unmarked = [&b"\xEF\xBB\xBF"[..], b"\xFF\xFE", b"\xFE\xFF"]
        .iter()
        .find_map(|mark| bytes.strip_prefix(*mark))
        .unwrap_or(bytes);
    let first = unmarked.iter().find(|byte| !byte.is_ascii_whitespace() && **byte != 0);
    if first == Some(&b'<') {
        return Ok(());
    }
    Err(Reason::new(
        Code::IllFormed,
        "Ce fichier n’est ni du XML ni un PDF : joignez la facture électronique elle-même (UBL, \
         CII ou Factur-X).",
    ))
}
