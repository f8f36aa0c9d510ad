//! « Aider à estimer »: from what a town hall knows (metres of papers, leaves and years) to
//! quantities on the sheet, by domain `campaigns::estimator`, with its rule said.
//!
//! What is on the shelves today is boxed or bound once, so an estimate is put on the first year.

use domain::campaigns::estimator::Assumptions;
use domain::campaigns::suited::{bay, binding_mm, box_spine_mm};
use domain::campaigns::typed::{self, FieldFault, Typed};
use domain::catalogue::PackSize;
use domain::french;
use domain::ids::ArticleId;
use domain::quantity::Quantity;
use rust_decimal::Decimal;

use crate::store::campaigns::OfferedArticle;

/// What is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Help {
    Boxes,
    Shelving,
    Volumes,
}

impl Help {
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "boites" => Some(Self::Boxes),
            "travees" => Some(Self::Shelving),
            "volumes" => Some(Self::Volumes),
            _ => None,
        }
    }

    /// The articles it can be put on.
    pub fn suits(self, offered: &OfferedArticle) -> bool {
        let terms = &offered.article.terms;
        offered.retired_on.is_none()
            && match self {
                Self::Boxes => terms.pack.is_some() && box_spine_mm(&terms.label).is_some(),
                Self::Shelving => bay(&terms.label, &terms.specification).is_some(),
                Self::Volumes => {
                    offered.article.family == "reliures" && binding_mm(&terms.label).is_some()
                }
            }
    }
}

/// An estimate: on which article, how many, and how it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    pub article: ArticleId,
    pub quantity: u32,
    pub words: String,
}

impl Estimate {
    /// Puts it on the first year.
    pub fn put(&self, years: &[i32], into: &mut Typed) {
        let field = match years {
            [first, _, ..] => typed::one_year(self.article, *first),
            [_] | [] => typed::every_year(self.article),
        };
        into.insert(field, Quantity::whole(self.quantity).french());
    }
}

/// Estimates from the fields of the estimator.
///
/// # Errors
///
/// What is wrong with them, by field.
pub fn estimate(
    help: Help,
    typed: &Typed,
    articles: &[OfferedArticle],
) -> Result<Estimate, Vec<FieldFault>> {
    let given = Given { typed, articles, help };
    match help {
        Help::Boxes => given.boxes(),
        Help::Shelving => given.shelving(),
        Help::Volumes => given.volumes(),
    }
    .map_err(|fault| vec![fault])
}

struct Given<'a> {
    typed: &'a Typed,
    articles: &'a [OfferedArticle],
    help: Help,
}

fn fault(field: &str, message: impl Into<String>) -> FieldFault {
    FieldFault { field: field.to_owned(), message: message.into() }
}

impl Given<'_> {
    fn text(&self, field: &str) -> &str {
        self.typed.get(field).map_or("", |text| text.trim())
    }

    /// The fields of the length and of what of it goes.
    fn length_fields(&self) -> (&'static str, &'static str) {
        match self.help {
            Help::Shelving => ("e_ranger", "e_ranger_part"),
            Help::Boxes | Help::Volumes => ("e_metres", "e_eliminable"),
        }
    }

    fn length_mm(&self) -> Result<u32, FieldFault> {
        let field = self.length_fields().0;
        let wrong = || fault(field, "Saisissez une longueur en mètres, par exemple 23 ou 4,5.");
        let metres = Quantity::parse(self.text(field)).map_err(|_| wrong())?;
        let mm = (metres.decimal() * Decimal::ONE_THOUSAND).normalize();
        u32::try_from(mm.mantissa())
            .ok()
            .filter(|mm| *mm > 0 && *mm <= 10_000_000)
            .ok_or_else(wrong)
    }

    fn percent(&self) -> Result<u32, FieldFault> {
        let field = self.length_fields().1;
        match self.text(field) {
            "" => Ok(0),
            text => text
                .trim_end_matches('%')
                .trim()
                .parse()
                .ok()
                .filter(|part| *part <= 100)
                .ok_or_else(|| fault(field, "Saisissez une part de 0 à 100, par exemple 40.")),
        }
    }

    fn count(&self, field: &str, most: u32, example: &str) -> Result<u32, FieldFault> {
        let text: String = self.text(field).chars().filter(|c| !c.is_whitespace()).collect();
        text.parse().ok().filter(|count| (1..=most).contains(count)).ok_or_else(|| {
            fault(
                field,
                format!(
                    "Saisissez un nombre entier de 1 à {}, par exemple {example}.",
                    Quantity::whole(most)
                ),
            )
        })
    }

    fn chosen(&self, field: &str) -> Result<&OfferedArticle, FieldFault> {
        let id = self.text(field).parse().map(ArticleId);
        self.articles
            .iter()
            .find(|offered| id == Ok(offered.article.id) && self.help.suits(offered))
            .ok_or_else(|| fault(field, "Choisissez un article dans la liste."))
    }

    fn boxes(&self) -> Result<Estimate, FieldFault> {
        let (length, percent) = (self.length_mm()?, self.percent()?);
        let terms = &self.chosen("e_boite")?.article.terms;
        let spine = box_spine_mm(&terms.label).unwrap_or(100);
        let assumed = Assumptions { box_spine_mm: spine, ..Assumptions::default() };
        let wrong = |error: domain::campaigns::estimator::EstimateError| {
            fault("e_metres", error.for_the_reader())
        };
        let pack = terms.pack.map_or_else(|| PackSize::new(1), Ok);
        let pack = pack.map_err(|_| fault("e_boite", "Choisissez un article dans la liste."))?;
        let boxes = assumed.boxes(length, percent, pack).map_err(wrong)?;
        Ok(Estimate {
            article: self.chosen("e_boite")?.article.id,
            quantity: boxes.needed,
            words: format!(
                "{} à conserver, en boîtes de {} cm pleines : {} {}, soit {} livrées par paquets de {}.",
                kept_words(length, percent),
                french::decimal(Decimal::new(i64::from(spine), 1).normalize()),
                Quantity::whole(boxes.needed),
                french::plural(boxes.needed as usize, "boîte", "boîtes"),
                Quantity::whole(boxes.ordered),
                pack.units(),
            ),
        })
    }

    fn shelving(&self) -> Result<Estimate, FieldFault> {
        let (length, percent) = (self.length_mm()?, self.percent()?);
        let offered = self.chosen("e_travee")?;
        let terms = &offered.article.terms;
        let (shelf_length_mm, shelves_per_bay) = bay(&terms.label, &terms.specification)
            .ok_or_else(|| fault("e_travee", "Choisissez un article dans la liste."))?;
        let assumed = Assumptions { shelf_length_mm, shelves_per_bay, ..Assumptions::default() };
        let shelving = assumed
            .shelving(length, percent)
            .map_err(|error| fault("e_ranger", error.for_the_reader()))?;
        Ok(Estimate {
            article: offered.article.id,
            quantity: shelving.bays,
            words: format!(
                "{} à conserver, plus {} % pour les années à venir : {} {}, soit {} {} de {} tablettes.",
                kept_words(length, percent),
                assumed.growth_percent,
                Quantity::whole(shelving.shelves),
                french::plural(shelving.shelves as usize, "tablette", "tablettes"),
                Quantity::whole(shelving.bays),
                french::plural(shelving.bays as usize, "travée", "travées"),
                shelves_per_bay,
            ),
        })
    }

    fn volumes(&self) -> Result<Estimate, FieldFault> {
        let leaves = self.count("e_feuillets", 100_000, "120")?;
        let years = self.count("e_annees", 300, "10")?;
        let kind = self.text("e_reliure");
        let assumed = Assumptions::default();
        let sheets = leaves.checked_mul(years).ok_or_else(|| {
            fault("e_feuillets", "Ce nombre de feuillets est trop grand pour être calculé.")
        })?;
        let volumes = assumed
            .volumes(sheets)
            .map_err(|error| fault("e_feuillets", error.for_the_reader()))?;
        let mut of_kind = self
            .articles
            .iter()
            .filter(|offered| offered.article.sub_family == kind && self.help.suits(offered));
        let offered = of_kind
            .find(|offered| {
                binding_mm(&offered.article.terms.label)
                    .is_some_and(|range| range.contains(&volumes.thickness_mm))
            })
            .ok_or_else(|| fault("e_reliure", "Choisissez une sorte de registre dans la liste."))?;
        Ok(Estimate {
            article: offered.article.id,
            quantity: volumes.volumes,
            words: format!(
                "{} feuillets, au plus {} par volume : {} {} d’environ {} mm d’épaisseur.",
                Quantity::whole(sheets),
                assumed.sheets_per_volume,
                Quantity::whole(volumes.volumes),
                french::plural(volumes.volumes as usize, "volume", "volumes"),
                volumes.thickness_mm,
            ),
        })
    }
}

/// « 23 m dont 40 % éliminables : 13,8 m ».
fn kept_words(length_mm: u32, percent: u32) -> String {
    let metres = |ten_thousandths_of_mm: u64| {
        let value = i64::try_from(ten_thousandths_of_mm).unwrap_or(i64::MAX);
        french::decimal(Decimal::new(value, 5).normalize())
    };
    let kept = u64::from(length_mm) * u64::from(100 - percent);
    if percent == 0 {
        return format!("{} m", metres(kept));
    }
    format!(
        "{} m dont {percent} % éliminables : {} m",
        metres(u64::from(length_mm) * 100),
        metres(kept)
    )
}
