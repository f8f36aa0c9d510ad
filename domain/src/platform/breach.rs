//! What `travee check` finds: an invariant that does not hold, named.
//!
//! Each check here is pure: the store reads the rows, these judge them. A check
//! answers with every breach it sees, never with the first.

use std::fmt::{Debug, Display};

use crate::money::Net;
use crate::orders::order::Order;
use crate::orders::totals::{Totals, totals};
use crate::platform::journal::BrokenChain;
use crate::platform::series::gaps;
use crate::steps::Steps;

/// One invariant that does not hold (interfaces: `travee check --json`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    pub rule: &'static str,
    /// What it is about: `BC-2026-0042`, `marché 2026-ARCH-L1`.
    pub subject: String,
    /// In French, with both figures.
    pub message: String,
}

/// The stored totals of an order against those of its lines.
pub fn order_totals(subject: &str, order: &Order, stored: &Totals) -> Option<Breach> {
    let breach = |message| Breach { rule: "order_totals", subject: subject.to_owned(), message };
    match totals(order) {
        Err(_) => Some(breach("Les totaux de la commande ne se calculent pas.".into())),
        Ok(computed) if computed == *stored => None,
        Ok(computed) => Some(breach(format!(
            "Les totaux enregistrés ({} HT, {} de TVA, {} TTC) ne sont pas ceux des lignes ({} \
             HT, {} de TVA, {} TTC), ou leur détail par taux diffère.",
            stored.net, stored.vat, stored.gross, computed.net, computed.vat, computed.gross,
        ))),
    }
}

/// What the orders of a contract count for against its ceiling (rule 3).
pub fn ceiling(subject: &str, ceiling: Net, committed: Net) -> Option<Breach> {
    (committed > ceiling).then(|| Breach {
        rule: "contract_ceiling",
        subject: subject.to_owned(),
        message: format!(
            "Les commandes engagent {committed} HT, au-delà du maximum de {ceiling} HT."
        ),
    })
}

/// The numbers given in one series, in any order.
pub fn series(subject: &str, numbers: &[i64]) -> Vec<Breach> {
    let missing = gaps(numbers).into_iter().map(|gap| {
        let (first, last) = gap.into_inner();
        let message = if first == last {
            format!("Le numéro {first} manque.")
        } else {
            format!("Les numéros {first} à {last} manquent.")
        };
        Breach { rule: "series_gap", subject: subject.to_owned(), message }
    });
    missing.collect()
}

/// The recorded steps of one life against its table: each allowed, the last one ending in
/// the state that is stored.
pub fn steps<S, A>(
    subject: &str,
    table: &Steps<S, A>,
    first: S,
    actions: &[A],
    stored: S,
) -> Option<Breach>
where
    S: Copy + PartialEq + Debug + Display,
    A: Copy + PartialEq + Debug + Display,
{
    let message = match table.replay(first, actions) {
        Ok(state) if state == stored => return None,
        Ok(state) => {
            format!("L’état enregistré est « {stored} », son histoire mène à « {state} ».")
        }
        Err(index) => format!("L’étape {} ({}) n’est pas permise.", index + 1, actions[index]),
    };
    Some(Breach { rule: "allowed_steps", subject: subject.to_owned(), message })
}

/// A broken chain as a breach.
pub fn journal(broken: BrokenChain) -> Breach {
    let message = match broken {
        BrokenChain::Gap { expected, found } => {
            format!("L’entrée {expected} manque : l’entrée {found} est à sa place.")
        }
        BrokenChain::Altered(sequence) => {
            format!("L’entrée {sequence} n’est plus celle qui a été écrite.")
        }
    };
    Breach { rule: "journal_chain", subject: "journal".into(), message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Vat;
    use crate::orders::fixtures::{issued, net};
    use crate::orders::state::{OrderAction as A, OrderState as S, STEPS};

    #[test]
    fn one_cent_in_a_stored_total_is_found() {
        let order = issued();
        let good = totals(&order).unwrap();
        assert_eq!(order_totals("BC-2026-0001", &order, &good), None);
        let mut bad = good;
        bad.rates[0].vat = Vat::from_cents(bad.rates[0].vat.cents() + 1);
        assert_eq!(order_totals("BC-2026-0001", &order, &bad).unwrap().rule, "order_totals");
    }

    #[test]
    fn a_ceiling_reached_is_clean_and_a_cent_more_is_a_breach() {
        assert_eq!(ceiling("2026-ARCH-L1", net(100), net(100)), None);
        assert!(ceiling("2026-ARCH-L1", net(100), net(101)).is_some());
    }

    #[test]
    fn a_gap_in_a_series_is_named() {
        let messages: Vec<_> =
            series("BC 2026", &[1, 3, 6]).into_iter().map(|breach| breach.message).collect();
        assert_eq!(messages, ["Le numéro 2 manque.", "Les numéros 4 à 5 manquent."]);
    }

    #[test]
    fn a_state_that_its_history_does_not_explain_is_found() {
        let judge = |actions: &[A], stored| steps("commande 1", &STEPS, S::Draft, actions, stored);
        assert_eq!(judge(&[A::Validate, A::Issue], S::Issued), None);
        assert!(judge(&[A::Validate], S::Issued).is_some());
        let skipped = judge(&[A::Issue], S::Issued).unwrap();
        assert_eq!(skipped.message, "L’étape 1 (émettre) n’est pas permise.");
    }

    #[test]
    fn an_altered_entry_is_a_breach_with_its_number() {
        let breach = journal(BrokenChain::Altered(17));
        assert_eq!(breach.message, "L’entrée 17 n’est plus celle qui a été écrite.");
    }
}
