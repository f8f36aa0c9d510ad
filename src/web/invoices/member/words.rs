//! Invoices as a member reads them: whom to pay, until when, or why not yet.

use chrono::NaiveDate;
use domain::french;
use domain::invoices::state::InvoiceState;

use crate::store::invoices::MemberInvoice;

pub(super) struct Standing {
    pub(super) word: &'static str,
    pub(super) tone: &'static str,
    /// What the reader is to do, or to wait for.
    pub(super) sentence: String,
}

pub(super) fn name(row: &MemberInvoice) -> String {
    format!("{} {}", if row.credit { "Avoir" } else { "Facture" }, row.number)
}

fn of(word: &'static str, tone: &'static str, sentence: impl Into<String>) -> Standing {
    Standing { word, tone, sentence: sentence.into() }
}

pub(super) fn standing(row: &MemberInvoice, today: NaiveDate) -> Standing {
    if row.own { own(row, today) } else { shared(row) }
}

/// Models A and B: the member pays the holder.
fn own(row: &MemberInvoice, today: NaiveDate) -> Standing {
    let Some(state) = InvoiceState::from_code(&row.state) else {
        return of("inconnu", "quiet", "");
    };
    match state {
        InvoiceState::Received
        | InvoiceState::Checked
        | InvoiceState::Matched
        | InvoiceState::Allocated => of(
            "en cours de contrôle",
            "quiet",
            "Ne la payez pas encore : le CdG62 la compare à votre commande et à ce que vous avez \
             accepté. Votre relevé apparaîtra ici.",
        ),
        InvoiceState::Disputed => of(
            "en litige",
            "warn",
            "Ne la payez pas : elle ne correspond pas à la commande ou à la livraison. Le CdG62 \
             demande une correction au titulaire.",
        ),
        InvoiceState::Suspended => of(
            "suspendue",
            "warn",
            "Ne la payez pas : le délai de paiement est suspendu, le titulaire doit la compléter.",
        ),
        InvoiceState::Rejected => of(
            "refusée",
            "bad",
            "Ne la payez pas : elle est refusée, le titulaire doit en envoyer une autre.",
        ),
        InvoiceState::Paid if row.credit => of("déduit", "good", "Cet avoir est déduit."),
        InvoiceState::Paid => {
            let on = row.paid_on.map_or_else(|| "–".into(), french::date);
            of("payée", "good", format!("Vous l’avez payée le {on}."))
        }
        InvoiceState::Validated if row.credit => {
            of("à déduire", "open", "Déduisez cet avoir de votre prochain paiement au titulaire.")
        }
        InvoiceState::Validated => {
            let Some(due) = row.due_on else {
                return of("à payer", "open", "À payer au titulaire.");
            };
            let by = french::date(due);
            if due < today {
                of(
                    "en retard",
                    "bad",
                    format!(
                        "À payer au titulaire sans attendre : c’était dû avant le {by}, des \
                         intérêts moratoires courent."
                    ),
                )
            } else {
                of("à payer", "warn", format!("À payer au titulaire avant le {by}."))
            }
        }
    }
}

/// Model C: the coordinator pays the holder, then claims each share back.
fn shared(row: &MemberInvoice) -> Standing {
    let notice = row.notice.as_deref().unwrap_or("–");
    match row.notice_state.as_deref() {
        Some("paid") => of("payée", "good", format!("Avis des sommes à payer {notice} : payé.")),
        Some("sent") => of(
            "à payer au CdG62",
            "warn",
            format!("À payer au CdG62 d’après l’avis des sommes à payer {notice}."),
        ),
        Some(_) | None => of(
            "ne payez pas encore",
            "quiet",
            "Ne payez pas avant l’avis des sommes à payer du CdG62.",
        ),
    }
}
