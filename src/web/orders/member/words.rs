//! Orders as a member reads them: states, amounts and quantities in words.

use chrono::NaiveDate;
use domain::french;

use domain::orders::state::OrderState;
use domain::quantity::Quantity;
use domain::tenders::tiers::TierBase;

use crate::store::orders::MemberOrder;

pub(super) fn quantity(milli: i64) -> String {
    Quantity::from_thousandths(milli).map_or_else(|_| "–".into(), Quantity::french)
}

pub(super) fn date(day: Option<NaiveDate>) -> String {
    day.map_or_else(|| "–".into(), french::date)
}

/// What a state asks of the reader: a short word, and the sentence that goes on from it.
pub(super) struct Standing {
    pub(super) code: &'static str,
    pub(super) word: &'static str,
    pub(super) sentence: String,
}

pub(super) fn standing(row: &MemberOrder, today: NaiveDate) -> Standing {
    let Some(state) = OrderState::from_code(&row.state) else {
        return Standing { code: "unknown", word: "inconnu", sentence: String::new() };
    };
    let at_close = TierBase::from_code(&row.tier_base) == Some(TierBase::Consolidated);
    let (word, sentence) = match state {
        OrderState::Draft if !row.own => {
            ("en préparation", "Le CdG62 prépare cette commande pour tous les membres.".to_owned())
        }
        OrderState::Draft if today < row.opens_on => (
            "brouillon",
            format!(
                "À relire entre le {} et le {}.",
                french::date(row.opens_on),
                french::date(row.closes_on)
            ),
        ),
        OrderState::Draft if row.window_open && today <= row.closes_on && at_close => (
            "brouillon",
            format!(
                "À relire jusqu’au {}. Le prix dépend de ce que tous commandent : vous validerez \
                 ensuite.",
                french::date(row.closes_on)
            ),
        ),
        OrderState::Draft if row.window_open && today <= row.closes_on => (
            "brouillon",
            format!("À relire et à valider avant le {}.", french::date(row.closes_on)),
        ),
        OrderState::Draft => (
            "à valider",
            "La période de commande est finie : le brouillon ne change plus et attend la \
             validation."
                .to_owned(),
        ),
        OrderState::Validated => (
            "validée",
            "Rien à faire : le CdG62 l’envoie au titulaire avec celles des autres membres."
                .to_owned(),
        ),
        OrderState::Issued if row.undecided_milli > 0 => {
            ("livrée, à accepter", "Acceptez ou refusez ce qui a été livré.".to_owned())
        }
        OrderState::Issued if row.kept_milli >= row.ordered_milli => {
            ("livrée", "Tout est livré et accepté.".to_owned())
        }
        OrderState::Issued => {
            let late = row.deliver_by.is_some_and(|day| day < today);
            let by = date(row.deliver_by);
            if late {
                ("en retard", format!("La livraison était attendue avant le {by}."))
            } else {
                ("envoyée", format!("Le titulaire doit livrer avant le {by}."))
            }
        }
        OrderState::Closed => ("soldée", "Cette commande est terminée.".to_owned()),
        OrderState::Cancelled => ("annulée", "Cette commande ne sera pas livrée.".to_owned()),
    };
    Standing { code: state.code(), word, sentence }
}

/// The tone of a state, beside its word.
pub(super) fn tone(row: &MemberOrder, today: NaiveDate) -> &'static str {
    match standing(row, today).word {
        "brouillon" | "en préparation" => "draft",
        "à valider" | "livrée, à accepter" => "warn",
        "en retard" | "annulée" => "bad",
        "livrée" | "validée" => "good",
        _ => "open",
    }
}

/// « Commande BC-2026-0001 », or what it is before it has a number.
pub(super) fn name(number: Option<&str>, own: bool) -> String {
    match number {
        Some(number) => format!("Commande {number}"),
        None if own => "Votre commande".into(),
        None => "Commande groupée".into(),
    }
}

/// A step of the journal as a sentence's verb.
pub(super) fn step(action: &str) -> &'static str {
    match action {
        "order.adjust" => "a modifié les quantités",
        "order.reference" => "a renseigné les références",
        "order.validate" => "a validé la commande",
        "order.issue" => "a envoyé la commande au titulaire",
        "order.deliver" => "a enregistré un bon de livraison",
        "order.decide" => "a décidé sur une livraison",
        "order.amend" => "a modifié la commande envoyée",
        "order.close" => "a soldé la commande",
        "order.cancel" => "a annulé la commande",
        "order.extract" => "a préparé les extraits de livraison",
        _ => "a modifié la commande",
    }
}
