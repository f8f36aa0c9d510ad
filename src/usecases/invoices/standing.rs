//! Where a dispute stands in figures: what is disputed, what came back, what is left.

use domain::invoices::state::InvoiceState;
use domain::money::Net;

use super::compared::ComparedLine;
use crate::store::invoices::StoredInvoice;

/// A dispute in figures, before VAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub disputed: Net,
    /// The credit notes that settle it, and their sum.
    pub credits: usize,
    pub credited: Net,
}

impl Standing {
    /// What no credit note covers yet.
    pub fn left(self) -> Net {
        Net::from_cents((self.disputed.cents() - self.credited.cents()).max(0))
    }
}

/// Where the dispute of an invoice with these `lines` stands. Credit notes that are themselves
/// in dispute settle nothing.
pub fn standing(lines: &[ComparedLine], credits: &[StoredInvoice]) -> Standing {
    let disputed = lines.iter().map(|line| line.disputed().cents()).sum();
    let matched: Vec<_> =
        credits.iter().filter(|credit| credit.state == InvoiceState::Matched).collect();
    let credited = matched.iter().map(|credit| credit.totals.net.cents()).sum();
    Standing {
        disputed: Net::from_cents(disputed),
        credits: matched.len(),
        credited: Net::from_cents(credited),
    }
}
