//! What the pages of accounts show: moments, devices, roles.

use std::fmt::Write;

use chrono::{DateTime, Timelike, Utc};
use domain::dates::paris_time;
use domain::french;
use domain::platform::role::Role;

/// `24/11/2026 à 10 h 42`, in France.
pub(super) fn moment(instant: DateTime<Utc>) -> String {
    let local = paris_time(instant);
    format!(
        "{} à {} h {:02}",
        french::date(local.date()),
        local.time().hour(),
        local.time().minute()
    )
}

/// A path as the value of a query.
pub(in crate::web) fn encoded(path: &str) -> String {
    path.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

/// What a browser says it is, in words: `Firefox sur Windows`.
pub(super) fn device(agent: &str) -> String {
    let first = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    // Edge and Opera also say Chrome, Chrome also says Safari.
    let browser = first(&[
        ("Firefox/", "Firefox"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} sur {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Appareil inconnu".to_owned(),
    }
}

/// What a role may do, in a sentence for whoever gives it.
pub(super) fn role_words(role: Role) -> &'static str {
    match role {
        Role::MemberContact => {
            "Référent : saisit les besoins, ajuste les commandes, réceptionne les livraisons, invite des collègues"
        }
        Role::Signatory => "Signataire : fait de même, et valide les besoins et les commandes",
        Role::MemberFinance => {
            "Finances : renseigne l’engagement et l’imputation, dépose les factures, indique les paiements"
        }
        Role::MemberReader => "Lecteur : lit tout, ne modifie rien",
        Role::Buyer => "Acheteur : conduit les recensements, les marchés et les commandes",
        Role::CoordinatorFinance => "Finances : traite les factures et les répartitions",
        Role::Archivist => "Archiviste : lit les membres, leurs besoins et leurs livraisons",
        Role::Administrator => "Administrateur : tient les personnes, les rôles et les paramètres",
        Role::Inspector => "Inspecteur : ne voit rien pour l’instant",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_as_on_a_wall_in_france() {
        assert_eq!(moment("2026-11-24T09:05:59Z".parse().unwrap()), "24/11/2026 à 10 h 05");
    }

    #[test]
    fn a_browser_is_named_as_its_reader_knows_it() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/126.0 Safari/537.36",
                "Chrome sur Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36 Edg/126.0",
                "Edge sur Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1",
                "Safari sur iPhone",
            ),
            ("curl/8", "Appareil inconnu"),
        ] {
            assert_eq!(device(agent), name, "{agent}");
        }
    }
}
