//! The key that secrets are sealed under: from the settings, else from a file of its own beside
//! the database, made on the first start and readable by the service's account alone.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use super::outcome::Failure;
use crate::usecases::platform::seal::Seal;
use crate::usecases::platform::secret;

/// Beside `travee.db`.
const FILE: &str = "cle-secrete";

/// The keys of this node.
pub(super) fn seal(
    given: Option<&str>,
    former: Option<&str>,
    folder: &Path,
) -> Result<Seal, Failure> {
    let current = match given {
        Some(key) => key.to_owned(),
        None => kept(folder)?,
    };
    let named = folder.join(FILE);
    Seal::of(&current, former).map_err(|error| {
        Failure::Usage(format!(
            "La clé des secrets (secret_key, ou le fichier « {} ») est inutilisable : {error}.",
            named.display()
        ))
    })
}

/// The key in the file; a new one when there is no file yet.
fn kept(folder: &Path) -> Result<String, Failure> {
    let path = folder.join(FILE);
    let failed = |error: std::io::Error| {
        Failure::Program(format!(
            "La clé des secrets « {} » ne peut être ni lue ni créée : {error}.",
            path.display()
        ))
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(&path) {
        Ok(mut file) => {
            let key = secret::token()?;
            file.write_all(key.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
            Ok(key)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            std::fs::read_to_string(&path).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_start_makes_a_key_that_only_its_account_reads_and_the_next_finds_it() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("travee-data");
        let sealed = seal(None, None, &folder).unwrap().close("row", "secret").unwrap();
        assert_eq!(seal(None, None, &folder).unwrap().open("row", &sealed).unwrap(), "secret");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_key_of_the_settings_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        seal(Some("0123456789abcdef0123456789abcdef"), None, folder.path()).unwrap();
        assert!(!folder.path().join(FILE).exists());
    }

    #[test]
    fn a_file_that_was_cut_short_is_told_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "court").unwrap();
        assert!(seal(None, None, folder.path()).is_err());
        assert_eq!(std::fs::read_to_string(folder.path().join(FILE)).unwrap(), "court");
    }
}
