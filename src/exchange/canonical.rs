//! Canonical JSON (RFC 8785) and its fingerprint.
//!
//! Two programs that mean the same document must hash the same bytes: no spaces, names
//! sorted by their UTF-16 code units, strings escaped only where they must be. Amounts are
//! strings here, so that of numbers only whole ones within 2⁵³ are written; any other is
//! refused rather than printed as a float would be.

use std::fmt::Write;

use serde::Serialize;
use serde_json::{Number, Value};
use sha2::{Digest, Sha256};

/// Beyond, a reader with floats would not get the same number back.
const MOST_WHOLE: u64 = (1 << 53) - 1;

/// Why a document has no canonical form.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalError {
    #[error("the number {0} has no canonical form here")]
    Number(Number),
    #[error("not a JSON document")]
    Json(#[from] serde_json::Error),
}

/// The canonical JSON of `value`.
pub fn canonical(value: &impl Serialize) -> Result<String, CanonicalError> {
    let mut text = String::new();
    write(&serde_json::to_value(value)?, &mut text)?;
    Ok(text)
}

/// The SHA-256 of `text`, as 64 lower-case hexadecimal digits.
pub fn sha256(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn write(value: &Value, text: &mut String) -> Result<(), CanonicalError> {
    match value {
        // serde_json escapes a string as the standard asks: ", \, and control characters, the
        // short forms first; and it prints whole numbers plainly.
        Value::Null | Value::Bool(_) | Value::String(_) => text.push_str(&value.to_string()),
        Value::Number(number) => {
            let size = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            if size.is_none_or(|size| size > MOST_WHOLE) {
                return Err(CanonicalError::Number(number.clone()));
            }
            text.push_str(&number.to_string());
        }
        Value::Array(values) => {
            text.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(value, text)?;
            }
            text.push(']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
            fields.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            text.push('{');
            for (index, (name, value)) in fields.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write(value, text)?;
            }
            text.push('}');
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The examples of RFC 8785, 3.2.2 and 3.2.3, without their floats.
    #[test]
    fn names_are_sorted_and_strings_escaped_as_the_standard_says() {
        let value = json!({
            "string": "\u{20ac}$\u{f}\u{a}A'\u{42}\u{22}\u{5c}\\\"/",
            "literals": [null, true, false],
            "numbers": [333, -7, 0],
        });
        assert_eq!(
            canonical(&value).unwrap(),
            "{\"literals\":[null,true,false],\"numbers\":[333,-7,0],\
             \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"
        );
        let value = json!({
            "\u{20ac}": "Euro Sign",
            "\r": "Carriage Return",
            "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
            "1": "One",
            "\u{1f600}": "Emoji: Grinning Face",
            "\u{80}": "Control",
            "\u{f6}": "Latin Small Letter O With Diaeresis",
        });
        let text = canonical(&value).unwrap();
        let at = |name: &str| text.find(name).unwrap();
        let order = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"].map(at);
        assert!(order.is_sorted(), "{text}");
    }

    #[test]
    fn a_number_that_is_not_whole_or_too_large_is_refused() {
        for value in [json!(1.5), json!(9_007_199_254_740_992_u64), json!(1e300)] {
            assert!(matches!(canonical(&value), Err(CanonicalError::Number(_))), "{value}");
        }
        assert_eq!(canonical(&json!(9_007_199_254_740_991_u64)).unwrap(), "9007199254740991");
    }

    #[test]
    fn the_fingerprint_is_sha256_in_hexadecimal() {
        assert_eq!(
            sha256("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
