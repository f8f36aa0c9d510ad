//! The founding agreement of the group (convention constitutive, L2113-7 CCP).
//!
//! It says who buys for whom. One group may run several models at once, so the
//! model and the packing policy are chosen lot by lot. Pooling the packs of
//! several members leaves a surplus that somebody must pay: only model C, where
//! the coordinator buys, has that somebody; elsewhere it is refused.

use chrono::NaiveDate;

use crate::coded::coded_enum;
use crate::ids::LotId;

coded_enum! {
    /// Who signs, who orders and who pays (domain dossier, three models of coordination).
    pub enum CoordinationModel {
        /// Model A: the coordinator runs the procedure; each member signs, orders and pays.
        MembersSignAndOrder => ("A", "A, droit commun"),
        /// Model B: the coordinator also signs and notifies; each member orders and pays.
        MembersOrder => ("B", "B, intégré partiel"),
        /// Model C: the coordinator orders and pays, then recharges each member's share.
        CoordinatorOrders => ("C", "C, intégré total"),
    }
}

impl CoordinationModel {
    /// Whether the coordinator places one order for all and recharges (model C).
    pub fn coordinator_pays(self) -> bool {
        match self {
            Self::MembersSignAndOrder | Self::MembersOrder => false,
            Self::CoordinatorOrders => true,
        }
    }
}

coded_enum! {
    /// How packs are rounded up (interfaces: `travee consolidate`).
    pub enum PackingPolicy {
        /// Whole packs for each delivery point: what is delivered must be whole.
        Site => ("site", "par point de livraison"),
        /// Whole packs for the lot; the coordinator keeps and pays the surplus.
        Pooled => ("pooled", "regroupé sur le lot"),
        /// Whole packs for the lot, one more only where the tolerances fill it.
        Tolerance => ("tolerance", "regroupé selon les tolérances"),
    }
}

coded_enum! {
    /// How freight and other charges of an invoice are shared (rule 20).
    pub enum FreightKey {
        /// In proportion to the net amounts: the default.
        NetAmount => ("net", "au prorata du montant HT"),
        /// In proportion to the quantities.
        Quantity => ("quantity", "au prorata des quantités"),
        /// The same for each delivery point served.
        DeliveryPoint => ("equal", "à parts égales par point de livraison"),
    }
}

coded_enum! {
    /// How the group's own fees (publicity, platform, staff) are shared.
    pub enum FeeKey {
        Equal => ("equal", "à parts égales"),
        Population => ("population", "au prorata de la population"),
        NetAmount => ("net", "au prorata du montant HT commandé"),
    }
}

coded_enum! {
    /// Whose tender committee decides (L1414-3 CGCT).
    pub enum TenderCommittee {
        /// L1414-3 II: the coordinator's. With 900 members the only one that can sit.
        Coordinators => ("coordinator", "celle du coordonnateur (L1414-3 II du CGCT)"),
        /// L1414-3 I: one representative for each member.
        OfTheGroup => ("group", "celle du groupement (L1414-3 I du CGCT)"),
    }
}

/// What the agreement says of one lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LotTerms {
    pub lot: LotId,
    model: CoordinationModel,
    packing: PackingPolicy,
}

impl LotTerms {
    /// # Errors
    ///
    /// [`ConventionError::PackingNeedsModelC`] for a pooled lot that members order themselves.
    pub fn new(
        lot: LotId,
        model: CoordinationModel,
        packing: PackingPolicy,
    ) -> Result<Self, ConventionError> {
        match packing {
            PackingPolicy::Pooled | PackingPolicy::Tolerance if !model.coordinator_pays() => {
                Err(ConventionError::PackingNeedsModelC { lot, packing })
            }
            PackingPolicy::Site | PackingPolicy::Pooled | PackingPolicy::Tolerance => {
                Ok(Self { lot, model, packing })
            }
        }
    }

    pub fn model(&self) -> CoordinationModel {
        self.model
    }

    pub fn packing(&self) -> PackingPolicy {
        self.packing
    }
}

/// What a convention is made of, before it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConventionTerms {
    /// As papers cite it: `2026-GC-01`.
    pub reference: String,
    pub subject: String,
    /// A permanent group outlives its contracts; the other kind ends with them.
    pub permanent: bool,
    /// The day it comes into force: the procedure is launched no earlier.
    pub from: NaiveDate,
    /// Its last day; `None` only for a permanent group.
    pub to: Option<NaiveDate>,
    pub committee: TenderCommittee,
    pub freight_key: FreightKey,
    pub fee_key: FeeKey,
    pub lots: Vec<LotTerms>,
}

/// A founding agreement whose terms agree with each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Convention(ConventionTerms);

/// Why the terms do not make an agreement, or do not cover what is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConventionError {
    #[error("lot {lot}: packing {packing:?} needs model C")]
    PackingNeedsModelC { lot: LotId, packing: PackingPolicy },
    #[error("the agreement has no reference")]
    NoReference,
    #[error("a one-off agreement needs a last day")]
    NoEnd,
    #[error("the agreement ends before it begins")]
    EndsBeforeItBegins,
    #[error("the agreement covers no lot")]
    NoLot,
    #[error("lot {0} stands twice in the agreement")]
    LotTwice(LotId),
    #[error("lot {0} is not in the agreement")]
    LotNotCovered(LotId),
}

impl ConventionError {
    pub fn for_the_reader(&self) -> String {
        match self {
            Self::PackingNeedsModelC { .. } => {
                "Le regroupement des conditionnements n’est possible que si le coordonnateur \
                 commande et paie (modèle C) : choisissez l’arrondi par point de livraison."
                    .into()
            }
            Self::NoReference => "Indiquez la référence de la convention.".into(),
            Self::NoEnd => "Un groupement ponctuel doit avoir une date de fin.".into(),
            Self::EndsBeforeItBegins => "La convention finit avant de commencer.".into(),
            Self::NoLot => "La convention doit couvrir au moins un lot.".into(),
            Self::LotTwice(_) => "Un même lot figure deux fois dans la convention.".into(),
            Self::LotNotCovered(_) => "Ce lot n’est pas couvert par la convention.".into(),
        }
    }
}

impl Convention {
    pub fn new(terms: ConventionTerms) -> Result<Self, ConventionError> {
        if terms.reference.trim().is_empty() {
            return Err(ConventionError::NoReference);
        }
        match terms.to {
            None if !terms.permanent => return Err(ConventionError::NoEnd),
            Some(to) if to < terms.from => return Err(ConventionError::EndsBeforeItBegins),
            None | Some(_) => {}
        }
        if terms.lots.is_empty() {
            return Err(ConventionError::NoLot);
        }
        for (index, lot) in terms.lots.iter().enumerate() {
            if terms.lots[..index].iter().any(|other| other.lot == lot.lot) {
                return Err(ConventionError::LotTwice(lot.lot));
            }
        }
        Ok(Self(terms))
    }

    pub fn terms(&self) -> &ConventionTerms {
        &self.0
    }

    pub fn lot(&self, lot: LotId) -> Result<&LotTerms, ConventionError> {
        let found = self.0.lots.iter().find(|terms| terms.lot == lot);
        found.ok_or(ConventionError::LotNotCovered(lot))
    }

    pub fn in_force_on(&self, day: NaiveDate) -> bool {
        self.0.from <= day && self.0.to.is_none_or(|to| day <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> ConventionTerms {
        ConventionTerms {
            reference: "2026-GC-01".into(),
            subject: "Fournitures et prestations d’archives".into(),
            permanent: true,
            from: "2026-03-01".parse().unwrap(),
            to: None,
            committee: TenderCommittee::Coordinators,
            freight_key: FreightKey::NetAmount,
            fee_key: FeeKey::Equal,
            lots: vec![
                LotTerms::new(LotId(1), CoordinationModel::CoordinatorOrders, PackingPolicy::Site)
                    .unwrap(),
                LotTerms::new(LotId(2), CoordinationModel::MembersOrder, PackingPolicy::Site)
                    .unwrap(),
            ],
        }
    }

    #[test]
    fn packs_are_pooled_only_where_the_coordinator_pays_the_surplus() {
        for model in CoordinationModel::ALL {
            for packing in PackingPolicy::ALL {
                let made = LotTerms::new(LotId(1), *model, *packing);
                let allowed = *packing == PackingPolicy::Site || model.code() == "C";
                assert_eq!(made.is_ok(), allowed, "{model:?} {packing:?}");
            }
        }
    }

    #[test]
    fn terms_that_contradict_each_other_are_refused() {
        type Change = fn(&mut ConventionTerms);
        let cases: [(Change, ConventionError); 5] = [
            (|t| t.reference = " ".into(), ConventionError::NoReference),
            (|t| t.permanent = false, ConventionError::NoEnd),
            (|t| t.to = "2026-02-28".parse().ok(), ConventionError::EndsBeforeItBegins),
            (|t| t.lots.clear(), ConventionError::NoLot),
            (|t| t.lots[1].lot = LotId(1), ConventionError::LotTwice(LotId(1))),
        ];
        for (change, expected) in cases {
            let mut terms = terms();
            change(&mut terms);
            assert_eq!(Convention::new(terms), Err(expected));
        }
    }

    #[test]
    fn each_lot_has_its_own_model() {
        let convention = Convention::new(terms()).unwrap();
        let model = |lot| convention.lot(LotId(lot)).map(LotTerms::model);
        assert_eq!(model(1), Ok(CoordinationModel::CoordinatorOrders));
        assert_eq!(model(2), Ok(CoordinationModel::MembersOrder));
        assert_eq!(model(3), Err(ConventionError::LotNotCovered(LotId(3))));
    }
}
