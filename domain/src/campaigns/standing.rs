//! What a member has said to a census, all its delivery points together.

use crate::coded::coded_enum;

coded_enum! {
    pub enum AnswerStanding {
        Silent => ("silent", "sans réponse"),
        /// Some of its delivery points answered, others did not.
        Partial => ("partial", "réponse partielle"),
        /// « Néant » at each of them.
        Nothing => ("nothing", "néant"),
        Needs => ("needs", "besoins exprimés"),
    }
}

impl AnswerStanding {
    /// Of `sheets` sheets, `answered` were sent, `with_needs` of these with needs.
    pub fn of(sheets: u64, answered: u64, with_needs: u64) -> Self {
        if answered == 0 {
            Self::Silent
        } else if answered < sheets {
            Self::Partial
        } else if with_needs == 0 {
            Self::Nothing
        } else {
            Self::Needs
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answered_point_of_two_is_a_partial_answer_and_silence_is_none() {
        use AnswerStanding as A;
        for (sheets, answered, needs, standing) in [
            (2, 0, 0, A::Silent),
            (2, 1, 0, A::Partial),
            (2, 1, 1, A::Partial),
            (2, 2, 0, A::Nothing),
            (2, 2, 1, A::Needs),
        ] {
            assert_eq!(A::of(sheets, answered, needs), standing, "{sheets} {answered} {needs}");
        }
    }
}
