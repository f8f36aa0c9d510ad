//! `travee consolidate`: needs and catalogue in, orders by article and lot out.

use std::path::PathBuf;

use domain::catalogue::CatalogueEntry;
use domain::french;
use domain::group::convention::PackingPolicy;
use domain::money::Gross;
use domain::tenders::consolidation::{ArticleTotal, Consolidation, LotTotal, Share};
use serde::Serialize;

use crate::exchange::table::MAX_BYTES;
use crate::usecases::tenders::consolidate::{self, Consolidated, Unusable};

use super::outcome::{Failure, Outcome};
use super::{file, output};

const EXAMPLE: &str = "\
Exemple :
  travee consolidate --catalogue catalogue.csv --needs besoins.csv --packing site

Les besoins, d’une année, ont les colonnes siret,site,ref,quantity,tolerance (site et tolerance
peuvent être vides). Plusieurs lignes d’un même point de livraison et article s’additionnent.
Une ligne refusée est nommée, le reste est consolidé, et le code de sortie est 3.";

/// Regroupe les besoins des membres par article et par lot, en conditionnements entiers
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct ConsolidateArgs {
    /// Le catalogue des articles (CSV en UTF-8)
    #[arg(long, value_name = "FICHIER")]
    catalogue: PathBuf,

    /// Les besoins des membres (CSV en UTF-8)
    #[arg(long, value_name = "FICHIER")]
    needs: PathBuf,

    /// Comment arrondir aux conditionnements : site (par point de livraison, si rien n’est dit),
    /// pooled (une fois par article, le coordonnateur garde le surplus) ou tolerance (une fois
    /// par article, selon les tolérances)
    #[arg(long, value_name = "POLITIQUE", default_value = "site", value_parser = policy, hide_default_value = true)]
    packing: PackingPolicy,

    /// Donne aussi la part de chaque point de livraison
    #[arg(long)]
    shares: bool,

    /// Répond en JSON sur la sortie standard
    #[arg(long)]
    json: bool,
}

fn policy(code: &str) -> Result<PackingPolicy, String> {
    PackingPolicy::from_code(code).ok_or_else(|| "choisissez site, pooled ou tolerance".to_owned())
}

pub(crate) fn run(args: &ConsolidateArgs) -> Outcome {
    args.run()
}

impl ConsolidateArgs {
    fn run(&self) -> Outcome {
        let catalogue = file::read(&self.catalogue, MAX_BYTES)?;
        let needs = file::read(&self.needs, MAX_BYTES)?;
        match consolidate::consolidate_files(&catalogue, &needs, self.packing) {
            Ok(consolidated) => self.answer(&consolidated),
            Err(Unusable::Catalogue(lines)) => {
                let lines: Vec<Refusal> = lines
                    .into_iter()
                    .map(|refused| Refusal {
                        line: refused.line,
                        code: format!("catalogue_{}", refused.code),
                        message: format!("Catalogue : {}", refused.message),
                    })
                    .collect();
                self.refuse(&lines, "Le catalogue est refusé, rien n’a été consolidé.")
            }
            Err(Unusable::Total(error)) => {
                let message = error.for_the_reader();
                let line = Refusal { line: 1, code: "total_trop_grand".into(), message };
                self.refuse(&[line], "Rien n’a été consolidé.")
            }
        }
    }

    fn answer(&self, consolidated: &Consolidated) -> Outcome {
        let refused: Vec<Refusal> = consolidated
            .refused
            .iter()
            .map(|refused| Refusal {
                line: refused.line,
                code: refused.code.to_owned(),
                message: refused.message.clone(),
            })
            .collect();
        if self.json {
            output::json(&Report::of(&consolidated.total, self.shares, &refused))?;
        } else {
            output::line(&self.page(consolidated, &refused))?;
        }
        let mut lines: Vec<u64> = refused.iter().map(|refused| refused.line).collect();
        lines.dedup();
        let rest = if consolidated.total.lines == 0 {
            "rien n’a été consolidé"
        } else {
            "le reste est consolidé"
        };
        match lines.len() {
            0 => Ok(()),
            1 => Err(Failure::Refused(format!(
                "Une ligne des besoins est refusée, {rest} : corrigez-la et relancez."
            ))),
            count => Err(Failure::Refused(format!(
                "{} lignes des besoins sont refusées, {rest} : corrigez-les et relancez.",
                french::count(count)
            ))),
        }
    }

    /// Nothing is consolidated: the report has the same shape, and is empty.
    fn refuse(&self, lines: &[Refusal], last_word: &str) -> Outcome {
        if self.json {
            output::json(&Report { refused: lines, ..Report::default() })?;
        } else {
            output::line(&refusals(lines))?;
        }
        Err(Failure::Refused(last_word.to_owned()))
    }

    /// The consolidation as a page to read.
    fn page(&self, consolidated: &Consolidated, refused: &[Refusal]) -> String {
        let total = &consolidated.total;
        let mut page = Vec::new();
        for lot in &total.lots {
            page.push(format!("Lot {}", lot.lot));
            let of_the_lot = total.articles.iter().filter(|row| row.article.lot == lot.lot);
            let mut table = vec![HEAD.map(str::to_owned).to_vec()];
            for article in of_the_lot {
                let entry = consolidated.catalogue.get(&article.article.reference);
                table.push(cells(article, entry));
                if self.shares {
                    table.extend(article.shares.iter().map(share_cells));
                }
            }
            page.push(output::aligned(&table, WORDS));
            page.push(lot_line(lot));
            page.push(String::new());
        }
        page.push(format!(
            "Total : {} {}, {} {} de besoins, {} HT, {} de TVA, {} TTC",
            french::count(total.members),
            french::plural(total.members, "membre", "membres"),
            french::count(total.lines),
            french::plural(total.lines, "ligne", "lignes"),
            total.net,
            total.vat,
            total.gross
        ));
        if !refused.is_empty() {
            page.push(String::new());
            page.push(refusals(refused));
        }
        page.join("\n")
    }
}

const HEAD: [&str; 11] = [
    "Réf.",
    "Article",
    "Membres",
    "Besoin",
    "Unité",
    "Cond.",
    "Commande",
    "Surplus",
    "Non servi",
    "PU HT",
    "Montant HT",
];
/// Columns of words; the others hold figures and are set to the right.
const WORDS: usize = 2;
/// The longest label shown; papers have it whole.
const LABEL: usize = 48;

fn cells(total: &ArticleTotal, entry: Option<&CatalogueEntry>) -> Vec<String> {
    let (label, unit) =
        entry.map_or(("", ""), |entry| (&entry.terms.label, &entry.terms.unit_label));
    let pack = total.article.pack.map_or_else(String::new, |pack| pack.units().to_string());
    let short = if label.chars().count() > LABEL {
        label.chars().take(LABEL - 1).chain(['…']).collect()
    } else {
        label.to_owned()
    };
    vec![
        total.article.reference.to_string(),
        short,
        french::count(total.members),
        total.needed.french(),
        unit.to_owned(),
        pack,
        total.ordered.french(),
        total.surplus.french(),
        total.unserved.french(),
        total.article.unit_price.french(),
        total.net.french(),
    ]
}

fn share_cells(share: &Share) -> Vec<String> {
    let mut cells = vec![String::new(); HEAD.len()];
    cells[1] = match share.point.site.as_str() {
        "" => share.point.siret.to_string(),
        site => format!("{} {site}", share.point.siret),
    };
    cells[3] = share.needed.french();
    cells[6] = share.ordered.french();
    cells
}

fn lot_line(lot: &LotTotal) -> String {
    let taxes: Vec<String> =
        lot.vat_by_rate.iter().map(|(rate, vat)| format!("TVA {rate} : {vat}")).collect();
    format!(
        "{} {}, {} {}, {} HT, {}, {} TTC",
        french::count(lot.articles),
        french::plural(lot.articles, "article", "articles"),
        french::count(lot.members),
        french::plural(lot.members, "membre", "membres"),
        lot.net,
        taxes.join(", "),
        lot.gross
    )
}

fn refusals(lines: &[Refusal]) -> String {
    let mut text = vec!["Lignes refusées :".to_owned()];
    text.extend(lines.iter().map(|line| format!("  ligne {} : {}", line.line, line.message)));
    text.join("\n")
}

/// The report of `--json`; its form is an interface (amounts with two decimals, quantities
/// without trailing zeros, all as strings).
#[derive(Serialize)]
struct Report<'a> {
    articles: Vec<ArticleRow>,
    lots: Vec<LotRow>,
    totals: Totals,
    #[serde(skip_serializing_if = "<[Refusal]>::is_empty")]
    refused: &'a [Refusal],
}

impl Default for Report<'_> {
    fn default() -> Self {
        let zero = Gross::ZERO.machine();
        let totals =
            Totals { members: 0, lines: 0, net: zero.clone(), vat: zero.clone(), gross: zero };
        Self { articles: Vec::new(), lots: Vec::new(), totals, refused: &[] }
    }
}

#[derive(Serialize)]
struct ArticleRow {
    lot: String,
    r#ref: String,
    unit: &'static str,
    pack: Option<String>,
    members: usize,
    needed: String,
    ordered: String,
    packs: Option<String>,
    surplus: String,
    unserved: String,
    unit_price: String,
    net: String,
    vat_rate: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    shares: Option<Vec<ShareRow>>,
}

#[derive(Serialize)]
struct ShareRow {
    siret: String,
    site: String,
    needed: String,
    ordered: String,
}

#[derive(Serialize)]
struct LotRow {
    lot: String,
    articles: usize,
    members: usize,
    net: String,
    vat: String,
    gross: String,
}

#[derive(Serialize)]
struct Totals {
    members: usize,
    lines: usize,
    net: String,
    vat: String,
    gross: String,
}

#[derive(Serialize)]
struct Refusal {
    line: u64,
    code: String,
    message: String,
}

impl<'a> Report<'a> {
    fn of(total: &Consolidation, shares: bool, refused: &'a [Refusal]) -> Self {
        Self {
            articles: total.articles.iter().map(|row| ArticleRow::of(row, shares)).collect(),
            lots: total.lots.iter().map(LotRow::of).collect(),
            totals: Totals {
                members: total.members,
                lines: total.lines,
                net: total.net.machine(),
                vat: total.vat.machine(),
                gross: total.gross.machine(),
            },
            refused,
        }
    }
}

impl ArticleRow {
    fn of(total: &ArticleTotal, shares: bool) -> Self {
        Self {
            lot: total.article.lot.to_string(),
            r#ref: total.article.reference.to_string(),
            unit: total.article.unit.code(),
            pack: total.article.pack.map(|pack| pack.units().to_string()),
            members: total.members,
            needed: total.needed.machine(),
            ordered: total.ordered.machine(),
            packs: total.packs.map(|packs| packs.to_string()),
            surplus: total.surplus.machine(),
            unserved: total.unserved.machine(),
            unit_price: total.article.unit_price.machine(),
            net: total.net.machine(),
            vat_rate: total.article.vat_rate.machine(),
            shares: shares.then(|| total.shares.iter().map(ShareRow::of).collect()),
        }
    }
}

impl ShareRow {
    fn of(share: &Share) -> Self {
        Self {
            siret: share.point.siret.to_string(),
            site: share.point.site.clone(),
            needed: share.needed.machine(),
            ordered: share.ordered.machine(),
        }
    }
}

impl LotRow {
    fn of(lot: &LotTotal) -> Self {
        Self {
            lot: lot.lot.to_string(),
            articles: lot.articles,
            members: lot.members,
            net: lot.net.machine(),
            vat: lot.vat.machine(),
            gross: lot.gross.machine(),
        }
    }
}
