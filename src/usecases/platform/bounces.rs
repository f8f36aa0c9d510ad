//! Letters that came back, as mail servers tell it.

use domain::platform::mail::{MailAction, MailState, STEPS};

use crate::exchange::bounces::Bounce;
use crate::store::platform::{self, mail as store};
use crate::usecases::{Actor, App, UseCaseError};

/// What became of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    /// The letter is marked, its address flagged.
    Bounced { address: String, subject: String },
    /// It was marked before.
    Known { address: String },
    /// No letter of this installation has that Message-ID.
    Unknown,
    /// The letter is under way again: what came back is an earlier try.
    UnderWay { address: String },
}

/// Marks the letters that came back, all in one transaction; what became of each notification, in
/// their order.
pub async fn note(
    app: &App,
    actor: &Actor,
    bounces: &[Bounce],
) -> Result<Vec<Noted>, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let ids: Vec<&str> = bounces.iter().map(|bounce| bounce.message_id.as_str()).collect();
    let mut letters = store::by_message_ids(&tx, &ids).await?;
    let mut noted = Vec::with_capacity(bounces.len());
    let mut entries = Vec::new();
    for bounce in bounces {
        let Some(letter) = letters.get_mut(&bounce.message_id) else {
            noted.push(Noted::Unknown);
            continue;
        };
        let address = letter.address.clone();
        if letter.state == MailState::Bounced {
            noted.push(Noted::Known { address });
            continue;
        }
        let Ok(after) = STEPS.after(letter.state, MailAction::Bounce) else {
            noted.push(Noted::UnderWay { address });
            continue;
        };
        store::bounced(&tx, letter.id, &bounce.reason).await?;
        letter.state = after;
        entries.push(app.entry(actor, "mail.bounce", "mail", letter.id.0, bounce.reason.clone()));
        noted.push(Noted::Bounced { address, subject: letter.subject.clone() });
    }
    if !entries.is_empty() {
        platform::append(&tx, entries).await?;
    }
    tx.commit().await?;
    Ok(noted)
}
