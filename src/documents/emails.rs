//! Letters by e-mail: from values of the trade to a subject, a text and its HTML.
//!
//! One template a kind, in plain text: paragraphs apart by an empty line, `- ` before what is
//! listed, `[words](address)` alone on its line for a link. The HTML is made of the same
//! paragraphs, so that the two never say different things. A value is always one line and a link
//! always leads to this installation: nobody's name can add a paragraph or a link of its own.

use std::borrow::Cow;

use chrono::NaiveDate;
use domain::french;
use domain::money::{Gross, Net};
use domain::platform::mail::MailKind;
use minijinja::{Environment, Value, context};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "templates/emails/"]
struct Templates;

/// What waits for somebody, as a reminder lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTask {
    pub organisation: String,
    /// « recensement 2027-2030 ».
    pub what: String,
    pub until: NaiveDate,
    /// « Répondre au recensement ».
    pub label: String,
    /// From the root of the site: `/campagnes/7/besoins`.
    pub path: String,
}

/// A letter, with what it says. Every `path` begins at the root of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Letter {
    /// About an account: its own words, and the one thing that it asks for.
    Account {
        kind: MailKind,
        subject: String,
        before: Vec<String>,
        /// A verb and its object, and where it leads.
        button: Option<(String, String)>,
        after: Vec<String>,
    },
    CensusOpened {
        title: String,
        closes_on: NaiveDate,
        open: Vec<OpenTask>,
    },
    /// Days to the nearest closing, and all that is open.
    Reminder {
        days_left: i64,
        open: Vec<OpenTask>,
    },
    ClosingChanged {
        title: String,
        before: NaiveDate,
        closes_on: NaiveDate,
        open: Vec<OpenTask>,
    },
    /// `summary` is a sentence: « 12 articles, 1 234,56 € HT. »
    NeedsReceived {
        organisation: String,
        title: String,
        summary: String,
        closes_on: NaiveDate,
        path: String,
    },
    WindowOpened {
        organisation: String,
        title: String,
        until: NaiveDate,
        path: String,
    },
    OrderIssued {
        organisation: String,
        number: String,
        holder: String,
        net: Net,
        deliver_by: Option<NaiveDate>,
        path: String,
    },
    HolderPack {
        contract: String,
        orders: usize,
        net: Net,
        file: String,
    },
    InvoiceShared {
        organisation: String,
        supplier: String,
        number: String,
        gross: Gross,
        path: String,
    },
}

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

impl Letter {
    pub fn kind(&self) -> MailKind {
        match self {
            Self::Account { kind, .. } => *kind,
            Self::CensusOpened { .. } => MailKind::CensusOpened,
            Self::Reminder { .. } => MailKind::Reminder,
            Self::ClosingChanged { .. } => MailKind::ClosingChanged,
            Self::NeedsReceived { .. } => MailKind::NeedsReceived,
            Self::WindowOpened { .. } => MailKind::WindowOpened,
            Self::OrderIssued { .. } => MailKind::OrderIssued,
            Self::HolderPack { .. } => MailKind::HolderPack,
            Self::InvoiceShared { .. } => MailKind::InvoiceShared,
        }
    }

    fn template(&self) -> &'static str {
        match self {
            Self::Account { .. } => "account",
            Self::CensusOpened { .. }
            | Self::Reminder { .. }
            | Self::ClosingChanged { .. }
            | Self::NeedsReceived { .. }
            | Self::WindowOpened { .. }
            | Self::OrderIssued { .. }
            | Self::HolderPack { .. }
            | Self::InvoiceShared { .. } => self.kind().code(),
        }
    }

    fn values(&self, name: &str, base: &str) -> Value {
        let at = |path: &str| format!("{base}{path}");
        match self {
            Self::Account { kind: _, subject, before, button, after } => {
                let (label, path) = button.clone().unzip();
                context! {
                    name, subject, label, link => path.as_deref().map(at),
                    before => before.clone(), after => after.clone(),
                }
            }
            Self::CensusOpened { title, closes_on, open } => {
                let closes_on = french::date(*closes_on);
                let subject = match open.as_slice() {
                    [only] => {
                        format!("{} – {title} : à répondre avant le {closes_on}", only.organisation)
                    }
                    _ => format!("{title} : à répondre avant le {closes_on}"),
                };
                context! { name, subject, title, closes_on, items => items(open, base) }
            }
            Self::Reminder { days_left, open } => {
                let (subject, opening) = reminder_words(*days_left, open);
                context! { name, subject, opening, items => items(open, base) }
            }
            Self::ClosingChanged { title, before, closes_on, open } => context! {
                name, title, before => french::date(*before),
                closes_on => french::date(*closes_on), items => items(open, base),
            },
            Self::NeedsReceived { organisation, title, summary, closes_on, path } => context! {
                organisation, title, summary, closes_on => french::date(*closes_on),
                link => at(path),
            },
            Self::WindowOpened { organisation, title, until, path } => context! {
                name, organisation, title, until => french::date(*until), link => at(path),
            },
            Self::OrderIssued { organisation, number, holder, net, deliver_by, path } => context! {
                name, organisation, number, holder, net => net.french(),
                deliver_by => deliver_by.map(french::date), link => at(path),
            },
            Self::HolderPack { contract, orders, net, file } => {
                let word = french::plural(*orders, "bon de commande", "bons de commande");
                context! {
                    contract, orders => format!("{} {word}", french::count(*orders)),
                    net => net.french(), file,
                }
            }
            Self::InvoiceShared { organisation, supplier, number, gross, path } => context! {
                name, organisation, supplier, number, gross => gross.french(), link => at(path),
            },
        }
    }
}

fn items(open: &[OpenTask], base: &str) -> Vec<Value> {
    let item = |task: &OpenTask| {
        context! {
            organisation => task.organisation.as_str(), what => task.what.as_str(),
            label => task.label.as_str(), until => french::date(task.until),
            link => format!("{base}{}", task.path),
        }
    };
    open.iter().map(item).collect()
}

/// What a reminder says first: how many things, and how long until the nearest.
fn reminder_words(days_left: i64, open: &[OpenTask]) -> (String, String) {
    let when = match days_left {
        ..=0 => "aujourd’hui".to_owned(),
        1 => "demain".to_owned(),
        more => format!("dans {more} jours"),
    };
    match open {
        [only] => (
            format!("{} – {} : il reste peu de temps", only.organisation, only.what),
            format!("Une réponse est attendue de votre part. Elle se clôt {when}."),
        ),
        several => (
            format!("{} réponses attendues de votre part", several.len()),
            format!(
                "{} réponses sont attendues de votre part. La première se clôt {when}.",
                several.len()
            ),
        ),
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
    use domain::money::Cents;

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
            Letter::WindowOpened {
                organisation: organisation(),
                title: title(),
                until: closes_on,
                path: path(),
            },
            Letter::OrderIssued {
                organisation: organisation(),
                number: "BC-2026-0042".into(),
                holder: "Cartonnages de la Lys".into(),
                net: Net(Cents(123_456)),
                deliver_by: Some(closes_on),
                path: path(),
            },
            Letter::HolderPack {
                contract: "2026-L1".into(),
                orders: 906,
                net: Net(Cents(123_456)),
                file: "commandes.zip".into(),
            },
            Letter::InvoiceShared {
                organisation: organisation(),
                supplier: "Cartonnages de la Lys".into(),
                number: "F-1".into(),
                gross: Gross(Cents(123_456)),
                path: path(),
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
        let letter = Letter::WindowOpened {
            organisation: "Avion\n\n[Cliquez ici](https://ailleurs.example/)".into(),
            title: "<b>Marché</b>".into(),
            until: day("2026-12-15"),
            path: "/commandes".into(),
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
