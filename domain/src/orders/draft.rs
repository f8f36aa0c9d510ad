//! From the year's needs to draft orders, and the member's changes to them.
//!
//! Needs commit nobody: they only fill the drafts. In models A and B each member
//! gets one draft for each contract and changes it while the window is open; in
//! model C the coordinator gets one for all, with a share for each member and
//! delivery point. What comes in has already been rounded to packs by the
//! consolidation; what a member changes must be whole packs again (rule 12).

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use crate::coded::coded_enum;
use crate::group::convention::CoordinationModel;
use crate::ids::{ArticleVersionId, ContractId, LotId, OrderWindowId, OrganisationId};
use crate::orders::calendar::{DayRefused, Period, within_window};
use crate::orders::order::{FreightTerms, Order, OrderLine, PricedArticle, Share};
use crate::orders::state::OrderState;
use crate::price::UnitPrice;
use crate::quantity::QuantityError;

/// What all drafts of one contract and window have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DraftHead {
    pub contract: ContractId,
    pub lot: LotId,
    pub window: OrderWindowId,
    pub model: CoordinationModel,
    pub freight: Option<FreightTerms>,
}

/// What one member wants of one article at one delivery point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    pub article: PricedArticle,
    pub share: Share,
}

coded_enum! {
    /// Why a demand does not fit into a draft.
    pub enum Misfit {
        NotDraft => ("not_draft", "La commande n’est plus un brouillon : rien n’a été changé."),
        OtherMember => (
            "other_member",
            "Cette commande est celle d’un autre membre : rien n’a été changé."
        ),
        OpenedPack => (
            "conditionnement",
            "La quantité n’est pas un nombre entier de conditionnements ou d’unités."
        ),
    }
}

/// Why a draft is not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdjustError {
    #[error("{0:?}")]
    Misfit(Misfit),
    #[error(transparent)]
    Day(#[from] DayRefused),
}

impl AdjustError {
    pub fn for_the_reader(&self) -> String {
        match self {
            Self::Misfit(misfit) => misfit.french().to_owned(),
            Self::Day(day) => day.for_the_reader(),
        }
    }
}

impl DraftHead {
    fn draft(&self, buyer: OrganisationId, lines: Vec<OrderLine>) -> Order {
        Order {
            state: OrderState::Draft,
            contract: self.contract,
            lot: self.lot,
            window: self.window,
            model: self.model,
            buyer,
            lines,
            freight: self.freight,
            commitment_number: None,
            service_code: None,
            validated: None,
            issue: None,
        }
    }

    /// Models A and B: one draft for each member that wants something, by member id.
    pub fn member_drafts(&self, demands: &[Demand]) -> Result<Vec<Order>, QuantityError> {
        let mut by_member: BTreeMap<OrganisationId, Vec<Demand>> = BTreeMap::new();
        for demand in demands {
            by_member.entry(demand.share.member).or_default().push(*demand);
        }
        let drafts = by_member
            .into_iter()
            .map(|(member, demands)| lines_of(&demands).map(|lines| self.draft(member, lines)));
        let drafts: Vec<_> = drafts.collect::<Result<_, _>>()?;
        Ok(drafts.into_iter().filter(|draft| !draft.lines.is_empty()).collect())
    }

    /// Model C: one draft of the coordinator for all; `None` when nobody wants anything.
    pub fn coordinator_draft(
        &self,
        coordinator: OrganisationId,
        demands: &[Demand],
    ) -> Result<Option<Order>, QuantityError> {
        let lines = lines_of(demands)?;
        Ok((!lines.is_empty()).then(|| self.draft(coordinator, lines)))
    }
}

/// One line for each article, in the order the articles come in; shares by member and
/// site, demands of one share added up, zeros left out.
fn lines_of(demands: &[Demand]) -> Result<Vec<OrderLine>, QuantityError> {
    type Shares = BTreeMap<(OrganisationId, crate::ids::SiteId), Share>;
    let mut index: HashMap<ArticleVersionId, usize> = HashMap::new();
    let mut articles: Vec<(PricedArticle, Shares)> = Vec::new();
    for Demand { article, share } in demands.iter().filter(|d| !d.share.quantity.is_zero()) {
        let at = *index.entry(article.version).or_insert(articles.len());
        if at == articles.len() {
            articles.push((*article, Shares::new()));
        }
        match articles[at].1.get_mut(&(share.member, share.site)) {
            Some(known) => known.quantity = known.quantity.plus(share.quantity)?,
            None => {
                articles[at].1.insert((share.member, share.site), *share);
            }
        }
    }
    let lines = articles.into_iter().zip(1..);
    Ok(lines
        .map(|((article, shares), position)| OrderLine {
            position,
            article,
            shares: shares.into_values().collect(),
        })
        .collect())
}

/// Sets what a member wants of an article at a delivery point: adds the line or the share,
/// changes it, or takes it away with a quantity of zero. Lines keep following each other
/// from 1.
///
/// # Errors
///
/// Refused outside the window, on anything but a draft, for another member's order
/// (models A and B) and for opened packs. The order is unchanged.
pub fn adjust(
    order: &Order,
    demand: Demand,
    window: Period,
    today: NaiveDate,
) -> Result<Order, AdjustError> {
    within_window(window, today)?;
    if order.state != OrderState::Draft {
        return Err(AdjustError::Misfit(Misfit::NotDraft));
    }
    if !order.model.coordinator_pays() && demand.share.member != order.buyer {
        return Err(AdjustError::Misfit(Misfit::OtherMember));
    }
    let mut order = order.clone();
    let at = order.lines.iter().position(|line| line.article.version == demand.article.version);
    // A line that is there keeps its own price and pack.
    let article = at.map_or(demand.article, |at| order.lines[at].article);
    if !article.takes(demand.share.quantity) {
        return Err(AdjustError::Misfit(Misfit::OpenedPack));
    }
    let at = at.unwrap_or_else(|| {
        order.lines.push(OrderLine { position: 0, article, shares: Vec::new() });
        order.lines.len() - 1
    });
    let shares = &mut order.lines[at].shares;
    let place = (demand.share.member, demand.share.site);
    shares.retain(|share| (share.member, share.site) != place);
    if !demand.share.quantity.is_zero() {
        shares.push(demand.share);
        shares.sort_by_key(|share| (share.member, share.site));
    }
    order.lines.retain(|line| !line.shares.is_empty());
    for (line, position) in order.lines.iter_mut().zip(1..) {
        line.position = position;
    }
    Ok(order)
}

/// Sets the prices of a draft when its window closes and the consolidated quantities are
/// known (degressive tiers, rule 13); an article without a new price keeps its own. What is
/// validated is never priced again, whatever is cancelled later.
pub fn reprice(
    order: &Order,
    prices: &BTreeMap<ArticleVersionId, UnitPrice>,
) -> Result<Order, AdjustError> {
    if order.state != OrderState::Draft {
        return Err(AdjustError::Misfit(Misfit::NotDraft));
    }
    let mut order = order.clone();
    for line in &mut order.lines {
        if let Some(price) = prices.get(&line.article.version) {
            line.article.price = *price;
        }
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::orders::fixtures::{article, day, order, price, share};
    use crate::quantity::Quantity;

    fn head(model: CoordinationModel) -> DraftHead {
        DraftHead {
            contract: ContractId(1),
            lot: LotId(1),
            window: OrderWindowId(1),
            model,
            freight: None,
        }
    }

    fn demand(version: i64, member: i64, site: i64, quantity: u32) -> Demand {
        let article = PricedArticle { version: ArticleVersionId(version), ..article("1.87") };
        Demand { article, share: share(member, site, quantity) }
    }

    const WINDOW: fn() -> Period = || Period { from: day("2026-09-01"), to: day("2026-09-30") };

    #[test]
    fn members_get_a_draft_each_and_the_coordinator_one_for_all() {
        // The needs of rule 12 in whole packs: 150, 50, 50.
        let demands =
            [demand(7, 2, 1, 50), demand(7, 1, 1, 150), demand(7, 3, 1, 50), demand(8, 4, 1, 0)];
        let drafts = head(CoordinationModel::MembersOrder).member_drafts(&demands).unwrap();
        let found: Vec<_> = drafts
            .iter()
            .map(|order| (order.buyer.0, order.lines[0].quantity().unwrap().machine()))
            .collect();
        assert_eq!(found, [(1, "150".into()), (2, "50".into()), (3, "50".into())]);
        let model = CoordinationModel::CoordinatorOrders;
        let one = head(model).coordinator_draft(OrganisationId(99), &demands).unwrap().unwrap();
        assert_eq!((one.buyer, one.lines.len()), (OrganisationId(99), 1));
        assert_eq!(one.lines[0].quantity(), Ok(Quantity::whole(250)), "and not 225");
        assert_eq!(head(model).coordinator_draft(OrganisationId(99), &demands[3..]), Ok(None));
    }

    #[test]
    fn a_member_changes_its_draft_by_whole_packs_within_the_window() {
        let draft = head(CoordinationModel::MembersOrder)
            .member_drafts(&[demand(7, 1, 1, 150), demand(8, 1, 1, 25)])
            .unwrap()
            .remove(0);
        let today = day("2026-09-30");
        let set = |wanted| adjust(&draft, wanted, WINDOW(), today);
        let more = set(demand(7, 1, 2, 75)).unwrap();
        assert_eq!(more.lines[0].quantity(), Ok(Quantity::whole(225)));
        let added = set(demand(9, 1, 1, 25)).unwrap();
        assert_eq!(added.lines.iter().map(|l| l.position).collect::<Vec<_>>(), [1, 2, 3]);
        let fewer = set(demand(7, 1, 1, 0)).unwrap();
        let left: Vec<_> = fewer.lines.iter().map(|l| (l.position, l.article.version.0)).collect();
        assert_eq!(left, [(1, 8)], "the lines follow each other again");
        for (wanted, misfit) in [
            (demand(7, 1, 1, 130), Misfit::OpenedPack),
            (demand(7, 2, 1, 150), Misfit::OtherMember),
        ] {
            assert_eq!(set(wanted), Err(AdjustError::Misfit(misfit)));
        }
        let validated = Order { state: OrderState::Validated, ..draft.clone() };
        assert_eq!(
            adjust(&validated, demand(7, 1, 1, 25), WINDOW(), today),
            Err(AdjustError::Misfit(Misfit::NotDraft))
        );
        let late = adjust(&draft, demand(7, 1, 1, 25), WINDOW(), day("2026-10-01"));
        assert!(matches!(late, Err(AdjustError::Day(_))));
    }

    proptest! {
        #[test]
        fn nothing_that_was_asked_for_is_lost_or_invented_by_drafting(
            wanted in prop::collection::vec((1..6_i64, 1..5_i64, 1..3_i64, 0..500_u32), 0..60),
        ) {
            let demands: Vec<_> = wanted.iter().map(|(v, m, s, q)| demand(*v, *m, *s, *q)).collect();
            let asked = Quantity::sum(demands.iter().map(|d| d.share.quantity)).unwrap();
            let sum = |orders: &[Order]| Quantity::sum(
                orders.iter().flat_map(|o| &o.lines).map(|line| line.quantity().unwrap()),
            ).unwrap();
            let members = head(CoordinationModel::MembersOrder).member_drafts(&demands).unwrap();
            prop_assert_eq!(sum(&members), asked);
            let one = head(CoordinationModel::CoordinatorOrders)
                .coordinator_draft(OrganisationId(99), &demands).unwrap();
            prop_assert_eq!(sum(one.as_slice()), asked);
            for draft in members.iter().chain(&one) {
                prop_assert!(draft.lines.iter().zip(1..).all(|(line, at)| line.position == at));
                prop_assert!(draft.lines.iter().flat_map(|l| &l.shares).all(|s| !s.quantity.is_zero()));
            }
        }
    }

    #[test]
    fn rule_13_a_draft_takes_the_price_of_the_consolidated_tier_and_a_validated_order_never() {
        // 12 members order 1 020 in all: 1.80 for everybody, and not the 2.10 of 85.
        let tier = BTreeMap::from([(ArticleVersionId(7), price("1.80"))]);
        let draft = head(CoordinationModel::MembersOrder)
            .member_drafts(&[demand(7, 1, 1, 75), demand(8, 1, 1, 25)])
            .unwrap()
            .remove(0);
        let priced = reprice(&draft, &tier).unwrap();
        let found: Vec<_> = priced.lines.iter().map(|line| line.article.price).collect();
        assert_eq!(found, [price("1.80"), price("1.87")]);
        let validated = Order { state: OrderState::Validated, ..draft };
        assert_eq!(
            reprice(&validated, &tier),
            Err(AdjustError::Misfit(Misfit::NotDraft)),
            "a later cancellation reprices nothing"
        );
    }

    #[test]
    fn an_order_of_model_c_takes_any_member() {
        let model = CoordinationModel::CoordinatorOrders;
        let draft = Order { model, buyer: OrganisationId(99), ..order(vec![]) };
        assert!(adjust(&draft, demand(7, 5, 1, 25), WINDOW(), day("2026-09-02")).is_ok());
    }
}
