//! The layers of docs/ARCHITECTURE.md, kept by reading the sources.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The code of a file: comments and strings' contents stay, test modules at its end go.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// `layer` must not name any of `never`.
fn assert_never(layer: &str, never: &[&str]) {
    let files = sources(&root().join(layer));
    for path in files {
        let code = code(&path);
        for word in never {
            assert!(!code.contains(word), "{} names {word}", path.display());
        }
    }
}

#[test]
fn the_domain_knows_neither_database_nor_web_nor_clock() {
    assert_never(
        "domain/src",
        &["sea_orm", "axum", "tokio", "std::fs", "std::io", "std::net", "Utc::now", "SystemTime"],
    );
}

#[test]
fn papers_come_from_values_and_never_from_the_store() {
    assert_never(
        "src/documents",
        &[
            "crate::store",
            "crate::usecases",
            "crate::web",
            "crate::cli",
            "sea_orm",
            "axum",
            "clock",
        ],
    );
}

#[test]
fn files_of_others_become_values_without_the_store() {
    assert_never(
        "src/exchange",
        &["crate::store", "crate::usecases", "crate::web", "crate::cli", "sea_orm", "axum"],
    );
}

#[test]
fn use_cases_speak_to_the_store_and_never_to_the_orm_or_the_web() {
    assert_never(
        "src/usecases",
        &["sea_orm", "entities::", "axum", "crate::web", "crate::cli", "krilla", "genpdf"],
    );
}

#[test]
fn the_store_is_below_the_use_cases() {
    assert_never(
        "src/store",
        &[
            "crate::usecases",
            "crate::web",
            "crate::cli",
            "crate::documents",
            "crate::exchange",
            "axum",
        ],
    );
}

#[test]
fn pages_and_commands_never_name_the_orm_or_the_pdf_crates() {
    for layer in ["src/web", "src/cli", "src/demo", "src/jobs"] {
        assert_never(layer, &["sea_orm", "entities::", "krilla", "genpdf", "printpdf"]);
    }
}

#[test]
fn sql_stands_only_in_the_store() {
    for layer in [
        "src/web",
        "src/cli",
        "src/demo",
        "src/jobs",
        "src/usecases",
        "src/documents",
        "src/exchange",
    ] {
        for path in sources(&root().join(layer)) {
            let code = code(&path);
            for word in ["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM"] {
                assert!(!code.contains(word), "{} holds SQL: {word}", path.display());
            }
        }
    }
}

#[test]
fn no_float_stands_near_money() {
    for layer in ["domain/src", "src/store", "src/exchange", "src/usecases"] {
        for path in sources(&root().join(layer)) {
            let code = code(&path);
            for word in ["f64", "f32"] {
                let named = code
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .any(|token| token == word);
                assert!(!named, "{} names {word}", path.display());
            }
        }
    }
}
