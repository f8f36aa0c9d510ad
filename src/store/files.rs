//! The files that are kept: issued papers, supplier invoices, packs for holders.
//!
//! A key is a path without `..`; a file is written whole or not at all.

use std::path::Path;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};

use super::StoreError;

/// Where files are kept. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Files {
    inner: Arc<dyn ObjectStore>,
}

impl Files {
    /// A local folder, made when it is not there.
    pub fn in_folder(folder: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::File { key: folder.display().to_string(), source };
        std::fs::create_dir_all(folder).map_err(|source| {
            failed(object_store::Error::Generic { store: "local", source: source.into() })
        })?;
        let inner = LocalFileSystem::new_with_prefix(folder).map_err(failed)?;
        Ok(Self { inner: Arc::new(inner) })
    }

    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let failed = |source| StoreError::File { key: key.to_owned(), source };
        let path = Key::parse(key).map_err(|error| failed(error.into()))?;
        self.inner.put(&path, PutPayload::from(bytes)).await.map_err(failed)?;
        Ok(())
    }

    pub async fn get(&self, key: &str) -> Result<Vec<u8>, StoreError> {
        let failed = |source| StoreError::File { key: key.to_owned(), source };
        let path = Key::parse(key).map_err(|error| failed(error.into()))?;
        let found = self.inner.get(&path).await.map_err(failed)?;
        Ok(found.bytes().await.map_err(failed)?.to_vec())
    }
}
