//! Which accepted quantities each line of an invoice or a credit note is shared by.
//!
//! An invoice takes what is accepted and not paid for yet. A credit note gives back goods where
//! it repeats the price of its order, and concerns those whose goods they were; at another
//! price it takes down a price, for all who pay the line.

use std::collections::BTreeMap;

use domain::ids::{InvoiceId, OrderLineId, OrganisationId};
use domain::invoices::allocation::Accepted;
use domain::invoices::attribution::{AttributionError, Holding, attribute, concerned};
use domain::invoices::einvoice::{EInvoice, InvoiceLine};
use domain::money::Net;
use domain::quantity::Quantity;
use domain::siret::Siret;

use super::super::Refusal;
use super::naming::{Concerned, Unnamed};
use super::settlement::Left;
use crate::store::invoices::{LineLink, OrderedFor, OrderedLine, ShareLeft, Weight};

/// An invoice or credit note with where its lines belong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document<'a> {
    pub(super) id: InvoiceId,
    pub(super) invoice: &'a EInvoice,
    pub(super) links: &'a [LineLink],
}

/// What it is shared by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Weighed {
    pub(super) weights: Vec<Weight>,
    pub(super) accepted: Vec<Accepted>,
}

/// The shares of an order while its invoices are weighed one after the other.
pub(super) struct Scales<'a> {
    pub(super) order: &'a OrderedFor,
    pub(super) shares: Vec<ShareLeft>,
    /// What invoices that are not weighed here bill of each line, before VAT.
    pub(super) billed: BTreeMap<OrderLineId, Net>,
    pub(super) refusals: Vec<Refusal>,
    /// Lines of credit notes that a person must say whom they concern.
    pub(super) unnamed: Vec<Unnamed>,
    /// What a dispute leaves, credit notes taken off.
    pub(super) left: Vec<Left>,
}

/// Parts of one line: of which share, how much.
pub(super) type Parts = Vec<(usize, Quantity)>;

impl<'a> Scales<'a> {
    pub(super) fn new(
        order: &'a OrderedFor,
        shares: Vec<ShareLeft>,
        billed: BTreeMap<OrderLineId, Net>,
    ) -> Self {
        Self { order, shares, billed, refusals: Vec::new(), unnamed: Vec::new(), left: Vec::new() }
    }

    /// Ends the weighing: every reason why something could not be weighed.
    pub(super) fn finish(self) -> Result<(), Vec<Refusal>> {
        if self.refusals.is_empty() { Ok(()) } else { Err(self.refusals) }
    }

    /// Weighs an invoice by what is accepted and not paid for.
    pub(super) fn invoice(&mut self, document: Document<'_>) -> Weighed {
        self.weigh(document, &[], &BTreeMap::new())
    }

    /// Weighs a credit note of an invoice that is shared already.
    pub(super) fn credit(&mut self, document: Document<'_>, whom: &[Concerned]) -> Weighed {
        self.weigh(document, whom, &BTreeMap::new())
    }

    pub(super) fn weigh(
        &mut self,
        document: Document<'_>,
        whom: &[Concerned],
        more: &BTreeMap<usize, Quantity>,
    ) -> Weighed {
        self.weigh_with(document, whom, more, &BTreeMap::new())
    }

    /// Weighs line by line; `known` are lines whose parts are settled already, `more` what may
    /// be charged beside what is accepted.
    pub(super) fn weigh_with(
        &mut self,
        document: Document<'_>,
        whom: &[Concerned],
        more: &BTreeMap<usize, Quantity>,
        known: &BTreeMap<usize, Parts>,
    ) -> Weighed {
        let mut weighed = Weighed::default();
        let mut more = more.clone();
        let credit = document.invoice.kind.is_credit();
        for (position, (line, link)) in
            document.invoice.lines.iter().zip(document.links).enumerate()
        {
            if link.freight {
                continue;
            }
            let Some(quantity) = self.quantity(line) else { continue };
            let takes_back = credit != line.quantity.is_sign_negative();
            let Some(ordered) = self.ordered(link).cloned() else {
                self.off_order(&mut weighed, position, line, quantity, takes_back);
                continue;
            };
            let of_line = self.of_line(ordered.id);
            let whole = !ordered.unit.takes_decimals();
            let goods = !credit || gives_goods_back(line, &ordered);
            let parts = if let Some(parts) = known.get(&position) {
                parts.clone()
            } else if let Some(parts) = self.named(document.id, line, &of_line, quantity, whom) {
                parts
            } else if !goods {
                let paid: Vec<Quantity> = of_line.iter().map(|at| self.paid(*at)).collect();
                self.parts(document, line, &of_line, price_parts(quantity, &paid, whole))
            } else if takes_back {
                let holdings: Vec<Holding> =
                    of_line.iter().map(|at| self.shares[*at].holding).collect();
                self.parts(document, line, &of_line, concerned(quantity, &holdings))
            } else {
                let open: Vec<Quantity> = of_line
                    .iter()
                    .map(|at| {
                        let open = self.shares[*at].holding.open();
                        let more = more.get(at).copied().unwrap_or_default();
                        open.plus(more).unwrap_or(open)
                    })
                    .collect();
                self.parts(document, line, &of_line, attribute(quantity, &open, whole))
            };
            for (at, part) in parts {
                if !takes_back && let Some(left) = more.get_mut(&at) {
                    // The accepted goods are charged first, then what will be credited.
                    let beyond = part.minus(self.shares[at].holding.open()).unwrap_or_default();
                    *left = left.minus(beyond).unwrap_or_default();
                }
                self.book(&mut weighed, position, line, at, part, takes_back, goods);
            }
        }
        weighed
    }

    /// Weighs every line of `document` by parts that are known, line by line.
    pub(super) fn given(
        &mut self,
        document: Document<'_>,
        known: &BTreeMap<usize, Parts>,
    ) -> Weighed {
        self.weigh_with(document, &[], &BTreeMap::new(), known)
    }

    #[expect(clippy::too_many_arguments, reason = "one row of the booking, column by column")]
    fn book(
        &mut self,
        weighed: &mut Weighed,
        position: usize,
        line: &InvoiceLine,
        at: usize,
        part: Quantity,
        takes_back: bool,
        goods: bool,
    ) {
        if part.is_zero() {
            return;
        }
        let share = &mut self.shares[at];
        let Some(siret) = share.siret.clone() else {
            self.refusals.push(Refusal::new(
                "siret_absent",
                format!("{} n’a aucun SIRET : saisissez-le d’abord.", share.name),
            ));
            return;
        };
        if goods {
            let side =
                if takes_back { &mut share.holding.credited } else { &mut share.holding.invoiced };
            *side = side.plus(part).unwrap_or(*side);
        }
        let milli = part.thousandths();
        weighed.weights.push(Weight {
            position,
            member: share.member,
            share: Some(share.share),
            milli: if takes_back { -milli } else { milli },
            goods,
        });
        weighed.accepted.push(Accepted {
            line: line.id.clone(),
            siret,
            site: share.site.to_string(),
            name: share.name.clone(),
            quantity: part,
        });
    }

    /// A line that the order does not have: the buyer's, where the buyer is who pays.
    fn off_order(
        &mut self,
        weighed: &mut Weighed,
        position: usize,
        line: &InvoiceLine,
        quantity: Quantity,
        takes_back: bool,
    ) {
        let buyer = self.shares.iter().find(|share| share.member == self.order.buyer);
        let (false, Some(buyer)) = (self.order.model.coordinator_pays(), buyer) else {
            self.refusals.push(Refusal::new(
                "ligne_hors_commande",
                format!(
                    "Ligne « {} » : « {} » n’est pas dans la commande, personne ne l’a admise ; \
                     désignez-la comme ligne de port ou demandez un avoir.",
                    line.id, line.label
                ),
            ));
            return;
        };
        let Some(siret) = buyer.siret.clone() else {
            let message = format!("{} n’a aucun SIRET : saisissez-le d’abord.", buyer.name);
            self.refusals.push(Refusal::new("siret_absent", message));
            return;
        };
        if quantity.is_zero() {
            return;
        }
        let milli = quantity.thousandths();
        weighed.weights.push(Weight {
            position,
            member: buyer.member,
            share: None,
            milli: if takes_back { -milli } else { milli },
            goods: false,
        });
        weighed.accepted.push(Accepted {
            line: line.id.clone(),
            siret,
            site: String::new(),
            name: buyer.name.clone(),
            quantity,
        });
    }

    pub(super) fn ordered(&self, link: &LineLink) -> Option<&'a OrderedLine> {
        let order = self.order;
        order.lines.iter().find(|line| Some(line.id) == link.order_line)
    }

    pub(super) fn of_line(&self, line: OrderLineId) -> Vec<usize> {
        (0..self.shares.len()).filter(|at| self.shares[*at].line == line).collect()
    }

    /// What a share pays for, credit notes taken off.
    pub(super) fn paid(&self, at: usize) -> Quantity {
        let holding = self.shares[at].holding;
        holding.invoiced.minus(holding.credited).unwrap_or_default()
    }

    pub(super) fn quantity(&mut self, line: &InvoiceLine) -> Option<Quantity> {
        let quantity = Quantity::new(line.quantity.abs()).ok();
        if quantity.is_none() {
            let message = format!(
                "Ligne « {} » : la quantité a plus de trois décimales ; demandez une facture \
                 corrigée.",
                line.id
            );
            self.refusals.push(Refusal::new("quantite_trop_precise", message));
        }
        quantity
    }

    /// Parts with their shares, or the reason why there are none.
    pub(super) fn parts(
        &mut self,
        document: Document<'_>,
        line: &InvoiceLine,
        of_line: &[usize],
        parts: Result<Vec<Quantity>, AttributionError>,
    ) -> Parts {
        match parts {
            Ok(parts) => of_line.iter().copied().zip(parts).collect(),
            Err(error) => {
                if let AttributionError::Unknown { credited } = error {
                    self.ask_whom(document, line, of_line, credited);
                }
                self.refusals.push(refusal(line, error));
                Vec::new()
            }
        }
    }
}

/// A credit line at the order's own price gives goods back; at another it takes a price down.
pub(super) fn gives_goods_back(line: &InvoiceLine, ordered: &OrderedLine) -> bool {
    let at_order_price = ordered.price.decimal().checked_mul(line.base_quantity);
    at_order_price == Some(line.unit_price.decimal())
}

/// A price taken down is shared by what each pays for, whatever quantity the line repeats.
fn price_parts(
    quantity: Quantity,
    paid: &[Quantity],
    whole: bool,
) -> Result<Vec<Quantity>, AttributionError> {
    match attribute(quantity, paid, whole) {
        Err(AttributionError::MoreThanAccepted { .. }) => Ok(paid.to_vec()),
        other => other,
    }
}

fn refusal(line: &InvoiceLine, error: AttributionError) -> Refusal {
    match error {
        AttributionError::MoreThanAccepted { invoiced, open } => Refusal::new(
            "quantite_superieure_aux_receptions",
            format!(
                "Ligne « {} » : {} facturés pour {} admis et non encore facturés ; attendez la \
                 réception ou un avoir.",
                line.id,
                invoiced.french(),
                open.french()
            ),
        ),
        AttributionError::Unknown { credited } => Refusal::new(
            "concernes_a_designer",
            format!(
                "Ligne « {} » : les réceptions ne disent pas quels membres l’avoir de {} concerne ; \
                 désignez-les.",
                line.id,
                credited.french()
            ),
        ),
        AttributionError::OutOfRange => Refusal::new(
            "montant_invraisemblable",
            format!("Ligne « {} » : la quantité est invraisemblable.", line.id),
        ),
    }
}

/// The members of a weighing, by SIRET.
pub(super) fn members(weighed: &Weighed) -> BTreeMap<Siret, OrganisationId> {
    let sirets = weighed.accepted.iter().map(|one| one.siret.clone());
    sirets.zip(weighed.weights.iter().map(|weight| weight.member)).collect()
}
