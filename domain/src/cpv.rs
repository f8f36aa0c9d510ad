//! CPV codes (Regulation (EC) No 213/2008), known by the list and not by a formula.
//!
//! The ninth digit looks like a key, but the usual weights give the wrong one for
//! 532 of the 9 454 codes: a code is good when the list has it.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A CPV code found in the list, with its ninth digit: `39131100-0`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cpv(String);

impl Cpv {
    /// With its ninth digit: `39131100-0`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without it, as essential data prefer: `39131100`.
    pub fn digits(&self) -> &str {
        &self.0[..8]
    }

    /// A code that was found in the list when it was written to the database.
    pub fn stored(code: &str) -> Option<Self> {
        let (digits, key) = code.split_once('-')?;
        let plain = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        (plain(digits, 8) && plain(key, 1)).then(|| Self(code.to_owned()))
    }
}

impl fmt::Display for Cpv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The list: eight digits → (ninth digit, French label).
#[derive(Debug, Default, Clone)]
pub struct CpvList(HashMap<String, (char, String)>);

/// Why a CPV code is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CpvError {
    #[error("{0:?} is not in the CPV list")]
    Unknown(String),
    #[error("the ninth digit of {0:?} is not the list's {1}")]
    Key(String, char),
}

impl CpvList {
    /// From rows of `(code with its ninth digit, French label)`; rows of another shape are left out.
    pub fn new<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(
            rows.into_iter()
                .filter_map(|(code, label)| {
                    let code = Cpv::stored(code)?;
                    let key = code.0.chars().last()?;
                    Some((code.digits().to_owned(), (key, label.to_owned())))
                })
                .collect(),
        )
    }

    /// Looks up `39131100` or `39131100-0`.
    pub fn find(&self, text: &str) -> Result<Cpv, CpvError> {
        let text = text.trim();
        let (digits, key) = text.split_once('-').map_or((text, None), |(d, k)| (d, Some(k)));
        let (known, _) = self.0.get(digits).ok_or_else(|| CpvError::Unknown(text.to_owned()))?;
        match key {
            Some(key) if key != known.to_string() => Err(CpvError::Key(text.to_owned(), *known)),
            Some(_) | None => Ok(Cpv(format!("{digits}-{known}"))),
        }
    }

    pub fn label(&self, code: &Cpv) -> Option<&str> {
        self.0.get(code.digits()).map(|(_, label)| label.as_str())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_good_when_the_list_has_it_with_that_key() {
        let list = CpvList::new([
            ("39131100-0", "Rayonnages d'archives"),
            ("03300000-2", "Produits de l'élevage"), // no formula gives this key
        ]);
        assert_eq!(list.find("39131100").unwrap().as_str(), "39131100-0");
        assert_eq!(list.find("03300000-2").unwrap().digits(), "03300000");
        assert_eq!(list.find("39131100-7"), Err(CpvError::Key("39131100-7".into(), '0')));
        assert_eq!(list.find("99999999"), Err(CpvError::Unknown("99999999".into())));
        assert_eq!(list.len(), 2);
    }
}
