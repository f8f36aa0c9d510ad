//! The steps of one membership, each when it comes: invited, deliberated, signed, admitted.

use std::collections::BTreeSet;

use domain::group::contact::Signature;
use domain::group::membership::{Deliberation, Membership};
use domain::ids::{ConventionId, LotId, OrganisationId};

use crate::store::group as store;
use crate::store::platform;
use crate::usecases::platform::attachments::{self, NewFile};
use crate::usecases::{Actor, App, UseCaseError};

/// A step of a membership.
#[derive(Debug, Clone)]
pub enum Step {
    /// With the deliberation itself, where it was sent.
    Deliberate(Deliberation, Option<NewFile>),
    /// With the signed convention, where it was sent.
    Sign(Signature, Option<NewFile>),
    Admit,
}

/// Records a body as a prospect of a convention, for these lots.
pub async fn invite(
    app: &App,
    actor: &Actor,
    convention: ConventionId,
    organisation: OrganisationId,
    lots: BTreeSet<LotId>,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let group = store::convention(&tx, convention).await?;
    let known: BTreeSet<LotId> =
        group.into_iter().flat_map(|group| group.lots).map(|lot| lot.id).collect();
    if lots.is_empty() || !lots.is_subset(&known) {
        return Err(UseCaseError::refused("lots", "Choisissez au moins un lot de la convention."));
    }
    if store::memberships(&tx, convention).await?.contains_key(&organisation) {
        return Err(UseCaseError::refused(
            "deja_membre",
            "Cet organisme est déjà connu de cette convention.",
        ));
    }
    store::add_memberships(&tx, convention, &[(organisation, Membership::prospect(lots))]).await?;
    let added = store::memberships(&tx, convention).await?;
    let id = added.get(&organisation).map_or(0, |(id, _)| id.0);
    let entry = app.entry(actor, "membership.invite", "membership", id, "");
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}

/// Takes one step of a membership.
///
/// # Errors
///
/// Refused out of order, for a deliberation that is not enforceable on the day of the signature,
/// and for who is not known of the convention.
pub async fn take_step(
    app: &App,
    actor: &Actor,
    convention: ConventionId,
    organisation: OrganisationId,
    step: Step,
) -> Result<Membership, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let (id, membership) = store::memberships(&tx, convention)
        .await?
        .remove(&organisation)
        .ok_or_else(|| UseCaseError::refused("pas_membre", "Cet organisme n’est pas pressenti."))?;
    let from = membership.state;
    let mut file = None;
    let (moved, action, details) = match step {
        Step::Deliberate(deliberation, sent) => {
            file = sent.map(|file| (file, "deliberation"));
            let number = deliberation.number.clone();
            (membership.deliberate(deliberation), "membership.deliberate", number)
        }
        Step::Sign(signature, sent) => {
            file = sent.map(|file| (file, "signed_convention"));
            let name = signature.name.clone();
            (membership.sign(signature), "membership.sign", name)
        }
        Step::Admit => (membership.activate(), "membership.activate", String::new()),
    };
    let moved = moved.map_err(|error| UseCaseError::refused("adhesion", error.for_the_reader()))?;
    store::move_membership(&tx, id, from, &moved).await?;
    if let Some((file, kind)) = file {
        let whose = (Some(organisation), kind);
        attachments::keep(app, &tx, actor, ("membership", id.0), whose, file).await?;
    }
    let entry = app.entry(actor, action, "membership", id.0, details);
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(moved)
}

/// Keeps the text of a convention, or an amendment to it, for all its members to read.
pub async fn keep_convention_text(
    app: &App,
    actor: &Actor,
    convention: ConventionId,
    file: NewFile,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let name = file.name.clone();
    let subject = ("convention", convention.0);
    attachments::keep(app, &tx, actor, subject, (None, "convention"), file).await?;
    let entry = app.entry(actor, "convention.text", "convention", convention.0, name);
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}
