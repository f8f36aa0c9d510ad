//! Orders: drafted from needs, validated, issued with their papers, delivered, closed.
//!
//! Whatever is done to many orders is done set by set in one transaction: the rows are read
//! at once, the domain decides order by order, and the changes are written at once. What the
//! rules refuse of one order is named and does not hold up the others, except where the use
//! case says that it does all or nothing.

mod adjust;
mod amend;
mod deliver;
mod draft;
mod end;
mod issue;
mod pack;
mod papers;
mod penalties;
mod pricing;
mod references;
mod sending;
pub(crate) mod takeover;
mod told;
mod validate;
mod window;

use domain::ids::OrderId;

pub use adjust::{Adjustment, Change, adjust_draft, adjust_draft_as_read};
pub use amend::{AmendPreview, AmendedLine, amend_order, preview_amend};
pub use deliver::{Reception, decide_deliveries, receive_delivery, record_deliveries};
pub use draft::{DraftPreview, Drafted, draft_orders, preview_drafts};
pub use end::{EndPreview, cancel_order, close_order, preview_cancel, preview_close};
pub use issue::{Issue, IssuePreview, Progress, SERIES, issue_order, issue_window, preview_issue};
pub use pack::{make_and_mail_pack, make_pack};
pub use penalties::{OrderPenalty, Penalties, penalties};
pub use references::{Signer, set_references, signers};
pub use sending::{
    LARGEST_BY_MAIL, LINK, LinkedPack, acknowledge_by_link, acknowledge_pack, linked_pack,
    mail_pack, pack_recipient, send_pack,
};
pub use told::tell_openings;
pub use validate::{
    Approval, Given, PaperSignature, References, Validations, validate_as_read, validate_order,
    validate_orders, validate_signed_paper,
};
pub use window::{close_window, reprice_window};

use super::Refusal;

/// An order that was refused, by the name a person gives it, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedOrder {
    pub order: OrderId,
    pub name: String,
    pub reasons: Vec<Refusal>,
}
