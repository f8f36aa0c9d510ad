//! What a step of an invoice's life will do, in figures, before it is taken.

use domain::french;
use domain::ids::InvoiceId;
use domain::money::Cents;

use super::steps::Step;
use super::words::{euros, title};
use crate::store::invoices::{self as store, StoredInvoice};
use crate::usecases::UseCaseError;
use crate::usecases::invoices as desk;
use crate::web::Pages;
use crate::web::error::PageError;

/// What will happen, in figures.
pub(super) async fn figures(
    pages: &Pages,
    invoice: &StoredInvoice,
    step: Step,
) -> Result<Vec<String>, PageError> {
    let on = &pages.app.store;
    let amount = format!("{} TTC à payer : {}.", title(invoice), euros(invoice.totals.payable.0));
    Ok(match step {
        Step::Validate => validation(pages, invoice.id, invoice).await?,
        Step::Pay => {
            let mut lines = vec![amount];
            lines.extend(invoice.due_on.map(|due| format!("Échéance : {}.", french::date(due))));
            match desk::late_interest(&pages.app, invoice.id, pages.app.today()).await {
                Ok(None) => {}
                Ok(Some(late)) => lines.push(format!(
                    "Un paiement aujourd’hui a {} jours de retard : {} d’intérêts moratoires \
                     (taux de {} % l’an, {}) et {} d’indemnité forfaitaire.",
                    late.days,
                    late.interest.french(),
                    french::decimal(late.rate.normalize()),
                    late.source,
                    late.recovery_costs.french()
                )),
                Err(UseCaseError::Refused(reasons)) => {
                    lines.extend(reasons.into_iter().map(|reason| reason.message));
                }
                Err(error) => return Err(error.into()),
            }
            lines
        }
        Step::Dispute => {
            vec![amount, "La répartition attendra un avoir, ou une nouvelle vérification.".into()]
        }
        Step::Suspend => vec![
            amount,
            "Le délai de paiement s’arrête. Il ne peut l’être qu’une fois (article R2192-27 du \
             code de la commande publique)."
                .into(),
        ],
        Step::Resume => vec![
            amount,
            "Le document est comparé de nouveau à sa commande et à ce qui a été admis depuis."
                .into(),
        ],
        Step::Reopen => {
            let shared = store::allocation_of(on, invoice.id).await?;
            let members = shared.map_or(0, |shared| shared.members.len());
            vec![
                format!(
                    "Les parts de {} {} sont effacées. Aucun relevé n’a été émis.",
                    french::count(members),
                    french::plural(members, "membre", "membres")
                ),
                "Le document est comparé de nouveau à sa commande : une nouvelle répartition pourra \
                 être faite, ou le litige reprend."
                    .into(),
            ]
        }
        Step::Reject => {
            vec![amount, "C’est définitif : le fournisseur doit envoyer un autre document.".into()]
        }
    })
}

async fn validation(
    pages: &Pages,
    id: InvoiceId,
    invoice: &StoredInvoice,
) -> Result<Vec<String>, PageError> {
    let on = &pages.app.store;
    let missing = || PageError::NotFound;
    let shared = store::allocation_of(on, id).await?.ok_or_else(missing)?;
    let order = store::order(on, invoice.order.ok_or_else(missing)?).await?;
    let gross: i64 = shared.members.values().map(|one| one.gross.cents()).sum();
    let members = shared.members.len();
    let mut lines = vec![
        format!(
            "{} {} entre {} {} : {} TTC au total, comme le document.",
            french::count(members),
            french::plural(members, "part", "parts"),
            french::count(members),
            french::plural(members, "membre", "membres"),
            euros(gross)
        ),
        format!(
            "{} {} un numéro, définitivement.",
            french::count(members),
            french::plural(members, "relevé reçoit", "relevés reçoivent")
        ),
    ];
    if order.model.coordinator_pays() {
        let claimed: Vec<Cents> = shared
            .members
            .iter()
            .filter(|(member, one)| **member != order.buyer && one.payable != Cents::ZERO)
            .map(|(_, one)| one.payable)
            .collect();
        let sum: i64 = claimed.iter().map(|cents| cents.0).sum();
        lines.push(format!(
            "{} {} à titrer, pour {} TTC.",
            french::count(claimed.len()),
            french::plural(claimed.len(), "créance sera", "créances seront"),
            euros(sum)
        ));
    }
    lines.push("Après cela, une erreur ne se corrige plus que par un avoir du fournisseur.".into());
    Ok(lines)
}
