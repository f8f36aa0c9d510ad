//! The delivery extract (model C): what one member will receive of the coordinator's order.
//!
//! No prices and no payment: the member checks its delivery against it and pays nothing
//! before the coordinator's payment notice.

use chrono::NaiveDate;
use domain::french;

use super::error::PaperError;
use super::layout::{BODY, Cell, Flow, Imprint, NOTE, Rich, RowKind, STRONG, left, right};
use super::paper::Paper;
use super::parties::{ContractRef, ConventionRef, DeliveryPoint, Letterhead, Member, Party};
use super::parts;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryExtract {
    pub letterhead: Letterhead,
    /// The number of this extract, « 2026-0042/017 ».
    pub number: String,
    pub issued_on: NaiveDate,
    /// The coordinator's order, which the delivery note must quote.
    pub order_number: String,
    pub order_issued_on: NaiveDate,
    pub contract: ContractRef,
    pub convention: ConventionRef,
    pub holder: Party,
    pub member: Member,
    /// Each with its goods.
    pub points: Vec<DeliveryPoint>,
}

/// Makes the paper.
///
/// # Errors
///
/// Those of every paper: a character without glyph, a text too long for a page.
pub fn render(extract: &DeliveryExtract) -> Result<Paper, PaperError> {
    let number = &extract.number;
    let title = format!("Extrait de livraison n°\u{a0}{number}");
    let ordered = french::date(extract.order_issued_on);
    let subtitle = format!("du bon de commande n°\u{a0}{} du {ordered}", extract.order_number);
    let mut flow = Flow::new(&extract.letterhead, &title, &subtitle);
    flow.columns(&[
        parts::member("Membre livré", 1.0, &extract.member),
        parts::party("Titulaire", 1.0, &extract.holder),
        parts::contract(1.1, Some(&extract.order_number), &extract.contract),
    ]);
    flow.para(&Rich::new(
        BODY,
        format!(
            "Fournitures commandées pour vous par le {}, coordonnateur, en application de la {}. ",
            extract.letterhead.short_name,
            parts::convention(&extract.convention),
        ),
    ));
    flow.para(&Rich::new(STRONG, "Vérifiez la livraison sur cet extrait et ne payez rien au titulaire.").then(
        BODY,
        " Signalez sous votre signature, sur le bon de livraison, ce qui manque ou est abîmé, puis \
         saisissez ce que vous avez admis.",
    ));
    for point in &extract.points {
        flow.section(&format!("Livraison\u{a0}: {}", point.name));
        flow.columns(&parts::point(point));
        let mut grid = flow.table(vec![
            left("Référence", 20.0),
            left("Désignation", 72.0),
            right("Quantité", 18.0),
            left("Unité", 26.0),
            right("Paquets", 18.0),
            right("Reçu", 18.0),
        ]);
        for goods in &point.goods {
            grid.row(
                RowKind::Body,
                vec![
                    Cell::text(&goods.reference).naming_its_row(),
                    Cell::text(&goods.designation),
                    parts::quantity(goods.quantity),
                    Cell::text(&goods.unit),
                    Cell::text(parts::packs(goods.packs)),
                    Cell::new(NOTE, "............"),
                ],
            );
        }
        flow.grid(grid);
    }
    flow.finish(&Imprint {
        foot: parts::foot(
            &extract.letterhead,
            &format!("extrait de livraison {number}"),
            extract.issued_on,
        ),
        author: extract.letterhead.name.clone(),
        id: title.clone(),
        title,
        made_on: extract.issued_on,
        attachment: None,
    })
}
