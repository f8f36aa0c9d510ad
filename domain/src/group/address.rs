//! Where a letter or a pallet goes, and how a message reaches somebody.

use std::fmt;
use std::str::FromStr;

/// A postal address as the envelope shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostalAddress {
    /// Building, street: from the most precise to the least, none empty.
    pub lines: Vec<String>,
    /// Five digits.
    pub postcode: String,
    /// With its CEDEX where it has one.
    pub town: String,
}

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("no five-digit postcode before the town in {0:?}")]
    NoPostcode(String),
    #[error("no town in {0:?}")]
    NoTown(String),
    #[error("not an e-mail address: {0:?}")]
    NotAnEmail(String),
}

impl AddressError {
    pub fn for_the_reader(&self) -> String {
        match self {
            Self::NoPostcode(text) | Self::NoTown(text) => format!(
                "Adresse illisible : « {text} ». Écrivez les lignes séparées par des virgules, \
                 puis le code postal et la commune : « 1 place de la Mairie, 62000 Arras »."
            ),
            Self::NotAnEmail(text) => format!("« {text} » n’est pas une adresse de courriel."),
        }
    }
}

impl PostalAddress {
    pub fn new(lines: Vec<String>, postcode: &str, town: &str) -> Result<Self, AddressError> {
        let whole = || format!("{postcode} {town}");
        if postcode.len() != 5 || !postcode.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(AddressError::NoPostcode(whole()));
        }
        if town.trim().is_empty() {
            return Err(AddressError::NoTown(whole()));
        }
        let lines = lines
            .into_iter()
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect();
        Ok(Self { lines, postcode: postcode.to_owned(), town: town.trim().to_owned() })
    }
}

/// One line of a file: `Mairie, 1 place de la Mairie, 62000 Arras`.
impl FromStr for PostalAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let mut lines: Vec<String> = text.split(',').map(str::to_owned).collect();
        let last = lines.pop().unwrap_or_default();
        let (postcode, town) = last.trim().split_once(' ').unwrap_or((last.trim(), ""));
        Self::new(lines, postcode, town).map_err(|error| match error {
            AddressError::NoPostcode(_) => AddressError::NoPostcode(text.to_owned()),
            AddressError::NoTown(_) | AddressError::NotAnEmail(_) => {
                AddressError::NoTown(text.to_owned())
            }
        })
    }
}

impl fmt::Display for PostalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            write!(f, "{line}, ")?;
        }
        write!(f, "{} {}", self.postcode, self.town)
    }
}

/// An e-mail address that has the shape of one; only a message proves that it works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let refused = || AddressError::NotAnEmail(text.to_owned());
        let (name, host) = text.split_once('@').ok_or_else(refused)?;
        let odd = |c: char| c.is_whitespace() || c.is_control() || "@,;<>\"()".contains(c);
        let labels = host.split('.').all(|label| !label.is_empty());
        if name.is_empty() || !host.contains('.') || !labels || text.len() > 254 {
            return Err(refused());
        }
        if name.contains(odd) || host.contains(odd) {
            return Err(refused());
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_on_one_line_reads_back_the_same() {
        for text in [
            "Mairie, 1 place Foch, 62000 Arras",
            "62153 Ablain-Saint-Nazaire",
            "BP 7, 62022 Arras CEDEX",
        ] {
            assert_eq!(text.parse::<PostalAddress>().unwrap().to_string(), text);
        }
        let untidy: PostalAddress = " Mairie ,, 1 place Foch,62000  Arras ".parse().unwrap();
        assert_eq!(untidy.to_string(), "Mairie, 1 place Foch, 62000 Arras");
        for text in ["", "Arras", "1 rue Haute, Arras", "1 rue Haute, 6200 Arras", "62000 "] {
            assert!(text.parse::<PostalAddress>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_email_has_one_at_and_a_host_with_a_point() {
        assert_eq!(" a.b@mairie.example ".parse::<Email>().unwrap().as_str(), "a.b@mairie.example");
        for text in ["", "mairie", "@x.fr", "a@x", "a@b@x.fr", "a b@x.fr", "a@x..fr", "a,b@x.fr"] {
            assert!(text.parse::<Email>().is_err(), "{text:?}");
        }
    }
}
