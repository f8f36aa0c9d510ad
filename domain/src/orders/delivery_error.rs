//! Why a delivery note or a decision on it is refused.

use chrono::NaiveDate;

use crate::french;
use crate::money::{AmountError, Net};
use crate::orders::delivery::ShareKey;
use crate::orders::state::OrderState;
use crate::quantity::{Quantity, QuantityError};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    #[error("the order is {0:?}")]
    NotIssued(OrderState),
    #[error("delivered before the order of {0}")]
    BeforeTheOrder(NaiveDate),
    #[error("delivered on {0}, which is to come")]
    InTheFuture(NaiveDate),
    #[error("the delivery note has no reference")]
    NoReference,
    #[error("the delivery note has no line")]
    NoLine,
    #[error("line {0} stands twice in the note")]
    LineTwice(u32),
    #[error("{0:?} was not ordered")]
    NotOrdered(ShareKey),
    #[error("line {0} has no quantity, or more turned back than delivered")]
    NoQuantity(u32),
    #[error("line {0}: {1}")]
    Quantity(u32, QuantityError),
    #[error("{excess} more than the {ordered} ordered of {key:?}")]
    MoreThanOrdered { key: ShareKey, ordered: Quantity, excess: Quantity },
    #[error("only {pending} of {key:?} wait for a decision")]
    MoreThanPending { key: ShareKey, pending: Quantity },
    #[error("the decision has no reason")]
    NoReason,
    #[error("the reduction is not between one cent and {worth}, or is none at all")]
    Reduction { worth: Net },
    #[error("the value cannot be computed")]
    Amount(#[from] AmountError),
}

impl DeliveryError {
    pub fn for_the_reader(&self) -> String {
        match self {
            Self::NotIssued(state) => format!(
                "La commande est à l’étape « {} » : seule une commande émise se livre.",
                state.french()
            ),
            Self::BeforeTheOrder(on) => {
                format!("La livraison précède la commande, émise le {}.", french::date(*on))
            }
            Self::InTheFuture(on) => {
                format!("La date de livraison, le {}, est à venir.", french::date(*on))
            }
            Self::NoReference => "Indiquez le numéro du bon de livraison.".into(),
            Self::NoLine => "Le bon de livraison n’a aucune ligne.".into(),
            Self::LineTwice(position) => format!(
                "La ligne {position} figure deux fois sur le bon de livraison : additionnez."
            ),
            Self::NotOrdered(key) => format!(
                "La ligne {} n’a pas été commandée pour ce point de livraison.",
                key.position
            ),
            Self::NoQuantity(position) => format!(
                "Ligne {position} : indiquez une quantité livrée, et n’en refusez pas davantage."
            ),
            Self::Quantity(position, _) => {
                format!("Ligne {position} : la quantité ne convient pas à l’unité de l’article.")
            }
            Self::MoreThanOrdered { key, ordered, excess } => format!(
                "Ligne {} : {excess} de plus que les {ordered} commandés. Faites reprendre \
                 l’excédent ou modifiez d’abord la commande.",
                key.position
            ),
            Self::MoreThanPending { key, pending } => {
                format!("Ligne {} : {pending} seulement attendent une décision.", key.position)
            }
            Self::NoReason => {
                "Indiquez le motif de la réserve, de la réfaction ou du rejet.".into()
            }
            Self::Reduction { worth } => format!(
                "La réfaction doit être comprise entre 0,01\u{a0}€ et {} HT ; elle est nulle pour \
                 toute autre décision.",
                worth.french()
            ),
            Self::Amount(_) => "Le montant est trop grand pour être calculé.".into(),
        }
    }
}
