//! Many members join at once: those of a list, as the deliberations of a season arrive.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{ConventionId, LotId, OrganisationId};
use domain::siret::Siret;

use super::{Adhesion, adhere, join};
use crate::exchange::adhesions::AdhesionRow;
use crate::store::group as store;
use crate::usecases::{Actor, App, Refusal, UseCaseError};

/// What a list of adhesions did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportedAdhesions {
    pub joined: usize,
    /// Already bound, or on the way to it: left as they are.
    pub known: usize,
}

/// Takes the members of a list in, each with the line of its file. All or none.
///
/// # Errors
///
/// Every line is named whose SIRET nobody has, whose lot the convention has not, or whose
/// deliberation and signature do not bind.
pub async fn import_adhesions(
    app: &App,
    actor: &Actor,
    convention: ConventionId,
    rows: &[(u64, AdhesionRow)],
) -> Result<ImportedAdhesions, UseCaseError> {
    let (adhesions, mut imported) = judged(app, convention, rows).await?;
    if !adhesions.is_empty() {
        imported.joined = adhere(app, actor, convention, adhesions).await?;
    }
    Ok(imported)
}

/// What [`import_adhesions`] would do.
///
/// # Errors
///
/// The same.
pub async fn preview_adhesions(
    app: &App,
    convention: ConventionId,
    rows: &[(u64, AdhesionRow)],
) -> Result<ImportedAdhesions, UseCaseError> {
    let (adhesions, imported) = judged(app, convention, rows).await?;
    Ok(ImportedAdhesions { joined: adhesions.len(), ..imported })
}

/// The adhesions that are new, and how many are known.
async fn judged(
    app: &App,
    convention: ConventionId,
    rows: &[(u64, AdhesionRow)],
) -> Result<(Vec<Adhesion>, ImportedAdhesions), UseCaseError> {
    let stored = store::convention(&app.store, convention).await?;
    let lots: Vec<(String, LotId)> = stored
        .map(|stored| stored.lots.into_iter().map(|lot| (lot.number, lot.id)).collect())
        .unwrap_or_default();
    let listed = store::organisations(&app.store, &[]).await?;
    let owners: BTreeMap<&Siret, OrganisationId> = listed
        .iter()
        .filter(|one| one.organisation.kind.may_join())
        .flat_map(|one| {
            one.organisation.sirets.entries().iter().map(|entry| (&entry.siret, one.id))
        })
        .collect();
    let known = store::memberships(&app.store, convention).await?;
    let mut imported = ImportedAdhesions::default();
    let (mut adhesions, mut seen, mut refusals) = (Vec::new(), BTreeSet::new(), Vec::new());
    for (line, row) in rows {
        let mut refuse = |code: &str, message: String| {
            refusals.push(Refusal::new(code, format!("Ligne {line} : {message}")));
        };
        let Some(organisation) = owners.get(&row.siret).copied() else {
            refuse("siret_inconnu", format!("aucun membre n’a le SIRET {}.", row.siret));
            continue;
        };
        if !seen.insert(organisation) {
            refuse("deux_fois", format!("le membre de SIRET {} figure deux fois.", row.siret));
            continue;
        }
        let mut chosen: BTreeSet<LotId> = BTreeSet::new();
        for number in &row.lots {
            match lots.iter().find(|(code, _)| code == number) {
                Some((_, lot)) => {
                    chosen.insert(*lot);
                }
                None => refuse("lot", format!("la convention n’a pas de lot {number}.")),
            }
        }
        if row.lots.is_empty() {
            chosen = lots.iter().map(|(_, lot)| *lot).collect();
        }
        let adhesion = Adhesion {
            organisation,
            deliberation: row.deliberation.clone(),
            signature: row.signature.clone(),
            lots: chosen,
        };
        if known.contains_key(&organisation) {
            imported.known += 1;
        } else if let Err(reason) = join(adhesion.clone()) {
            refuse("adhesion", reason);
        } else {
            adhesions.push(adhesion);
        }
    }
    if !refusals.is_empty() {
        return Err(UseCaseError::Refused(refusals));
    }
    Ok((adhesions, imported))
}
