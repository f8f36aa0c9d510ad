//! The thresholds of public purchasing, as dated rows.
//!
//! They move every two years and by decree; `thresholds.csv` of the migrations holds
//! them with their texts, and [`super::adviser`] says what follows from them.

use rust_decimal::Decimal;

use crate::coded::coded_enum;
use crate::money::{AmountError, Cents, Net};

coded_enum! {
    /// What a threshold decides.
    pub enum ThresholdKind {
        /// Formal procedure from this value on (annexe 2 of the CCP).
        Formal => ("formal", "procédure formalisée"),
        /// No publicity and no competition below this value (R2122-8).
        Dispense => ("dispense", "dispense de publicité et de mise en concurrence"),
        /// Consultation documents on the buyer profile from this value on (R2132-2).
        BuyerProfile => ("buyer_profile", "documents de la consultation sur le profil d’acheteur"),
        /// BOAMP or a journal of legal notices from this value on (R2131-12).
        Publicity => ("publicity", "publicité au BOAMP ou dans un JAL"),
        /// A lot below this value may leave the formal procedure (R2123-1 2°)…
        SmallLot => ("small_lot", "petit lot"),
        /// … while such lots together stay within this percentage of all lots.
        SmallLotsPercent => ("small_lots_percent", "part des petits lots"),
        /// Transmission to the préfet from this contract value on (D2131-5-1 CGCT).
        LegalityControl => ("legality_control", "transmission au contrôle de légalité"),
        /// Essential data (DECP) from this value of the need on (R2196-1).
        EssentialData => ("essential_data", "publication des données essentielles"),
        /// From this value of the need on: essential data, or the yearly list (R2196-1).
        EssentialDataList => ("essential_data_list", "données essentielles ou liste annuelle"),
        /// Months from notification to the publication of essential data.
        EssentialDataMonths => ("essential_data_months", "délai des données essentielles"),
        /// Days between informing unsuccessful tenderers and signing, formal procedures.
        StandstillDays => ("standstill_days", "délai de suspension de la signature"),
        /// The turnover that may be required, as a multiple of the estimate (R2142-7).
        TurnoverMultiple => ("turnover_multiple", "chiffre d’affaires exigible"),
    }
}

coded_enum! {
    /// Whose purchase, and of what.
    pub enum PurchaseScope {
        /// Supplies and services of local authorities and other contracting authorities.
        Local => ("local", "fournitures et services des collectivités"),
        /// Supplies and services of central authorities.
        Central => ("central", "fournitures et services de l’État"),
        Works => ("works", "travaux"),
    }
}

/// One figure of the law, with at most two decimals: euros before VAT, or what its kind says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    pub kind: ThresholdKind,
    pub scope: PurchaseScope,
    pub value: Decimal,
}

impl Threshold {
    /// The figure as euros.
    pub fn euros(&self) -> Result<Net, AmountError> {
        Cents::exactly(self.value).map(Net)
    }
}
