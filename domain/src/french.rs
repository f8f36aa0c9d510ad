//! How the French write numbers and dates, and how their spreadsheets do.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::money::AmountError;

/// Groups the digits of a whole number by three with U+202F: `1234567` → `1 234 567`.
pub fn thousands(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// A decimal as the French write it: `1 234,5`; trailing zeros are kept as they are stored.
pub fn decimal(value: Decimal) -> String {
    let text = value.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if value.is_sign_negative() && !value.is_zero() { "-" } else { "" };
    let whole = thousands(whole);
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole},{fraction}") }
}

/// A count as the French write it: `1 234`. Fewer than none is none.
pub fn count(value: impl TryInto<u64>) -> String {
    thousands(&value.try_into().unwrap_or_default().to_string())
}

/// A date as the French write it: `22/11/2026`.
pub fn date(day: NaiveDate) -> String {
    day.format("%d/%m/%Y").to_string()
}

/// Reads `22/11/2026`, or `2026-11-22` as date fields of browsers send it.
pub fn read_date(text: &str) -> Option<NaiveDate> {
    ["%d/%m/%Y", "%Y-%m-%d"]
        .into_iter()
        .find_map(|form| NaiveDate::parse_from_str(text.trim(), form).ok())
}

/// The noun that agrees with `count`: French counts 0 and 1 as singular.
pub fn plural<'a>(count: impl TryInto<u64>, one: &'a str, many: &'a str) -> &'a str {
    if count.try_into().unwrap_or_default() < 2 { one } else { many }
}

/// A count with its noun: `3 membres`.
pub fn counted(number: impl TryInto<u64> + Copy, one: &str, many: &str) -> String {
    format!("{} {}", count(number), plural(number, one, many))
}

/// A name after « de »: `d’Arras`, `du Portel`, `des Attaques`, `de la CC du Ternois`, `du CdG62`.
/// An H is not elided: in names of places usage is divided.
pub fn of(name: &str) -> String {
    const FEMININE: [&str; 7] = ["CA", "CC", "CU", "Commune", "Communauté", "Métropole", "Ville"];
    const MASCULINE: [&str; 8] =
        ["CCAS", "CIAS", "CdG62", "Centre", "SIVOM", "SIVU", "Syndicat", "Département"];
    let (first, rest) = name.split_once(' ').unwrap_or((name, ""));
    match first {
        "Le" if !rest.is_empty() => format!("du {rest}"),
        "Les" if !rest.is_empty() => format!("des {rest}"),
        _ if FEMININE.contains(&first) => format!("de la {name}"),
        _ if MASCULINE.contains(&first) => format!("du {name}"),
        _ if name.starts_with(is_vowel) => format!("d’{name}"),
        _ => format!("de {name}"),
    }
}

fn is_vowel(letter: char) -> bool {
    "aàâeéèêëiîïoôuùûyœæ".contains(letter.to_lowercase().next().unwrap_or(letter))
}

/// A counted noun for two and more: its first word takes the plural (`boîte à dos` becomes
/// `boîtes à dos`).
pub fn many(noun: &str) -> String {
    let (first, rest) = noun.split_at(noun.find(' ').unwrap_or(noun.len()));
    let ending = match first {
        first if first.ends_with(['s', 'x', 'z']) => "",
        first if first.ends_with("eau") => "x",
        _ => "s",
    };
    format!("{first}{ending}{rest}")
}

/// Puts the no-break spaces of French typography: before `:`, `;`, `?`, `!`, `%`, `»`, after `«`, `°`.
///
/// Messages are written with plain spaces, which terminals and their searches want; pages show
/// them through this.
pub fn unbroken(text: &str) -> String {
    let mut before = ' ';
    let mut characters = text.chars().peekable();
    let mut unbroken = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        let joins = matches!(before, '«' | '°')
            || matches!(characters.peek(), Some(':' | ';' | '?' | '!' | '%' | '»'));
        unbroken.push(if character == ' ' && joins { '\u{a0}' } else { character });
        before = character;
    }
    unbroken
}

/// Reads `1 234,56 €`, `1234.56`, `-3`: a comma or a point before the decimals, any kind of
/// space between digits, an optional euro sign, no exponent.
pub fn parse_decimal(text: &str) -> Result<Decimal, AmountError> {
    let refused = || AmountError::NotAnAmount(text.to_owned());
    let bare: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\u{202f}').collect();
    let bare = bare.strip_suffix('€').or_else(|| bare.strip_suffix("EUR")).unwrap_or(&bare);
    let (sign, digits) = match bare.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => ("-", rest),
        None => ("", bare),
    };
    let separators = digits.chars().filter(|c| matches!(c, ',' | '.')).count();
    let plain = digits.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '.'));
    let edges = digits.starts_with([',', '.']) || digits.ends_with([',', '.']);
    if digits.is_empty() || !plain || separators > 1 || edges || digits.len() > 28 {
        return Err(refused());
    }
    format!("{sign}{}", digits.replace(',', ".")).parse().map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates_look_french() {
        assert_eq!(decimal("1234567.50".parse().unwrap()), "1\u{202f}234\u{202f}567,50");
        assert_eq!(decimal("-0.5".parse().unwrap()), "-0,5");
        assert_eq!(decimal("-0.0".parse().unwrap()), "0,0");
        assert_eq!(date(NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()), "22/11/2026");
        assert_eq!(plural(0, "boîte", "boîtes"), "boîte");
        assert_eq!(plural(2, "boîte", "boîtes"), "boîtes");
    }

    #[test]
    fn a_name_after_de_is_elided_or_contracted() {
        for (name, said) in [
            ("Arras", "d’Arras"),
            ("Étaples", "d’Étaples"),
            ("Berck", "de Berck"),
            ("Hesdin", "de Hesdin"),
            ("Le Portel", "du Portel"),
            ("Les Attaques", "des Attaques"),
            ("La Couture", "de La Couture"),
            ("CU d'Arras", "de la CU d'Arras"),
            ("CdG62", "du CdG62"),
            ("Le", "de Le"),
            ("", "de "),
        ] {
            assert_eq!(of(name), said);
        }
    }

    #[test]
    fn a_counted_noun_takes_its_plural() {
        for (one, several) in [
            ("boîte", "boîtes"),
            ("paquet de 100", "paquets de 100"),
            ("rouleau", "rouleaux"),
            ("rouleau de 50 m", "rouleaux de 50 m"),
            ("lot", "lots"),
            ("bras", "bras"),
        ] {
            assert_eq!(many(one), several);
        }
    }

    #[test]
    fn nothing_breaks_before_a_colon_or_within_guillemets() {
        assert_eq!(
            unbroken("Le lot n° « 2 » manque : rien n’est fait ; voir http://localhost, à 20 %."),
            "Le lot n°\u{a0}«\u{a0}2\u{a0}» manque\u{a0}: rien n’est fait\u{a0}; voir http://localhost, à 20\u{a0}%."
        );
    }
}
