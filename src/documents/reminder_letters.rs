//! Letters by post to whoever no e-mail reaches: one a page, all in one file to be printed.

use chrono::NaiveDate;
use domain::french;

use super::error::PaperError;
use super::layout::{BODY, DUE, Flow, GRAND, Imprint, Rich, STRONG, Stack};
use super::paper::Paper;
use super::parties::Letterhead;
use super::parts;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReminderLetters {
    pub letterhead: Letterhead,
    /// « Recensement des besoins 2027-2030 ».
    pub census: String,
    pub closes_on: NaiveDate,
    pub made_on: NaiveDate,
    pub to: Vec<LetterTo>,
}

/// An organisation that has not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterTo {
    pub name: String,
    /// Street, then postcode and town: one line each.
    pub address: Vec<String>,
}

/// Makes the letters.
///
/// # Errors
///
/// Those of every paper: a character without glyph, a text too long for a page.
pub fn render(letters: &ReminderLetters) -> Result<Paper, PaperError> {
    let title = "Vos besoins d’archives";
    let subtitle = letters.census.as_str();
    let head = &letters.letterhead;
    let mut flow = Flow::new(head, title, subtitle);
    for (index, to) in letters.to.iter().enumerate() {
        if index > 0 {
            flow.next_letter(head, title, subtitle);
        }
        letters.letter(&mut flow, to);
    }
    flow.finish(&Imprint {
        foot: parts::foot(head, "rappel de recensement", letters.made_on),
        author: head.name.clone(),
        id: format!("rappel {} {}", letters.census, letters.made_on),
        title: format!("Lettres de rappel\u{a0}: {}", letters.census),
        made_on: letters.made_on,
        attachment: None,
    })
}

impl ReminderLetters {
    fn letter(&self, flow: &mut Flow, to: &LetterTo) {
        let address = Rich::new(GRAND, &to.name).below(BODY, &to.address.join("\n"));
        flow.columns(&[
            Stack::new("À répondre au plus tard le", 1.0)
                .with(Rich::new(DUE, french::date(self.closes_on))),
            Stack::new("Destinataire", 1.2).with(address),
        ]);
        let say = |flow: &mut Flow, text: &str| flow.para(&Rich::new(BODY, french::unbroken(text)));
        say(flow, "Madame, Monsieur,");
        say(
            flow,
            &format!(
                "Le recensement « {} » est ouvert jusqu’au {} inclus. À ce jour, nous n’avons pas reçu la réponse de {}.",
                self.census,
                french::date(self.closes_on),
                to.name
            ),
        );
        say(
            flow,
            "Sans réponse, rien ne pourra être commandé pour vous à ce titre. Si vous n’avez pas de besoin, dites-le-nous aussi : c’est une réponse.",
        );
        if !self.letterhead.contact.is_empty() {
            flow.para(
                &Rich::new(BODY, "Pour répondre, appelez-nous ou écrivez-nous\u{a0}: ")
                    .then(STRONG, &self.letterhead.contact),
            );
        }
        say(
            flow,
            "Nous n’avons pas d’adresse électronique pour vous. Communiquez-nous celle de votre mairie ou de votre établissement : vous recevrez un lien qui ouvre directement le recensement, et répondrez en quelques minutes.",
        );
        say(flow, "Nous vous prions d’agréer, Madame, Monsieur, nos salutations distinguées.");
        let signed = if self.letterhead.service.is_empty() {
            &self.letterhead.name
        } else {
            &self.letterhead.service
        };
        flow.para(&Rich::new(STRONG, signed));
    }
}
