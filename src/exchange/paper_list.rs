//! The list that goes with a member's papers: one line a file, for a spreadsheet.

use domain::french;

use chrono::NaiveDate;

/// One file of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperLine {
    pub file: String,
    pub kind: String,
    pub number: String,
    pub about: String,
    pub issued_on: NaiveDate,
    pub pages: i64,
    pub bytes: i64,
    pub sha256: String,
}

const HEAD: [&str; 8] =
    ["Fichier", "Document", "Numéro", "Objet", "Émis le", "Pages", "Octets", "SHA-256"];

/// No spreadsheet takes the text for a formula.
fn inert(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// The list as CSV: UTF-8 with its mark and semicolons, as French spreadsheets open it.
///
/// # Errors
///
/// That of the writer, which in memory has none.
pub fn csv(lines: &[PaperLine]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer("\u{feff}".into());
    writer.write_record(HEAD)?;
    for line in lines {
        writer.write_record([
            inert(&line.file),
            inert(&line.kind),
            inert(&line.number),
            inert(&line.about),
            french::date(line.issued_on),
            line.pages.to_string(),
            line.bytes.to_string(),
            line.sha256.clone(),
        ])?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_opens_in_a_spreadsheet_and_runs_nothing() {
        let line = PaperLine {
            file: "2026-11-03_bon-de-commande_BC-2026-0001.pdf".into(),
            kind: "Bon de commande".into(),
            number: "BC-2026-0001".into(),
            about: "=HYPERLINK(1)".into(),
            issued_on: NaiveDate::from_ymd_opt(2026, 11, 3).unwrap(),
            pages: 2,
            bytes: 1234,
            sha256: "ab".into(),
        };
        let text = String::from_utf8(csv(&[line]).unwrap()).unwrap();
        let rows: Vec<&str> = text.lines().collect();
        assert!(rows[0].starts_with("\u{feff}Fichier;Document"), "{}", rows[0]);
        assert_eq!(
            rows[1],
            "2026-11-03_bon-de-commande_BC-2026-0001.pdf;Bon de commande;BC-2026-0001;\
             '=HYPERLINK(1);03/11/2026;2;1234;ab"
        );
    }
}
