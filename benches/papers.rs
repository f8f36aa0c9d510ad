//! How fast papers are made, against stock genpdf with the same faces in the same run.
//!
//! Times are CPU times of this thread (`/proc/thread-self/schedstat`), medians of
//! interleaved rounds, so that a busy machine disturbs both sides alike: read the ratios.
//! The last part makes 1,800 papers one after the other, writes them to files and
//! forgets them, and reads the peak of resident memory above the idle process.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench may stop, and reports")]

#[expect(dead_code, reason = "the tests use what this bench does not")]
#[path = "../tests/it/papers/samples.rs"]
mod samples;

use std::fs;
use std::time::Instant;

use genpdf::Element as _;
use genpdf::elements::{Paragraph, TableLayout};
use genpdf::fonts::{FontData, FontFamily};
use genpdf::style::{Effect, Style};
use travee::documents::purchase_order::PurchaseOrder;
use travee::documents::{allocation_statement, purchase_order};

const REGULAR: &[u8] = include_bytes!("../assets/fonts/LiberationSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../assets/fonts/LiberationSans-Bold.ttf");
const ROUNDS: usize = 9;

fn main() {
    // `cargo test --benches` runs this too: then one round is enough to see that it works.
    let measured = std::env::args().any(|argument| argument == "--bench");
    let idle = resident("VmRSS");
    let family = stock_family();
    for (lines, each, least, largest) in [(8, 20, 12, 45_000), (60, 8, 6, 100_000)] {
        let (mut ours, mut stock, mut size) = (Vec::new(), Vec::new(), 0);
        for round in 0..if measured { ROUNDS } else { 1 } {
            let orders: Vec<PurchaseOrder> = (0..each)
                .map(|seed| samples::order(lines, seed + each * u32::try_from(round).unwrap()))
                .collect();
            let sizes = |order| purchase_order::render(order).unwrap().bytes.len();
            let (spent, largest) = timed(|| orders.iter().map(sizes).max().unwrap());
            ours.push(spent / u64::from(each));
            size = size.max(largest);
            // Stock takes long: two of its papers a round tell enough.
            let (spent, ()) = timed(|| orders.iter().take(2).for_each(|o| stock_order(&family, o)));
            stock.push(spent / 2);
        }
        let (ours, stock) = (median(ours), median(stock));
        println!(
            "order of {lines:>2} lines: {} µs, {size} bytes; stock genpdf {} µs: {} times faster \
             (target {least}); size {} the {largest} allowed",
            ours / 1_000,
            stock / 1_000,
            tenths(stock, ours),
            if size <= largest { "within" } else { "BEYOND" },
        );
    }
    batch(if measured { 900 } else { 9 }, idle);
    // Last, since a peak only grows.
    let points = if measured { 900 } else { 9 };
    let order = samples::coordinator_order(points);
    let (spent, paper) = timed(|| purchase_order::render(&order).unwrap());
    println!(
        "the coordinator's order to {points} points: {} ms, {} pages, {} bytes, peak {} kB above idle",
        spent / 1_000_000,
        paper.pages,
        paper.bytes.len(),
        resident("VmHWM").saturating_sub(idle),
    );
}

/// One order and one statement a member, written and forgotten.
fn batch(members: u32, idle: u64) {
    let folder = std::env::temp_dir().join(format!("travee-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let wall = Instant::now();
    let (spent, bytes) = timed(|| {
        let mut bytes = 0;
        for seed in 0..members {
            let order = purchase_order::render(&samples::order(8, seed)).unwrap();
            let statement = samples::long_statement(12);
            let statement = allocation_statement::render(&statement).unwrap();
            for (kind, paper) in [("bon", order), ("releve", statement)] {
                bytes += paper.bytes.len();
                fs::write(folder.join(format!("{kind}-{seed}.pdf")), paper.bytes).unwrap();
            }
        }
        bytes
    });
    println!(
        "{} papers: {} ms CPU, {} ms wall, {bytes} bytes, peak {} kB above idle",
        members * 2,
        spent / 1_000_000,
        wall.elapsed().as_millis(),
        resident("VmHWM").saturating_sub(idle),
    );
    fs::remove_dir_all(folder).unwrap();
}

/// The same order as anyone would set it with genpdf alone: embedded faces, no tags, no
/// metadata, no page total.
fn stock_order(family: &FontFamily<FontData>, order: &PurchaseOrder) {
    let mut document = genpdf::Document::new(family.clone());
    document.set_font_size(8);
    document.set_minimal_conformance();
    let bold = Style::from(Effect::Bold);
    document.push(Paragraph::new(order.letterhead.name.as_str()).styled(bold));
    document.push(Paragraph::new(format!("Bon de commande n° {}", order.number)).styled(bold));
    for text in [&order.buyer.name, &order.holder.name, &order.contract.number] {
        document.push(Paragraph::new(text.as_str()));
    }
    let mut table = TableLayout::new(vec![17, 51, 16, 22, 15, 20, 11, 20]);
    for line in &order.lines {
        let row = table
            .row()
            .element(Paragraph::new(line.reference.as_str()))
            .element(Paragraph::new(line.designation.as_str()))
            .element(Paragraph::new(line.quantity.french()))
            .element(Paragraph::new(line.unit.as_str()))
            .element(Paragraph::new(format!("{}", line.packs.unwrap().count)))
            .element(Paragraph::new(line.unit_price.french_bare()))
            .element(Paragraph::new(line.vat_rate.french()))
            .element(Paragraph::new(line.net.french()));
        row.push().unwrap();
    }
    document.push(table);
    for total in [order.net.french(), order.vat_total.french(), order.gross.french()] {
        document.push(Paragraph::new(total).styled(bold));
    }
    let mut bytes = Vec::new();
    document.render(&mut bytes).unwrap();
    assert!(bytes.len() > 1_000);
}

/// Regular and bold embedded; the italics nobody uses are built in and cost nothing.
fn stock_family() -> FontFamily<FontData> {
    let embedded = |bytes: &[u8]| FontData::new(bytes.to_vec(), None).unwrap();
    let unused = FontData::new(REGULAR.to_vec(), Some(printpdf::BuiltinFont::Helvetica)).unwrap();
    FontFamily {
        regular: embedded(REGULAR),
        bold: embedded(BOLD),
        italic: unused.clone(),
        bold_italic: unused,
    }
}

/// CPU nanoseconds of this thread that `work` took.
fn timed<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let before = cpu();
    let done = work();
    (cpu() - before, done)
}

fn cpu() -> u64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split_ascii_whitespace().next().unwrap().parse().unwrap()
}

/// A line of this process's memory in kB: `VmRSS` now, `VmHWM` at its highest.
fn resident(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with(line)).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values[values.len() / 2]
}

/// `one ÷ other` with one decimal.
fn tenths(one: u64, other: u64) -> String {
    let tenths = one * 10 / other.max(1);
    format!("{}.{}", tenths / 10, tenths % 10)
}
