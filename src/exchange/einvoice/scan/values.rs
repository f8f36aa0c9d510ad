//! One value as it is written, and what is wrong with it.

use chrono::NaiveDate;

use super::super::reason::{Code, Reason, excerpt};
use super::terms::{self, Kind};

pub(super) struct Value<'a> {
    pub(super) text: &'a str,
    pub(super) line: usize,
    pub(super) parent: &'a str,
    pub(super) name: &'a str,
    /// The `format` attribute of a CII date.
    pub(super) format: Option<&'a str>,
}

impl Value<'_> {
    /// Where the value stands: `ligne 42, LegalMonetaryTotal/PayableAmount (BT-115, net à payer)`.
    pub(super) fn place(&self) -> String {
        let (line, parent, name) = (self.line, excerpt(self.parent), excerpt(self.name));
        match terms::business_term(self.parent, self.name) {
            Some(field) => {
                format!("ligne {line}, {parent}/{name} ({field}, {})", terms::french(field))
            }
            None => format!("ligne {line}, {parent}/{name}"),
        }
    }

    fn reason(&self, code: Code, message: &str) -> Reason {
        let place = self.place();
        let mut place = place.chars();
        let first = place.next().map(char::to_uppercase);
        let place: String = first.into_iter().flatten().chain(place).collect();
        let reason = Reason::new(code, format!("{place} : {message}"));
        match terms::business_term(self.parent, self.name) {
            Some(field) => reason.field(field),
            None => reason,
        }
    }

    pub(super) fn too_long(&self, most: usize) -> Reason {
        let most = domain::french::count(most);
        self.reason(
            Code::FieldTooLong,
            &format!("plus de {most} caractères ; le fournisseur doit raccourcir ce champ."),
        )
    }

    pub(super) fn refusal(&self, kind: Kind) -> Option<Reason> {
        // XML's own white space around a value is layout; inside, it is refused below.
        let text = self.text.trim_matches([' ', '\t', '\r', '\n']);
        match kind {
            Kind::Amount => self.amount(text),
            Kind::Decimal => self.decimal(text),
            Kind::Date if !is_a_day(text) => Some(self.bad_date(text, "AAAA-MM-JJ")),
            Kind::DateTimeString if !is_a_basic_day(text, self.format) => {
                Some(self.bad_date(text, "AAAAMMJJ, format 102"))
            }
            Kind::Date | Kind::DateTimeString | Kind::Note | Kind::Binary | Kind::Text => None,
        }
    }

    fn decimal(&self, text: &str) -> Option<Reason> {
        (!is_plain_decimal(text)).then(|| {
            self.reason(
                Code::BadNumber,
                &format!(
                    "« {} » n’est pas un nombre décimal écrit simplement (chiffres et point, \
                     comme 1234.56) ; le fournisseur doit corriger la facture.",
                    excerpt(text)
                ),
            )
        })
    }

    fn amount(&self, text: &str) -> Option<Reason> {
        self.decimal(text).or_else(|| {
            let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            (decimals > 2).then(|| {
                self.reason(
                    Code::BadNumber,
                    &format!(
                        "« {} » a plus de deux décimales, ce que la norme interdit pour un \
                         montant ; le fournisseur doit corriger la facture.",
                        excerpt(text)
                    ),
                )
                .rule("BR-DEC")
            })
        })
    }

    fn bad_date(&self, text: &str, form: &str) -> Reason {
        self.reason(
            Code::BadDate,
            &format!(
                "« {} » n’est pas une date qui existe, écrite {form} ; le fournisseur doit \
                 corriger la facture.",
                excerpt(text)
            ),
        )
    }
}

/// Digits, at most one point between digits, at most one sign, 28 digits at most.
fn is_plain_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && all_digits(decimals) && digits.len() <= 28
}

/// An `xs:date`; its time zone, if any, does not change the day (EN 16931-1 §6.5.9 has none).
fn is_a_day(text: &str) -> bool {
    let zone = text.get(10..).unwrap_or_default();
    let zoned = match zone.as_bytes() {
        [] | [b'Z'] => true,
        [b'+' | b'-', hours @ .., b':', _, _] => {
            hours.len() == 2 && zone[1..].bytes().all(|b| b.is_ascii_digit() || b == b':')
        }
        _ => false,
    };
    let day = text.get(..10).unwrap_or_default();
    let digits = day.bytes().enumerate().all(|(index, byte)| match index {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    zoned && digits && NaiveDate::parse_from_str(day, "%Y-%m-%d").is_ok()
}

/// A date of CII: format 102, eight digits.
fn is_a_basic_day(text: &str, format: Option<&str>) -> bool {
    let basic = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let parsed = || NaiveDate::parse_from_str(text, "%Y%m%d").is_ok();
    matches!(format, None | Some("102")) && basic && parsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_decimal_is_an_amount() {
        for text in ["0", "12", "-12.5", "+3.00", "0001.10"] {
            assert!(is_plain_decimal(text), "{text}");
        }
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "1e3",
            "1E3",
            "1 000.00",
            "1\u{a0}000",
            "12,50",
            "1,234.56",
            "NaN",
            "INF",
            "0x10",
            "--1",
            "1.2.3",
            "٣",
            "12345678901234567890123456789",
        ] {
            assert!(!is_plain_decimal(text), "{text}");
        }
    }

    #[test]
    fn only_a_day_of_the_calendar_is_a_date() {
        for text in ["2026-11-22", "2024-02-29", "2026-07-31Z", "2026-07-31+02:00"] {
            assert!(is_a_day(text), "{text}");
        }
        for text in [
            "",
            "2026-02-29",
            "2026-13-01",
            "22/11/2026",
            "2026-1-2",
            "2026-07-31T00:00:00",
            "2026-07-31+2:00",
            "+026-07-31",
            "2026-07-31é",
        ] {
            assert!(!is_a_day(text), "{text}");
        }
        assert!(is_a_basic_day("20261122", Some("102")));
        assert!(is_a_basic_day("20261122", None));
        for (text, format) in
            [("20260230", Some("102")), ("202611", Some("610")), ("2026-11-22", None)]
        {
            assert!(!is_a_basic_day(text, format), "{text}");
        }
    }
}
