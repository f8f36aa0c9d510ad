//! What the buyer's finance software knows of an order, entered before it is issued; and who may
//! sign it.

use chrono::NaiveDate;
use domain::ids::{ContactId, OrderId, OrganisationId};

use super::References;
use crate::store::orders::{self as store, OrderReferences};
use crate::store::{Access, Viewer, group, platform, reference};
use crate::usecases::{Actor, App, UseCaseError};

/// The longest reference that Chorus Pro takes.
const LONGEST: usize = 50;

/// Sets the references of an order of `viewer` that is not issued yet.
///
/// # Errors
///
/// Refused once the order is issued: its papers carry them and never change.
pub async fn set_references(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    order: OrderId,
    references: &References,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let stored = store::one(&tx, viewer, order).await?;
    if let Viewer::Member(member) = viewer
        && stored.order.buyer != member
    {
        let message =
            "Cette commande est celle du coordonnateur : ses références sont les siennes.";
        return Err(UseCaseError::refused("other_member", message));
    }
    if stored.order.issue.is_some() {
        let message = "Cette commande est déjà envoyée au titulaire : ses références ne changent \
                       plus. Indiquez-les au titulaire pour sa facture.";
        return Err(UseCaseError::refused("etape", message));
    }
    let clean = |text: &Option<String>| {
        let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        text.map(str::to_owned)
    };
    let new = OrderReferences {
        commitment_number: clean(&references.commitment_number),
        service_code: clean(&references.service_code),
        budget_account: clean(&references.budget_account),
    };
    let all = [&new.commitment_number, &new.service_code, &new.budget_account];
    if all.into_iter().flatten().any(|text| text.chars().count() > LONGEST) {
        let message = format!("Une référence a au plus {LONGEST} caractères.");
        return Err(UseCaseError::refused("trop_long", message));
    }
    store::set_references(&tx, order, stored.version, &new).await?;
    let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".into());
    let details = format!(
        "engagement {}, service {}, imputation {}",
        said(&new.commitment_number),
        said(&new.service_code),
        said(&new.budget_account)
    );
    platform::append(&tx, vec![app.entry(actor, "order.reference", "order", order.0, details)])
        .await?;
    Ok(tx.commit().await?)
}

/// Somebody who may sign for an organisation on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    pub contact: ContactId,
    pub name: String,
    pub quality: String,
    /// Lower case, as accounts are known by.
    pub email: Option<String>,
}

/// Who holds a power to sign for `member` on `day`, by name.
pub async fn signers(
    on: &impl Access,
    member: OrganisationId,
    day: NaiveDate,
) -> Result<Vec<Signer>, UseCaseError> {
    let mandates = reference::mandates(on).await?;
    let people = group::contacts(on, Some(member)).await?;
    let mut signers: Vec<Signer> = group::delegations(on, Some(member))
        .await?
        .into_iter()
        .filter(|(_, power)| power.sign(day, &mandates).is_ok())
        .map(|(_, power)| Signer {
            email: people
                .get(&power.contact)
                .and_then(|person| Some(person.email.as_ref()?.as_str().to_lowercase())),
            contact: power.contact,
            name: power.name,
            quality: power.quality,
        })
        .collect();
    signers.sort_by(|a, b| a.name.cmp(&b.name));
    signers.dedup_by_key(|signer| signer.contact);
    Ok(signers)
}
