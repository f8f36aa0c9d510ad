//! What letters say: the values of each, and the words that depend on how many there are.

use chrono::NaiveDate;
use domain::french;
use domain::money::{Gross, Net};
use domain::platform::mail::MailKind;
use minijinja::{Value, context};

/// What waits for somebody, as a letter lists it.
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

/// An order that was issued for an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedOrder {
    pub organisation: String,
    /// Of the order; of its extract where the coordinator orders for all.
    pub number: String,
    /// `None` where somebody else pays.
    pub net: Option<Net>,
    pub path: String,
}

/// An organisation's share of an invoice or credit note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceShare {
    pub organisation: String,
    pub gross: Gross,
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
    /// `title` is that of the lot.
    WindowOpened {
        title: String,
        until: NaiveDate,
        open: Vec<OpenTask>,
    },
    OrderIssued {
        holder: String,
        deliver_by: Option<NaiveDate>,
        orders: Vec<IssuedOrder>,
    },
    /// To the holder of a contract: its `file` goes with the letter unless it is too heavy, and
    /// `path` gives it until the day `until`.
    HolderPack {
        contract: String,
        orders: usize,
        net: Net,
        file: Option<String>,
        path: String,
        until: NaiveDate,
    },
    InvoiceShared {
        supplier: String,
        number: String,
        credit: bool,
        shares: Vec<InvoiceShare>,
    },
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

    pub(super) fn template(&self) -> &'static str {
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

    pub(super) fn values(&self, name: &str, base: &str) -> Value {
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
            Self::WindowOpened { title, until, open } => {
                let until = french::date(*until);
                let subject = match open.as_slice() {
                    [only] => format!(
                        "{} – période de commande ouverte jusqu’au {until}",
                        only.organisation
                    ),
                    _ => format!("{title} – période de commande ouverte jusqu’au {until}"),
                };
                context! { name, subject, title, until, items => items(open, base) }
            }
            Self::OrderIssued { holder, deliver_by, orders } => {
                let subject = match orders.as_slice() {
                    [only] => format!("{} – commande {} émise", only.organisation, only.number),
                    several => format!("{} commandes émises", several.len()),
                };
                let items = orders.iter().map(|one| {
                    context! {
                        organisation => one.organisation.as_str(), number => one.number.as_str(),
                        net => one.net.map(Net::french), link => at(&one.path),
                    }
                });
                context! {
                    name, subject, holder, several => orders.len() > 1,
                    deliver_by => deliver_by.map(french::date),
                    items => items.collect::<Vec<Value>>(),
                }
            }
            Self::HolderPack { contract, orders, net, file, path, until } => {
                let word = french::plural(*orders, "bon de commande", "bons de commande");
                context! {
                    contract, orders => format!("{} {word}", french::count(*orders)),
                    net => net.french(), file => file.as_deref(), link => at(path),
                    until => french::date(*until),
                }
            }
            Self::InvoiceShared { supplier, number, credit, shares } => {
                let document = if *credit { "l’avoir" } else { "la facture" };
                let subject = match shares.as_slice() {
                    [only] => format!("{} – votre part de {document} {number}", only.organisation),
                    _ => format!("Vos parts de {document} {number}"),
                };
                let items = shares.iter().map(|one| {
                    context! {
                        organisation => one.organisation.as_str(), gross => one.gross.french(),
                        link => at(&one.path),
                    }
                });
                context! {
                    name, subject, supplier, number, credit,
                    items => items.collect::<Vec<Value>>(),
                }
            }
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
