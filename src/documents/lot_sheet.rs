//! The consolidated lot sheet: what all members need of one lot, for the consultation.
//!
//! Quantities per article and year and where they will be delivered; no prices, since the
//! candidates are to find theirs.

use chrono::NaiveDate;
use domain::french;
use domain::quantity::Quantity;

use super::error::PaperError;
use super::layout::{BODY, Cell, Flow, Imprint, NOTE, Rich, RowKind, STRONG, Stack, left, right};
use super::paper::Paper;
use super::parties::{ConventionRef, Letterhead, LotRef, Member};
use super::parts;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotSheet {
    pub letterhead: Letterhead,
    /// The procedure, « 2026-ARC ».
    pub procedure_reference: String,
    pub procedure_title: String,
    pub lot: LotRef,
    pub convention: ConventionRef,
    /// « Recensement des besoins 2027-2030 ».
    pub census_title: String,
    pub established_on: NaiveDate,
    pub years: Vec<i32>,
    /// Members with a need in this lot.
    pub members: usize,
    /// How quantities were rounded to packs, in one sentence.
    pub packing: String,
    pub articles: Vec<LotArticle>,
    pub points: Vec<LotPoint>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotArticle {
    pub reference: String,
    pub designation: String,
    /// Specification; `None` prints nothing.
    pub specification: Option<String>,
    /// « NF EN ISO 16245 type A ».
    pub standards: Option<String>,
    /// « 30193700-5 ».
    pub cpv: Option<String>,
    /// As printed: « unité », « paquet de 100 ».
    pub unit: String,
    /// Units in one pack; `None` where the unit takes decimals.
    pub pack: Option<Quantity>,
    /// Members that need it.
    pub members: usize,
    /// What is to be supplied, one a year of [`LotSheet::years`].
    pub by_year: Vec<Quantity>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotPoint {
    pub member: Member,
    /// « Mairie ».
    pub name: String,
    /// On one line.
    pub address: String,
    pub access: Option<String>,
}

/// Makes the paper.
///
/// # Errors
///
/// Those of every paper: a character without glyph, a text too long for a page.
pub fn render(sheet: &LotSheet) -> Result<Paper, PaperError> {
    let lot = format!("Lot\u{a0}{}", sheet.lot.number);
    let title = format!("{lot}\u{a0}: {}", sheet.lot.title);
    let subtitle = format!("Besoins consolidés · {}", sheet.census_title);
    let mut flow = Flow::new(&sheet.letterhead, &title, &subtitle);
    let count =
        |count, one, many| format!("{} {}", french::count(count), french::plural(count, one, many));
    flow.columns(&[
        Stack::new("Consultation", 1.4)
            .with(Rich::new(STRONG, &sheet.procedure_title))
            .with(parts::named("Référence", &sheet.procedure_reference))
            .with(parts::named("Établie le", french::date(sheet.established_on))),
        Stack::new("Étendue", 1.0).with(
            Rich::new(BODY, count(sheet.members, "membre", "membres"))
                .below(BODY, &count(sheet.articles.len(), "article", "articles"))
                .below(
                    BODY,
                    &count(sheet.points.len(), "point de livraison", "points de livraison"),
                ),
        ),
        Stack::new("Quantités", 1.4).with(Rich::new(BODY, &sheet.packing)),
    ]);
    flow.para(&Rich::new(
        BODY,
        format!(
            "Quantités estimées des membres du groupement, en application de la {}. Elles n’engagent \
             pas les membres\u{a0}: seuls les bons de commande engagent.",
            parts::convention(&sheet.convention),
        ),
    ));
    sheet.quantities(&mut flow);
    sheet.places(&mut flow);
    flow.finish(&Imprint {
        foot: parts::foot(
            &sheet.letterhead,
            &format!("{} · {} · besoins consolidés", sheet.procedure_reference, lot.to_lowercase()),
            sheet.established_on,
        ),
        author: sheet.letterhead.name.clone(),
        id: format!("{} {title}", sheet.procedure_reference),
        title,
        made_on: sheet.established_on,
        attachment: None,
    })
}

impl LotSheet {
    fn quantities(&self, flow: &mut Flow) {
        flow.section("Quantités par article");
        let mut columns = vec![
            left("Référence", 17.0),
            left("Désignation, spécifications", 0.0),
            right("Membres", 15.0),
        ];
        columns.extend(self.years.iter().map(|year| right(&year.to_string(), 14.5)));
        columns.push(right("Total", 16.0));
        parts::fill(&mut columns, 1);
        let mut grid = flow.table(columns);
        for article in &self.articles {
            let cpv = article.cpv.as_ref().map(|cpv| format!("CPV\u{a0}{cpv}"));
            let norms = [article.standards.clone(), cpv];
            let norms: Vec<String> = norms.into_iter().flatten().collect();
            let what = Rich::new(BODY, &article.designation)
                .below(NOTE, article.specification.as_deref().unwrap_or(""))
                .below(NOTE, &norms.join(" · "))
                .below(NOTE, &parts::packed(&article.unit, article.pack));
            let mut cells = vec![
                Cell::text(&article.reference).naming_its_row(),
                Cell::rich(what),
                Cell::text(french::count(article.members)),
            ];
            cells.extend(article.by_year.iter().map(|year| parts::quantity(*year)));
            let total = Quantity::sum(article.by_year.iter().copied());
            cells.push(Cell::new(STRONG, total.map_or("–".to_owned(), Quantity::french)));
            grid.row(RowKind::Body, cells);
        }
        flow.grid(grid);
    }

    fn places(&self, flow: &mut Flow) {
        flow.section("Points de livraison");
        let mut grid = flow.table(vec![
            right("N°", 11.0),
            left("Membre", 46.0),
            left("Lieu", 34.0),
            left("Adresse", 46.0),
            left("Accès", 35.0),
        ]);
        for (index, point) in self.points.iter().enumerate() {
            let siret = point.member.siret.as_ref().map(domain::siret::Siret::spaced);
            grid.row(
                RowKind::Body,
                vec![
                    Cell::text(french::count(index + 1)),
                    parts::designation(&point.member.name, siret.as_deref()).naming_its_row(),
                    Cell::text(&point.name),
                    Cell::text(&point.address),
                    Cell::text(point.access.as_deref().unwrap_or("–")),
                ],
            );
        }
        flow.grid(grid);
    }
}
