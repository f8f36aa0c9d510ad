//! Why an invoice cannot be shared.

use crate::vat::{VatCategory, VatRate};

/// One reason; an allocation gives all of them at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `row` is the place among the accepted quantities, from 0.
    #[error("accepted quantity {row}: the invoice has no line {line:?}")]
    UnknownLine { row: usize, line: String },
    #[error("nobody accepted anything of line {line:?}")]
    NothingAccepted { line: String },
    #[error("freight line {line:?} is not a line of the invoice")]
    UnknownFreightLine { line: String },
    #[error("two lines of the invoice have the identifier {line:?}")]
    RepeatedLine { line: String },
    #[error("the breakdown names {category} {rate} twice")]
    RepeatedRate { category: &'static str, rate: String },
    #[error("the breakdown does not name {category} {rate}")]
    MissingRate { category: &'static str, rate: String },
    /// Every line is freight: there is nothing to weigh the members by.
    #[error("the invoice has no line to weigh the members by")]
    NothingToWeigh,
    /// The printed totals contradict each other (BR-CO-10 to -16).
    #[error("the printed totals do not meet {rule}")]
    Totals { rule: &'static str },
    #[error("an amount or quantity is out of range")]
    OutOfRange,
    /// The exact fractions are themselves an allocation, so that this cannot happen; it is
    /// refused rather than printed.
    #[error("no controlled rounding was found")]
    NotRounded,
}

impl Refusal {
    /// A code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownLine { .. } => "ligne_inconnue",
            Self::NothingAccepted { .. } => "ligne_sans_quantite_admise",
            Self::UnknownFreightLine { .. } => "ligne_de_port_inconnue",
            Self::RepeatedLine { .. } => "ligne_en_double",
            Self::RepeatedRate { .. } => "taux_en_double",
            Self::MissingRate { .. } => "taux_absent",
            Self::NothingToWeigh => "rien_a_peser",
            Self::Totals { .. } => "totaux_incoherents",
            Self::OutOfRange => "montant_invraisemblable",
            Self::NotRounded => "arrondi_introuvable",
        }
    }

    /// What is wrong and what to do, in French.
    pub fn for_the_reader(&self) -> String {
        match self {
            Self::UnknownLine { line, .. } => {
                format!("La facture n’a pas de ligne « {line} » : corrigez le numéro de ligne.")
            }
            Self::NothingAccepted { line } => format!(
                "Personne n’a rien admis de la ligne « {line} » de la facture : ajoutez les quantités \
                 admises, ou désignez-la comme ligne de port."
            ),
            Self::UnknownFreightLine { line } => {
                format!("La ligne de port « {line} » n’est pas une ligne de la facture.")
            }
            Self::RepeatedLine { line } => format!(
                "Deux lignes de la facture portent le numéro « {line} » : demandez une facture corrigée."
            ),
            Self::RepeatedRate { category, rate } => format!(
                "La facture donne deux fois la TVA de catégorie {category} à {rate} % : demandez une \
                 facture corrigée."
            ),
            Self::MissingRate { category, rate } => format!(
                "Le récapitulatif de TVA de la facture n’a pas la catégorie {category} à {rate} %, que \
                 porte l’une de ses lignes : demandez une facture corrigée."
            ),
            Self::NothingToWeigh => {
                "Toutes les lignes sont des lignes de port : il n’y a rien pour \
                                     peser la part des membres."
                    .to_owned()
            }
            Self::Totals { rule } => format!(
                "Les totaux de la facture se contredisent ({rule}) : demandez une facture corrigée."
            ),
            Self::OutOfRange => {
                "Un montant ou une quantité est invraisemblable : vérifiez les chiffres.".to_owned()
            }
            Self::NotRounded => {
                "La facture n’a pas pu être répartie. Rien n’a été modifié ; signalez l’incident."
                    .to_owned()
            }
        }
    }

    pub(super) fn missing_rate(category: VatCategory, rate: VatRate) -> Self {
        Self::MissingRate { category: category.code(), rate: rate.machine() }
    }
}
