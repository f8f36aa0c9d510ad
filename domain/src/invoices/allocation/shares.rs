//! What an allocation says: who pays which cent, from which exact fraction, and the proof.

use rust_decimal::Decimal;

use crate::money::{Cents, Gross, Net, Vat};
use crate::quantity::Quantity;
use crate::siret::Siret;
use crate::vat::{VatCategory, VatRate};

/// By what the convention shares a document charge, an allowance or a freight line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AllocationKey {
    /// Pro rata of the exact, unrounded shares of the absolute amounts of the lines at the same
    /// VAT category and rate, or of all lines where none is.
    #[default]
    Net,
    /// Pro rata of the accepted quantities of all lines, whatever their units.
    Quantity,
    /// Equally between the delivery points served.
    Equal,
}

/// The key that a row was shared by in the end: `net` depends on the lines there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AppliedKey {
    /// `net` of the lines at the row's own VAT category and rate.
    NetOfRate,
    /// `net` of all lines: none of the row's own rate has an amount.
    NetOfAll,
    /// By accepted quantity; also where `net` was asked and every line amounts to nothing.
    Quantity,
    Equal,
}

/// What one member accepted of one invoice line at one delivery point.
///
/// Several of one member and line add up. A quantity of zero is allowed and weighs nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// BT-126.
    pub line: String,
    pub siret: Siret,
    /// The delivery point, empty where the member has only one.
    pub site: String,
    pub name: String,
    pub quantity: Quantity,
}

/// An amount retained beside the exact fraction it stands for, less than a cent away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    pub amount: Cents,
    /// Euros, cut (never rounded) after six decimals, towards zero.
    pub exact: Decimal,
}

impl Share {
    /// The cent that rounding added, away from zero; zero where the exact fraction was cut down
    /// or is whole.
    pub fn cent(self) -> Cents {
        let mut cut = self.exact.trunc_with_scale(2);
        cut.rescale(2);
        let cut = i64::try_from(cut.mantissa()).unwrap_or(self.amount.0);
        Cents(self.amount.0 - cut)
    }

    fn negated(self) -> Self {
        Self { amount: Cents(-self.amount.0), exact: -self.exact }
    }
}

/// A member's share of one invoice line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineShare {
    /// Where the line stands in the invoice.
    pub index: usize,
    /// What the member accepted of it.
    pub quantity: Quantity,
    pub net: Share,
}

/// A member's share of a charge, an allowance, a freight line or a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyedShare {
    /// Where the row stands: in the invoice's charges, allowances or lines, or among the
    /// differences of the proof.
    pub index: usize,
    /// In the key's unit: euros of exact shares, units, delivery points; cut after six decimals.
    pub weight: Decimal,
    pub net: Share,
}

/// A member's share of one VAT category and rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VatShare {
    /// Where the rate stands in the invoice's breakdown.
    pub index: usize,
    pub category: VatCategory,
    pub rate: VatRate,
    pub base: Share,
    pub tax: Share,
}

/// Everything one member bears of the invoice. Rows of which it has no weight are left out;
/// the others stand in the invoice's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberShare {
    pub siret: Siret,
    pub name: String,
    pub lines: Vec<LineShare>,
    /// Shared like charges; part of the lines.
    pub freight_lines: Vec<KeyedShare>,
    pub charges: Vec<KeyedShare>,
    /// Signed as printed: positive, taken off.
    pub allowances: Vec<KeyedShare>,
    /// Of the base differences of the proof, by its index.
    pub base_differences: Vec<KeyedShare>,
    /// What takes the base differences out of the net again, where the invoice's net is that of
    /// its lines.
    pub net_difference: Share,
    pub vat: Vec<VatShare>,
    pub net: Net,
    pub vat_total: Vat,
    pub gross: Gross,
    /// BT-113.
    pub prepaid: Share,
    /// BT-114.
    pub rounding: Share,
    /// Gross − prepaid + rounding.
    pub payable: Cents,
}

/// How a charge, an allowance or a freight line was shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyedRow {
    /// Where the row stands in the invoice.
    pub index: usize,
    pub key: AppliedKey,
    /// The weight of all members, in the key's unit.
    pub total_weight: Decimal,
}

/// A line whose accepted quantities do not sum to the invoiced one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuantityDifference {
    pub index: usize,
    pub invoiced: Decimal,
    pub accepted: Quantity,
}

/// A printed base (BT-116) that is not the sum of its lines, charges and allowances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BaseDifference {
    /// Where the rate stands in the invoice's breakdown.
    pub index: usize,
    pub category: VatCategory,
    pub rate: VatRate,
    pub printed: Net,
    pub computed: Net,
    /// The absolute exact bases summed, euros cut after six decimals.
    pub total_weight: Decimal,
}

/// What was checked on the shares themselves once they were made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four things that were checked, as reported")]
pub struct Proof {
    /// The members' shares of every line sum to its printed amount.
    pub lines_exact: bool,
    /// So for every charge and allowance.
    pub charges_exact: bool,
    /// So for the base and the tax of every category and rate.
    pub vat_exact: bool,
    /// So for the total with VAT, the prepaid, the rounding and the payable amount.
    pub gross_exact: bool,
    /// The largest distance of a share or sum from its exact fraction, in cents, cut after two
    /// decimals: below one, always.
    pub largest_gap: Decimal,
    pub quantity_differences: Vec<QuantityDifference>,
    pub base_differences: Vec<BaseDifference>,
}

/// One invoice shared between members, in ascending order of SIRET.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    pub key: AllocationKey,
    /// What all members accepted of each line, in the invoice's order; zero for a freight line.
    pub accepted: Vec<Quantity>,
    pub freight_lines: Vec<KeyedRow>,
    pub charges: Vec<KeyedRow>,
    pub allowances: Vec<KeyedRow>,
    pub members: Vec<MemberShare>,
    pub proof: Proof,
}

impl Allocation {
    /// The mirror image that books a full credit note: every share of its invoice, negated.
    #[must_use]
    pub fn negated(&self) -> Self {
        let mut mirror = self.clone();
        mirror.members.iter_mut().for_each(MemberShare::negate);
        for difference in &mut mirror.proof.base_differences {
            difference.printed = Net::from_cents(-difference.printed.cents());
            difference.computed = Net::from_cents(-difference.computed.cents());
        }
        mirror
    }
}

impl MemberShare {
    fn negate(&mut self) {
        for line in &mut self.lines {
            line.net = line.net.negated();
        }
        for rows in [
            &mut self.freight_lines,
            &mut self.charges,
            &mut self.allowances,
            &mut self.base_differences,
        ] {
            for row in rows {
                row.net = row.net.negated();
            }
        }
        for rate in &mut self.vat {
            rate.base = rate.base.negated();
            rate.tax = rate.tax.negated();
        }
        self.net_difference = self.net_difference.negated();
        self.net = Net::from_cents(-self.net.cents());
        self.vat_total = Vat::from_cents(-self.vat_total.cents());
        self.gross = Gross::from_cents(-self.gross.cents());
        self.prepaid = self.prepaid.negated();
        self.rounding = self.rounding.negated();
        self.payable = Cents(-self.payable.0);
    }
}
