//! Purchase orders, what each member gets of them, deliveries and packs for holders.
//!
//! Orders are read whole and many at once: heads, lines and shares are three queries
//! whatever their number. An order's `version` guards it: whoever changes anything of
//! an order, its deliveries included, moves the version it has read, so that of two at
//! once one is told to read again. Money under a ceiling is taken by a compare-and-set
//! on the contract, whose row is locked before any order of it.

mod amend;
mod deliveries;
mod desk;
mod lists;
mod needs;
mod of_member;
mod packs;
mod penalties;
mod quantities;
mod read;
mod rows;
mod steps;
mod terms;
mod texts;
pub(super) mod values;
mod write;

pub use amend::{add_amendment, amend, amendments_of};
pub use deliveries::{NewDecision, NewDelivery, add_decisions, add_deliveries, known_notes};
pub use desk::{
    DeliveryFilter, DeskOrder, DeskShare, EpciFigures, OrderFilter, StateFigures, desk_orders,
    desk_share, desk_shares, window_by_epci, window_states,
};
pub use lists::{OrderPaper, OrderRow, orders_of_contract, orders_of_member, papers_of_window};
pub use needs::{CountedNeed, counted_needs};
pub use of_member::{
    DecidedRow, DeliveredRow, MemberOrder, OrderReferences, Told, Wanted, decisions_of,
    deliveries_of, history, member_orders, set_references,
};
pub use packs::{
    HolderPack, add_pack, add_pack_link, forget_pack_links, linked_pack, pack_acknowledged,
    pack_sent, packs_of_window,
};
pub use penalties::{LateGoods, late_goods};
pub use quantities::{ordered_since, window_quantities};
pub use read::{Printed, StoredOrder, Which, load, one};
pub use steps::{
    Issued, Validated, cancel, close, issue, issued_before, release, take_under_ceiling, touch,
    validate,
};
pub use terms::{Window, window, window_of};
pub use texts::{ArticleText, article_texts, invoiced_positions};
pub use write::{NewOrder, insert_drafts, rewrite_drafts};
