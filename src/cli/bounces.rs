//! `travee admin bounces`: what mail servers sent back.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use domain::french;

use super::admin::{actor, open};
use super::database::DatabaseArgs;
use super::outcome::{Failure, Outcome};
use super::{file, output};
use crate::exchange::bounces::{Bounce, MAX_BYTES, Notification, read};
use crate::usecases::platform::bounces::{Noted, note};

const BOUNCES: &str = "\
Exemples :
  travee admin bounces avis.eml --data-dir ./travee-data
  travee admin bounces /var/mail/achats
  travee admin bounces - < avis.eml

Le fichier est un message, ou une boîte aux lettres (mbox) de messages, tels que les serveurs de
courriel les renvoient à l’expéditeur (RFC 3464 : Postfix, Exchange…). Le courriel revenu est reconnu
à son identifiant (Message-ID) et marqué « revenu » ; son adresse est signalée à l’administrateur
et à l’acheteur. Un avis de retard ne change rien. Un avis déjà noté non plus : le même fichier peut
être relu. Un message qui n’est pas compris, ou dont le courriel n’est pas d’ici, est nommé, les autres
sont notés, et le code de sortie est 3.";

/// Note les courriels revenus, d’après les avis de non-remise
#[derive(Debug, Args)]
#[command(after_help = BOUNCES)]
pub(crate) struct BouncesArgs {
    /// Le message ou la boîte aux lettres ; « - » : l’entrée standard
    #[arg(value_name = "FICHIER")]
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        std::io::stdin().take(limit).read_to_end(&mut bytes).map_err(|error| {
            Failure::Program(format!("La lecture de l’entrée standard a échoué ({error})."))
        })?;
        bytes
    } else {
        file::read(path, MAX_BYTES)?
    };
    if bytes.len() > MAX_BYTES {
        return Err(Failure::Refused(
            "La boîte aux lettres dépasse 64 Mo, rien n’a été noté : coupez-la en plusieurs."
                .into(),
        ));
    }
    Ok(bytes)
}

pub(super) async fn run(args: &BouncesArgs) -> Outcome {
    let messages = read(&bytes(&args.file)?);
    let app = open(&args.database).await?;
    let bounces: Vec<Bounce> = messages
        .iter()
        .filter_map(|message| match message {
            Ok(Notification::Bounced(bounce)) => Some(bounce.clone()),
            Ok(Notification::NotFailed) | Err(_) => None,
        })
        .collect();
    let noted = note(&app, &actor(), &bounces).await?;
    app.store.close().await?;
    let (mut marked, mut known, mut wrong) = (0_usize, 0_usize, 0_usize);
    let mut becomes = bounces.iter().zip(&noted);
    for (number, message) in (1..).zip(&messages) {
        match message {
            Err(error) => {
                wrong += 1;
                output::line(&format!("message {number} : {}", error.for_the_reader()))?;
            }
            Ok(Notification::NotFailed) => {}
            Ok(Notification::Bounced(_)) => {
                let Some((bounce, noted)) = becomes.next() else { continue };
                match noted {
                    Noted::Bounced { address, subject } => {
                        marked += 1;
                        let reason = &bounce.reason;
                        output::line(&format!("{address} : {reason}, « {subject} » est revenu."))?;
                    }
                    Noted::Known { .. } => known += 1,
                    Noted::UnderWay { address } => {
                        known += 1;
                        output::line(&format!("{address} : le courriel est déjà reparti."))?;
                    }
                    Noted::Unknown => {
                        wrong += 1;
                        output::line(&format!(
                            "message {number} : aucun courriel envoyé d’ici n’a l’identifiant {}.",
                            bounce.message_id
                        ))?;
                    }
                }
            }
        }
    }
    output::line(&format!(
        "{}, {}, {}.",
        french::counted(marked, "courriel marqué revenu", "courriels marqués revenus"),
        french::counted(known, "déjà noté", "déjà notés"),
        french::counted(
            messages.len() - marked - known - wrong,
            "avis sans échec",
            "avis sans échec"
        )
    ))?;
    match wrong {
        0 => Ok(()),
        1 => Err(Failure::Refused(
            "Un message n’est pas compris ; les autres sont notés. Lisez-le vous-même.".into(),
        )),
        more => Err(Failure::Refused(format!(
            "{} messages ne sont pas compris ; les autres sont notés. Lisez-les vous-même.",
            french::count(more)
        ))),
    }
}
