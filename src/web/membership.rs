//! What a member joined: conventions, deliberation, signature, lots.

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::group::membership::MembershipState;
use minijinja::{Value, context};

use super::Pages;
use super::agent::May;
use super::error::PageError;
use super::rights::ReadOwn;
use super::routes::Routes;
use crate::store::group::{MemberOf, memberships_of};

pub(super) fn routes() -> Routes {
    Routes::new().get("/adhesion", show)
}

async fn show(State(pages): State<Pages>, who: May<ReadOwn>) -> Result<Response, PageError> {
    let found = memberships_of(&pages.app.store, who.organisation).await?;
    let page = context! {
        organisation => who.organisation_name.as_str(),
        memberships => found.iter().map(membership).collect::<Vec<_>>(),
    };
    pages.page(&who, "pages/membership/show.html", page).await
}

fn membership(found: &MemberOf) -> Value {
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
    context! {
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
