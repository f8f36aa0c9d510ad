//! A life as one table: from which state, by which action, to which state.
//!
//! What is not in the table is refused. Pages take their buttons from it, the
//! store moves a row only along it, and `travee check` replays what happened
//! against it; no state is ever inferred from an empty date.

/// Every allowed step of one life; what is not here is refused.
#[derive(Debug)]
pub struct Steps<S: 'static, A: 'static>(pub &'static [(S, A, S)]);

/// The step is not in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{action:?} is not allowed from {from:?}")]
pub struct NotAllowed<S: std::fmt::Debug, A: std::fmt::Debug> {
    pub from: S,
    pub action: A,
}

impl<S, A> Steps<S, A>
where
    S: Copy + PartialEq + std::fmt::Debug,
    A: Copy + PartialEq + std::fmt::Debug,
{
    pub fn after(&self, from: S, action: A) -> Result<S, NotAllowed<S, A>> {
        let step = self.0.iter().find(|step| step.0 == from && step.1 == action);
        step.map(|step| step.2).ok_or(NotAllowed { from, action })
    }

    /// What may be done next, in the order of the table.
    pub fn offers(&self, from: S) -> impl Iterator<Item = A> {
        self.0.iter().filter(move |step| step.0 == from).map(|step| step.1)
    }

    /// Where a recorded life ends; the index of the first step that the table does not have.
    pub fn replay(&self, first: S, actions: &[A]) -> Result<S, usize> {
        actions
            .iter()
            .enumerate()
            .try_fold(first, |state, (index, action)| self.after(state, *action).map_err(|_| index))
    }

    /// A state and action with two outcomes, which no table may have.
    #[cfg(test)]
    pub(crate) fn two_outcomes(&self) -> Option<(S, A)> {
        let step = self.0.iter().enumerate().find(|(index, step)| {
            self.0[..*index].iter().any(|other| (other.0, other.1) == (step.0, step.1))
        });
        step.map(|(_, step)| (step.0, step.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAMP: Steps<bool, u8> = Steps(&[(false, 1, true), (true, 1, false), (true, 2, true)]);

    #[test]
    fn only_what_the_table_has_is_allowed() {
        assert_eq!(LAMP.after(false, 1), Ok(true));
        assert_eq!(LAMP.after(false, 2), Err(NotAllowed { from: false, action: 2 }));
        assert_eq!(LAMP.offers(true).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(LAMP.replay(false, &[1, 2, 1]), Ok(false));
        assert_eq!(LAMP.replay(false, &[1, 1, 2]), Err(2));
    }

    #[test]
    fn two_outcomes_for_one_action_are_found() {
        assert_eq!(LAMP.two_outcomes(), None);
        let torn: Steps<bool, u8> = Steps(&[(false, 1, true), (false, 1, false)]);
        assert_eq!(torn.two_outcomes(), Some((false, 1)));
    }
}
