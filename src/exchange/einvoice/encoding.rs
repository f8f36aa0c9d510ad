//! From bytes to text, by the encoding the file declares.
//!
//! UTF-8, UTF-16 with its byte-order mark, and what French accounting software
//! still writes: ISO-8859-1, ISO-8859-15, Windows-1252. A file whose bytes are
//! not what it declares is refused: guessing would change a supplier's name.

use std::borrow::Cow;

use super::reason::{Code, Reason, excerpt};

const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The whole file as text without its byte-order mark and XML declaration (which would contradict
/// the text once it is transcoded). The declaration's line ends are kept, so that lines count right.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Reason> {
    let text = if let Some(rest) = bytes.strip_prefix(UTF8_MARK) {
        marked(utf8(rest)?, "UTF-8", &["utf-8", "utf8"])?
    } else if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        marked(utf16(rest, u16::from_le_bytes)?, "UTF-16", &["utf-16", "utf-16le"])?
    } else if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        marked(utf16(rest, u16::from_be_bytes)?, "UTF-16", &["utf-16", "utf-16be"])?
    } else if bytes.starts_with(b"<\0") || bytes.starts_with(b"\0<") {
        return Err(invalid(
            "Le fichier est en UTF-16 sans marque d’ordre des octets : réexportez-le en UTF-8.",
        ));
    } else {
        unmarked(bytes)?
    };
    Ok(without_declaration(text))
}

fn invalid(message: impl Into<String>) -> Reason {
    Reason::new(Code::BadEncoding, message)
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, Reason> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
        let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
        invalid(format!(
            "À la ligne {line}, des octets ne sont pas de l’UTF-8, l’encodage annoncé : le \
             fournisseur doit déclarer le véritable encodage ou réexporter le fichier en UTF-8."
        ))
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'static, str>, Reason> {
    let refused =
        || invalid("Le fichier annonce de l’UTF-16 mais n’en est pas : réexportez-le en UTF-8.");
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(refused());
    }
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<String, _>>()
        .map(Cow::Owned)
        .map_err(|_| refused())
}

/// A text whose byte-order mark already says what it is: the declaration may only agree.
fn marked<'a>(text: Cow<'a, str>, mark: &str, names: &[&str]) -> Result<Cow<'a, str>, Reason> {
    match declared(&text) {
        Some(name) if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) => {
            Err(invalid(format!(
                "Le fichier commence comme de l’{mark} mais déclare « {} » : réexportez-le en \
                 UTF-8.",
                excerpt(name)
            )))
        }
        Some(_) | None => Ok(text),
    }
}

fn unmarked(bytes: &[u8]) -> Result<Cow<'_, str>, Reason> {
    // The declaration itself is ASCII in every encoding accepted here.
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]);
    let Some(name) = declared(&head) else { return utf8(bytes) };
    match name.trim().to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" => utf8(bytes),
        "us-ascii" | "ascii" if bytes.is_ascii() => utf8(bytes),
        "iso-8859-1" | "latin1" | "iso_8859-1" | "windows-1252" | "cp1252" => {
            single_byte(bytes, encoding_rs::WINDOWS_1252, name)
        }
        "iso-8859-15" | "iso_8859-15" | "latin9" | "latin-9" => {
            single_byte(bytes, encoding_rs::ISO_8859_15, name)
        }
        _ => Err(invalid(format!(
            "L’encodage déclaré « {} » n’est pas lu, ou les octets n’en sont pas (sont lus : \
             UTF-8, UTF-16 avec marque, ISO-8859-1, ISO-8859-15, Windows-1252) : réexportez le \
             fichier en UTF-8.",
            excerpt(name)
        ))),
    }
}

/// ISO-8859-1 is read as Windows-1252, which its writers mean: the C1 controls it has instead of
/// quotes and dashes are in no invoice.
fn single_byte<'a>(
    bytes: &'a [u8],
    encoding: &'static encoding_rs::Encoding,
    name: &str,
) -> Result<Cow<'a, str>, Reason> {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    let control = |c: char| matches!(c, '\u{80}'..='\u{9f}');
    if had_errors || text.contains(control) {
        let before = text.split(control).next().unwrap_or_default();
        let line = 1 + before.matches('\n').count();
        return Err(invalid(format!(
            "À la ligne {line}, des octets n’existent pas dans l’encodage déclaré « {} » : le \
             fournisseur doit déclarer le véritable encodage ou réexporter le fichier en UTF-8.",
            excerpt(name)
        )));
    }
    Ok(text)
}

/// The `encoding` of the XML declaration.
fn declared(text: &str) -> Option<&str> {
    let declaration = text.strip_prefix("<?xml")?;
    let declaration = &declaration[..declaration.find("?>")?];
    let (_, after) = declaration.split_once("encoding")?;
    let after = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    after[1..].split_once(quote).map(|(name, _)| name)
}

fn without_declaration(text: Cow<'_, str>) -> Cow<'_, str> {
    let is_declaration = text.starts_with("<?xml")
        && text[5..].starts_with(|c: char| c.is_ascii_whitespace() || c == '?');
    let Some(end) = text.find("?>").filter(|_| is_declaration) else { return text };
    let rest = end + 2;
    let lines = text[..rest].matches('\n').count();
    match text {
        Cow::Borrowed(borrowed) if lines == 0 => Cow::Borrowed(&borrowed[rest..]),
        Cow::Borrowed(borrowed) => Cow::Owned("\n".repeat(lines) + &borrowed[rest..]),
        Cow::Owned(mut owned) => {
            owned.replace_range(..rest, &"\n".repeat(lines));
            Cow::Owned(owned)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(encoding: &str, body: &[u8]) -> Vec<u8> {
        [format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>").as_bytes(), body].concat()
    }

    #[test]
    fn each_accepted_encoding_gives_the_same_text() {
        let utf16 = |mark: [u8; 2], unit: fn(u16) -> [u8; 2]| {
            let text = "<?xml version='1.0' encoding='UTF-16'?><a>é€</a>";
            let units = text.encode_utf16().flat_map(unit);
            mark.into_iter().chain(units).collect::<Vec<u8>>()
        };
        for file in [
            "<a>é€</a>".as_bytes().to_vec(),
            [UTF8_MARK, "<a>é€</a>".as_bytes()].concat(),
            bytes("utf-8", "<a>é€</a>".as_bytes()),
            bytes("windows-1252", b"<a>\xE9\x80</a>"),
            bytes("ISO-8859-1", b"<a>\xE9\x80</a>"),
            bytes("ISO-8859-15", b"<a>\xE9\xA4</a>"),
            utf16([0xFF, 0xFE], u16::to_le_bytes),
            utf16([0xFE, 0xFF], u16::to_be_bytes),
        ] {
            assert_eq!(decode(&file).unwrap(), "<a>é€</a>", "{file:?}");
        }
    }

    #[test]
    fn bytes_that_are_not_the_declared_encoding_are_refused() {
        for file in [
            bytes("utf-8", b"<a>\xE9</a>"),
            bytes("windows-1252", b"<a>\x81</a>"),
            bytes("us-ascii", b"<a>\xE9</a>"),
            bytes("shift_jis", b"<a/>"),
            [UTF8_MARK, &bytes("iso-8859-1", b"<a/>")].concat(),
            b"\xFF\xFE<\0a\0/\0>".to_vec(),
            b"<\0a\0/\0>\0".to_vec(),
        ] {
            assert_eq!(decode(&file).unwrap_err().code, Code::BadEncoding, "{file:?}");
        }
    }

    #[test]
    fn a_declaration_over_two_lines_leaves_its_line_end() {
        assert_eq!(decode(b"<?xml version='1.0'\n?><a/>").unwrap(), "\n<a/>");
    }
}
