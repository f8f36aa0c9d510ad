//! From closed needs to contracts.

mod award;
mod bids;
pub mod consolidate;
mod launch;
mod lot_sheets;
mod plan;
mod prices;
mod windows;

pub use award::{Duties, LosersTold, NewContract, NewFreight, award, duties};
pub use bids::{BidPrice, NewBid, Ranking, RecordedBid, ranking, record_bid};
pub use launch::{NewProcedure, NewTenderLot, SmallLots, launch_procedure, small_lots};
pub use lot_sheets::issue_lot_sheets;
pub use plan::{
    Advice, Advices, ArticlePlan, Choice, LotPlan, Plan, PolicyFigures, WhatIf, allowed, plan,
};
pub use prices::{PriceChange, Revision, RevisionPreview, preview_revision, revise_prices};
pub use windows::{NewWindow, open_window};
