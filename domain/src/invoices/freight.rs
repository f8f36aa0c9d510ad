//! Freight on an invoice beside the freight of its order.
//!
//! A supplier bills freight as a line or as a charge of the whole invoice; the order says how
//! much there is in all, nothing where the franco is reached. Several invoices of one order
//! share that amount. Freight above it does not stop an invoice by itself, since orders of
//! before a contract's terms were typed have none: whoever checks is told by how much.

use crate::money::Net;

/// UNTDID 7161, as BT-105 has it: freight, and delivery.
const CODES: [&str; 2] = ["FC", "DL"];
/// How suppliers name freight where they give no code.
const WORDS: [&str; 4] = ["port", "transport", "livraison", "fret"];

/// Whether a charge of an invoice is freight, by its code, else by its reason.
pub fn is_freight(code: Option<&str>, reason: Option<&str>) -> bool {
    match code.map(str::trim).filter(|code| !code.is_empty()) {
        Some(code) => CODES.contains(&code),
        None => reason.is_some_and(|reason| {
            let reason = reason.to_lowercase();
            reason.split(|c: char| !c.is_alphanumeric()).any(|word| WORDS.contains(&word))
        }),
    }
}

/// The freight of one invoice beside its order's, before VAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freight {
    pub ordered: Net,
    /// By earlier invoices, credit notes taken off.
    pub before: Net,
    pub billed: Net,
}

impl Freight {
    /// What this invoice bills beyond what the order leaves.
    pub fn too_much(self) -> Option<Net> {
        let left = (self.ordered.cents() - self.before.cents()).max(0);
        let more = self.billed.cents() - left;
        (more > 0).then(|| Net::from_cents(more))
    }

    /// What the comparison says, and what to do.
    pub fn french(self) -> String {
        let before = if self.before == Net::ZERO {
            String::new()
        } else {
            format!(", {} HT l’étant déjà par ailleurs", self.before.french())
        };
        let billed = self.billed.french();
        let ordered = self.ordered.french();
        match self.too_much() {
            Some(more) => format!(
                "{billed} HT de port facturés pour {ordered} HT à la commande{before} : {} HT de \
                 trop ; demandez un avoir ou contestez la facture.",
                more.french()
            ),
            None if self.billed.cents() + self.before.cents() == self.ordered.cents() => {
                format!("{billed} HT de port facturés pour {ordered} HT à la commande{before}.")
            }
            None => format!(
                "{billed} HT de port facturés pour {ordered} HT à la commande{before} ; le reste \
                 peut venir avec une autre facture."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freight_is_known_by_its_code_and_else_by_its_words() {
        for (code, reason, expected) in [
            (Some("FC"), None, true),
            (Some("DL"), Some("Mise à disposition"), true),
            (Some("ADR"), Some("Frais de port"), false),
            (None, Some("Frais de Port"), true),
            (Some(" "), Some("Participation au transport"), true),
            (None, Some("Support de classement"), false),
            (None, None, false),
        ] {
            assert_eq!(is_freight(code, reason), expected, "{code:?} {reason:?}");
        }
    }

    #[test]
    fn freight_beyond_what_the_order_leaves_is_named_to_the_cent() {
        let net = Net::from_cents;
        for (ordered, before, billed, expected) in [
            (4_500, 0, 4_500, None),
            (4_500, 0, 4_501, Some(1)),
            (4_500, 4_500, 4_500, Some(4_500)),
            (4_500, 1_500, 3_000, None),
            (0, 0, 4_500, Some(4_500)),
            (4_500, 0, 0, None),
        ] {
            let freight =
                Freight { ordered: net(ordered), before: net(before), billed: net(billed) };
            assert_eq!(freight.too_much(), expected.map(net), "{freight:?}");
        }
    }

    #[test]
    fn the_comparison_says_in_french_what_to_do() {
        let said = |ordered, before, billed| {
            let net = Net::from_cents;
            let freight =
                Freight { ordered: net(ordered), before: net(before), billed: net(billed) };
            freight.french().replace(['\u{a0}', '\u{202f}'], " ")
        };
        assert_eq!(
            said(4_500, 4_500, 2_000),
            "20,00 € HT de port facturés pour 45,00 € HT à la commande, 45,00 € HT l’étant déjà \
             par ailleurs : 20,00 € HT de trop ; demandez un avoir ou contestez la facture."
        );
        assert_eq!(
            said(4_500, 0, 4_500),
            "45,00 € HT de port facturés pour 45,00 € HT à la commande."
        );
        assert!(said(4_500, 0, 2_000).ends_with("avec une autre facture."));
    }
}
