//! « Comme la dernière fois »: the last answer as the draft of the new one, in one step.

use std::collections::{BTreeMap, BTreeSet};

use crate::campaigns::accept::ArticleFacts;
use crate::campaigns::fault::Fault;
use crate::campaigns::sheet::{NeedAnswer, NeedLine};
use crate::ids::{ArticleId, LotId};
use crate::quantity::Quantity;

/// The last answer, fitted to the new census.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated {
    pub answer: NeedAnswer,
    /// What could not be taken over, and why.
    pub left_out: Vec<(ArticleId, Fault)>,
}

/// `last` over `years` years: year by year, and where the last census was shorter its last
/// year goes on. Articles retired since, or of a lot that is not asked for now, are left
/// out and named. When nothing is left the member has yet to answer: `Silent`.
pub fn same_as_last(
    last: &NeedAnswer,
    years: usize,
    lots: &BTreeSet<LotId>,
    articles: &BTreeMap<ArticleId, ArticleFacts>,
) -> Repeated {
    let NeedAnswer::Needs(lines) = last else {
        return Repeated { answer: last.clone(), left_out: Vec::new() };
    };
    let mut left_out = Vec::new();
    let mut kept = Vec::new();
    for line in lines {
        let fault = match articles.get(&line.article) {
            None => Some(Fault::UnknownArticle),
            Some(article) if article.retired => Some(Fault::RetiredArticle),
            Some(article) if !lots.contains(&article.lot) => Some(Fault::LotNotAsked),
            Some(_) => None,
        };
        match fault {
            Some(fault) => left_out.push((line.article, fault)),
            None => kept
                .push(NeedLine { quantities: stretched(&line.quantities, years), ..line.clone() }),
        }
    }
    let answer = if kept.is_empty() { NeedAnswer::Silent } else { NeedAnswer::Needs(kept) };
    Repeated { answer, left_out }
}

fn stretched(quantities: &[Quantity], years: usize) -> Vec<Quantity> {
    let last = quantities.last().copied().unwrap_or_default();
    quantities.iter().copied().chain(std::iter::repeat(last)).take(years).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Unit;

    #[test]
    fn the_last_answer_comes_back_fitted_to_the_new_years_and_lots() {
        let article = |lot, retired| ArticleFacts {
            reference: "BOI-001".into(),
            lot: LotId(lot),
            unit: Unit::Piece,
            pack: None,
            retired,
        };
        let articles = [(1, article(1, false)), (2, article(1, true)), (3, article(2, false))]
            .into_iter()
            .map(|(id, facts)| (ArticleId(id), facts))
            .collect();
        let line = |id| NeedLine {
            article: ArticleId(id),
            quantities: vec![Quantity::whole(30), Quantity::whole(40)],
            tolerance: Quantity::whole(2),
        };
        let again =
            |last: &NeedAnswer, years| same_as_last(last, years, &[LotId(1)].into(), &articles);
        let last = NeedAnswer::Needs(vec![line(1), line(2), line(3), line(4)]);
        for (years, expected) in [(1, vec![30]), (2, vec![30, 40]), (4, vec![30, 40, 40, 40])] {
            let repeated = again(&last, years);
            let quantities = expected.into_iter().map(Quantity::whole).collect();
            assert_eq!(
                repeated.answer,
                NeedAnswer::Needs(vec![NeedLine { quantities, ..line(1) }])
            );
            assert_eq!(
                repeated.left_out,
                [
                    (ArticleId(2), Fault::RetiredArticle),
                    (ArticleId(3), Fault::LotNotAsked),
                    (ArticleId(4), Fault::UnknownArticle),
                ]
            );
        }
        assert_eq!(again(&NeedAnswer::Nothing, 4).answer, NeedAnswer::Nothing);
        assert_eq!(again(&NeedAnswer::Needs(vec![line(2)]), 4).answer, NeedAnswer::Silent);
    }
}
