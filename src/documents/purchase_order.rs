//! The purchase order (bon de commande): the written commitment that R2162-13 CCP asks for.
//!
//! A member's own order in models A and B, the coordinator's one order in model C. It
//! carries what the holder must quote (order number, D2192-2 CCP), what Chorus Pro will
//! want (SIRET, service code, commitment number), where to deliver, and what it consumes
//! of the framework contract.

use chrono::NaiveDate;
use domain::french;
use domain::money::{Cents, Gross, Net, Vat};
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use domain::vat::VatRate;

use super::error::PaperError;
use super::layout::{
    Align, BODY, Cell, DUE, Flow, GRAND, Imprint, NOTE, Rich, RowKind, STRONG, Stack, left, right,
};
use super::paper::Paper;
use super::parties::{
    Buyer, ContractRef, ConventionRef, DeliveryPoint, Letterhead, Packs, Party, Signatory,
};
use super::parts;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseOrder {
    pub letterhead: Letterhead,
    /// Unique; the holder's invoice quotes it (BT-13).
    pub number: String,
    pub issued_on: NaiveDate,
    /// `None` for the order itself.
    pub amendment: Option<Amendment>,
    pub contract: ContractRef,
    pub convention: ConventionRef,
    pub coordinator: Party,
    pub committed_by: Committer,
    pub buyer: Buyer,
    pub holder: Party,
    pub prices: PriceState,
    pub lines: Vec<OrderLine>,
    pub freight: Freight,
    /// One row a rate, freight included.
    pub vat: Vec<OrderVat>,
    /// Lines and freight.
    pub net: Net,
    pub vat_total: Vat,
    pub gross: Gross,
    pub points: Vec<DeliveryPoint>,
    /// « 6064 · fonctionnement »; optional, for the buyer's own accounts.
    pub budget_account: Option<String>,
    pub signatory: Signatory,
    pub gauge: Gauge,
    pub terms: ContractTerms,
}

/// Who commits (models of coordination A, B and C).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committer {
    /// A and B: the member orders and pays for itself.
    Member,
    /// C: the coordinator orders in the name of `members` members and shares the invoice.
    Coordinator { members: usize },
}

/// What the contract says of lateness and remarks: dated figures of its CCAG or its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractTerms {
    /// « CCAG-FCS 2021 »: the general conditions the contract refers to.
    pub general_conditions: String,
    /// Days the holder has to comment on an order.
    pub remark_days: u32,
    /// Late penalty: value of the late goods × days ÷ this (1 000).
    pub penalty_divisor: u32,
    /// The most penalties can come to, in percent of the order (10).
    pub penalty_cap_percent: u32,
    /// No penalty while the contract's come to no more than this.
    pub penalty_exempt_up_to: Net,
}

/// A numbered change of an order that has been issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    pub number: u32,
    pub decided_on: NaiveDate,
    pub reason: String,
}

/// The dated price schedule that the order was made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceState {
    /// « bordereau des prix n° 2 ».
    pub schedule: String,
    pub in_force_from: NaiveDate,
    /// « révisés : indice … 118,9 / 112,4, coefficient 1,050 »; `None` for initial prices.
    pub revision: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    pub reference: String,
    pub designation: String,
    /// Tier applied, thickness measured…: a small line under the designation.
    pub note: Option<String>,
    pub quantity: Quantity,
    /// As printed: « unité », « paquet de 100 ».
    pub unit: String,
    /// `None` where the unit takes decimals.
    pub packs: Option<Packs>,
    pub unit_price: UnitPrice,
    pub vat_rate: VatRate,
    /// Quantity × unit price, rounded once.
    pub net: Net,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Freight {
    /// The contract's prices include delivery.
    Included,
    /// The free-delivery amount (franco) is reached.
    FrancoReached { from: Net },
    /// Charged, below the free-delivery amount if there is one.
    Charged { amount: Net, vat_rate: VatRate, franco: Option<Net> },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderVat {
    pub rate: VatRate,
    pub base: Net,
    pub tax: Vat,
    /// « TVA non applicable, art. 293 B du CGI », of a holder under franchise.
    pub exemption: Option<String>,
}

/// What the contract's orders come to, without VAT, against its ceiling (R2162-4 CCP).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauge {
    pub ceiling: Net,
    /// Before this order.
    pub before: Net,
    /// With this order.
    pub after: Net,
}

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
    order.signature(&mut flow);
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
    fn check(&self) -> Result<(), PaperError> {
        let lines = self.lines.iter().map(|line| line.net);
        let net = Net::sum(lines.chain([self.freight.amount()]));
        parts::adds_up("le total HT", self.net.0, net.map(|net| net.0))?;
        let bases = Net::sum(self.vat.iter().map(|row| row.base));
        parts::adds_up("la somme des bases de TVA", self.net.0, bases.map(|net| net.0))?;
        let taxes = Vat::sum(self.vat.iter().map(|row| row.tax));
        parts::adds_up("le total de TVA", self.vat_total.0, taxes.map(|vat| vat.0))?;
        let gross = self.net.with(self.vat_total);
        parts::adds_up("le total TTC", self.gross.0, gross.map(|gross| gross.0))?;
        if self.amendment.is_none() {
            let after = self.gauge.before.plus(self.net);
            parts::adds_up("le montant engagé", self.gauge.after.0, after.map(|net| net.0))?;
        }
        Ok(())
    }

    fn parties(&self, flow: &mut Flow) {
        flow.columns(&[
            parts::buyer("Acheteur", 1.0, &self.buyer),
            parts::party("Titulaire", 1.0, &self.holder),
            parts::contract(1.1, None, &self.contract),
        ]);
        if let Some(amendment) = &self.amendment {
            let decided = french::date(amendment.decided_on);
            let lead = format!("Avenant n°\u{a0}{} du {decided}. ", amendment.number);
            flow.para(Rich::new(DUE, lead).then(BODY, &amendment.reason));
        }
        let on_behalf = match self.committed_by {
            Committer::Member => {
                "Marché passé pour le compte de ses membres, dont l’acheteur".into()
            }
            Committer::Coordinator { members } => format!(
                "Commande passée au nom et pour le compte de {} {} du groupement",
                french::count(members),
                french::plural(members, "membre", "membres"),
            ),
        };
        flow.para(Rich::new(
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
        let revision = prices.revision.as_deref().unwrap_or("prix initiaux du marché, non révisés");
        flow.para(Rich::new(
            NOTE,
            format!(
                "Prix hors taxes du {}, en vigueur depuis le {from}\u{a0}: {revision}. Une révision \
                 ultérieure ne change pas les prix de ce bon.",
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
            left("Point de livraison", 56.0),
            left("Contact, horaires, accès", 54.0),
            left("Fournitures", 31.0),
            right("Au plus tard le", 22.0),
        ]);
        for (index, point) in self.points.iter().enumerate() {
            let mut place = Rich::default();
            if let Some(member) = &point.member {
                place = place.below(STRONG, member);
            }
            let known = [&point.contact, &point.hours, &point.access];
            let how: Vec<&str> = known.into_iter().filter_map(|how| how.as_deref()).collect();
            let goods = if point.goods.is_empty() {
                Rich::new(BODY, "tout le bon")
            } else {
                parts::goods(point)
            };
            grid.row(
                RowKind::Body,
                vec![
                    Cell::text(french::count(index + 1)),
                    Cell::rich(
                        place.below(BODY, &point.name).below(BODY, &point.address.join(", ")),
                    ),
                    Cell::text(how.join("\n")),
                    Cell::rich(goods),
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
        if let Some(service) = &buyer.service_code {
            to.push_str(&format!(", code service {service}"));
        }
        if let Some(commitment) = &buyer.commitment_number {
            to.push_str(&format!(", engagement {commitment}"));
        }
        flow.para(
            Rich::new(BODY, "À déposer sur Chorus Pro, adressée à ")
                .then(BODY, &buyer.name)
                .then(BODY, format!(" ({to}). Elle rappelle le numéro "))
                .then(STRONG, &self.number)
                .then(BODY, format!(" et le marché {}\u{a0}: ", self.contract.number))
                .then(BODY, "sans eux, elle est rejetée (art. D.\u{a0}2192-2 du code de la commande publique)."),
        );
        if let Some(account) = &self.budget_account {
            flow.para(parts::named("Imputation", account));
        }
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
        flow.section("Rappels au titulaire");
        let terms = &self.terms;
        flow
            .para(Rich::new(BODY, "La facture rappelle le numéro ").then(STRONG, &self.number).then(
            BODY,
            " : sans lui, elle est rejetée (art. D.\u{a0}2192-2 du code de la commande publique).",
        ));
        flow.para(Rich::new(
            BODY,
            format!(
                "{}\u{a0}: les observations sur ce bon sont notifiées sous {} jours. Pénalité de \
                 retard\u{a0}: valeur HT des fournitures en retard × jours ÷ {}, plafonnée à {}\u{a0}% du \
                 bon\u{a0}; aucune pénalité tant que leur total sur le marché ne dépasse pas {} HT.",
                terms.general_conditions,
                terms.remark_days,
                french::thousands(&terms.penalty_divisor.to_string()),
                terms.penalty_cap_percent,
                terms.penalty_exempt_up_to.french(),
            ),
        ));
    }

    fn signature(&self, flow: &mut Flow) {
        let signatory = &self.signatory;
        let day = french::date(signatory.signed_on);
        let signed = Rich::new(STRONG, &signatory.name)
            .below(BODY, &signatory.quality)
            .below(BODY, &format!("le {day}"));
        flow.columns(&[
            Stack::new("", 1.0),
            Stack::new(&format!("Pour {}", self.buyer.name), 1.0).with(signed),
        ]);
    }
}

impl Freight {
    fn amount(&self) -> Net {
        match self {
            Self::Included | Self::FrancoReached { .. } => Net::ZERO,
            Self::Charged { amount, .. } => *amount,
        }
    }
}
