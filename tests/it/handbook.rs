//! What the handbook names is there: files, tests, functions, rows of the law.
//!
//! Whatever stands in backquotes in the tables of the law, of words and of the architecture is a name
//! of the code; whatever looks like a path is a file; links lead somewhere.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use domain::french;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|of| of == extension) {
            found.push(path);
        }
    }
    found
}

fn pages() -> Vec<PathBuf> {
    let mut pages = files(&root().join("docs"), "md");
    pages.extend(
        ["README.md", "data/README.md", "assets/fonts/README.md"].map(|page| root().join(page)),
    );
    pages
}

/// The spans in backquotes of `text`, fenced blocks apart.
fn quoted(text: &str) -> Vec<&str> {
    let mut spans = Vec::new();
    for block in text.split("```").step_by(2) {
        spans.extend(block.split('`').skip(1).step_by(2));
    }
    spans
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Every word of the sources and of the reference rows.
fn words() -> HashSet<String> {
    let mut sources = vec![root().join("clippy.toml"), root().join("Cargo.toml")];
    for folder in ["domain", "entities", "migrations", "src", "tests", "benches"] {
        sources.extend(files(&root().join(folder), "rs"));
    }
    sources.extend(files(&root().join("migrations/src/reference"), "csv"));
    let mut words = HashSet::new();
    for path in sources {
        if path.ends_with("handbook.rs") {
            continue;
        }
        // The name of a file is a module, or a table of rows.
        words.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        let text = fs::read_to_string(&path).unwrap();
        words.extend(text.split(|c| !is_word(c)).map(str::to_owned));
    }
    words
}

#[test]
fn every_name_in_the_handbook_is_in_the_code() {
    let words = words();
    let mut missing = Vec::new();
    for page in ["docs/LAW.md", "docs/GLOSSARY.md", "docs/ARCHITECTURE.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        for span in quoted(&text) {
            let name = !span.is_empty() && span.chars().all(|c| is_word(c) || c == ':');
            let parts = span.split("::").filter(|part| name && !words.contains(*part));
            missing.extend(parts.map(|part| format!("{page}: {part}")));
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_test_that_the_security_page_names_is_there() {
    let words = words();
    let text = fs::read_to_string(root().join("docs/SECURITY.md")).unwrap();
    let names: Vec<&str> = quoted(&text)
        .into_iter()
        .filter(|span| span.matches('_').count() > 3 && span.chars().all(is_word))
        .collect();
    assert!(names.len() > 80, "{}", names.len());
    let missing: Vec<&&str> = names.iter().filter(|name| !words.contains(**name)).collect();
    assert_eq!(missing, Vec::<&&str>::new());
}

#[test]
fn the_settings_file_of_the_handbook_is_one_that_the_program_takes() {
    let page = fs::read_to_string(root().join("docs/OPERATIONS.md")).unwrap();
    let block = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("travee.toml");
    // As the environment gives it.
    fs::write(&path, format!("{block}password = \"essai\"\n")).unwrap();
    let config = travee::config::Config::read(Some(&path), &travee::config::Flags::default());
    assert_eq!(config.unwrap().base_url(), "https://achats.cdg62.example");
}

#[test]
fn every_path_in_the_handbook_is_a_file_or_a_folder() {
    let mut missing = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for span in quoted(&text) {
            let path = span.contains('/')
                && span.chars().all(|c| is_word(c) || "./-".contains(c))
                && !span.starts_with(['/', '-', '.'])
                && (span.ends_with('/') || Path::new(span).extension().is_some());
            if path && !root().join(span).exists() {
                missing.push(format!("{}: {span}", page.display()));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_link_of_the_handbook_leads_somewhere() {
    let mut missing = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap();
            let here = page.parent().unwrap().join(file);
            if !target.starts_with("http") && !here.exists() {
                missing.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn the_table_of_thresholds_is_that_of_the_rows() {
    let law = fs::read_to_string(root().join("docs/LAW.md")).unwrap();
    let rows = include_str!("../../migrations/src/reference/thresholds.csv");
    for row in rows.lines().skip(1) {
        let [kind, scope, from, to, value] =
            row.split(',').take(5).collect::<Vec<_>>().try_into().unwrap();
        if scope != "local" || kind == "legality_control" {
            continue;
        }
        let (euros, cents) = value.split_once('.').unwrap();
        let spaced: String = french::thousands(euros)
            .chars()
            .map(|c| if c.is_whitespace() { ' ' } else { c })
            .collect();
        let value = if cents == "00" { spaced } else { format!("{euros}.{}", &cents[..1]) };
        let to = if to.is_empty() { "–" } else { to };
        let expected = format!("| {from} | {to} | {value} ");
        assert!(law.contains(&expected), "{kind}: no row \"{expected}\"");
    }
}

#[test]
fn the_settings_of_the_handbook_are_those_of_the_program() {
    let page = fs::read_to_string(root().join("docs/OPERATIONS.md")).unwrap();
    let lines: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(lines.len(), travee::config::SETTINGS.len());
    for (line, setting) in lines.iter().zip(travee::config::SETTINGS) {
        let begin =
            format!("| `{}` | `{}` | {} | ", setting.name, setting.environment, setting.default);
        assert!(line.starts_with(&begin), "{line} is not {begin}");
    }
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_travee"))
        .args(["serve", "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for setting in travee::config::SETTINGS {
        assert!(help.contains(setting.environment), "{} is not in the help", setting.name);
    }
}
