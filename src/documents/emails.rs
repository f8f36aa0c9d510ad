//! Letters by e-mail: from values of the trade to a subject, a text and its HTML.
//!
//! One template a kind, in plain text: paragraphs apart by an empty line, `- ` before what is
//! listed, `[words](address)` alone on its line for a link. The HTML is made of the same
//! paragraphs, so that the two never say different things. A value is always one line and a link
//! always leads to this installation: nobody's name can add a paragraph or a link of its own.

mod letter;

use std::borrow::Cow;

use minijinja::{Environment, Value, context};
use rust_embed::RustEmbed;

pub use letter::{InvoiceShare, IssuedOrder, Letter, OpenTask};

#[derive(RustEmbed)]
#[folder = "templates/emails/"]
struct Templates;

/// Who writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sender {
    /// How browsers reach the site, without a slash at the end.
    pub base_url: String,
    /// Name, service, telephone: each on its line under the letter.
    pub signature: Vec<String>,
}

/// A letter, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Writes letters for one sender.
#[derive(Debug)]
pub struct Writer {
    templates: Environment<'static>,
    sender: Sender,
}

#[derive(Debug, thiserror::Error)]
pub enum EmailError {
    #[error("the template of an e-mail failed")]
    Template(#[from] minijinja::Error),
    #[error("the e-mail {0} has no subject")]
    NoSubject(&'static str),
}

impl Writer {
    pub fn new(sender: Sender) -> Result<Self, EmailError> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        templates.add_filter("of", |name: &str| domain::french::of(name));
        for file in Templates::iter() {
            let Some(found) = Templates::get(&file) else { continue };
            let source = String::from_utf8_lossy(&found.data).into_owned();
            templates.add_template_owned(Cow::into_owned(file), source)?;
        }
        templates.set_formatter(|out, state, value| {
            minijinja::escape_formatter(out, state, &on_one_line(value))
        });
        Ok(Self { templates, sender })
    }

    /// The letter to `name`, which may be empty.
    pub fn write(&self, letter: &Letter, name: &str) -> Result<Email, EmailError> {
        let (template, base) = (letter.template(), self.sender.base_url.as_str());
        let values = letter.values(name, base);
        let source = self.templates.get_template(&format!("{template}.txt"))?.render(values)?;
        let (subject, body) = source
            .strip_prefix("Objet : ")
            .and_then(|rest| rest.split_once('\n'))
            .ok_or(EmailError::NoSubject(template))?;
        let parts: Vec<Part> = body
            .split("\n\n")
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| Part::read(part, base))
            .collect();
        let mut text: Vec<String> = parts.iter().map(Part::text).collect();
        text.push(format!("-- \n{}", self.sender.signature.join("\n")));
        let html = self.templates.get_template("layout.html")?.render(context! {
            subject,
            parts => parts.iter().map(Part::value).collect::<Vec<_>>(),
            signature => self.sender.signature.clone(),
        })?;
        Ok(Email { subject: subject.trim().to_owned(), text: text.join("\n\n") + "\n", html })
    }
}

/// A value that cannot break the page: its line breaks are spaces.
fn on_one_line(value: &Value) -> Value {
    match value.as_str() {
        Some(text) if text.contains(char::is_control) => {
            let plain: String =
                text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            Value::from(plain)
        }
        Some(_) | None => value.clone(),
    }
}

/// A paragraph of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Words(String),
    Item(String),
    Link { text: String, address: String },
}

impl Part {
    fn read(source: &str, base: &str) -> Self {
        let link = source
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(')'))
            .and_then(|rest| rest.split_once("]("))
            .filter(|(_, address)| address.starts_with(&format!("{base}/")));
        match (link, source.strip_prefix("- ")) {
            (Some((text, address)), _) => {
                Self::Link { text: text.to_owned(), address: address.to_owned() }
            }
            (None, Some(item)) => Self::Item(item.to_owned()),
            (None, None) => Self::Words(source.to_owned()),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Words(text) => text.clone(),
            Self::Item(text) => format!("- {text}"),
            Self::Link { text, address } => format!("{text} :\n{address}"),
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Words(text) => context! { kind => "words", text },
            Self::Item(text) => context! { kind => "item", text },
            Self::Link { text, address } => context! { kind => "link", text, address },
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use domain::money::{Cents, Gross, Net};
    use domain::platform::mail::MailKind;

    use super::*;

    fn sender() -> Sender {
        Sender {
            base_url: "https://achats.cdg62.example".into(),
            signature: vec!["CdG62, service Archives".into(), "03 21 00 00 00".into()],
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// One letter of each kind.
    fn all() -> Vec<Letter> {
        let path = || "/lien/abc".to_owned();
        let organisation = || "Commune d’Avion".to_owned();
        let title = || "Recensement 2027-2030".to_owned();
        let closes_on = day("2026-12-15");
        let task = || OpenTask {
            organisation: organisation(),
            what: title(),
            until: closes_on,
            label: "Répondre".into(),
            path: path(),
        };
        vec![
            Letter::Account {
                kind: MailKind::SignIn,
                subject: "Votre lien de connexion".into(),
                before: vec!["Voici votre lien.".into(), "Il fonctionne une fois.".into()],
                button: Some(("Me connecter".into(), path())),
                after: vec!["Vous n’avez rien demandé ? Ignorez ce message.".into()],
            },
            Letter::CensusOpened { title: title(), closes_on, open: vec![task(); 1] },
            Letter::Reminder { days_left: 3, open: vec![task(); 2] },
            Letter::ClosingChanged {
                title: title(),
                before: day("2026-12-01"),
                closes_on,
                open: vec![task(); 2],
            },
            Letter::NeedsReceived {
                organisation: organisation(),
                title: title(),
                summary: "12 articles.".into(),
                closes_on,
                path: path(),
            },
            Letter::WindowOpened { title: title(), until: closes_on, open: vec![task(); 2] },
            Letter::OrderIssued {
                holder: "Cartonnages de la Lys".into(),
                deliver_by: Some(closes_on),
                orders: vec![IssuedOrder {
                    organisation: organisation(),
                    number: "BC-2026-0042".into(),
                    net: Some(Net(Cents(123_456))),
                    path: path(),
                }],
            },
            Letter::HolderPack {
                contract: "2026-L1".into(),
                orders: 906,
                net: Net(Cents(123_456)),
                file: Some("commandes.zip".into()),
                path: path(),
                until: closes_on,
            },
            Letter::InvoiceShared {
                supplier: "Cartonnages de la Lys".into(),
                number: "F-1".into(),
                credit: false,
                shares: vec![InvoiceShare {
                    organisation: organisation(),
                    gross: Gross(Cents(123_456)),
                    path: path(),
                }],
            },
        ]
    }

    #[test]
    fn every_letter_has_its_template_and_each_says_the_same_in_both_forms() {
        let letters = all();
        let templates: Vec<_> = letters.iter().map(Letter::template).collect();
        for file in Templates::iter().filter(|file| file != "layout.html") {
            let written = templates.iter().any(|name| *file == format!("{name}.txt"));
            assert!(written, "no letter of this test uses {file}");
        }
        let writer = Writer::new(sender()).unwrap();
        for letter in letters {
            let email = writer.write(&letter, "Claire Martin").unwrap();
            assert!(!email.subject.is_empty() && !email.subject.contains(['{', '\n']));
            assert!(email.text.ends_with("CdG62, service Archives\n03 21 00 00 00\n"));
            assert!(!email.text.contains("]("), "a link was not read: {}", email.text);
            let paragraphs = email.text.split("\n\n").filter(|part| !part.contains("://"));
            let html = email.html.replace("&#x2f;", "/");
            for paragraph in paragraphs.filter(|part| !part.starts_with('-')) {
                assert!(html.contains(paragraph), "{paragraph} is not in the HTML");
            }
        }
    }

    #[test]
    fn what_somebody_is_called_can_add_neither_a_paragraph_nor_a_link_nor_markup() {
        let task = OpenTask {
            organisation: "Avion\n\n[Cliquez ici](https://ailleurs.example/)".into(),
            what: String::new(),
            until: day("2026-12-15"),
            label: "Voir mes commandes".into(),
            path: "/commandes".into(),
        };
        let letter = Letter::WindowOpened {
            title: "<b>Marché</b>".into(),
            until: day("2026-12-15"),
            open: vec![task],
        };
        let email = Writer::new(sender()).unwrap().write(&letter, "Claire").unwrap();
        assert_eq!(email.html.matches("<a ").count(), 1);
        assert!(!email.html.contains("href=\"https://ailleurs.example"));
        assert!(email.html.contains("&lt;b&gt;Marché"));
        assert!(!email.subject.contains('\n'));
    }

    #[test]
    fn a_reminder_says_how_long_is_left() {
        let open = |days_left| {
            let task = OpenTask {
                organisation: "Avion".into(),
                what: "Recensement".into(),
                until: day("2026-12-15"),
                label: "Répondre".into(),
                path: "/c".into(),
            };
            let letter = Letter::Reminder { days_left, open: vec![task] };
            Writer::new(sender()).unwrap().write(&letter, "").unwrap().text
        };
        assert!(open(1).contains("Elle se clôt demain."));
        assert!(open(21).contains("Elle se clôt dans 21 jours."));
        assert!(open(1).starts_with("Bonjour,\n"));
    }
}
