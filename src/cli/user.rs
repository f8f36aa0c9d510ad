//! `travee admin create-user`: the first people of a real installation; and what to do about their
//! second factors when the key is lost.

use std::collections::BTreeSet;
use std::sync::Arc;

use clap::Args;
use domain::french;
use domain::group::organisation::OrganisationKind;
use domain::ids::OrganisationId;
use domain::platform::account::sign_in_address;
use domain::platform::role::Role;
use domain::siret::Siret;

use super::database::DatabaseArgs;
use super::outcome::{Failure, Outcome};
use super::{admin, output};
use crate::store::files::Files;
use crate::store::group::by_siret;
use crate::usecases::group::{NewBody, register};
use crate::usecases::platform::entering::EntryError;
use crate::usecases::platform::second_factor;
use crate::usecases::platform::teams::{self, By, Invitation};
use crate::usecases::{App, Site};

const CREATE_USER: &str = "\
Exemple :
  travee admin create-user --email prenom.nom@cdg62.example --name \"Prénom Nom\" \\
    --role administrateur --siret 28629990400016 --organisation \"CdG62\" \\
    --base-url https://achats.cdg62.example

Les rôles d’un membre sont referent, signataire, finances et lecteur ; ceux du coordonnateur
acheteur, finances, archiviste et administrateur ; celui des Archives départementales est
inspecteur. Le lien affiché fonctionne une fois, pendant 7 jours ; le même part par courriel.";

/// Invite une personne et affiche son lien : le premier administrateur, par exemple
#[derive(Debug, Args)]
#[command(after_help = CREATE_USER)]
pub(crate) struct CreateUserArgs {
    /// Adresse de courriel de la personne
    #[arg(long, value_name = "ADRESSE")]
    email: String,
    /// Prénom et nom
    #[arg(long, value_name = "NOM")]
    name: String,
    /// Rôle dans l’organisme
    #[arg(long, value_name = "RÔLE")]
    role: String,
    /// SIRET de l’organisme
    #[arg(long, value_name = "SIRET")]
    siret: Siret,
    /// Nom de l’organisme, s’il n’est pas encore enregistré : le coordonnateur, les Archives
    /// départementales
    #[arg(long, value_name = "NOM")]
    organisation: Option<String>,
    /// Adresse du service, telle que les navigateurs l’ouvrent
    #[arg(
        long,
        value_name = "URL",
        env = "TRAVEE_BASE_URL",
        default_value = "http://127.0.0.1:8062"
    )]
    base_url: String,
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(crate) async fn create(args: &CreateUserArgs) -> Outcome {
    // Before an organisation is recorded for somebody who cannot be reached.
    sign_in_address(&args.email).map_err(|_| refused(EntryError::NotAnAddress))?;
    let store = args.database.connect().await?;
    store.require_current().await?;
    let files: Files = args.database.files()?;
    let base_url = args.base_url.trim_end_matches('/').to_owned();
    let app = App {
        site: Arc::new(Site { base_url: base_url.clone(), ..Site::default() }),
        ..App::new(store, files)
    };
    let organisation = match by_siret(&app.store, &args.siret).await? {
        Some(known) => known,
        None => first(&app, args).await?,
    };
    let (name, kind) = teams::organisation(&app, organisation).await?;
    let role = role(&args.role, kind)?;
    let invitation = Invitation {
        organisation,
        email: args.email.clone(),
        name: args.name.clone(),
        roles: BTreeSet::from([role]),
    };
    let by = By::server(admin::actor());
    let invited = teams::invite(&app, &by, &invitation).await.map_err(refused)?;
    app.store.close().await?;
    match invited.token {
        Some(token) => output::line(&format!(
            "{} est invité dans « {name} » ({role}). Son lien, une fois et pendant 7 jours :\n{base_url}/invitation/{token}",
            args.name.trim()
        )),
        None => output::line(&format!(
            "{} utilisait déjà Travée : son rôle dans « {name} » ({role}) compte dès maintenant.",
            args.email.trim()
        )),
    }
}

/// Records the organisation that the command names: the two that no list of members has.
async fn first(app: &App, args: &CreateUserArgs) -> Result<OrganisationId, Failure> {
    if let Err(error @ Failure::Usage(_)) = role(&args.role, OrganisationKind::Coordinator) {
        return Err(error);
    }
    let kinds = [OrganisationKind::Coordinator, OrganisationKind::DepartmentalArchives];
    let kind = kinds.into_iter().find(|kind| role(&args.role, *kind).is_ok());
    match (args.organisation.as_deref().map(str::trim), kind) {
        (Some(name), Some(kind)) if !name.is_empty() => {
            let body = NewBody { verified: true, ..NewBody::new(kind, name, args.siret.clone()) };
            Ok(register(app, &admin::actor(), body).await?)
        }
        _ => Err(Failure::Refused(format!(
            "Aucun organisme enregistré n’a le SIRET {}. Vérifiez le numéro ; importez d’abord un \
             membre ; nommez le coordonnateur ou les Archives départementales par --organisation.",
            args.siret
        ))),
    }
}

const FORGET: &str = "\
Exemple :
  travee admin forget-second-factors --confirm

À n’utiliser que si la clé des secrets est perdue. Chacun est déconnecté ; les personnes du CdG62
règlent une nouvelle application à leur prochaine connexion.";

/// Retire la double authentification de tous, quand la clé des secrets est perdue
#[derive(Debug, Args)]
#[command(after_help = FORGET)]
pub(crate) struct ForgetSecondFactorsArgs {
    /// Confirme le retrait
    #[arg(long)]
    confirm: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(crate) async fn forget_second_factors(args: &ForgetSecondFactorsArgs) -> Outcome {
    if !args.confirm {
        return Err(Failure::Usage(
            "Rien n’a été modifié. Ajoutez --confirm pour retirer la double authentification de tous.".into(),
        ));
    }
    let app = admin::open(&args.database).await?;
    let count = second_factor::forget_all(&app, &admin::actor()).await?;
    app.store.close().await?;
    let word = french::plural(count, "personne", "personnes");
    output::line(&format!(
        "La double authentification est retirée de {} {word}.",
        french::count(count)
    ))
}

/// The role of this name in an organisation of this kind.
fn role(typed: &str, kind: OrganisationKind) -> Result<Role, Failure> {
    let names: [(&str, &[Role]); 8] = [
        ("referent", &[Role::MemberContact]),
        ("signataire", &[Role::Signatory]),
        ("finances", &[Role::MemberFinance, Role::CoordinatorFinance]),
        ("lecteur", &[Role::MemberReader]),
        ("acheteur", &[Role::Buyer]),
        ("archiviste", &[Role::Archivist]),
        ("administrateur", &[Role::Administrator]),
        ("inspecteur", &[Role::Inspector]),
    ];
    let (_, roles) = names.iter().find(|(name, _)| *name == typed).ok_or_else(|| {
        let known: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        Failure::Usage(format!("Le rôle « {typed} » n’existe pas. Rôles : {}.", known.join(", ")))
    })?;
    let fitting = roles.iter().copied().find(|role| role.fits(kind));
    fitting.ok_or_else(|| {
        Failure::Refused(format!(
            "Le rôle « {typed} » n’existe pas dans un organisme de ce type ({kind})."
        ))
    })
}

fn refused(error: EntryError) -> Failure {
    match error {
        EntryError::NotAnAddress => {
            Failure::Usage("L’adresse de courriel doit être complète : nom@domaine.".into())
        }
        EntryError::TooMany(_) => {
            Failure::Refused("Trop d’invitations en une heure. Recommencez plus tard.".into())
        }
        EntryError::UseCase(error) => error.into(),
        EntryError::Wrong | EntryError::Gone | EntryError::Password(_) | EntryError::Stale => {
            Failure::Program("L’invitation a échoué, rien n’a été enregistré.".into())
        }
    }
}
