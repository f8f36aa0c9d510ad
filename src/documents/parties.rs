//! What several papers say: who writes, who buys, who holds the contract, where to deliver.
//!
//! Plain values, ready to print: no ids, no states. A SIRET is here only when
//! somebody confirmed it; `None` prints as « à confirmer » where a paper allows it.

use std::sync::Arc;

use chrono::NaiveDate;
use domain::quantity::Quantity;
use domain::siret::Siret;

/// The head of every paper of one coordinator, from its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letterhead {
    /// « Centre de gestion de la fonction publique territoriale du Pas-de-Calais ».
    pub name: String,
    /// « CdG62 ».
    pub short_name: String,
    /// « Service Archives et achats groupés »; may be empty.
    pub service: String,
    pub siret: Option<Siret>,
    /// Street, then postcode and town: one line each.
    pub address: Vec<String>,
    /// « 03 21 52 99 50 · archives@cdg62.fr »; may be empty.
    pub contact: String,
}

/// A body with a confirmed SIRET: the holder of a contract, the coordinator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    pub name: String,
    pub siret: Siret,
    /// Street, then postcode and town: one line each.
    pub address: Vec<String>,
    /// E-mail or telephone; `None` prints nothing.
    pub contact: Option<String>,
}

/// Who commits and is invoiced: the member (models A and B) or the coordinator (model C).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buyer {
    pub name: String,
    pub siret: Siret,
    pub address: Vec<String>,
    /// Chorus Pro service code (BT-10).
    pub service_code: Option<String>,
    /// Numéro d'engagement.
    pub commitment_number: Option<String>,
}

/// A member where it need not have a confirmed SIRET.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    pub siret: Option<Siret>,
    pub address: Vec<String>,
}

/// A part of a procedure that is awarded on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotRef {
    /// « 1 ».
    pub number: String,
    /// « Boîtes et conditionnement ».
    pub title: String,
}

/// A framework contract as its papers cite it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractRef {
    /// « 2026-ARC-01 » (BT-12).
    pub number: String,
    pub title: String,
    pub lot: LotRef,
    pub notified_on: Option<NaiveDate>,
}

/// The founding agreement of the purchasing group as its papers cite it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConventionRef {
    /// « convention constitutive du groupement de commandes Archives » (lower case, no article).
    pub title: String,
    pub signed_on: NaiveDate,
    /// The article that fixes what this paper does, « 6 »; `None` cites none.
    pub article: Option<String>,
}

/// How an article is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packs {
    /// Units in one pack.
    pub size: Quantity,
    pub count: u64,
}

/// A quantity of an article for one delivery point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goods {
    pub reference: String,
    pub designation: String,
    pub quantity: Quantity,
    /// As printed: « unité », « paquet de 100 ».
    pub unit: String,
    /// `None` where the unit takes decimals.
    pub packs: Option<Packs>,
}

/// Where to deliver, by when, and how to get in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryPoint {
    /// The member delivered, where it is not the buyer (model C).
    pub member: Option<String>,
    /// « Mairie », « Annexe des services techniques ».
    pub name: String,
    /// Street, then postcode and town: one line each.
    pub address: Vec<String>,
    /// Name and telephone of whom to ask for.
    pub contact: Option<String>,
    /// « du lundi au vendredi, 9 h – 12 h ».
    pub hours: Option<String>,
    /// « 2e étage sans ascenseur ; hayon nécessaire ».
    pub access: Option<String>,
    /// The last day to deliver.
    pub deliver_by: NaiveDate,
    /// What goes there; empty means everything on the order.
    pub goods: Vec<Goods>,
}

/// Who signs for the buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signatory {
    pub name: String,
    /// « Maire », « Adjointe aux finances, par délégation du 12/04/2026 ».
    pub quality: String,
    pub signed_on: NaiveDate,
}

/// A nature account and its section, as suggested to the treasurer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BudgetAccount {
    /// M57 nature, « 6064 ».
    pub nature: String,
    /// « Fournitures administratives ».
    pub label: String,
    pub section: BudgetSection,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BudgetSection {
    Operating,
    Investment,
}

impl BudgetSection {
    pub fn french(self) -> &'static str {
        match self {
            Self::Operating => "fonctionnement",
            Self::Investment => "investissement",
        }
    }
}

/// A file carried inside a paper: the supplier's e-invoice.
///
/// The bytes are shared, so that nine hundred statements of one invoice hold them once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// ASCII letters, digits, `.`, `-` and `_` only: « facture-2026-00123.xml ».
    pub file_name: String,
    /// « text/xml », « application/json ».
    pub mime: String,
    /// « Facture électronique du titulaire (UBL 2.1) ».
    pub description: String,
    pub modified_on: NaiveDate,
    /// At most [`Attachment::LIMIT`] bytes.
    pub bytes: Arc<[u8]>,
}

impl Attachment {
    /// 200 kB: beyond, 900 statements of one invoice would weigh more than the invoice is worth.
    pub const LIMIT: usize = 200_000;
}
