//! The settings of `travee serve`: flags, then the environment, then a file, then defaults.
//!
//! One table ([`SETTINGS`]) names them all; the help of the command and docs/OPERATIONS.md are
//! held to it by tests. Secrets have no flag: whoever lists the machine's processes reads flags.

mod settings;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::error::Kind;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};

use crate::mailer::{MailError, Mailer, Protection, Server};
use crate::usecases::platform::seal;

pub use settings::{SETTINGS, Setting, help};

/// How e-mails leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    Smtp,
    Folder,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    pub transport: Transport,
    pub folder: Option<PathBuf>,
    pub from: String,
    pub reply_to: Option<String>,
    pub host: String,
    pub port: u16,
    pub protection: Protection,
    pub user: Option<String>,
    pub password: Option<String>,
}

/// The settings of one node.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub listen: SocketAddr,
    pub public_url: Option<String>,
    pub data_dir: PathBuf,
    pub database_url: Option<String>,
    pub trusted_proxies: Vec<IpAddr>,
    pub secret_key: Option<String>,
    pub former_secret_key: Option<String>,
    pub jobs: bool,
    pub mail: Mail,
}

impl fmt::Debug for Config {
    /// Neither keys nor passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("public_url", &self.public_url)
            .field("data_dir", &self.data_dir)
            .finish_non_exhaustive()
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8062)),
            public_url: None,
            data_dir: PathBuf::from("travee-data"),
            database_url: None,
            trusted_proxies: Vec::new(),
            secret_key: None,
            former_secret_key: None,
            jobs: true,
            mail: Mail {
                transport: Transport::Folder,
                folder: None,
                from: "Travée <travee@localhost>".into(),
                reply_to: None,
                host: "localhost".into(),
                port: 587,
                protection: Protection::Starttls,
                user: None,
                password: None,
            },
        }
    }
}

/// What the command line said.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Flags {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_url: Option<String>,
}

/// Read from where the program was started, when it is there.
const DEFAULT_FILE: &str = "travee.toml";

impl Config {
    /// Reads the settings. `file` was named by somebody and must be there; without it,
    /// `travee.toml` beside the service is read if there is one.
    ///
    /// # Errors
    ///
    /// What is wrong and where, in French.
    pub fn read(file: Option<&Path>, flags: &Flags) -> Result<Self, String> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        match file {
            Some(file) if !file.is_file() => {
                return Err(format!("Le fichier de réglages « {} » n’existe pas.", file.display()));
            }
            Some(file) => figment = figment.merge(Toml::file_exact(file)),
            None if Path::new(DEFAULT_FILE).is_file() => {
                figment = figment.merge(Toml::file_exact(DEFAULT_FILE));
            }
            None => {}
        }
        let names: Vec<&str> = SETTINGS
            .iter()
            .filter_map(|setting| setting.environment.strip_prefix("TRAVEE_"))
            .collect();
        let environment = Env::prefixed("TRAVEE_").only(&names).map(|key| {
            let key = key.as_str().to_ascii_lowercase();
            match key.strip_prefix("mail_") {
                Some(rest) => format!("mail.{rest}").into(),
                None => key.into(),
            }
        });
        let config: Self = figment
            .merge(environment)
            .merge(Env::raw().only(&["DATABASE_URL"]))
            .merge(Serialized::globals(flags))
            .extract()
            .map_err(|error| in_french(&error))?;
        config.check()?;
        Ok(config)
    }

    /// What fits no other setting.
    fn check(&self) -> Result<(), String> {
        let url = self.base_url();
        let host = url.split_once("://").map_or("", |(_, rest)| rest);
        let here = ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| host.starts_with(name));
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return Err("Réglage « public_url » : indiquez une adresse complète, par exemple https://achats.cdg62.fr.".into());
        }
        if !here && !url.starts_with("https://") {
            return Err("Réglage « public_url » : l’adresse publique commence par https://. Travée elle-même parle en clair ; placez devant elle un serveur mandataire qui chiffre.".into());
        }
        if !self.listen.ip().is_loopback() && (here || self.public_url.is_none()) {
            return Err("Pour écouter ailleurs que sur cette machine, indiquez dans « public_url » l’adresse en https:// que tapent les utilisateurs.".into());
        }
        for (name, key) in
            [("secret_key", &self.secret_key), ("former_secret_key", &self.former_secret_key)]
        {
            if key.as_ref().is_some_and(|key| key.trim().chars().count() < seal::SHORTEST) {
                return Err(format!(
                    "Réglage « {name} » : une clé compte au moins {} caractères tirés au hasard, par exemple ceux que donne « openssl rand -hex 32 ».",
                    seal::SHORTEST
                ));
            }
        }
        if self.mail.user.is_some() != self.mail.password.is_some() {
            return Err(
                "Réglages « mail.user » et « mail.password » : indiquez les deux, ou aucun.".into(),
            );
        }
        Ok(())
    }

    /// How browsers reach the site, without a slash at the end.
    pub fn base_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }

    /// What sends e-mails.
    pub fn mailer(&self) -> Result<Mailer, MailError> {
        let mail = &self.mail;
        match mail.transport {
            Transport::Folder => Mailer::folder(self.mail_folder(), &mail.from),
            Transport::Smtp => {
                let server = Server {
                    host: mail.host.clone(),
                    port: mail.port,
                    protection: mail.protection,
                    credentials: mail.user.clone().zip(mail.password.clone()),
                };
                Mailer::smtp(server, &mail.from, mail.reply_to.as_deref())
            }
        }
    }

    /// Where e-mails are written that do not leave.
    pub fn mail_folder(&self) -> PathBuf {
        self.mail.folder.clone().unwrap_or_else(|| self.data_dir.join("courriels"))
    }
}

/// What is wrong, in which setting, and where it was read.
fn in_french(error: &figment::Error) -> String {
    let name = error.path.join(".");
    let place = match error.metadata.as_ref().map(|found| (&found.source, found.name.as_ref())) {
        Some((Some(source), _)) => format!(" ({source})"),
        Some((None, name)) => format!(" ({name})"),
        None => String::new(),
    };
    match &error.kind {
        Kind::UnknownField(field, _) => {
            format!("Réglage inconnu « {field} »{place}. « travee serve --help » les nomme tous.")
        }
        Kind::InvalidType(found, wanted) => format!(
            "Réglage « {name} »{place} : la valeur {found} ne convient pas ; il faut {wanted}."
        ),
        Kind::UnknownVariant(found, wanted) => format!(
            "Réglage « {name} »{place} : « {found} » ne convient pas ; choisissez parmi {}.",
            wanted.join(", ")
        ),
        Kind::Message(text) if name.is_empty() => {
            format!("Le fichier de réglages{place} est illisible : {text}")
        }
        Kind::Message(_)
        | Kind::InvalidValue(..)
        | Kind::InvalidLength(..)
        | Kind::MissingField(_)
        | Kind::DuplicateField(_)
        | Kind::ISizeOutOfRange(_)
        | Kind::USizeOutOfRange(_)
        | Kind::Unsupported(_)
        | Kind::UnsupportedKey(..) => {
            format!("Réglage « {name} »{place} : la valeur ne convient pas.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("travee.toml");
        std::fs::write(&path, text).unwrap();
        Config::read(Some(&path), &Flags::default())
    }

    #[test]
    fn every_field_has_its_line_in_the_table_with_its_default() {
        let value = serde_json::to_value(Config::default()).unwrap();
        let mut fields: Vec<String> = Vec::new();
        for (name, value) in value.as_object().unwrap() {
            match value.as_object() {
                Some(inner) => fields.extend(inner.keys().map(|key| format!("{name}.{key}"))),
                None => fields.push(name.clone()),
            }
        }
        let mut names: Vec<String> =
            SETTINGS.iter().map(|setting| setting.name.to_owned()).collect();
        fields.sort_unstable();
        names.sort_unstable();
        assert_eq!(fields, names);
        for setting in SETTINGS {
            let found = setting.name.split('.').try_fold(&value, |value, key| value.get(key));
            if let Some(text) = found.and_then(|found| found.as_str()) {
                assert_eq!(text, setting.default, "{}", setting.name);
            }
        }
    }

    #[test]
    fn a_file_is_read_and_a_flag_goes_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("travee.toml");
        let text = "listen = \"127.0.0.1:9000\"\npublic_url = \"https://achats.example/\"\n[mail]\ntransport = \"smtp\"\nport = 25\n";
        std::fs::write(&path, text).unwrap();
        let flags = Flags { listen: "127.0.0.1:9001".parse().ok(), ..Flags::default() };
        let config = Config::read(Some(&path), &flags).unwrap();
        assert_eq!(config.listen.port(), 9001);
        assert_eq!((config.mail.port, config.mail.transport), (25, Transport::Smtp));
        assert_eq!(config.base_url(), "https://achats.example");
    }

    #[test]
    fn what_is_wrong_is_said_in_french_with_its_place() {
        for (text, words) in [
            ("ecoute = 1", "Réglage inconnu « ecoute »"),
            ("[mail]\nport = \"vingt\"", "Réglage « mail.port »"),
            ("[mail]\nprotection = \"ssl\"", "Réglage « mail.protection »"),
            ("listen = \"ici\"", "Réglage « listen »"),
            ("listen = ", "illisible"),
            ("listen = \"0.0.0.0:80\"", "public_url"),
            ("listen = \"0.0.0.0:80\"\npublic_url = \"http://achats.example\"", "https://"),
            ("[mail]\nuser = \"a\"", "mail.password"),
            ("secret_key = \"court\"", "au moins 32 caractères"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(words), "{text:?} says {error}");
            if !words.starts_with("public")
                && !words.contains("//")
                && words != "mail.password"
                && !words.contains("32")
            {
                assert!(error.contains("travee.toml"), "{error} does not say where");
            }
        }
        let missing = Config::read(Some(Path::new("absent.toml")), &Flags::default());
        assert!(missing.unwrap_err().contains("absent.toml"));
    }

    #[test]
    fn behind_a_proxy_that_encrypts_it_may_listen_to_all() {
        let config = read("listen = \"0.0.0.0:80\"\npublic_url = \"https://achats.example\"");
        assert!(config.is_ok());
    }
}
