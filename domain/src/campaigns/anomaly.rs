//! What deserves a second look over all the answers of a census.

use crate::coded::coded_enum;

coded_enum! {
    pub enum AnomalyKind {
        /// At least [`super::accept::TIMES_LAST_YEAR`] times last year's quantity.
        ManyTimes => ("many_times", "quantité bien plus forte que l’an dernier"),
        OpenedPack => ("opened_pack", "conditionnement entamé"),
        /// A member that cannot answer, for want of a place to deliver to.
        NoDeliveryPoint => ("no_site", "aucun point de livraison"),
        /// It answered, and left the group since: its needs are not counted.
        LeftGroup => ("left_group", "besoins d’un membre sorti du groupement"),
        SiretToConfirm => ("siret", "SIRET à confirmer"),
        Unsigned => ("unsigned", "réponse non signée"),
        /// It is silent and has no address: only a letter or the telephone reaches it.
        Unreachable => ("unreachable", "sans réponse et sans adresse électronique"),
    }
}

impl AnomalyKind {
    /// What to do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::ManyTimes => {
                "Vérifiez la quantité avec le membre : une faute de frappe fausserait la \
                 consultation."
            }
            Self::OpenedPack => {
                "La quantité sera arrondie au conditionnement supérieur, sauf regroupement \
                 (modèle C)."
            }
            Self::NoDeliveryPoint => {
                "Le membre ne peut pas répondre : ajoutez son point de livraison, puis complétez \
                 les fiches."
            }
            Self::LeftGroup => "Ces besoins ne comptent pas dans la consolidation.",
            Self::SiretToConfirm => {
                "Les papiers et la facturation demandent un SIRET confirmé : confirmez-le avant \
                 de commander."
            }
            Self::Unsigned => {
                "Le besoin compte sans signature. La commande, elle, devra être signée."
            }
            Self::Unreachable => "Appelez le membre ou envoyez-lui une lettre de relance.",
        }
    }
}
