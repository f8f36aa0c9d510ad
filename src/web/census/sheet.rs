//! The need sheet as its page shows it: families, articles, fields, results, totals.

use std::collections::BTreeMap;

use domain::campaigns::typed::{FieldFault, every_year, one_year};
use domain::campaigns::valuation::Total;
use domain::french;
use domain::quantity::Quantity;
use minijinja::{Value, context};

use super::words;
use crate::documents::parties::BudgetAccount;
use crate::store::campaigns::OfferedArticle;
use crate::usecases::campaigns::estimate::Help;
use crate::usecases::campaigns::review::{Point, Review};

/// What the page shows beside the point itself.
#[derive(Debug, Default)]
pub(super) struct Beside<'a> {
    /// What is wrong, after « Vérifier » or « Estimer ».
    pub(super) faults: &'a [FieldFault],
    /// What somebody else typed meanwhile, by field.
    pub(super) differing: BTreeMap<String, String>,
}

/// The families of the sheet, each with its groups of articles.
pub(super) fn families(review: &Review, point: &Point, beside: &Beside<'_>) -> Value {
    let cells = cells(review);
    let mut families: Vec<(String, Vec<Value>)> = Vec::new();
    let mut articles = review.member.articles.iter().peekable();
    while let Some(first) = articles.next() {
        let article = &first.article;
        let mut group = vec![first];
        while let Some(next) = articles.next_if(|next| {
            next.article.family == article.family && next.article.sub_family == article.sub_family
        }) {
            group.push(next);
        }
        let begins = families.last().is_none_or(|(code, _)| *code != article.family);
        if begins {
            families.push((article.family.clone(), Vec::new()));
        }
        if let Some((_, groups)) = families.last_mut() {
            groups.push(sub_family(review, point, beside, &cells, &group, begins));
        }
    }
    families
        .into_iter()
        .map(|(code, groups)| {
            context! {
                code => code.as_str(),
                title => words::family(&code),
                groups => groups,
                help => help(review, point, beside, &code),
            }
        })
        .collect()
}

fn sub_family(
    review: &Review,
    point: &Point,
    beside: &Beside<'_>,
    cells: &BTreeMap<&BudgetAccount, usize>,
    group: &[&OfferedArticle],
    first: bool,
) -> Value {
    let rows: Vec<Row> =
        group.iter().filter_map(|offered| row(review, point, beside, cells, offered)).collect();
    let filled = rows.iter().filter(|row| row.filled).count();
    let open = first || rows.iter().any(|row| row.filled || row.marked);
    let name = group.first().map_or("", |offered| offered.article.sub_family.as_str());
    let count = rows.len();
    context! {
        title => words::sub_family(name),
        count => format!("{} {}", french::count(count), french::plural(count, "article", "articles")),
        filled => filled,
        open => open,
        articles => rows.into_iter().map(|row| row.shown).collect::<Vec<_>>(),
    }
}

struct Row {
    shown: Value,
    filled: bool,
    /// It has a fault, or somebody else typed something else.
    marked: bool,
}

fn row(
    review: &Review,
    point: &Point,
    beside: &Beside<'_>,
    cells: &BTreeMap<&BudgetAccount, usize>,
    offered: &OfferedArticle,
) -> Option<Row> {
    let article = &offered.article;
    let terms = &article.terms;
    let every = every_year(article.id);
    let numbers = review.years();
    let typed = |name: &str| point.typed.get(name).map_or("", String::as_str);
    let error = |name: &str| words::message(beside.faults, name);
    let other = |name: &str| beside.differing.get(name).map(String::as_str);
    let mut fields: Vec<String> = vec![every.clone()];
    let mut years = Vec::new();
    if numbers.len() > 1 {
        for year in &numbers {
            let name = one_year(article.id, *year);
            years.push(context! {
                year => year,
                field => name.as_str(),
                value => typed(&name),
                error => error(&name),
                other => other(&name),
            });
            fields.push(name);
        }
    }
    let filled = fields.iter().any(|name| !typed(name).is_empty());
    let retired = offered.retired_on.filter(|since| *since <= review.today);
    // A retired article is named only where something was typed for it.
    if retired.is_some() && !filled {
        return None;
    }
    let marked = fields.iter().any(|name| error(name).is_some() || other(name).is_some());
    let years_open = fields
        .iter()
        .skip(1)
        .any(|name| !typed(name).is_empty() || error(name).is_some() || other(name).is_some());
    let line = point.lines.iter().find(|line| line.article == article.id);
    let result =
        line.map(|line| words::result(terms, &line.quantities, &line.value)).unwrap_or_default();
    let (one, many) = words::nouns(terms);
    let cell = review.accounts.get(&article.id).and_then(|account| cells.get(account));
    let shown = context! {
        id => article.id.0,
        name => terms.label.as_str(),
        reference => article.reference.as_str(),
        specification => terms.specification.replace(';', ","),
        pack_words => words::pack(terms),
        price => terms.reference_price.french(),
        field => every.as_str(),
        value => typed(&every),
        error => error(&every),
        other => other(&every),
        years => years,
        years_open => years_open,
        result => result,
        retired => retired.map(french::date),
        decimals => terms.takes_decimals,
        pack => terms.pack.map_or(0, domain::catalogue::PackSize::units),
        price_e4 => terms.reference_price.ten_thousandths().unwrap_or_default(),
        rate => terms.vat_rate.basis_points(),
        cell => cell,
        one => one,
        many => many,
    };
    Some(Row { shown, filled, marked })
}

/// The accounts by number: VAT is rounded once for each year, account and rate.
fn cells(review: &Review) -> BTreeMap<&BudgetAccount, usize> {
    let accounts: std::collections::BTreeSet<_> = review.accounts.values().collect();
    accounts.into_iter().zip(0..).collect()
}

/// The estimator of a family, if it has one.
fn help(review: &Review, point: &Point, beside: &Beside<'_>, family: &str) -> Option<Value> {
    let kinds: &[(Help, &str)] = match family {
        "boites" => &[(Help::Boxes, "boites")],
        "rayonnages" => &[(Help::Shelving, "travees")],
        "reliures" => &[(Help::Volumes, "volumes")],
        _ => return None,
    };
    let (kind, code) = kinds.first()?;
    let suited: Vec<&OfferedArticle> =
        review.member.articles.iter().filter(|offered| kind.suits(offered)).collect();
    if suited.is_empty() {
        return None;
    }
    let typed = |name: &str| point.typed.get(name).map_or("", String::as_str);
    let (chosen_field, options): (&str, Vec<(String, String)>) = match kind {
        Help::Boxes => ("e_boite", articles(&suited)),
        Help::Shelving => ("e_travee", articles(&suited)),
        Help::Volumes => {
            let codes: std::collections::BTreeSet<_> =
                suited.iter().map(|offered| offered.article.sub_family.clone()).collect();
            let named = |code: String| (code.clone(), words::sub_family(&code));
            ("e_reliure", codes.into_iter().map(named).collect())
        }
    };
    let field = |name: &str| {
        context! { name => name, value => typed(name), error => words::message(beside.faults, name) }
    };
    let (metres, eliminable) = match kind {
        Help::Shelving => ("e_ranger", "e_ranger_part"),
        Help::Boxes | Help::Volumes => ("e_metres", "e_eliminable"),
    };
    let open = [metres, eliminable, "e_feuillets", "e_annees", chosen_field]
        .iter()
        .any(|name| words::message(beside.faults, name).is_some());
    Some(context! {
        code => *code,
        open => open,
        chosen => context! {
            name => chosen_field,
            error => words::message(beside.faults, chosen_field),
            options => options.into_iter().map(|(value, label)| {
                context! { chosen => value == typed(chosen_field), value => value, label => label }
            }).collect::<Vec<_>>(),
        },
        metres => field(metres),
        eliminable => field(eliminable),
        leaves => field("e_feuillets"),
        years => field("e_annees"),
    })
}

fn articles(suited: &[&OfferedArticle]) -> Vec<(String, String)> {
    let named = |offered: &&OfferedArticle| {
        (offered.article.id.to_string(), offered.article.terms.label.clone())
    };
    suited.iter().map(named).collect()
}

/// « 4 articles », and amounts before and after VAT.
pub(super) fn foot(lines: usize, total: Total, years: usize) -> Value {
    context! {
        articles => format!("{} {}", french::count(lines), french::plural(lines, "article", "articles")),
        net => total.net.french(),
        gross => total.gross.french(),
        span => if years > 1 { format!("sur {years} ans") } else { String::new() },
    }
}

/// The lines of a point as its check lists them.
pub(super) fn lines(review: &Review, point: &Point) -> Value {
    let years = review.years();
    point
        .lines
        .iter()
        .filter_map(|line| {
            let offered = review.article(line.article)?;
            let terms = &offered.article.terms;
            let alike = line.quantities.windows(2).all(|pair| pair.first() == pair.last());
            let needed = if alike && years.len() > 1 {
                let each = line.quantities.first().copied().unwrap_or_default();
                format!("{each} par an")
            } else if years.len() > 1 {
                let each = years.iter().zip(&line.quantities);
                each.map(|(year, quantity)| format!("{year} : {quantity}"))
                    .collect::<Vec<_>>()
                    .join(" · ")
            } else {
                line.quantities.first().copied().unwrap_or_default().french()
            };
            Some(context! {
                name => terms.label.as_str(),
                reference => offered.article.reference.as_str(),
                field => every_year(line.article),
                family => offered.article.family.as_str(),
                needed => needed,
                ordered => line.value.ordered.french(),
                packs => line.value.packs.map_or_else(|| "–".into(), |packs| {
                    french::thousands(&packs.to_string())
                }),
                unit_price => terms.reference_price.french_bare(),
                net => line.value.net.french(),
            })
        })
        .collect()
}

/// What deserves a second look, as questions.
pub(super) fn questions(review: &Review, point: &Point) -> Value {
    use domain::campaigns::fault::Flag;
    let years = review.years();
    let mut shown: Vec<(domain::ids::ArticleId, String)> = Vec::new();
    for oddity in &point.oddities {
        let Flag::ManyTimesLastYear { last } = &oddity.flag else { continue };
        let line = point.lines.iter().find(|line| line.article == oddity.article);
        let (Some(line), Some(offered)) = (line, review.article(oddity.article)) else { continue };
        // One question an article: the first year that surprises.
        if shown.iter().any(|(article, _)| *article == oddity.article) {
            continue;
        }
        let index = oddity.year.unwrap_or_default();
        let asked = line.quantities.get(index).copied().unwrap_or_default();
        let before = review.member.last.get(&point.id).and_then(|last| last.year.as_ref());
        let since = before.map_or_else(|| "l’an dernier".into(), |(year, _)| format!("en {year}"));
        let year = years.get(index).map_or_else(String::new, |year| format!(" en {year}"));
        shown.push((
            oddity.article,
            format!(
                "{} : {asked}{year}, {} fois plus qu’{since} ({last}). Est-ce bien cela ?",
                offered.article.terms.label,
                times(asked, *last),
            ),
        ));
    }
    shown
        .into_iter()
        .map(|(article, words)| context! { field => every_year(article), words => french::unbroken(&words) })
        .collect()
}

/// How many whole times `last` goes in `asked`.
fn times(asked: Quantity, last: Quantity) -> String {
    asked
        .decimal()
        .checked_div(last.decimal())
        .map_or_else(|| "plusieurs".into(), |times| french::decimal(times.floor()))
}
