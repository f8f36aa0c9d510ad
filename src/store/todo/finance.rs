//! What the CdG62's finance staff is to do.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use domain::french;
use domain::platform::role::Right;

use super::{Todo, TodoKind};
use crate::store::invoices::{after_validation, desk_counts};
use crate::store::{Access, StoreError};

/// What waits at the finance desk; nothing for whoever may not act on it.
pub async fn finance(
    on: &impl Access,
    rights: &BTreeSet<Right>,
    today: NaiveDate,
) -> Result<Vec<Todo>, StoreError> {
    if !rights.contains(&Right::KeepInvoices) {
        return Ok(Vec::new());
    }
    let counts = desk_counts(on, today, today + Days::new(7)).await?;
    let after = after_validation(on).await?;
    let mut todos = Vec::new();
    let mut add = |count: i64, title: String, detail: &str, until, link: &str| {
        if count > 0 {
            todos.push(Todo {
                kind: TodoKind::Invoice,
                title,
                detail: detail.to_owned(),
                until,
                link: link.to_owned(),
                blocked: None,
            });
        }
    };
    let c = counts;
    add(
        c.late,
        format!("Payer {}", french::counted(c.late, "facture en retard", "factures en retard")),
        "Les intérêts moratoires courent, sans que le fournisseur les demande.",
        c.late_since,
        "/comptabilite/echeances?quand=retard&payeur=cdg",
    );
    add(
        c.due_soon,
        format!("Payer {} sous 7 jours", french::counted(c.due_soon, "facture", "factures")),
        "Le CdG62 les paie pour les membres.",
        c.soonest,
        "/comptabilite/echeances?quand=7&payeur=cdg",
    );
    add(
        c.to_validate,
        format!("Valider {}", french::counted(c.to_validate, "répartition", "répartitions")),
        "Par une autre personne que celle qui a réparti.",
        None,
        "/comptabilite?etat=allocated",
    );
    add(
        c.to_share,
        format!(
            "Répartir {}",
            french::counted(c.to_share, "facture ou avoir", "factures et avoirs")
        ),
        "Les contrôles sont passés.",
        None,
        "/comptabilite?etat=matched",
    );
    add(
        c.in_dispute,
        format!("Suivre {}", french::counted(c.in_dispute, "litige", "litiges")),
        "Un avoir ou une livraison est attendu du fournisseur.",
        None,
        "/comptabilite?etat=disputed",
    );
    add(
        after.statements,
        format!(
            "Émettre {}",
            french::counted(after.statements, "relevé de membre", "relevés de membres")
        ),
        "Leur numéro est pris, leur document reste à produire.",
        None,
        "/comptabilite?etat=validated",
    );
    add(
        after.recharges,
        format!("Titrer {}", french::counted(after.recharges, "créance", "créances")),
        "Ce que le CdG62 a payé et réclame aux membres.",
        None,
        "/comptabilite/titres",
    );
    Ok(todos)
}
