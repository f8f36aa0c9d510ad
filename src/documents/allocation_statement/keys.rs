//! What each share weighs, in words and figures.

use domain::french;
use rust_decimal::Decimal;

use super::{AllocationKey, SharedCharge};

impl AllocationKey {
    pub(super) fn french(self) -> &'static str {
        match self {
            Self::Net => "au prorata du HT exact des lignes",
            Self::Quantity => "au prorata des quantités admises",
            Self::Equal => "à parts égales entre points livrés",
            Self::Bases => "au prorata des bases exactes du taux",
        }
    }
}

impl SharedCharge {
    /// Euros with two to six decimals, or a count.
    pub(super) fn weight(&self, weight: Decimal) -> String {
        let mut weight = weight.normalize();
        match self.key {
            AllocationKey::Net | AllocationKey::Bases => weight.rescale(weight.scale().max(2)),
            AllocationKey::Quantity | AllocationKey::Equal => {}
        }
        french::decimal(weight)
    }
}
