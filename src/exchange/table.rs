//! CSV files of others, read line by line; what is wrong is named and the rest goes on.
//!
//! Spreadsheets write the same table in many ways: with or without a byte order
//! mark, lines ended by `\n` or `\r\n`, columns cut by `,` `;` or a tab, in any order.
//! All of them are read. A file that is no table, or lacks a column, is refused
//! whole; a bad line is refused with its number, and the lines around it are kept.

use std::collections::HashMap;

use domain::siret::{Siret, SiretError};

/// Larger than any catalogue or census: 54 000 lines of needs are 3 MB.
pub const MAX_BYTES: usize = 50_000_000;

/// A line, or a whole file (line 1), that is refused. The message is French and says what to
/// do; it does not repeat the line number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// As an editor counts it: the column names stand on line 1.
    pub line: u64,
    pub code: &'static str,
    pub message: String,
}

/// What came out of a file: the good rows with their line, and the refusals, by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read<T> {
    pub rows: Vec<(u64, T)>,
    pub refused: Vec<Refused>,
}

/// The fields of a row and what is found wrong with them.
pub(super) struct Row<'a> {
    pub(super) line: u64,
    fields: &'a csv::StringRecord,
    columns: &'a HashMap<&'static str, usize>,
    refused: Vec<Refused>,
}

impl<'a> Row<'a> {
    /// The text of a column, without the spaces around it; empty where an optional one is not
    /// there.
    pub(super) fn text(&self, column: &'static str) -> &'a str {
        let index = self.columns.get(column).copied();
        index.and_then(|index| self.fields.get(index)).unwrap_or_default().trim()
    }

    pub(super) fn refuse(&mut self, code: &'static str, message: String) {
        self.refused.push(Refused { line: self.line, code, message });
    }

    /// The value, or `None` with the refusal noted.
    pub(super) fn keep<T>(&mut self, read: Result<T, (&'static str, String)>) -> Option<T> {
        read.map_err(|(code, message)| self.refuse(code, message)).ok()
    }

    /// The text of a column that may not be empty.
    pub(super) fn filled(&mut self, column: &'static str, code: &'static str) -> Option<String> {
        let text = self.text(column);
        if text.is_empty() {
            self.refuse(code, format!("La colonne « {column} » est vide : complétez-la."));
            return None;
        }
        Some(text.to_owned())
    }
}

/// A SIRET as a cell holds it, or what is wrong with it.
pub(super) fn siret(text: &str) -> Result<Siret, (&'static str, String)> {
    text.parse().map_err(|error| {
        let message = match error {
            SiretError::Length => format!("« {text} » n’est pas un SIRET : il faut 14 chiffres."),
            SiretError::Key => {
                format!("La clé du SIRET « {text} » est fausse : un chiffre est mal recopié.")
            }
        };
        ("siret_invalide", message)
    })
}

/// Reads a table that has at least `columns`; `read_row` makes a value of each row, or `None`
/// after it has refused something.
pub(super) fn read<T>(
    bytes: &[u8],
    columns: &[&'static str],
    read_row: impl FnMut(&mut Row<'_>) -> Option<T>,
) -> Read<T> {
    read_with_optional(bytes, columns, &[], read_row)
}

/// The same for a table that may have the columns of `optional` too.
pub(super) fn read_with_optional<T>(
    bytes: &[u8],
    columns: &[&'static str],
    optional: &[&'static str],
    mut read_row: impl FnMut(&mut Row<'_>) -> Option<T>,
) -> Read<T> {
    let mut out = Read { rows: Vec::new(), refused: Vec::new() };
    if let Err(refused) = read_into(&mut out, bytes, columns, optional, &mut read_row) {
        out.refused.push(refused);
    }
    out
}

fn read_into<T>(
    out: &mut Read<T>,
    bytes: &[u8],
    columns: &[&'static str],
    optional: &[&'static str],
    read_row: &mut impl FnMut(&mut Row<'_>) -> Option<T>,
) -> Result<(), Refused> {
    let text = decoded(bytes)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut lines = LineCounter { text: text.as_bytes(), at: 0, line: 1 };
    let mut record = csv::StringRecord::new();
    let mut header: Option<(HashMap<&'static str, usize>, usize)> = None;
    loop {
        let line = lines.line_of_record_at(reader.position().byte());
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let message = format!("La ligne est illisible : {error}.");
                return Err(Refused { line, code: "ligne_illisible", message });
            }
        }
        let Some((positions, width)) = &header else {
            header = Some((positions(&record, columns, optional, line)?, record.len()));
            continue;
        };
        if record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        if record.len() != *width {
            let last = lines.line_of_record_at(reader.position().byte()).saturating_sub(1);
            out.refused.push(wrong_width(line, last, record.len(), *width));
            continue;
        }
        let mut row = Row { line, fields: &record, columns: positions, refused: Vec::new() };
        let read = read_row(&mut row);
        if row.refused.is_empty() {
            out.rows.extend(read.map(|value| (line, value)));
        } else {
            out.refused.append(&mut row.refused);
        }
    }
    if header.is_none() {
        let message = "Le fichier est vide.".to_owned();
        return Err(Refused { line: 1, code: "fichier_vide", message });
    }
    Ok(())
}

fn decoded(bytes: &[u8]) -> Result<&str, Refused> {
    let refused = |line, code, message: &str| Refused { line, code, message: message.to_owned() };
    if bytes.len() > MAX_BYTES {
        let message = "Le fichier dépasse 50 Mo : coupez-le en plusieurs.";
        return Err(refused(1, "fichier_trop_gros", message));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let mut lines = LineCounter { text: bytes, at: 0, line: 1 };
        lines.advance(error.valid_up_to());
        let message = "Le fichier n’est pas en UTF-8 : dans le tableur, enregistrez-le sous \
                       « CSV UTF-8 ».";
        refused(lines.line, "encodage_invalide", message)
    })?;
    if text.contains('\0') {
        return Err(refused(1, "fichier_illisible", "Ce n’est pas un fichier CSV."));
    }
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Of the three that spreadsheets write, the one that stands most often in the column names.
fn delimiter(text: &str) -> u8 {
    let head = text.trim_start().lines().next().unwrap_or_default();
    let count = |delimiter: u8| head.bytes().filter(|byte| *byte == delimiter).count();
    let most = [b',', b';', b'\t'].into_iter().rev().max_by_key(|delimiter| count(*delimiter));
    most.unwrap_or(b',')
}

fn positions(
    header: &csv::StringRecord,
    columns: &[&'static str],
    optional: &[&'static str],
    line: u64,
) -> Result<HashMap<&'static str, usize>, Refused> {
    let names: Vec<String> = header.iter().map(|name| name.trim().to_lowercase()).collect();
    let mut found = HashMap::new();
    let (mut missing, mut double) = (Vec::new(), Vec::new());
    for column in columns.iter().chain(optional) {
        let mut at = names.iter().enumerate().filter(|(_, name)| name == column);
        match (at.next(), at.next()) {
            (Some((index, _)), None) => {
                found.insert(*column, index);
            }
            (Some(_), Some(_)) => double.push(*column),
            (None, _) if optional.contains(column) => {}
            (None, _) => missing.push(*column),
        }
    }
    if !missing.is_empty() {
        let message = format!(
            "Il manque {} : {}. Attendu en première ligne : {}.",
            if missing.len() == 1 { "une colonne" } else { "des colonnes" },
            missing.join(", "),
            columns.join(", ")
        );
        return Err(Refused { line, code: "colonne_manquante", message });
    }
    if !double.is_empty() {
        let message = format!("Ces colonnes figurent deux fois : {}.", double.join(", "));
        return Err(Refused { line, code: "colonne_en_double", message });
    }
    Ok(found)
}

fn wrong_width(line: u64, last: u64, found: usize, width: usize) -> Refused {
    let columns = if found < 2 { "colonne" } else { "colonnes" };
    let open = if last > line {
        format!(" Un guillemet n’est peut-être pas refermé : elle court jusqu’à la ligne {last}.")
    } else {
        String::new()
    };
    let message = format!("La ligne a {found} {columns} au lieu de {width}.{open}");
    Refused { line, code: "ligne_mal_formee", message }
}

/// Counts lines as an editor does; the csv crate's own count is off after blank lines.
struct LineCounter<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl LineCounter<'_> {
    fn advance(&mut self, to: usize) {
        let to = to.min(self.text.len());
        for index in self.at..to {
            let ends = match self.text[index] {
                b'\n' => true,
                b'\r' => self.text.get(index + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += u64::from(ends);
        }
        self.at = self.at.max(to);
    }

    /// The line of the record that is read from `byte` on: blank lines before it are passed.
    fn line_of_record_at(&mut self, byte: u64) -> u64 {
        self.advance(usize::try_from(byte).unwrap_or(usize::MAX));
        let blank = self.text[self.at..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let next = self.at + blank.count();
        self.advance(next);
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(bytes: &[u8]) -> Read<String> {
        read(bytes, &["ref", "nom"], |row| {
            let name = row.filled("nom", "nom_manquant")?;
            Some(format!("{}={name}", row.text("ref")))
        })
    }

    fn rows(read: &Read<String>) -> Vec<(u64, &str)> {
        read.rows.iter().map(|(line, text)| (*line, text.as_str())).collect()
    }

    fn refusals(read: &Read<String>) -> Vec<(u64, &str)> {
        read.refused.iter().map(|refused| (refused.line, refused.code)).collect()
    }

    #[test]
    fn every_spreadsheets_table_is_read() {
        for text in [
            "ref,nom\nA,un\nB,\"deux, trois\"\n",
            "ref,nom\r\nA,un\r\nB,\"deux, trois\"\r\n",
            "\u{feff}ref;nom\r\nA;un\r\nB;deux, trois",
            "Nom\tREF\tautre\nun\tA\t\ndeux, trois\tB\tx\n",
        ] {
            let read = names(text.as_bytes());
            assert_eq!(rows(&read), [(2, "A=un"), (3, "B=deux, trois")], "{text:?}");
            assert!(read.refused.is_empty());
        }
    }

    #[test]
    fn a_bad_line_is_named_as_an_editor_counts_it_and_the_others_stay() {
        for end in ["\n", "\r\n"] {
            let text = ["ref,nom", "A,un", "", "B,", "C,\"deux", "lignes\"", "D,x,y", ",", "E,z"];
            let read = names(text.join(end).as_bytes());
            let two_lines = format!("C=deux{end}lignes");
            assert_eq!(rows(&read), [(2, "A=un"), (5, two_lines.as_str()), (9, "E=z")]);
            assert_eq!(refusals(&read), [(4, "nom_manquant"), (7, "ligne_mal_formee")]);
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_is_named_with_where_it_leads() {
        let read = names(b"ref,nom\nA,un\n\"B,deux\nC,trois\nD,quatre\n");
        assert_eq!(refusals(&read), [(3, "ligne_mal_formee")]);
        assert!(read.refused[0].message.contains("jusqu’à la ligne 5"), "{read:?}");
        assert_eq!(rows(&read), [(2, "A=un")]);
    }

    #[test]
    fn an_optional_column_may_be_missing_and_not_be_there_twice() {
        let sites = |bytes: &[u8]| {
            read_with_optional(bytes, &["ref"], &["site"], |row| Some(row.text("site").to_owned()))
        };
        assert_eq!(rows(&sites(b"site,ref\nannexe,A\n")), [(2, "annexe")]);
        assert_eq!(rows(&sites(b"ref\nA\n")), [(2, "")]);
        assert_eq!(refusals(&sites(b"ref,site,site\nA,,\n")), [(1, "colonne_en_double")]);
    }

    #[test]
    fn a_file_that_is_no_such_table_is_refused_whole() {
        for (bytes, refusal) in [
            (&b""[..], (1, "fichier_vide")),
            (b"\n\n", (1, "fichier_vide")),
            (b"ref,name\nA,un\n", (1, "colonne_manquante")),
            (b"ref,nom,nom\nA,un,deux\n", (1, "colonne_en_double")),
            (b"ref,nom\nA,un\nB,\xe9t\xe9\n", (3, "encodage_invalide")),
            (b"PK\x03\x04\0\0", (1, "fichier_illisible")),
        ] {
            let read = names(bytes);
            assert_eq!((rows(&read).len(), refusals(&read)), (0, vec![refusal]), "{bytes:?}");
        }
        let message = &names(b"x;y\n").refused[0].message;
        assert!(message.contains("ref, nom"), "{message}");
        assert_eq!(names(&vec![b' '; MAX_BYTES + 1]).refused[0].code, "fichier_trop_gros");
    }
}
