//! Orders for the tests of this area.

use chrono::NaiveDate;

use crate::group::contact::Signature;
use crate::group::convention::CoordinationModel;
use crate::ids::{ArticleVersionId, ContractId, LotId, OrderWindowId, OrganisationId, SiteId};
use crate::money::Net;
use crate::orders::order::{FreightTerms, Issue, Order, OrderLine, PricedArticle, Share, Taxation};
use crate::orders::state::OrderState;
use crate::price::UnitPrice;
use crate::quantity::{Quantity, Unit};
use crate::vat::{VatCategory, VatRate};

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn net(cents: i64) -> Net {
    Net::from_cents(cents)
}

pub(crate) fn price(text: &str) -> UnitPrice {
    UnitPrice::scheduled(text.parse().unwrap()).unwrap()
}

pub(crate) fn taxation(percent: &str) -> Taxation {
    let rate = VatRate::percent(percent.parse().unwrap()).unwrap();
    Taxation { category: VatCategory::S, rate }
}

/// Boxes by 25 at 20 %.
pub(crate) fn article(price_text: &str) -> PricedArticle {
    PricedArticle {
        version: ArticleVersionId(1),
        unit: Unit::Piece,
        pack: Some(Quantity::whole(25)),
        price: price(price_text),
        taxation: taxation("20"),
        amendable: false,
    }
}

pub(crate) fn share(member: i64, site: i64, quantity: u32) -> Share {
    Share {
        member: OrganisationId(member),
        site: SiteId(site),
        quantity: Quantity::whole(quantity),
    }
}

pub(crate) fn freight(flat: i64, franco: Option<i64>) -> FreightTerms {
    FreightTerms { flat: net(flat), franco: franco.map(net), taxation: taxation("20") }
}

/// A draft of model B by member 1, without freight.
pub(crate) fn order(lines: Vec<OrderLine>) -> Order {
    Order {
        state: OrderState::Draft,
        contract: ContractId(1),
        lot: LotId(1),
        window: OrderWindowId(1),
        model: CoordinationModel::MembersOrder,
        buyer: OrganisationId(1),
        lines,
        freight: None,
        commitment_number: None,
        service_code: None,
        validated: None,
        issue: None,
    }
}

/// 250 boxes at 1.87 for member 1 at site 1, issued on 2026-09-14 as BC-2026-0001.
pub(crate) fn issued() -> Order {
    let line = OrderLine { position: 1, article: article("1.87"), shares: vec![share(1, 1, 250)] };
    Order {
        state: OrderState::Issued,
        validated: Some(Signature {
            name: "J. Dubois".into(),
            quality: "Maire".into(),
            on: day("2026-09-10"),
        }),
        issue: Some(Issue {
            number: "BC-2026-0001".parse().unwrap(),
            on: day("2026-09-14"),
            deliver_by: day("2026-10-05"),
        }),
        ..order(vec![line])
    }
}
