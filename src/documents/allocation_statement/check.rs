//! What must hold before a statement is printed: it adds up, and no share is a cent away
//! from its exact value.

use domain::money::{AmountError, Cents, Net, Vat};
use rust_decimal::Decimal;

use super::{AllocationStatement, SharedCharge};
use crate::documents::error::PaperError;
use crate::documents::parts::{adds_up, exact};

/// Exact shares are cut after six decimals.
const LAST_DECIMAL: Decimal = Decimal::from_parts(1, 0, 0, false, 6);
const ONE_CENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

pub(super) fn check(statement: &AllocationStatement) -> Result<(), PaperError> {
    totals(statement)?;
    for line in &statement.lines {
        let (net, weight) = (line.invoice_net.0.to_decimal(), line.weight.decimal());
        let redone = net
            .checked_mul(weight)
            .and_then(|product| product.checked_div(line.total_weight.decimal()));
        let gap = redone.and_then(|redone| redone.checked_sub(line.exact));
        if gap.is_none_or(|gap| gap.abs() > LAST_DECIMAL) {
            return Err(PaperError::DoesNotAddUp {
                what: "la part exacte d’une ligne",
                printed: exact(line.exact),
                computed: redone
                    .map_or_else(|| "rien".to_owned(), |r| exact(r.trunc_with_scale(6))),
            });
        }
        within_a_cent("la part d’une ligne", line.exact, line.net.0)?;
    }
    for charge in [&statement.charges, &statement.allowances, &statement.differences] {
        for charge in charge {
            within_a_cent("la part de frais ou de remises", charge.exact, charge.amount.0)?;
        }
    }
    for row in &statement.vat {
        within_a_cent("la base d’un taux de TVA", row.exact_base, row.base.0)?;
        within_a_cent("la TVA d’un taux", row.exact_tax, row.tax.0)?;
    }
    for total in [statement.net_difference, statement.prepaid, statement.rounding] {
        within_a_cent("la part d’écart, d’acompte ou d’arrondi", total.exact, total.share)?;
    }
    Ok(())
}

fn totals(statement: &AllocationStatement) -> Result<(), PaperError> {
    let sum = |shares: &[SharedCharge]| Net::sum(shares.iter().map(|share| share.amount));
    let net = || -> Result<Net, AmountError> {
        let lines = Net::sum(statement.lines.iter().map(|line| line.net))?;
        let charged = lines.plus(sum(&statement.charges)?)?;
        let net = charged.minus(sum(&statement.allowances)?)?;
        net.plus(sum(&statement.differences)?)?.plus(Net(statement.net_difference.share))
    };
    adds_up("le total HT", statement.net.0, net().map(|net| net.0))?;
    let bases = Net::sum(statement.vat.iter().map(|row| row.base))
        .and_then(|bases| bases.plus(Net(statement.net_difference.share)));
    adds_up("la somme des bases de TVA", statement.net.0, bases.map(|net| net.0))?;
    let taxes = Vat::sum(statement.vat.iter().map(|row| row.tax));
    adds_up("le total de TVA", statement.vat_total.0, taxes.map(|vat| vat.0))?;
    let gross = statement.net.with(statement.vat_total);
    adds_up("le total TTC", statement.gross.0, gross.map(|gross| gross.0))?;
    let payable = statement
        .gross
        .0
        .checked_sub(statement.prepaid.share)
        .and_then(|rest| rest.checked_add(statement.rounding.share));
    adds_up("le net à payer", statement.payable, payable.ok_or(AmountError::OutOfRange))
}

/// Rule 4 of the allocation, seen from one cell: less than a cent from the exact share.
/// A share one cent above the cut value is still less than a cent above the exact one.
fn within_a_cent(what: &'static str, exactly: Decimal, share: Cents) -> Result<(), PaperError> {
    let opposite =
        exactly.is_sign_negative() != (share.0 < 0) && !exactly.is_zero() && share.0 != 0;
    let gap = share.to_decimal().abs() - exactly.abs();
    if opposite || gap > ONE_CENT || gap <= -ONE_CENT {
        let (printed, computed) = (share.french(), exact(exactly));
        return Err(PaperError::DoesNotAddUp { what, printed, computed });
    }
    Ok(())
}

/// Whether `share` got one of the cents that cutting left over.
pub(super) fn got_a_cent(exactly: Decimal, share: Cents) -> bool {
    share.to_decimal().abs() > exactly.abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_a_cent_away_is_refused_on_both_sides() {
        for (exactly, cents, allowed) in [
            ("34.403670", 3440, true),
            ("34.403670", 3441, true),
            ("34.403670", 3442, false),
            ("34.403670", 3439, false),
            ("34.000000", 3400, true),
            ("34.000000", 3399, false),
            ("34.999999", 3500, true),
            ("-5.504587", -551, true),
            ("-5.504587", 550, false),
            ("-5.504587", -549, false),
            ("0", 0, true),
            ("0.004", 0, true),
        ] {
            let exactly: Decimal = exactly.parse().unwrap();
            assert_eq!(
                within_a_cent("", exactly, Cents(cents)).is_ok(),
                allowed,
                "{exactly} {cents}"
            );
        }
        assert!(got_a_cent("5.504587".parse().unwrap(), Cents(551)));
        assert!(got_a_cent("-5.504587".parse().unwrap(), Cents(-551)));
        assert!(!got_a_cent("34.40367".parse().unwrap(), Cents(3440)));
    }
}
