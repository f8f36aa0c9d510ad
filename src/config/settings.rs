//! The table of settings, as the help and docs/OPERATIONS.md print them.

/// A setting, as people find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// In the file; `mail.host` stands under `[mail]`.
    pub name: &'static str,
    pub environment: &'static str,
    pub default: &'static str,
    pub says: &'static str,
}

const fn setting(
    name: &'static str,
    environment: &'static str,
    default: &'static str,
    says: &'static str,
) -> Setting {
    Setting { name, environment, default, says }
}

/// Every setting.
pub const SETTINGS: [Setting; 17] = [
    setting("listen", "TRAVEE_LISTEN", "127.0.0.1:8062", "adresse d’écoute"),
    setting(
        "public_url",
        "TRAVEE_PUBLIC_URL",
        "http:// et l’adresse d’écoute",
        "adresse que tapent les utilisateurs ; les liens des courriels commencent par elle",
    ),
    setting(
        "data_dir",
        "TRAVEE_DATA_DIR",
        "travee-data",
        "dossier des données : base embarquée et fichiers",
    ),
    setting(
        "database_url",
        "DATABASE_URL",
        "travee.db dans le dossier des données",
        "base (sqlite://… ou postgres://…)",
    ),
    setting(
        "trusted_proxies",
        "TRAVEE_TRUSTED_PROXIES",
        "aucun",
        "adresses des serveurs mandataires dont X-Forwarded-For est cru, par exemple [\"127.0.0.1\"]",
    ),
    setting(
        "secret_key",
        "TRAVEE_SECRET_KEY",
        "fichier cle-secrete du dossier des données",
        "clé qui chiffre les secrets de double authentification, 32 caractères au moins ; la même sur tous les nœuds, jamais en option de commande",
    ),
    setting(
        "former_secret_key",
        "TRAVEE_FORMER_SECRET_KEY",
        "aucune",
        "clé précédente, le temps d’un démarrage, quand la clé change",
    ),
    setting("jobs", "TRAVEE_JOBS", "true", "ce nœud exécute les tâches et envoie les courriels"),
    setting(
        "mail.transport",
        "TRAVEE_MAIL_TRANSPORT",
        "folder",
        "smtp, ou folder : les courriels sont écrits dans un dossier et ne partent pas",
    ),
    setting(
        "mail.folder",
        "TRAVEE_MAIL_FOLDER",
        "courriels dans le dossier des données",
        "dossier des courriels écrits",
    ),
    setting(
        "mail.from",
        "TRAVEE_MAIL_FROM",
        "Travée <travee@localhost>",
        "expéditeur ; les retours lui arrivent",
    ),
    setting("mail.reply_to", "TRAVEE_MAIL_REPLY_TO", "l’expéditeur", "adresse de réponse"),
    setting("mail.host", "TRAVEE_MAIL_HOST", "localhost", "serveur d’envoi"),
    setting("mail.port", "TRAVEE_MAIL_PORT", "587", "port du serveur d’envoi"),
    setting(
        "mail.protection",
        "TRAVEE_MAIL_PROTECTION",
        "starttls",
        "starttls, tls, ou none sur la même machine",
    ),
    setting("mail.user", "TRAVEE_MAIL_USER", "aucun", "compte du serveur d’envoi"),
    setting(
        "mail.password",
        "TRAVEE_MAIL_PASSWORD",
        "aucun",
        "mot de passe du compte ; jamais en option de commande",
    ),
];

/// The settings, for the help of the command.
pub fn help() -> String {
    let mut text = String::from(
        "Réglages, par ordre de priorité : options, environnement, fichier (travee.toml, ou celui de --config), défauts :\n",
    );
    for Setting { name, environment, default, says } in SETTINGS {
        let lines =
            ["\n  ", name, " (", environment, ")\n      ", says, " [défaut : ", default, "]\n"];
        text.extend(lines);
    }
    text
}
