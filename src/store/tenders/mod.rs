//! Procedures, their lots with what all members need, bids, contracts and their prices.
//!
//! Consolidation is one statement that reads a covering index; whatever is listed is a
//! fixed number of statements, however many rows.

mod bids;
mod consolidation;
mod contracts;
mod desk;
mod lot_articles;
mod lot_sheets;
mod prices;
mod procedures;

pub use bids::{
    Decision, StoredBid, award_bid, bid_counts, bids, lot_of_bid, put_bid, usual_taxation,
};
pub use consolidation::{NeedTotal, need_totals};
pub use contracts::{
    NewContractRow, StoredContract, StoredWindow, add_contract, add_window, close_window, contract,
    contract_numbers, is_numbered, lock_contract,
};
pub use desk::{
    ContractFilter, ContractInvoice, DeskContract, IndexRow, contract_invoices, desk_contracts,
    index_rows,
};
pub use lot_articles::{LotArticle, LotArticleRow, ToPrice, articles_to_price, lot_articles};
pub use lot_sheets::{LotCounts, LotMembers, lot_counts, lot_members, lots_with_sheet};
pub use prices::{
    IndexUsed, SchedulePrices, SoldArticle, add_schedule, schedule, schedule_in_force, schedules,
};
pub use procedures::{
    NewLotRow, ProcedureHead, StoredLot, StoredProcedure, add_procedure, is_referenced,
    lock_procedure, lock_tender_lot, procedure, procedures, tender_lot,
};
