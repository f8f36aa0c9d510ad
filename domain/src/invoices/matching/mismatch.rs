//! What an invoice and its order may disagree on: code, severity, and the words for it.

use rust_decimal::Decimal;

use crate::french;
use crate::money::Net;
use crate::quantity::Quantity;
use crate::siret::Siret;
use crate::vat::VatRate;

/// What a finding means for the invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Sent back to the supplier, not taken in.
    Refuses,
    /// Taken in; neither shared nor paid until somebody decides.
    Blocks,
    Warns,
}

/// What does not match; quantities are in the unit of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    NumberAlreadyUsed {
        number: String,
    },
    NoOrderNumber,
    UnknownOrder {
        number: String,
    },
    OtherBuyer {
        order: String,
        expected: Siret,
    },
    OtherSupplier {
        order: String,
        expected: Siret,
    },
    OrderAlreadyInvoiced {
        order: String,
    },
    LineNotInOrder {
        line: String,
        label: String,
    },
    /// Prices for one unit, before VAT.
    PriceAbove {
        line: String,
        ordered: Decimal,
        invoiced: Decimal,
    },
    PriceDiffers {
        line: String,
        ordered: Decimal,
        invoiced: Decimal,
    },
    /// `disputed`: the quantity in excess of what was accepted, at the order's price.
    AboveOrdered {
        line: String,
        ordered: Quantity,
        invoiced: Decimal,
        disputed: Net,
    },
    AboveAccepted {
        line: String,
        accepted: Quantity,
        invoiced: Decimal,
        disputed: Net,
    },
    /// `disputed`: what is billed beyond the accepted quantities less their price reductions.
    ReductionLeftOut {
        line: String,
        reduction: Net,
        disputed: Net,
    },
    CreditAboveInvoiced {
        line: String,
        invoiced: Quantity,
        credited: Decimal,
    },
    VatRateDiffers {
        line: String,
        expected: VatRate,
        invoiced: VatRate,
    },
}

impl Mismatch {
    /// The code that scripts rely on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NumberAlreadyUsed { .. } => "numero_de_facture_deja_utilise_par_ce_fournisseur",
            Self::NoOrderNumber => "sans_numero_de_commande",
            Self::UnknownOrder { .. } => "commande_inconnue",
            Self::OtherBuyer { .. } => "acheteur_different_de_la_commande",
            Self::OtherSupplier { .. } => "fournisseur_different_de_la_commande",
            Self::OrderAlreadyInvoiced { .. } => "commande_deja_facturee",
            Self::LineNotInOrder { .. } => "ligne_hors_commande",
            Self::PriceAbove { .. } | Self::PriceDiffers { .. } => "prix_different_de_la_commande",
            Self::AboveOrdered { .. } => "quantite_superieure_a_la_commande",
            Self::AboveAccepted { .. } => "quantite_superieure_aux_receptions",
            Self::ReductionLeftOut { .. } => "refaction_non_deduite",
            Self::CreditAboveInvoiced { .. } => "avoir_superieur_au_facture",
            Self::VatRateDiffers { .. } => "taux_tva_different_du_catalogue",
        }
    }

    pub fn severity(&self) -> Severity {
        match self {
            Self::NumberAlreadyUsed { .. }
            | Self::NoOrderNumber
            | Self::UnknownOrder { .. }
            | Self::OtherBuyer { .. }
            | Self::OtherSupplier { .. } => Severity::Refuses,
            Self::OrderAlreadyInvoiced { .. }
            | Self::LineNotInOrder { .. }
            | Self::PriceAbove { .. }
            | Self::AboveOrdered { .. }
            | Self::AboveAccepted { .. }
            | Self::ReductionLeftOut { .. }
            | Self::CreditAboveInvoiced { .. } => Severity::Blocks,
            Self::PriceDiffers { .. } | Self::VatRateDiffers { .. } => Severity::Warns,
        }
    }

    /// What is wrong, where, and what to do.
    pub fn french(&self) -> String {
        let price = |one: &Decimal| format!("{}\u{a0}€", french::decimal(one.normalize()));
        let count = |one: &Decimal| french::decimal(one.normalize());
        match self {
            Self::NumberAlreadyUsed { number } => format!(
                "Ce fournisseur a déjà envoyé une facture n° {number} : refusez celle-ci, il doit \
                 en émettre une sous un autre numéro."
            ),
            Self::NoOrderNumber => "La facture ne porte pas de numéro de bon de commande (BT-13), \
                obligatoire (D2192-2 CCP) : refusez-la, le fournisseur doit l’ajouter."
                .to_owned(),
            Self::UnknownOrder { number } => format!(
                "Le bon de commande « {number} » (BT-13) est inconnu : refusez la facture, le \
                 fournisseur doit vérifier ce numéro."
            ),
            Self::OtherBuyer { order, expected } => format!(
                "L’acheteur (BT-46) n’est pas celui de la commande {order}, de SIRET {} : refusez \
                 la facture, le fournisseur doit l’adresser au bon acheteur.",
                expected.spaced()
            ),
            Self::OtherSupplier { order, expected } => format!(
                "Le fournisseur (BT-29) n’est pas le titulaire de la commande {order}, de SIRET \
                 {} : refusez la facture.",
                expected.spaced()
            ),
            Self::OrderAlreadyInvoiced { order } => format!(
                "La commande {order} est déjà entièrement facturée : vérifiez que cette facture \
                 n’est pas un double avant de la payer."
            ),
            Self::LineNotInOrder { line, label } => format!(
                "Ligne « {line} » : « {label} » n’est pas dans la commande ; régularisez la \
                 commande ou demandez un avoir."
            ),
            Self::PriceAbove { line, ordered, invoiced } => format!(
                "Ligne « {line} » : facturée {} l’unité, au-dessus du prix de la commande {} ; \
                 demandez un avoir ou une nouvelle facture.",
                price(invoiced),
                price(ordered)
            ),
            Self::PriceDiffers { line, ordered, invoiced } => format!(
                "Ligne « {line} » : facturée {} l’unité, pour un prix de commande de {} ; \
                 vérifiez qu’il s’agit du même article.",
                price(invoiced),
                price(ordered)
            ),
            Self::AboveOrdered { line, ordered, invoiced, disputed } => format!(
                "Ligne « {line} » : {} facturés au total pour {} commandés ; {disputed} hors taxes \
                 sont contestés, demandez un avoir.",
                count(invoiced),
                ordered.french()
            ),
            Self::AboveAccepted { line, accepted, invoiced, disputed } => format!(
                "Ligne « {line} » : {} facturés au total pour {} reçus et admis ; {disputed} hors \
                 taxes sont contestés jusqu’à la réception ou un avoir.",
                count(invoiced),
                accepted.french()
            ),
            Self::ReductionLeftOut { line, reduction, disputed } => format!(
                "Ligne « {line} » : une réfaction de {reduction} hors taxes a été décidée à la \
                 réception et n’est pas déduite ; {disputed} hors taxes sont contestés, demandez \
                 un avoir."
            ),
            Self::CreditAboveInvoiced { line, invoiced, credited } => format!(
                "Ligne « {line} » : l’avoir porte sur {} alors que {} ont été facturés ; vérifiez \
                 avec le fournisseur.",
                count(credited),
                invoiced.french()
            ),
            Self::VatRateDiffers { line, expected, invoiced } => format!(
                "Ligne « {line} » : TVA à {} alors que le catalogue prévoit {} ; vérifiez avec le \
                 fournisseur.",
                invoiced.french(),
                expected.french()
            ),
        }
    }
}
