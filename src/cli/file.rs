//! Reading the files named on the command line.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::outcome::Failure;

/// The bytes of a file, at most `most` and one more: whoever reads them says that it is too
/// large. A file that cannot be opened is wrong usage; one that cannot be read to its end is
/// the machine's failure.
pub(super) fn read(path: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    let shown = path.display();
    let file = File::open(path).map_err(|error| {
        Failure::Usage(if error.kind() == ErrorKind::NotFound {
            format!("Le fichier {shown} n’existe pas : vérifiez son nom.")
        } else {
            format!("Le fichier {shown} ne peut pas être ouvert ({error}) : vérifiez ses droits.")
        })
    })?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(Failure::Usage(format!("{shown} est un dossier : indiquez un fichier.")));
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::Program(format!("La lecture de {shown} a échoué ({error}).")))?;
    Ok(bytes)
}
