//! What is wrong with an answer, and what is only surprising.
//!
//! The codes are those of reports and of the API; the French says what to do.

use crate::campaigns::accept::{LARGEST_QUANTITY, TIMES_LAST_YEAR};
use crate::campaigns::sheet::{SheetAction, SheetState};
use crate::french;
use crate::quantity::{Quantity, Unit};
use crate::steps::NotAllowed;

/// Everything that is wrong with an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error("refused: {sheet:?} {lines:?}")]
pub struct Refusal {
    pub sheet: Vec<SheetFault>,
    /// In the order of the lines.
    pub lines: Vec<LineFault>,
}

impl Refusal {
    pub fn is_empty(&self) -> bool {
        self.sheet.is_empty() && self.lines.is_empty()
    }
}

/// What is wrong with the sheet as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetFault {
    NotYetOpen,
    Closed,
    Sealed,
    NotAllowed(NotAllowed<SheetState, SheetAction>),
    /// Neither a need nor « néant ».
    NothingSaid,
    /// A correction after closing without a reason.
    NoReason,
    NobodyAnswered,
    NobodyTold,
    PhoneByMember,
}

impl SheetFault {
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotYetOpen => "recensement_pas_ouvert",
            Self::Closed => "recensement_clos",
            Self::Sealed => "recensement_arrete",
            Self::NotAllowed(_) => "etape_interdite",
            Self::NothingSaid => "reponse_vide",
            Self::NoReason => "motif_absent",
            Self::NobodyAnswered | Self::NobodyTold | Self::PhoneByMember => "source_absente",
        }
    }

    pub fn for_the_reader(&self) -> String {
        match self {
            Self::NotYetOpen => "Le recensement n’est pas encore ouvert.".into(),
            Self::Closed => "Le recensement est clos : demandez au coordonnateur de corriger \
                             votre réponse."
                .into(),
            Self::Sealed => "Les besoins ont été arrêtés : plus rien ne change.".into(),
            Self::NotAllowed(step) => format!(
                "Impossible de {} : la fiche est {}. Rouvrez-la d’abord.",
                step.action.french(),
                step.from.french()
            ),
            Self::NothingSaid => {
                "Indiquez au moins une quantité, ou déclarez « néant » si vous n’avez besoin de \
                 rien."
                    .into()
            }
            Self::NoReason => "Après la clôture, indiquez le motif de la correction.".into(),
            Self::NobodyAnswered => "Indiquez qui a saisi la réponse.".into(),
            Self::NobodyTold => "Indiquez qui a donné la réponse au téléphone.".into(),
            Self::PhoneByMember => {
                "Seul le coordonnateur saisit une réponse donnée au téléphone.".into()
            }
        }
    }
}

/// A fault and the line it is on, counted from zero as handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFault {
    pub line: usize,
    pub fault: Fault,
}

/// What no order could carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    UnknownArticle,
    RetiredArticle,
    LotNotAsked,
    LotNotSubscribed,
    ArticleTwice,
    Years { asked: usize, given: usize },
    NotWhole(Unit),
    Absurd,
}

impl Fault {
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownArticle => "reference_inconnue",
            Self::RetiredArticle => "article_retire",
            Self::LotNotAsked => "lot_hors_recensement",
            Self::LotNotSubscribed => "lot_not_subscribed",
            Self::ArticleTwice => "doublon_reference",
            Self::Years { .. } => "annees",
            Self::NotWhole(_) => "quantite_non_entiere",
            Self::Absurd => "quantite_invraisemblable",
        }
    }

    pub fn for_the_reader(&self) -> String {
        match self {
            Self::UnknownArticle => "Cet article n’est pas au catalogue.".into(),
            Self::RetiredArticle => "Cet article a été retiré du catalogue.".into(),
            Self::LotNotAsked => "Le lot de cet article n’est pas recensé.".into(),
            Self::LotNotSubscribed => "Vous n’avez pas souscrit au lot de cet article.".into(),
            Self::ArticleTwice => {
                "Cet article figure déjà plus haut : additionnez les deux lignes.".into()
            }
            Self::Years { asked, given } => format!(
                "Il faut une quantité par année recensée : {asked} attendue{}, {given} donnée{}.",
                french::plural(*asked, "", "s"),
                french::plural(*given, "", "s")
            ),
            Self::NotWhole(unit) => {
                format!("Une quantité entière est attendue ({}).", unit.french())
            }
            Self::Absurd => format!(
                "Quantité invraisemblable : plus de {} par an. Vérifiez le nombre de zéros.",
                Quantity::whole(LARGEST_QUANTITY).french()
            ),
        }
    }
}

/// A flag on a line, counted from zero, and the year it is about, counted from zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFlag {
    pub line: usize,
    pub year: Option<usize>,
    pub flag: Flag,
}

/// What deserves a second look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flag {
    OpenedPack { suggested: Quantity },
    ManyTimesLastYear { last: Quantity },
    NoDeliverySite,
}

impl Flag {
    pub fn code(&self) -> &'static str {
        match self {
            Self::OpenedPack { .. } => "conditionnement",
            Self::ManyTimesLastYear { .. } => "hausse_forte",
            Self::NoDeliverySite => "point_de_livraison_absent",
        }
    }

    pub fn for_the_reader(&self) -> String {
        match self {
            Self::OpenedPack { suggested } => format!(
                "Ce n’est pas un nombre entier de conditionnements : {suggested} seront commandés."
            ),
            Self::ManyTimesLastYear { last } => format!(
                "Au moins {TIMES_LAST_YEAR} fois la quantité de l’an dernier ({last}) : vérifiez."
            ),
            Self::NoDeliverySite => "Indiquez le point de livraison.".into(),
        }
    }
}
