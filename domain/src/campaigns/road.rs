//! The road of a campaign, in the law's own order: prepare, ask, consolidate, consult, award,
//! order, deliver, invoice.
//!
//! Nothing here is kept: where a campaign stands follows from the states of its census, lots,
//! windows and orders. Each stage names the one thing to do next, or what it waits for, so that
//! a buyer who comes back after two weeks reads what to do and what holds it up.

use chrono::NaiveDate;

use crate::campaigns::census::CensusState;
use crate::coded::coded_enum;
use crate::french;

coded_enum! {
    pub enum Stage {
        Prepare => ("prepare", "Préparer"),
        Ask => ("ask", "Recenser"),
        Consolidate => ("consolidate", "Consolider"),
        Consult => ("consult", "Consulter"),
        Award => ("award", "Attribuer"),
        Order => ("order", "Commander"),
        Deliver => ("deliver", "Livrer"),
        Invoice => ("invoice", "Facturer"),
    }
}

coded_enum! {
    pub enum Standing {
        Done => ("done", "fait"),
        /// There is something to do, or something to wait for.
        Current => ("current", "en cours"),
        Ahead => ("ahead", "à venir"),
        /// The census was cancelled: it will not come.
        GivenUp => ("given_up", "abandonné"),
    }
}

coded_enum! {
    /// The one thing to do next in a stage.
    pub enum Task {
        Open => ("open", "Ouvrir le recensement"),
        Remind => ("remind", "Relancer les membres sans réponse"),
        Close => ("close", "Clore le recensement"),
        Review => ("review", "Examiner les quantités et le seuil"),
        Launch => ("launch", "Lancer la consultation"),
        RecordBids => ("record_bids", "Enregistrer les offres"),
        Award => ("award", "Attribuer les lots"),
        OpenWindow => ("open_window", "Ouvrir une période de commande"),
        IssueOrders => ("issue_orders", "Émettre les commandes validées"),
        FollowOrders => ("follow_orders", "Suivre les commandes à valider"),
        ReceiveDeliveries => ("receive_deliveries", "Suivre les livraisons"),
        BookInvoices => ("book_invoices", "Suivre les factures"),
    }
}

/// What a stage waits for before anything can be done in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// Nobody of the group subscribed one of its lots.
    NoMember,
    /// Nothing is on offer in its lots.
    NoArticle,
    OpensOn(NaiveDate),
    /// The census still takes answers, or waits to be closed.
    NotClosed,
    NoNeed,
    NoConvention,
    NoProcedure,
    NoBid,
    NoContract,
    NoOrder,
    NoDelivery,
    Cancelled,
}

impl Block {
    pub fn for_the_reader(self) -> String {
        match self {
            Self::NoMember => "Aucun membre actif n’a souscrit l’un de ces lots.".into(),
            Self::NoArticle => "Aucun article n’est au catalogue pour ces lots.".into(),
            Self::OpensOn(day) => {
                format!("Les réponses seront reçues à partir du {}.", french::date(day))
            }
            Self::NotClosed => "Le recensement n’est pas encore clos.".into(),
            Self::NoNeed => "Aucun membre n’a exprimé de besoin.".into(),
            Self::NoConvention => {
                "La convention n’est pas en vigueur : elle doit l’être avant le lancement.".into()
            }
            Self::NoProcedure => "La consultation n’est pas encore lancée.".into(),
            Self::NoBid => "Aucune offre complète n’est encore enregistrée.".into(),
            Self::NoContract => "Aucun lot n’est encore attribué.".into(),
            Self::NoOrder => "Aucune commande n’est encore émise.".into(),
            Self::NoDelivery => "Aucune livraison n’est encore constatée.".into(),
            Self::Cancelled => "Le recensement est annulé.".into(),
        }
    }
}

/// How far each stage got, in counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Asked, or to be asked when the census opens.
    pub members: u64,
    pub with_needs: u64,
    pub silent: u64,
    /// Frozen, or on offer while the census is a draft.
    pub articles: u64,
    /// Lots of its procedures.
    pub lots: u64,
    pub lots_with_bid: u64,
    pub lots_awarded: u64,
    pub windows: u64,
    pub drafts: u64,
    pub validated: u64,
    pub issued: u64,
    /// Of those, delivered in part at least.
    pub begun: u64,
    pub delivered: u64,
    pub invoiced: u64,
}

/// What the road is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    pub state: CensusState,
    pub opens_on: NaiveDate,
    pub closes_on: NaiveDate,
    /// Whether the convention is in force today.
    pub convention_in_force: bool,
    pub counts: Counts,
}

/// One stage of the road. A stage that is current has a task, or waits for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub stage: Stage,
    pub standing: Standing,
    pub task: Option<Task>,
    pub block: Option<Block>,
}

type Found = (Standing, Option<Task>, Option<Block>);

const DONE: Found = (Standing::Done, None, None);

fn do_now(task: Task) -> Found {
    (Standing::Current, Some(task), None)
}

fn wait(block: Block) -> Found {
    (Standing::Current, None, Some(block))
}

fn later(block: Block) -> Found {
    (Standing::Ahead, None, Some(block))
}

/// Every stage on `today`, in their order.
pub fn road(facts: &Facts, today: NaiveDate) -> Vec<Step> {
    let found = |stage| match stage {
        Stage::Prepare => prepare(facts),
        Stage::Ask => ask(facts, today),
        Stage::Consolidate => consolidate(facts),
        Stage::Consult => consult(facts),
        Stage::Award => award(&facts.counts),
        Stage::Order => order(&facts.counts),
        Stage::Deliver => deliver(&facts.counts),
        Stage::Invoice => invoice(&facts.counts),
    };
    let step = |stage: &Stage| {
        let (standing, task, block) = found(*stage);
        match facts.state {
            CensusState::Cancelled if standing != Standing::Done => Step {
                stage: *stage,
                standing: Standing::GivenUp,
                task: None,
                block: Some(Block::Cancelled),
            },
            CensusState::Draft
            | CensusState::Open
            | CensusState::Closed
            | CensusState::Settled
            | CensusState::Cancelled => Step { stage: *stage, standing, task, block },
        }
    };
    Stage::ALL.iter().map(step).collect()
}

/// The first stage that is not done: where the campaign stands.
pub fn current(road: &[Step]) -> Option<&Step> {
    road.iter().find(|step| step.standing == Standing::Current)
}

fn prepare(facts: &Facts) -> Found {
    match facts.state {
        CensusState::Draft if facts.counts.articles == 0 => wait(Block::NoArticle),
        CensusState::Draft if facts.counts.members == 0 => wait(Block::NoMember),
        CensusState::Draft => do_now(Task::Open),
        // A census cancelled as a draft asked nobody.
        CensusState::Cancelled if facts.counts.members == 0 => wait(Block::Cancelled),
        CensusState::Open | CensusState::Closed | CensusState::Settled | CensusState::Cancelled => {
            DONE
        }
    }
}

fn ask(facts: &Facts, today: NaiveDate) -> Found {
    match facts.state {
        CensusState::Draft => later(Block::OpensOn(facts.opens_on)),
        CensusState::Open if today < facts.opens_on => wait(Block::OpensOn(facts.opens_on)),
        CensusState::Open if today > facts.closes_on || facts.counts.silent == 0 => {
            do_now(Task::Close)
        }
        CensusState::Open => do_now(Task::Remind),
        CensusState::Cancelled => wait(Block::Cancelled),
        CensusState::Closed | CensusState::Settled => DONE,
    }
}

fn consolidate(facts: &Facts) -> Found {
    match facts.state {
        CensusState::Draft | CensusState::Open | CensusState::Cancelled => later(Block::NotClosed),
        CensusState::Closed if facts.counts.with_needs == 0 => wait(Block::NoNeed),
        CensusState::Closed => do_now(Task::Review),
        CensusState::Settled => DONE,
    }
}

fn consult(facts: &Facts) -> Found {
    let counts = &facts.counts;
    if counts.lots > 0 {
        let all = counts.lots_with_bid >= counts.lots || counts.lots_awarded >= counts.lots;
        return if all { DONE } else { do_now(Task::RecordBids) };
    }
    match facts.state {
        CensusState::Draft | CensusState::Open | CensusState::Cancelled => later(Block::NotClosed),
        CensusState::Closed | CensusState::Settled if counts.with_needs == 0 => {
            later(Block::NoNeed)
        }
        CensusState::Closed | CensusState::Settled if !facts.convention_in_force => {
            wait(Block::NoConvention)
        }
        CensusState::Closed | CensusState::Settled => do_now(Task::Launch),
    }
}

fn award(counts: &Counts) -> Found {
    if counts.lots == 0 {
        later(Block::NoProcedure)
    } else if counts.lots_awarded >= counts.lots {
        DONE
    } else if counts.lots_with_bid > counts.lots_awarded {
        do_now(Task::Award)
    } else {
        wait(Block::NoBid)
    }
}

fn order(counts: &Counts) -> Found {
    if counts.lots_awarded == 0 {
        later(Block::NoContract)
    } else if counts.windows == 0 {
        do_now(Task::OpenWindow)
    } else if counts.validated > 0 {
        do_now(Task::IssueOrders)
    } else if counts.drafts > 0 || counts.issued == 0 {
        do_now(Task::FollowOrders)
    } else {
        DONE
    }
}

fn deliver(counts: &Counts) -> Found {
    if counts.issued == 0 {
        later(Block::NoOrder)
    } else if counts.delivered >= counts.issued {
        DONE
    } else {
        do_now(Task::ReceiveDeliveries)
    }
}

fn invoice(counts: &Counts) -> Found {
    if counts.invoiced > 0 && counts.invoiced >= counts.issued {
        DONE
    } else if counts.begun == 0 && counts.invoiced == 0 {
        later(if counts.issued == 0 { Block::NoOrder } else { Block::NoDelivery })
    } else {
        do_now(Task::BookInvoices)
    }
}

#[cfg(test)]
mod tests;
