//! The life of a job: work too long for a page, done by one runner at a time.
//!
//! ```text
//! waiting ─take→ running ─finish→ done
//!    ↑  │           │ fail (a while later, then) ─bury→ dead ─again→ waiting
//!    │  └─cancel→ cancelled ←─stop─┘ (when the work next asks)
//!    └──────────────┘
//! ```
//! A runner holds a job for a while only and says at each step that it is alive; a
//! job whose runner was killed is taken by the next. The work itself is done in
//! steps that are whole each, so that what was done is not done again.

use chrono::Duration;

use crate::coded::coded_enum;
use crate::steps::Steps;

coded_enum! {
    pub enum JobKind {
        IssueWindow => ("issue_window", "émettre les bons de commande d’une période"),
        IssueStatements => ("issue_statements", "produire les décomptes d’une facture"),
        IssueReceipts => ("issue_receipts", "produire les récépissés d’un recensement"),
        ZipPapers => ("zip_papers", "rassembler des documents en un fichier ZIP"),
        HolderPack => ("holder_pack", "préparer l’envoi au titulaire"),
        CensusMails => ("census_mails", "prévenir de l’ouverture d’un recensement"),
        ClosingMails => ("closing_mails", "prévenir d’une nouvelle date de clôture"),
        SendReminders => ("send_reminders", "envoyer les rappels du jour"),
        KeepHouse => ("keep_house", "effacer ce qui a fait son temps"),
    }
}

coded_enum! {
    pub enum JobState {
        Waiting => ("waiting", "en attente"),
        Running => ("running", "en cours"),
        Done => ("done", "terminée"),
        Dead => ("dead", "en échec"),
        Cancelled => ("cancelled", "annulée"),
    }
}

coded_enum! {
    pub enum JobAction {
        Take => ("take", "commencer"),
        Finish => ("finish", "terminer"),
        /// Later once more.
        Fail => ("fail", "remettre à plus tard"),
        /// Refused by the rules, or tried too often.
        Bury => ("bury", "abandonner"),
        Cancel => ("cancel", "annuler"),
        /// The running work found out that it was cancelled.
        Stop => ("stop", "arrêter"),
        Again => ("again", "relancer"),
    }
}

use JobAction as A;
use JobState as S;

/// Every allowed step. What is not here is refused.
pub const STEPS: Steps<S, A> = Steps(&[
    (S::Waiting, A::Take, S::Running),
    // Its runner was stopped and its lease is over.
    (S::Running, A::Take, S::Running),
    (S::Running, A::Finish, S::Done),
    (S::Running, A::Fail, S::Waiting),
    (S::Running, A::Bury, S::Dead),
    (S::Running, A::Stop, S::Cancelled),
    (S::Waiting, A::Cancel, S::Cancelled),
    (S::Dead, A::Again, S::Waiting),
    (S::Cancelled, A::Again, S::Waiting),
]);

/// How long a runner holds a job without a sign of life.
pub const LEASE: Duration = Duration::seconds(60);

/// How often a job is tried before somebody has to look at it.
pub const MOST_ATTEMPTS: i64 = 5;

/// How long to wait after so many attempts in vain; `None` when it is buried. Four times as long
/// each time, from fifteen seconds: a database that restarts is back within the second.
pub fn wait_after(attempts: i64) -> Option<Duration> {
    if attempts >= MOST_ATTEMPTS {
        return None;
    }
    let doublings = 2 * (attempts.max(1) - 1);
    Some(Duration::seconds(15 << doublings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_action_has_two_outcomes() {
        assert_eq!(STEPS.two_outcomes(), None);
    }

    #[test]
    fn what_is_done_is_never_done_again() {
        assert_eq!(STEPS.offers(S::Done).count(), 0);
        assert_eq!(STEPS.after(S::Dead, A::Again), Ok(S::Waiting));
    }

    #[test]
    fn a_job_in_vain_is_tried_later_and_later_and_then_buried() {
        let waits: Vec<_> = (1..).map_while(wait_after).map(|wait| wait.num_seconds()).collect();
        assert_eq!(waits, [15, 60, 240, 960]);
        assert_eq!(wait_after(MOST_ATTEMPTS), None);
    }
}
