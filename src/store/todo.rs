//! What a person is to do next, and until when: the list of the start page.
//!
//! Each kind is one query over all rows of the organisation, asked only where one of the
//! person's rights lets it act, so that nobody is told to do what a page would refuse.

mod administrator;
mod buyer;
mod finance;
mod member;
mod purchases;

use chrono::NaiveDate;

pub use administrator::{addresses, administrator};
pub use buyer::buyer;
pub use finance::finance;
pub use member::member;
pub use purchases::purchases;

/// What a thing to do is about; pages choose its verb and colour by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TodoKind {
    Census,
    Order,
    Delivery,
    Invoice,
    Contract,
    Membership,
    Account,
    Job,
    Reference,
}

impl TodoKind {
    pub fn code(self) -> &'static str {
        match self {
            Self::Census => "census",
            Self::Order => "order",
            Self::Delivery => "delivery",
            Self::Invoice => "invoice",
            Self::Contract => "contract",
            Self::Membership => "membership",
            Self::Account => "account",
            Self::Job => "job",
            Self::Reference => "reference",
        }
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Todo {
    pub kind: TodoKind,
    /// A verb and its object: « Relire votre commande de boîtes ».
    pub title: String,
    /// Figures, and what comes of it.
    pub detail: String,
    /// The last day.
    pub until: Option<NaiveDate>,
    pub link: String,
    /// What must happen first; `None` when it can be done now.
    pub blocked: Option<String>,
}

impl Todo {
    pub fn is_late(&self, today: NaiveDate) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}

/// What can be done first, then by date; what has no date comes last.
pub fn by_date(todos: &mut [Todo]) {
    todos.sort_by_key(|todo| (todo.blocked.is_some(), todo.until.is_none(), todo.until, todo.kind));
}
