//! How the statement looks.

use domain::french;
use domain::money::Cents;
use rust_decimal::Decimal;

use super::check::{check, got_a_cent};
use super::{AllocationStatement, Payment, SharedTotal};
use crate::documents::error::PaperError;
use crate::documents::layout::{
    AMOUNT, Align, BODY, Cell, DUE, Flow, GRAND, Imprint, MARK, NOTE, Rich, RowKind, STRONG, Stack,
    left, right,
};
use crate::documents::paper::Paper;
use crate::documents::parts;

/// Makes the paper.
///
/// # Errors
///
/// [`PaperError::DoesNotAddUp`] when a total is not the sum of its rows, a line's exact
/// share is not its quotient, or a share lies a cent or more from its exact value; and
/// those of every paper: a character without glyph, a text too long for a page, an
/// attachment over the limit.
pub fn render(statement: &AllocationStatement) -> Result<Paper, PaperError> {
    check(statement)?;
    let (number, invoice) = (&statement.number, &statement.invoice);
    let title = format!("Relevé de répartition n°\u{a0}{number}");
    let kind = if invoice.kind.is_credit() { "avoir" } else { "facture" };
    let issued = french::date(invoice.issued_on);
    let subtitle = format!("{kind} {} du {issued} · {}", invoice.number, invoice.supplier.name);
    let mut flow = Flow::new(&statement.letterhead, &title, &subtitle);
    statement.parties(&mut flow);
    statement.answer(&mut flow);
    statement.lines(&mut flow);
    statement.charges(&mut flow);
    statement.taxes(&mut flow);
    statement.totals(&mut flow);
    statement.accounts(&mut flow);
    statement.certification(&mut flow);
    flow.finish(&Imprint {
        foot: parts::foot(
            &statement.letterhead,
            &format!("relevé de répartition {number} · {}", statement.code()),
            statement.issued_on,
        ),
        author: statement.letterhead.name.clone(),
        id: title.clone(),
        title,
        made_on: statement.issued_on,
        attachment: statement.attachment.as_ref(),
    })
}

impl AllocationStatement {
    fn parties(&self, flow: &mut Flow) {
        let invoice = &self.invoice;
        let noun = if invoice.kind.is_credit() { "Avoir" } else { "Facture" };
        let siret = invoice.supplier.siret.as_ref();
        let siret =
            siret.map_or_else(String::new, |siret| format!("SIRET\u{a0}{}", siret.spaced()));
        let mut printed = Stack::new(noun, 1.0).with(
            Rich::new(STRONG, &invoice.supplier.name)
                .below(BODY, &siret)
                .below(BODY, &format!("n°\u{a0}{}", invoice.number))
                .below(BODY, &format!("du {}", french::date(invoice.issued_on))),
        );
        if !invoice.preceding.is_empty() {
            let corrected = invoice.preceding.join(", ");
            printed = printed.with(parts::named("Corrige", corrected));
        }
        let totals = Rich::new(BODY, format!("HT\u{a0}{}", invoice.net))
            .below(BODY, &format!("TVA\u{a0}{}", invoice.vat))
            .below(BODY, &format!("TTC\u{a0}{}", invoice.gross));
        let mut columns = vec![parts::buyer("Membre", 1.0, &self.member), printed.with(totals)];
        columns.extend(self.references());
        flow.columns(&columns);
    }

    /// The order and the contract, as far as they are known.
    fn references(&self) -> Option<Stack> {
        let order = self.order_number.as_deref();
        match (&self.contract, order) {
            (Some(contract), _) => Some(parts::contract(1.0, order, contract)),
            (None, Some(order)) => {
                Some(Stack::new("Références", 1.0).with(parts::named("Bon de commande", order)))
            }
            (None, None) => None,
        }
    }

    /// The amount and what to do with it, before the working.
    fn answer(&self, flow: &mut Flow) {
        let head = &self.letterhead.short_name;
        let (label, order, more) = match (&self.payment, self.invoice.kind.is_credit()) {
            (Payment::ToHolder { due_on }, false) => (
                "Votre part, à payer",
                format!("À payer au titulaire avant le {}.", french::date(*due_on)),
                format!("Titulaire\u{a0}: {}.", self.invoice.supplier.name),
            ),
            (Payment::AwaitNotice { supplier_due_on }, false) => (
                "Votre part",
                format!("Ne payez pas avant l’avis des sommes à payer du {head}."),
                supplier_due_on.map_or_else(String::new, |day| {
                    let day = french::date(day);
                    format!("Le {head} paie le titulaire\u{a0}; échéance du titulaire, pour information\u{a0}: {day}.")
                }),
            ),
            (Payment::ToHolder { .. }, true) => (
                "Votre part, à déduire",
                "À déduire de vos paiements au titulaire.".to_owned(),
                format!("Titulaire\u{a0}: {}.", self.invoice.supplier.name),
            ),
            (Payment::AwaitNotice { .. }, true) => (
                "Votre part, à déduire",
                format!("Le {head} réduira d’autant la somme qu’il vous demande."),
                String::new(),
            ),
        };
        let amount = Rich::new(AMOUNT, self.payable.french());
        flow.columns(&[
            Stack::new(label, 1.0).with(
                amount.below(NOTE, &format!("TTC, dont HT {} et TVA {}", self.net, self.vat_total)),
            ),
            Stack::new("Paiement", 2.0).with(Rich::new(DUE, order).below(BODY, &more)),
        ]);
    }

    fn lines(&self, flow: &mut Flow) {
        flow.section("Votre part de chaque ligne");
        let sharers = french::count(self.sharers);
        flow.para(&Rich::new(
            BODY,
            format!(
                "{} entre {sharers} {}{}. Part exacte = montant de la \
                 ligne × quantité que vous avez admise ÷ quantité admise par tous. Elle est coupée au \
                 centime\u{a0}; les centimes restants vont aux plus forts restes, puis changent de main là \
                 où une somme s’écarterait d’un centime\u{a0}: aucune de vos parts ni de vos sommes n’est à un \
                 centime de sa valeur exacte.",
                if self.invoice.kind.is_credit() { "Avoir partagé" } else { "Facture partagée" },
                french::plural(self.sharers, "membre", "membres"),
                self.convention.as_ref().map_or_else(String::new, |convention| {
                    format!(", en application de la {}", parts::convention(convention))
                }),
            ),
        ));
        let mut grid = flow.table(vec![
            left("Ligne", 11.0),
            left("Article", 49.0),
            right("Admis par vous", 17.0),
            right("Admis par tous", 17.0),
            left("Unité", 17.0),
            right("Ligne HT (€)", 20.0),
            right("Part exacte (€)", 21.0),
            right("Part HT (€)", 20.0),
        ]);
        for line in &self.lines {
            let base = if line.base_quantity == Decimal::ONE {
                String::new()
            } else {
                format!(" pour\u{a0}{}", french::decimal(line.base_quantity.normalize()))
            };
            let price = format!("{}\u{a0}HT{base}", line.unit_price.french());
            let note = match &line.reference {
                Some(reference) => format!("{reference} · {price}"),
                None => price,
            };
            grid.row(
                RowKind::Body,
                vec![
                    Cell::text(&line.id).naming_its_row(),
                    marked(&line.label, &note, line.exact, line.net.0),
                    parts::quantity(line.weight),
                    parts::quantity(line.total_weight),
                    Cell::text(&line.unit),
                    parts::amount(line.invoice_net.0),
                    Cell::text(parts::exact(line.exact)),
                    parts::amount(line.net.0),
                ],
            );
        }
        let sum = Cents::sum(self.lines.iter().map(|line| line.net.0));
        let label = Cell::new(STRONG, "Vos lignes HT").over(7, Align::Right).naming_its_row();
        let sum = sum.map_or("–".to_owned(), Cents::french_bare);
        grid.row(RowKind::Sum, vec![label, Cell::new(STRONG, sum)]);
        flow.grid(grid);
    }

    fn charges(&self, flow: &mut Flow) {
        let groups = [
            ("", 1, &self.charges),
            ("Remise\u{a0}: ", -1, &self.allowances),
            ("Écart d’arrondi de la facture\u{a0}: ", 1, &self.differences),
        ];
        if groups.iter().all(|(_, _, group)| group.is_empty()) {
            return;
        }
        flow.section("Votre part des frais et remises");
        let mut grid = flow.table(vec![
            left("Objet", 41.0),
            left("Clé", 30.0),
            right("Votre poids", 22.0),
            right("Poids de tous", 22.0),
            right("Facture HT (€)", 19.0),
            right("Part exacte (€)", 20.0),
            right("Part HT (€)", 18.0),
        ]);
        for (before, sign, group) in groups {
            for charge in group {
                let signed = |amount: Cents| Cents(amount.0.saturating_mul(sign));
                let label = format!("{before}{}", charge.label);
                let rate = format!("TVA {}", charge.vat_rate);
                grid.row(
                    RowKind::Body,
                    vec![
                        marked(&label, &rate, charge.exact, charge.amount.0).naming_its_row(),
                        Cell::text(charge.key.french()),
                        Cell::text(charge.weight(charge.weight)),
                        Cell::text(charge.weight(charge.total_weight)),
                        parts::amount(signed(charge.invoice_amount.0)),
                        Cell::text(parts::exact(charge.exact * Decimal::from(sign))),
                        parts::amount(signed(charge.amount.0)),
                    ],
                );
            }
        }
        flow.grid(grid);
    }

    fn taxes(&self, flow: &mut Flow) {
        flow.section("TVA, taux par taux");
        let mut grid = flow.table(vec![
            left("Taux", 34.0),
            right("Base facture (€)", 23.0),
            right("TVA facture (€)", 23.0),
            right("Base exacte (€)", 23.0),
            right("Votre base HT (€)", 23.0),
            right("TVA exacte (€)", 23.0),
            right("Votre TVA (€)", 23.0),
        ]);
        for row in &self.vat {
            let rate = row.rate.french();
            let mention = row.exemption.as_deref().unwrap_or("");
            grid.row(
                RowKind::Body,
                vec![
                    marked(&rate, mention, row.exact_tax, row.tax.0).naming_its_row(),
                    parts::amount(row.invoice_base.0),
                    parts::amount(row.invoice_tax.0),
                    Cell::text(parts::exact(row.exact_base)),
                    parts::amount(row.base.0),
                    Cell::text(parts::exact(row.exact_tax)),
                    parts::amount(row.tax.0),
                ],
            );
        }
        flow.grid(grid);
        flow.para(&Rich::new(
            NOTE,
            "La TVA est celle de la facture, jamais recalculée\u{a0}: TVA exacte = TVA de la facture × votre base \
             exacte ÷ base de la facture.",
        ));
    }

    fn totals(&self, flow: &mut Flow) {
        let credit = self.invoice.kind.is_credit();
        flow.section("Récapitulation");
        let mut grid = flow.table(vec![left("Poste", 130.0), right("Montant (€)", 42.0)]);
        let mut row = |kind, ink, label: &str, cents: Cents| {
            let label = Cell::new(ink, label).naming_its_row();
            grid.row(kind, vec![label, Cell::new(ink, cents.french_bare())]);
        };
        if self.net_difference != SharedTotal::default() {
            let (invoice, exact) =
                (self.net_difference.invoice.french(), parts::exact(self.net_difference.exact));
            let label = format!(
                "Écart des bases, retiré du total HT (facture\u{a0}: {invoice}, part exacte {exact}\u{a0}€)"
            );
            row(RowKind::Body, BODY, &label, self.net_difference.share);
        }
        row(RowKind::Body, BODY, "Total HT", self.net.0);
        row(RowKind::Body, BODY, "TVA", self.vat_total.0);
        row(RowKind::Body, STRONG, "Total TTC", self.gross.0);
        if self.prepaid.invoice == Cents::ZERO && self.rounding.invoice == Cents::ZERO {
            row(RowKind::Body, BODY, "Acompte et arrondi (néant sur la facture)", Cents::ZERO);
        } else {
            let shared = |name: &str, total: SharedTotal| {
                let (invoice, exact) = (total.invoice.french(), parts::exact(total.exact));
                format!("{name} (facture\u{a0}: {invoice}, part exacte {exact}\u{a0}€)")
            };
            let prepaid = Cents(self.prepaid.share.0.saturating_neg());
            row(RowKind::Body, BODY, &shared("Acompte déjà versé", self.prepaid), prepaid);
            row(RowKind::Body, BODY, &shared("Arrondi", self.rounding), self.rounding.share);
        }
        let label = match (&self.payment, credit) {
            (_, true) => "À déduire",
            (Payment::ToHolder { .. }, false) => "Net à payer",
            (Payment::AwaitNotice { .. }, false) => "Net à votre charge",
        };
        row(RowKind::Sum, GRAND, label, self.payable);
        if !credit && !self.credits.is_empty() {
            let mut rest = Some(self.payable);
            for previous in &self.credits {
                let issued = french::date(previous.issued_on);
                let label = format!("Avoir {} du {issued}", previous.number);
                rest = rest.and_then(|rest| rest.checked_sub(previous.gross.0));
                row(RowKind::Total, BODY, &label, Cents(previous.gross.cents().saturating_neg()));
            }
            if let Some(rest) = rest {
                row(RowKind::Sum, GRAND, "Reste après avoirs", rest);
            }
        }
        flow.grid(grid);
    }

    fn accounts(&self, flow: &mut Flow) {
        if self.accounts.is_empty() {
            return;
        }
        flow.section("Imputation proposée");
        let mut grid = flow.table(vec![
            left("Nature", 24.0),
            left("Intitulé", 76.0),
            left("Section", 36.0),
            right("Montant TTC (€)", 36.0),
        ]);
        for share in &self.accounts {
            grid.row(
                RowKind::Body,
                vec![
                    Cell::text(&share.account.nature).naming_its_row(),
                    Cell::text(&share.account.label),
                    Cell::text(share.account.section.french()),
                    parts::amount(share.gross.0),
                ],
            );
        }
        flow.grid(grid);
    }

    fn certification(&self, flow: &mut Flow) {
        flow.section("Service fait");
        let line = "............................................................";
        let blank = |name: &str| Rich::new(NOTE, format!("{name} {line}"));
        flow.columns(&[
            Stack::new("Je certifie la réception des quantités admises ci-dessus.", 1.0)
                .with(blank("Nom et qualité"))
                .with(blank("Date et signature")),
            Stack::new("Code de vérification", 1.0).with(
                Rich::new(STRONG, self.code())
                    .below(
                        NOTE,
                        "Début de l’empreinte SHA-256 de la facture et de cette part\u{a0}:",
                    )
                    .below(NOTE, &self.fingerprint()),
            ),
        ]);
    }

    /// The whole fingerprint on two lines.
    fn fingerprint(&self) -> String {
        match self.verification.split_at_checked(32) {
            Some((first, rest)) => format!("{first}\n{rest}"),
            None => self.verification.clone(),
        }
    }

    /// The first sixteen digits of the fingerprint, in fours.
    fn code(&self) -> String {
        let digits: Vec<char> = self.verification.chars().take(16).collect();
        let groups: Vec<String> = digits.chunks(4).map(|group| group.iter().collect()).collect();
        groups.join(" ").to_uppercase()
    }
}

/// A label, a note, and the mark of a cent that rounding gave.
fn marked(label: &str, note: &str, exact: Decimal, share: Cents) -> Cell {
    let mark =
        if got_a_cent(exact, share) { "1\u{a0}centime attribué par l’arrondi" } else { "" };
    Cell::rich(Rich::new(BODY, label).below(NOTE, note).below(MARK, mark))
}
