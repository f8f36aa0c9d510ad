//! What a member joined: conventions, deliberation, signature, lots.

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::group::membership::MembershipState;
use domain::ids::{AttachmentId, MembershipId};
use minijinja::{Value, context};

use super::Pages;
use super::agent::May;
use super::error::PageError;
use super::pieces;
use super::rights::ReadOwn;
use super::routes::{Routes, Row};
use crate::store::group::{MemberOf, adhesions_of};
use crate::store::platform::attachments::{self, Attachment};

pub(super) fn routes() -> Routes {
    Routes::new().get("/adhesion", show).get("/adhesion/pieces/{id}", download)
}

async fn show(State(pages): State<Pages>, who: May<ReadOwn>) -> Result<Response, PageError> {
    let found = adhesions_of(&pages.app.store, who.organisation).await?;
    let files = attachments::of_memberships(&pages.app.store, who.organisation).await?;
    let page = context! {
        organisation => who.organisation_name.as_str(),
        memberships => found.iter().map(|one| membership(one, &files)).collect::<Vec<_>>(),
    };
    pages.page(&who, "pages/membership/show.html", page).await
}

/// A file of one of the member's own memberships, or the text of a convention it joined.
async fn download(
    State(pages): State<Pages>,
    who: May<ReadOwn>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let files = attachments::of_memberships(&pages.app.store, who.organisation).await?;
    let file = files.into_iter().map(|(_, file)| file).find(|file| file.id == AttachmentId(id));
    pieces::serve(&pages, file.ok_or(PageError::NotFound)?).await
}

fn membership(found: &MemberOf, files: &[(MembershipId, Attachment)]) -> Value {
    let tone = match found.state {
        MembershipState::Active => "good",
        MembershipState::Prospect | MembershipState::Deliberated | MembershipState::Signed => {
            "draft"
        }
        MembershipState::Withdrawn => "bad",
    };
    let deliberation = found.deliberation.as_ref().map(|(number, on, enforceable)| {
        context! {
            number => number.as_str(),
            on => french::date(*on),
            enforceable => enforceable.map(french::date),
        }
    });
    let signed = found.signed.as_ref().map(|(by, quality, on)| {
        context! { by => by.as_str(), quality => quality.as_deref(), on => french::date(*on) }
    });
    let lots = found.lots.iter().map(|(number, title, subscribed)| {
        context! { number => number.as_str(), title => title.as_str(), subscribed => *subscribed }
    });
    let files = files
        .iter()
        .filter(|(membership, _)| *membership == found.membership)
        .map(|(_, file)| pieces::row(file, "/adhesion/pieces"));
    context! {
        files => files.collect::<Vec<_>>(),
        convention => found.convention.as_str(),
        subject => found.subject.as_str(),
        from => french::date(found.convention_from),
        to => found.convention_to.map(french::date),
        state => found.state.french(),
        tone => tone,
        deliberation => deliberation,
        signed => signed,
        left_on => found.left_on.map(french::date),
        lots => lots.collect::<Vec<_>>(),
    }
}
