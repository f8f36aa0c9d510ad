//! How the order looks.

use domain::french;
use domain::money::{Cents, Net};

use super::{Committer, Freight, PurchaseOrder};
use crate::documents::error::PaperError;
use crate::documents::layout::{
    Align, BODY, Cell, DUE, Flow, GRAND, Imprint, NOTE, Rich, RowKind, STRONG, Stack, left, right,
};
use crate::documents::paper::Paper;
use crate::documents::parts;

/// Makes the paper.
///
/// # Errors
///
/// [`PaperError::DoesNotAddUp`] when a total is not the sum of what it stands for, and
/// those of every paper: a character without glyph, a text too long for a page.
pub fn render(order: &PurchaseOrder) -> Result<Paper, PaperError> {
    order.check()?;
    let number = &order.number;
    let (title, what) = match &order.amendment {
        None => (format!("Bon de commande n°\u{a0}{number}"), format!("bon de commande {number}")),
        Some(amendment) => (
            format!("Avenant n°\u{a0}{} au bon de commande n°\u{a0}{number}", amendment.number),
            format!("bon de commande {number}, avenant {}", amendment.number),
        ),
    };
    let subtitle =
        format!("du {} · {}", french::date(order.issued_on), parts::lot(&order.contract.lot));
    let mut flow = Flow::new(&order.letterhead, &title, &subtitle);
    order.parties(&mut flow);
    order.goods(&mut flow);
    order.delivery(&mut flow);
    order.invoicing(&mut flow);
    order.framework(&mut flow);
    order.reminders(&mut flow);
    flow.finish(&Imprint {
        foot: parts::foot(&order.letterhead, &what, order.issued_on),
        author: order.letterhead.name.clone(),
        id: title.clone(),
        title,
        made_on: order.amendment.as_ref().map_or(order.issued_on, |amendment| amendment.decided_on),
        attachment: None,
    })
}

impl PurchaseOrder {
    fn parties(&self, flow: &mut Flow) {
        let mut references = parts::contract(1.1, None, &self.contract);
        if let Some(account) = &self.budget_account {
            references = references.with(parts::named("Imputation", account));
        }
        flow.columns(&[
            parts::buyer("Acheteur", 1.0, &self.buyer),
            parts::party("Titulaire", 1.0, &self.holder),
            references,
        ]);
        if let Some(amendment) = &self.amendment {
            let decided = french::date(amendment.decided_on);
            let lead = format!("Avenant n°\u{a0}{} du {decided}. ", amendment.number);
            flow.para(&Rich::new(DUE, lead).then(BODY, &amendment.reason));
        }
        let on_behalf = match self.committed_by {
            Committer::Member => {
                "Marché passé pour le compte de ses membres, dont l’acheteur".into()
            }
            Committer::Coordinator { members } => format!(
                "Commande passée au nom et pour le compte de {}\u{a0}{} du groupement",
                french::count(members),
                french::plural(members, "membre", "membres"),
            ),
        };
        flow.para(&Rich::new(
            BODY,
            format!(
                "Coordonnateur du groupement\u{a0}: {} (SIRET\u{a0}{}). {on_behalf}, en application de \
                 la {}.",
                self.coordinator.name,
                self.coordinator.siret.spaced(),
                parts::convention(&self.convention),
            ),
        ));
    }

    fn goods(&self, flow: &mut Flow) {
        flow.section("Fournitures commandées");
        let mut grid = flow.table(vec![
            left("Référence", 17.0),
            left("Désignation", 51.0),
            right("Quantité", 16.0),
            left("Unité", 22.0),
            right("Paquets", 15.0),
            right("Prix unitaire HT (€)", 20.0),
            right("TVA", 11.0),
            right("Montant HT (€)", 20.0),
        ]);
        for line in &self.lines {
            grid.row(
                RowKind::Body,
                vec![
                    Cell::text(&line.reference),
                    parts::designation(&line.designation, line.note.as_deref()),
                    parts::quantity(line.quantity),
                    Cell::text(&line.unit),
                    Cell::text(parts::packs(line.packs)),
                    Cell::text(line.unit_price.french_bare()),
                    Cell::text(line.vat_rate.french()),
                    parts::amount(line.net.0),
                ],
            );
        }
        let mut total = |kind, ink, label: String, cents: Cents| {
            let label = Cell::new(ink, label).over(7, Align::Right).naming_its_row();
            grid.row(kind, vec![label, Cell::new(ink, cents.french_bare())]);
        };
        match &self.freight {
            Freight::Included => {
                total(RowKind::Sum, BODY, "Livraison comprise dans les prix".into(), Cents::ZERO);
            }
            Freight::FrancoReached { from } => {
                let label = format!("Franco de port atteint (dès {} HT)", from.french());
                total(RowKind::Sum, BODY, label, Cents::ZERO);
            }
            Freight::Charged { amount, vat_rate, franco } => {
                let franco = franco.map(|from| format!(", franco dès {} HT", from.french()));
                let franco = franco.unwrap_or_default();
                let label = format!("Frais de livraison (TVA {vat_rate}{franco})");
                total(RowKind::Sum, BODY, label, amount.0);
            }
        }
        total(RowKind::Sum, STRONG, "Total HT".into(), self.net.0);
        for row in &self.vat {
            let label = match &row.exemption {
                Some(mention) => format!("{mention} (base {})", row.base.french()),
                None => format!("TVA {} sur {}", row.rate, row.base.french()),
            };
            total(RowKind::Total, BODY, label, row.tax.0);
        }
        total(RowKind::Sum, GRAND, "Total TTC".into(), self.gross.0);
        flow.grid(grid);
        let prices = &self.prices;
        let from = french::date(prices.in_force_from);
        let revision = prices.revision.as_deref().unwrap_or("prix initiaux, non révisés");
        flow.para(&Rich::new(
            NOTE,
            format!(
                "Prix HT du {}, en vigueur depuis le {from}\u{a0}: {revision}. Une révision ultérieure ne \
                 les change pas.",
                prices.schedule
            ),
        ));
    }

    fn delivery(&self, flow: &mut Flow) {
        flow.section("Livraison");
        if let [only] = self.points.as_slice() {
            flow.columns(&parts::point(only));
            return;
        }
        let mut grid = flow.table(vec![
            right("N°", 9.0),
            left("Point de livraison", 47.0),
            left("Contact, horaires, accès", 43.0),
            left("Fournitures", 51.0),
            right("Au plus tard le", 22.0),
        ]);
        for (index, point) in self.points.iter().enumerate() {
            let mut place = Rich::default();
            if let Some(member) = &point.member {
                place = place.below(STRONG, member);
            }
            let known = [&point.contact, &point.hours, &point.access];
            let how: Vec<&str> = known.into_iter().filter_map(|how| how.as_deref()).collect();
            let goods =
                if point.goods.is_empty() { "tout le bon".to_owned() } else { parts::goods(point) };
            let how = if how.is_empty() {
                "–".to_owned()
            } else {
                how.join(
                    "
",
                )
            };
            grid.row(
                RowKind::Body,
                vec![
                    Cell::text(french::count(index + 1)),
                    Cell::rich(
                        place.below(BODY, &point.name).below(BODY, &point.address.join(", ")),
                    ),
                    Cell::text(how),
                    Cell::text(goods),
                    Cell::new(STRONG, french::date(point.deliver_by)),
                ],
            );
        }
        flow.grid(grid);
    }

    fn invoicing(&self, flow: &mut Flow) {
        flow.section("Facturation");
        let buyer = &self.buyer;
        let mut to = format!("SIRET\u{a0}{}", buyer.siret.spaced());
        for (name, value) in
            [("code service", &buyer.service_code), ("engagement", &buyer.commitment_number)]
        {
            if let Some(value) = value {
                to = format!("{to}, {name}\u{a0}{value}");
            }
        }
        let rich = Rich::new(BODY, format!("Sur Chorus Pro, pour le {to}, avec le numéro "))
            .then(STRONG, &self.number)
            .then(BODY, format!(" et le marché {}\u{a0}: ", self.contract.number))
            .then(BODY, "une facture sans eux est rejetée (code de la commande publique, ")
            .then(BODY, "art.\u{a0}D.\u{a0}2192-2).");
        flow.para(&rich);
    }

    fn framework(&self, flow: &mut Flow) {
        flow.section("Accord-cadre");
        let gauge = self.gauge;
        let mut grid = flow.table(vec![
            right("Maximum HT (€)", 34.4),
            right("Engagé avant HT (€)", 34.4),
            right("Ce bon HT (€)", 34.4),
            right("Engagé après HT (€)", 34.4),
            right("Reste HT (€)", 34.4),
        ]);
        let minus = |one: Net, other: Net| match one.minus(other) {
            Ok(rest) => parts::amount(rest.0),
            Err(_) => Cell::text("–"),
        };
        grid.row(
            RowKind::Body,
            vec![
                parts::amount(gauge.ceiling.0),
                parts::amount(gauge.before.0),
                minus(gauge.after, gauge.before),
                parts::amount(gauge.after.0),
                minus(gauge.ceiling, gauge.after),
            ],
        );
        flow.grid(grid);
    }

    fn reminders(&self, flow: &mut Flow) {
        let (terms, signatory) = (&self.terms, &self.signatory);
        let recalled = format!(
            "{}\u{a0}: les observations sur ce bon sont notifiées sous {} jours. Pénalité de retard\u{a0}: \
             valeur HT des fournitures en retard × jours ÷ {}, plafonnée à {}\u{a0}% du bon\u{a0}; aucune \
             pénalité tant que leur total sur le marché ne dépasse pas {} HT.",
            terms.general_conditions,
            terms.remark_days,
            french::thousands(&terms.penalty_divisor.to_string()),
            terms.penalty_cap_percent,
            terms.penalty_exempt_up_to.french(),
        );
        let signed = Rich::new(STRONG, &signatory.name)
            .below(BODY, &signatory.quality)
            .below(BODY, &format!("Signé le {}", french::date(signatory.signed_on)));
        flow.closing(&[
            Stack::new("Rappels au titulaire", 2.2).with(Rich::new(BODY, recalled)),
            Stack::new(&format!("Pour {}", self.buyer.name), 1.0).with(signed),
        ]);
    }
}
