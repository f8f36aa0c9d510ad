//! Who accepted how much of which line, as whole numbers in an order of their own.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::invoices::einvoice::EInvoice;
use crate::siret::Siret;

use super::Refusal;
use super::shares::Accepted;

/// Beyond, sums of quantities would leave 64 bits: four thousand billion units.
const MOST_THOUSANDTHS: u64 = 1 << 62;

/// The accepted quantities in thousandths; members are numbered in ascending order of SIRET.
pub(super) struct Weights {
    pub(super) members: Vec<(Siret, String)>,
    /// For each line of the invoice, the members that weigh something, in ascending order.
    pub(super) lines: Vec<Vec<(usize, u64)>>,
    pub(super) line_totals: Vec<u64>,
    /// All quantities of each member.
    pub(super) quantities: Vec<u64>,
    /// How many delivery points of each member were served.
    pub(super) points: Vec<u64>,
}

impl Weights {
    /// The weights, and every reason why they cannot be used.
    ///
    /// Quantities given for a freight line weigh nothing: freight is shared by its key.
    pub(super) fn read(
        invoice: &EInvoice,
        accepted: &[Accepted],
        freight_lines: &BTreeSet<String>,
    ) -> (Self, Vec<Refusal>) {
        let mut refusals = Vec::new();
        let mut places = HashMap::with_capacity(invoice.lines.len());
        for (index, line) in invoice.lines.iter().enumerate() {
            if places.insert(line.id.as_str(), index).is_some() {
                refusals.push(Refusal::RepeatedLine { line: line.id.clone() });
            }
        }
        for line in freight_lines {
            if !places.contains_key(line.as_str()) {
                refusals.push(Refusal::UnknownFreightLine { line: line.clone() });
            }
        }

        let (members, numbers) = members_of(accepted);
        let mut served = HashSet::new();
        let mut served_without_site = vec![false; members.len()];
        let mut weights = Self {
            lines: vec![Vec::new(); invoice.lines.len()],
            line_totals: vec![0; invoice.lines.len()],
            quantities: vec![0; members.len()],
            points: vec![0; members.len()],
            members,
        };
        let mut sum = 0_u64;
        let freight: Vec<bool> =
            invoice.lines.iter().map(|line| freight_lines.contains(&line.id)).collect();
        let mut last = ("", None);
        for (row, (one, &member)) in accepted.iter().zip(&numbers).enumerate() {
            // A file goes line by line: the line looked up last is most often asked again.
            if last.0 != one.line || row == 0 {
                last = (one.line.as_str(), places.get(one.line.as_str()).copied());
            }
            let Some(line) = last.1 else {
                refusals.push(Refusal::UnknownLine { row, line: one.line.clone() });
                continue;
            };
            let weight = one.quantity.thousandths().unsigned_abs();
            if weight == 0 || freight[line] {
                continue;
            }
            sum = sum.saturating_add(weight);
            if sum > MOST_THOUSANDTHS {
                refusals.push(Refusal::OutOfRange);
                break;
            }
            weights.lines[line].push((member, weight));
            weights.line_totals[line] += weight;
            weights.quantities[member] += weight;
            let first = if one.site.is_empty() {
                !std::mem::replace(&mut served_without_site[member], true)
            } else {
                served.insert((member, one.site.as_str()))
            };
            weights.points[member] += u64::from(first);
        }
        for line in &mut weights.lines {
            if !line.is_sorted_by_key(|&(member, _)| member) {
                line.sort_unstable_by_key(|&(member, _)| member);
            }
            line.dedup_by(|later, first| {
                let same = later.0 == first.0;
                if same {
                    first.1 += later.1;
                }
                same
            });
        }
        for (line, &total) in invoice.lines.iter().zip(&weights.line_totals) {
            if total == 0 && !freight_lines.contains(&line.id) {
                refusals.push(Refusal::NothingAccepted { line: line.id.clone() });
            }
        }
        (weights, refusals)
    }
}

/// Every member once, by SIRET, and the number of the member of each accepted quantity. Where
/// a member is named in several ways, the smallest name that is not empty stands.
fn members_of(accepted: &[Accepted]) -> (Vec<(Siret, String)>, Vec<usize>) {
    let mut found: HashMap<&str, usize> = HashMap::new();
    let mut seen: Vec<(&Siret, &str)> = Vec::new();
    // Who came after each member last time most often comes after it again.
    let mut after: Vec<usize> = Vec::new();
    let mut numbers: Vec<usize> = Vec::with_capacity(accepted.len());
    for one in accepted {
        let last = numbers.last().copied();
        let guess = last.map(|last| after[last]).filter(|&guess| *seen[guess].0 == one.siret);
        let number = guess.unwrap_or_else(|| {
            *found.entry(one.siret.as_str()).or_insert_with(|| {
                seen.push((&one.siret, &one.name));
                after.push(0);
                seen.len() - 1
            })
        });
        if let Some(last) = last {
            after[last] = number;
        }
        let name = &mut seen[number].1;
        if name.is_empty() || (!one.name.is_empty() && one.name.as_str() < *name) {
            *name = &one.name;
        }
        numbers.push(number);
    }
    let mut order: Vec<usize> = (0..seen.len()).collect();
    order.sort_unstable_by_key(|&number| seen[number].0);
    let mut ranks = vec![0; seen.len()];
    for (rank, &number) in order.iter().enumerate() {
        ranks[number] = rank;
    }
    let members =
        order.iter().map(|&number| (seen[number].0.clone(), seen[number].1.to_owned())).collect();
    (members, numbers.into_iter().map(|number| ranks[number]).collect())
}
