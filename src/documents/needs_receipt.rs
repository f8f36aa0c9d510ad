//! The receipt of a member's needs: what it asked for, where, and what it may cost.
//!
//! It commits nobody: an order does. Amounts are estimates at the prices named.

use chrono::NaiveDate;
use domain::french;
use domain::money::{AmountError, Gross, Net, Vat};
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use domain::vat::VatRate;

use super::error::PaperError;
use super::layout::{
    Align, BODY, Cell, DUE, Flow, Imprint, Rich, RowKind, STRONG, SUBDUED, Stack, left, right,
};
use super::paper::Paper;
use super::parties::{BudgetAccount, ConventionRef, Letterhead, Member};
use super::parts;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeedsReceipt {
    pub letterhead: Letterhead,
    /// The number of this receipt; empty on the provisional one, before the census is closed.
    pub number: String,
    /// « Recensement des besoins 2027-2030 ».
    pub census_title: String,
    pub closes_on: NaiveDate,
    pub convention: ConventionRef,
    pub member: Member,
    pub submitted_on: NaiveDate,
    /// « Mme Legrand, secrétaire de mairie, par le formulaire en ligne ».
    pub submitted_by: String,
    pub years: Vec<i32>,
    /// « prix indicatifs du catalogue au 01/10/2026 ».
    pub price_basis: String,
    /// Empty when the member answered « néant ».
    pub points: Vec<NeedsPoint>,
    /// One a year of `years`.
    pub by_year: Vec<NeedsTotal>,
    pub by_account: Vec<AccountTotal>,
    pub total: NeedsTotal,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeedsPoint {
    pub name: String,
    /// On one line.
    pub address: String,
    pub access: Option<String>,
    pub lines: Vec<NeedsLine>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeedsLine {
    pub reference: String,
    pub designation: String,
    /// As printed: « unité », « paquet de 100 ».
    pub unit: String,
    /// Units in one pack; `None` where the unit takes decimals.
    pub pack: Option<Quantity>,
    /// What was asked for, one a year of [`NeedsReceipt::years`].
    pub needed: Vec<Quantity>,
    /// Rounded up to whole packs year by year, all years.
    pub ordered: Quantity,
    /// All years; `None` where the unit takes decimals.
    pub packs: Option<u64>,
    pub unit_price: UnitPrice,
    pub vat_rate: VatRate,
    /// All years.
    pub net: Net,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NeedsTotal {
    pub net: Net,
    pub vat: Vat,
    pub gross: Gross,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountTotal {
    pub account: BudgetAccount,
    pub total: NeedsTotal,
}

/// Makes the paper.
///
/// # Errors
///
/// [`PaperError::DoesNotAddUp`] when a total is not the sum of what it stands for, and
/// those of every paper: a character without glyph, a text too long for a page.
pub fn render(receipt: &NeedsReceipt) -> Result<Paper, PaperError> {
    receipt.check()?;
    let number = &receipt.number;
    let (title, named) = if number.is_empty() {
        ("Récépissé provisoire des besoins".to_owned(), "récépissé provisoire des besoins".into())
    } else {
        (
            format!("Récépissé des besoins n°\u{a0}{number}"),
            format!("récépissé des besoins {number}"),
        )
    };
    let mut flow = Flow::new(&receipt.letterhead, &title, &receipt.census_title);
    flow.columns(&[
        parts::member("Membre", 1.2, &receipt.member),
        Stack::new("Réponse", 1.2)
            .with(parts::named("Reçue le", french::date(receipt.submitted_on)))
            .with(Rich::new(BODY, &receipt.submitted_by)),
        Stack::new("Modifiable jusqu’au", 0.8)
            .with(Rich::new(DUE, french::date(receipt.closes_on)))
            .with(Rich::new(BODY, "inclus, en ligne ou auprès du coordonnateur.")),
    ]);
    flow.para(&Rich::new(
        BODY,
        format!(
            "Vos besoins sont enregistrés au titre de la {}. Ils servent à consulter les fournisseurs et \
             ne vous engagent pas\u{a0}: seul un bon de commande signé engage. Montants estimés, {}.",
            parts::convention(&receipt.convention),
            receipt.price_basis,
        ),
    ));
    if receipt.points.is_empty() {
        flow.section("Réponse enregistrée");
        flow.para(&Rich::new(
            STRONG,
            "Néant\u{a0}: vous n’avez pas de besoin pour ce recensement.",
        ));
    } else {
        for point in &receipt.points {
            receipt.point(&mut flow, point);
        }
        receipt.totals(&mut flow);
    }
    flow.finish(&Imprint {
        foot: parts::foot(&receipt.letterhead, &named, receipt.submitted_on),
        author: receipt.letterhead.name.clone(),
        id: title.clone(),
        title,
        made_on: receipt.submitted_on,
        attachment: None,
    })
}

impl NeedsReceipt {
    fn check(&self) -> Result<(), PaperError> {
        let lines = self.points.iter().flat_map(|point| &point.lines);
        let net = Net::sum(lines.map(|line| line.net)).map(|net| net.0);
        parts::adds_up("le total HT", self.total.net.0, net)?;
        let years = NeedsTotal::sum(self.by_year.iter());
        let accounts = NeedsTotal::sum(self.by_account.iter().map(|account| &account.total));
        for (total, [net, vat, gross]) in [(years, YEARS), (accounts, ACCOUNTS)] {
            let total = total.map_err(|error| PaperError::DoesNotAddUp {
                what: net,
                printed: self.total.net.french(),
                computed: error.to_string(),
            })?;
            parts::adds_up(net, self.total.net.0, Ok(total.net.0))?;
            parts::adds_up(vat, self.total.vat.0, Ok(total.vat.0))?;
            parts::adds_up(gross, self.total.gross.0, Ok(total.gross.0))?;
        }
        let gross = self.total.net.with(self.total.vat).map(|gross| gross.0);
        parts::adds_up("le total TTC", self.total.gross.0, gross)
    }

    fn point(&self, flow: &mut Flow, point: &NeedsPoint) {
        flow.section(&format!("Livraison\u{a0}: {}", point.name));
        let access = point.access.as_ref().map(|access| format!(" · {access}"));
        flow.para(&Rich::new(SUBDUED, &point.address).then(SUBDUED, access.unwrap_or_default()));
        let mut columns = vec![left("Référence", 17.0), left("Désignation", 0.0)];
        columns.extend(self.years.iter().map(|year| right(&year.to_string(), 11.5)));
        columns.extend([
            right("À livrer", 15.0),
            right("Paquets", 14.0),
            right("Prix HT (€)", 18.0),
            right("Montant HT (€)", 21.0),
        ]);
        parts::fill(&mut columns, 1);
        let mut grid = flow.table(columns);
        for line in &point.lines {
            let packed = parts::packed(&line.unit, line.pack);
            let note = format!("{packed} · TVA\u{a0}{}", line.vat_rate);
            let mut cells = vec![
                Cell::text(&line.reference).naming_its_row(),
                parts::designation(&line.designation, Some(&note)),
            ];
            cells.extend(line.needed.iter().map(|year| parts::quantity(*year)));
            let packs =
                line.packs.map_or("–".to_owned(), |packs| french::thousands(&packs.to_string()));
            cells.extend([
                Cell::new(STRONG, line.ordered.french()),
                Cell::text(packs),
                Cell::text(line.unit_price.french_bare()),
                parts::amount(line.net.0),
            ]);
            grid.row(RowKind::Body, cells);
        }
        let net = Net::sum(point.lines.iter().map(|line| line.net));
        let before = u32::try_from(self.years.len()).unwrap_or(0) + 5;
        let label = Cell::new(STRONG, "Total HT de ce lieu").over(before, Align::Right);
        let net = net.map_or("–".to_owned(), |net| net.0.french_bare());
        grid.row(RowKind::Sum, vec![label.naming_its_row(), Cell::new(STRONG, net)]);
        flow.grid(grid);
    }

    fn totals(&self, flow: &mut Flow) {
        let amounts = |ink, total: &NeedsTotal| {
            [total.net.0, total.vat.0, total.gross.0]
                .map(|amount| Cell::new(ink, amount.french_bare()))
        };
        let columns = || [right("HT (€)", 27.0), right("TVA (€)", 27.0), right("TTC (€)", 27.0)];
        flow.section("Montant estimé par année");
        let mut grid = flow.table([left("Année", 91.0)].into_iter().chain(columns()).collect());
        for (year, total) in self.years.iter().zip(&self.by_year) {
            let mut cells = vec![Cell::text(year.to_string()).naming_its_row()];
            cells.extend(amounts(BODY, total));
            grid.row(RowKind::Body, cells);
        }
        let mut cells = vec![Cell::new(STRONG, "Toutes années").naming_its_row()];
        cells.extend(amounts(STRONG, &self.total));
        grid.row(RowKind::Sum, cells);
        flow.grid(grid);

        flow.section("Imputation proposée");
        let mut grid = flow.table(
            [left("Nature", 17.0), left("Intitulé", 46.0), left("Section", 28.0)]
                .into_iter()
                .chain(columns())
                .collect(),
        );
        for AccountTotal { account, total } in &self.by_account {
            let mut cells = vec![
                Cell::text(&account.nature).naming_its_row(),
                Cell::text(&account.label),
                Cell::text(account.section.french()),
            ];
            cells.extend(amounts(BODY, total));
            grid.row(RowKind::Body, cells);
        }
        flow.grid(grid);
    }
}

const YEARS: [&str; 3] =
    ["la somme HT des années", "la somme de TVA des années", "la somme TTC des années"];
const ACCOUNTS: [&str; 3] = [
    "la somme HT des imputations",
    "la somme de TVA des imputations",
    "la somme TTC des imputations",
];

impl NeedsTotal {
    fn sum<'a>(all: impl Iterator<Item = &'a Self>) -> Result<Self, AmountError> {
        all.into_iter().try_fold(Self::default(), |sum, one| {
            Ok(Self {
                net: sum.net.plus(one.net)?,
                vat: sum.vat.plus(one.vat)?,
                gross: sum.gross.plus(one.gross)?,
            })
        })
    }
}
