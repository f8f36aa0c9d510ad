//! An invoice beside its order and what was accepted of it, line by line.

use domain::money::Net;
use domain::quantity::{Quantity, Unit};
use rust_decimal::Decimal;

use super::super::UseCaseError;
use super::judge::counted;
use crate::store::Access;
use crate::store::invoices::{self as store, OrderedFor, OrderedLine, PrintedLine, StoredInvoice};

/// What an invoice's line is beside its order's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedLine {
    pub line: PrintedLine,
    /// `None` for freight, and for what nobody ordered.
    pub order: Option<OrderSide>,
    pub difference: Difference,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSide {
    pub position: u32,
    pub reference: String,
    pub unit: Unit,
    pub ordered: Quantity,
    pub accepted: Quantity,
    /// By other invoices, credit notes taken off.
    pub invoiced_before: Quantity,
    /// For one unit.
    pub price: Decimal,
}

/// In what a line differs from its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    None,
    Freight,
    NotOrdered,
    /// What is billed beyond what was accepted and not billed yet, and by how much the price of
    /// a unit is above (or below) the order's; either may be nothing.
    Differs {
        quantity: Option<Quantity>,
        price: Decimal,
    },
    /// A credit note gives goods back at the order's price, or takes a price down.
    GivesBack {
        goods: bool,
    },
}

/// Sets every line of an invoice beside its order. `lines` are as printed.
pub async fn compared(
    on: &impl Access,
    invoice: &StoredInvoice,
    lines: Vec<PrintedLine>,
) -> Result<Vec<ComparedLine>, UseCaseError> {
    let order = match invoice.order {
        Some(id) => Some(store::order(on, id).await?),
        None => None,
    };
    let invoiced = match &order {
        Some(order) => {
            let rows = store::invoiced(on, order.id).await?;
            counted(&rows, Some(invoice.id), invoice.corrects)
        }
        None => std::collections::BTreeMap::new(),
    };
    Ok(lines
        .into_iter()
        .map(|line| {
            let side = ordered(order.as_ref(), &line).map(|ordered| OrderSide {
                position: ordered.position,
                reference: ordered.reference.clone(),
                unit: ordered.unit,
                ordered: ordered.ordered,
                accepted: ordered.accepted,
                invoiced_before: invoiced.get(&ordered.id).copied().unwrap_or(Quantity::ZERO),
                price: ordered.price.decimal(),
            });
            let difference = difference(&line, side.as_ref(), invoice.kind.is_credit());
            ComparedLine { line, order: side, difference }
        })
        .collect())
}

fn ordered<'a>(order: Option<&'a OrderedFor>, line: &PrintedLine) -> Option<&'a OrderedLine> {
    order?.lines.iter().find(|one| Some(one.id) == line.order_line)
}

fn difference(line: &PrintedLine, side: Option<&OrderSide>, credit: bool) -> Difference {
    let Some(side) = side else {
        return if line.freight { Difference::Freight } else { Difference::NotOrdered };
    };
    let unit_price = line.price.checked_div(line.base_quantity).unwrap_or(line.price);
    let price = unit_price - side.price;
    if credit {
        return Difference::GivesBack { goods: price.is_zero() };
    }
    let open = side.accepted.minus(side.invoiced_before).unwrap_or(Quantity::ZERO);
    let billed = Quantity::new(line.quantity.max(Decimal::ZERO)).unwrap_or(Quantity::ZERO);
    let quantity = billed.minus(open).ok().filter(|more| !more.is_zero());
    if quantity.is_none() && price.is_zero() {
        Difference::None
    } else {
        Difference::Differs { quantity, price }
    }
}

impl ComparedLine {
    /// What is billed beyond the order's price, before VAT; `None` where nothing is.
    pub fn too_much(&self) -> Option<Net> {
        let side = self.order.as_ref()?;
        let billed = Quantity::new(self.line.quantity.max(Decimal::ZERO)).ok()?;
        let allowed = side.price.checked_mul(billed.decimal())?;
        let allowed = domain::money::Cents::rounded(allowed).ok()?;
        let more = self.line.net.cents() - allowed.0;
        (more > 0).then(|| Net::from_cents(more))
    }

    /// What of the line is in dispute, before VAT: what nobody accepted, at the billed price, and
    /// what the price of the rest is above the order's.
    pub fn disputed(&self) -> Net {
        let more = match (&self.order, self.difference) {
            (_, Difference::NotOrdered) => self.line.net.cents(),
            (Some(side), Difference::Differs { quantity, .. }) => {
                let billed = Quantity::new(self.line.quantity.max(Decimal::ZERO));
                let kept = billed.unwrap_or(Quantity::ZERO).minus(quantity.unwrap_or_default());
                let kept = kept.unwrap_or(Quantity::ZERO).decimal();
                let allowed = side.price.checked_mul(kept);
                let allowed = allowed.and_then(|exact| domain::money::Cents::rounded(exact).ok());
                self.line.net.cents() - allowed.map_or(0, |cents| cents.0)
            }
            (_, Difference::None | Difference::Freight | Difference::GivesBack { .. })
            | (None, Difference::Differs { .. }) => 0,
        };
        Net::from_cents(more.max(0))
    }
}

#[cfg(test)]
mod tests {
    use domain::vat::VatRate;

    use super::*;

    fn line(quantity: &str, price: &str) -> PrintedLine {
        PrintedLine {
            id: "1".into(),
            order_line: None,
            reference: None,
            label: "Boîte".into(),
            quantity: quantity.parse().unwrap(),
            unit: "H87".into(),
            price: price.parse().unwrap(),
            base_quantity: Decimal::ONE,
            net: Net::from_cents(18_800),
            rate: VatRate::ZERO,
            freight: false,
        }
    }

    fn side() -> OrderSide {
        OrderSide {
            position: 1,
            reference: "BOI-001".into(),
            unit: Unit::Piece,
            ordered: Quantity::whole(250),
            accepted: Quantity::whole(240),
            invoiced_before: Quantity::whole(140),
            price: "1.87".parse().unwrap(),
        }
    }

    #[test]
    fn a_line_is_what_its_order_still_leaves_or_says_by_how_much_it_is_not() {
        let of = |quantity, price| difference(&line(quantity, price), Some(&side()), false);
        assert_eq!(of("100", "1.87"), Difference::None);
        let more = Some(Quantity::whole(1));
        assert_eq!(of("101", "1.87"), Difference::Differs { quantity: more, price: Decimal::ZERO });
        let price = "0.01".parse().unwrap();
        assert_eq!(of("100", "1.88"), Difference::Differs { quantity: None, price });
        let credit = difference(&line("100", "1.87"), Some(&side()), true);
        assert_eq!(credit, Difference::GivesBack { goods: true });
        assert_eq!(difference(&line("1", "1"), None, false), Difference::NotOrdered);
    }

    #[test]
    fn what_is_in_dispute_is_what_nobody_accepted_and_what_is_above_the_price() {
        let disputed = |quantity: &str, price: &str, net| {
            let mut line = line(quantity, price);
            line.net = Net::from_cents(net);
            let difference = difference(&line, Some(&side()), false);
            ComparedLine { line, order: Some(side()), difference }.disputed().cents()
        };
        // A hundred are accepted and not billed yet.
        assert_eq!(disputed("100", "1.87", 18_700), 0);
        assert_eq!(disputed("110", "1.87", 20_570), 1_870);
        assert_eq!(disputed("100", "1.88", 18_800), 100);
        assert_eq!(disputed("110", "1.88", 20_680), 1_980);
    }

    #[test]
    fn what_is_billed_above_the_order_is_named_to_the_cent() {
        let compared = |price| ComparedLine {
            line: line("100", price),
            order: Some(side()),
            difference: Difference::None,
        };
        assert_eq!(compared("1.88").too_much(), Some(Net::from_cents(100)));
    }
}
