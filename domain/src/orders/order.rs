//! A purchase order (bon de commande): what is wanted, at which price, for whom.
//!
//! A line keeps the article's version and the price it was made with: a later
//! revision of the schedule changes no order (rule 14). Its quantity is nothing
//! but the sum of its shares, one for each member and delivery point; an order
//! of models A and B has one member, an order of model C many. A share in the
//! coordinator's own name is the surplus of a pooled lot.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::group::contact::Signature;
use crate::group::convention::CoordinationModel;
use crate::ids::{ArticleVersionId, ContractId, LotId, OrderWindowId, OrganisationId, SiteId};
use crate::money::{AmountError, Net};
use crate::orders::number::OrderNumber;
use crate::orders::state::OrderState;
use crate::price::UnitPrice;
use crate::quantity::{Quantity, QuantityError, Unit};
use crate::vat::{VatCategory, VatRate};

/// How one amount is taxed: from the contract's price line, not from the article, since a
/// holder may be exempt (art. 293 B CGI).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Taxation {
    pub category: VatCategory,
    pub rate: VatRate,
}

/// What one member wants at one delivery point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    pub member: OrganisationId,
    pub site: SiteId,
    pub quantity: Quantity,
}

/// An article as the contract sells it on the day of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PricedArticle {
    pub version: ArticleVersionId,
    pub unit: Unit,
    /// Whole packs per share; `None` where any quantity may be ordered.
    pub pack: Option<Quantity>,
    pub price: UnitPrice,
    pub taxation: Taxation,
    /// Whether it allows an amendment after issue (a binder measures another thickness).
    pub amendable: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    /// From 1, as printed; deliveries and amendments name the line by it.
    pub position: u32,
    /// Frozen with the order.
    pub article: PricedArticle,
    /// One for each member and delivery point, none zero.
    pub shares: Vec<Share>,
}

/// The freight of a contract, by order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreightTerms {
    pub flat: Net,
    /// From this net total of the lines on, carriage is free.
    pub franco: Option<Net>,
    pub taxation: Taxation,
}

impl FreightTerms {
    /// What an order of `lines` pays for carriage: nothing from the franco on.
    pub fn on(&self, lines: Net) -> Net {
        if self.franco.is_some_and(|franco| lines >= franco) { Net::ZERO } else { self.flat }
    }
}

/// An order as it stands, amendments included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub state: OrderState,
    pub contract: ContractId,
    pub lot: LotId,
    pub window: OrderWindowId,
    pub model: CoordinationModel,
    /// Who commits and pays: the member (A, B) or the coordinator (C).
    pub buyer: OrganisationId,
    /// In the order of their positions.
    pub lines: Vec<OrderLine>,
    /// `None` where the contract's prices are delivered prices.
    pub freight: Option<FreightTerms>,
    /// Numéro d'engagement, from the buyer's finance software.
    pub commitment_number: Option<String>,
    /// Chorus service code of the paying service.
    pub service_code: Option<String>,
    pub validated: Option<Signature>,
    pub issue: Option<Issue>,
}

/// What issuing an order gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    pub number: OrderNumber,
    pub on: NaiveDate,
    /// The last day to deliver.
    pub deliver_by: NaiveDate,
}

impl OrderLine {
    /// The sum of its shares.
    pub fn quantity(&self) -> Result<Quantity, QuantityError> {
        Quantity::sum(self.shares.iter().map(|share| share.quantity))
    }

    /// Price × quantity, rounded once.
    pub fn net(&self) -> Result<Net, AmountError> {
        let quantity = self.quantity().map_err(|_| AmountError::OutOfRange)?;
        self.article.price.times(quantity)
    }

    /// The number of packs, where there are packs.
    pub fn packs(&self) -> Option<Quantity> {
        let packs = self.quantity().ok()?.decimal().checked_div(self.article.pack?.decimal())?;
        Quantity::new(packs).ok()
    }

    pub fn share(&self, member: OrganisationId, site: SiteId) -> Option<&Share> {
        self.shares.iter().find(|share| share.member == member && share.site == site)
    }
}

impl PricedArticle {
    /// Whether `quantity` can be delivered: whole where the unit is counted, whole packs
    /// where there are packs.
    pub fn takes(&self, quantity: Quantity) -> bool {
        let packed = self.pack.is_none_or(|pack| {
            let rest = quantity.decimal().checked_rem(pack.decimal());
            rest.is_some_and(|rest| rest.is_zero())
        });
        packed && self.unit.accept(quantity).is_ok()
    }
}

impl Order {
    pub fn line(&self, position: u32) -> Option<&OrderLine> {
        self.lines.iter().find(|line| line.position == position)
    }

    /// Every member with a share, each once, in the order of their ids.
    pub fn members(&self) -> BTreeSet<OrganisationId> {
        self.lines.iter().flat_map(|line| &line.shares).map(|share| share.member).collect()
    }

    /// What of the order goes to `member` (the delivery extract of model C): lines by
    /// position, each with the member's shares only.
    pub fn extract(&self, member: OrganisationId) -> Vec<OrderLine> {
        let of_member = |line: &OrderLine| {
            let shares: Vec<_> =
                line.shares.iter().filter(|share| share.member == member).copied().collect();
            (!shares.is_empty()).then(|| OrderLine { shares, ..line.clone() })
        };
        self.lines.iter().filter_map(of_member).collect()
    }

    /// The proof that this order may be printed: validated by a signatory, issued with a
    /// number. `None` for a draft, for one that waits, for a cancelled one.
    pub fn printable(&self) -> Option<Printable<'_>> {
        match self.state {
            OrderState::Issued | OrderState::Closed => {
                let (signature, issue) = (self.validated.as_ref()?, self.issue.as_ref()?);
                Some(Printable { order: self, signature, issue })
            }
            OrderState::Draft | OrderState::Validated | OrderState::Cancelled => None,
        }
    }
}

/// An order that was validated and issued, so that it may be printed.
///
/// There is no other way to get one: a draft cannot reach a supplier by mistake.
#[derive(Debug, Clone, Copy)]
pub struct Printable<'a> {
    order: &'a Order,
    signature: &'a Signature,
    issue: &'a Issue,
}

impl<'a> Printable<'a> {
    pub fn order(&self) -> &'a Order {
        self.order
    }

    pub fn signature(&self) -> &'a Signature {
        self.signature
    }

    pub fn issue(&self) -> &'a Issue {
        self.issue
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Gross;
    use crate::orders::fixtures::{self, article, order, share};
    use crate::orders::totals::totals;

    #[test]
    fn only_an_order_that_was_validated_and_issued_is_printed() {
        for state in OrderState::ALL {
            let order = Order { state: *state, ..fixtures::issued() };
            let printed = order.printable().is_some();
            assert_eq!(
                printed,
                matches!(state, OrderState::Issued | OrderState::Closed),
                "{state:?}"
            );
            let unsigned = Order { validated: None, ..order.clone() };
            assert!(unsigned.printable().is_none());
            let unnumbered = Order { issue: None, ..order };
            assert!(unnumbered.printable().is_none());
        }
    }

    #[test]
    fn rule_14_an_order_keeps_the_price_it_was_made_with() {
        let issued = fixtures::issued();
        let before = totals(&issued).unwrap();
        // The schedule is revised from 1.87 to 1.96: new drafts take it, this order does not.
        let revised = PricedArticle { price: fixtures::price("1.96"), ..article("1.87") };
        let later = order(vec![OrderLine {
            position: 1,
            article: revised,
            shares: vec![share(1, 1, 250)],
        }]);
        assert_eq!(issued.lines[0].article.price, fixtures::price("1.87"));
        assert_eq!(totals(&issued).unwrap(), before);
        assert_eq!(before.gross, Gross::from_cents(56_100), "250 × 1.87 + 20 %");
        assert_eq!(totals(&later).unwrap().gross, Gross::from_cents(58_800));
    }

    #[test]
    fn the_extracts_of_all_members_make_the_order() {
        let order = order(vec![OrderLine {
            position: 1,
            article: article("1.87"),
            shares: vec![share(2, 1, 50), share(1, 1, 250), share(1, 2, 25)],
        }]);
        assert_eq!(order.members().len(), 2);
        let quantities = order.members().into_iter().flat_map(|member| order.extract(member));
        let sum = Quantity::sum(quantities.map(|line| line.quantity().unwrap())).unwrap();
        assert_eq!(sum, order.lines[0].quantity().unwrap());
        assert_eq!(order.lines[0].packs(), Some(Quantity::whole(13)));
        assert_eq!(order.extract(OrganisationId(9)), []);
    }
}
