//! The files that are kept: issued papers, supplier invoices, packs for holders.
//!
//! A key is a path without `..`; a file is written whole or not at all.

use std::path::Path;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart};

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

impl Files {
    /// Removes what is no longer of use; a file that is not there is as good as removed.
    pub async fn remove(&self, key: &str) -> Result<(), StoreError> {
        let failed = |source| StoreError::File { key: key.to_owned(), source };
        let path = Key::parse(key).map_err(|error| failed(error.into()))?;
        match self.inner.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }
}

/// A file that is written piece by piece: there whole once it is finished, or not at all.
pub struct FileWriter {
    key: String,
    inner: WriteMultipart,
}

impl Files {
    /// Begins a file that is too large for memory.
    pub async fn writer(&self, key: &str) -> Result<FileWriter, StoreError> {
        let failed = |source| StoreError::File { key: key.to_owned(), source };
        let path = Key::parse(key).map_err(|error| failed(error.into()))?;
        let upload = self.inner.put_multipart(&path).await.map_err(failed)?;
        Ok(FileWriter { key: key.to_owned(), inner: WriteMultipart::new(upload) })
    }
}

impl FileWriter {
    /// Adds to the file, waiting for what was added before.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let key = &self.key;
        let failed = |source| StoreError::File { key: key.clone(), source };
        self.inner.wait_for_capacity(1).await.map_err(failed)?;
        self.inner.write(bytes);
        Ok(())
    }

    pub async fn finish(self) -> Result<(), StoreError> {
        let key = self.key;
        self.inner.finish().await.map_err(|source| StoreError::File { key, source })?;
        Ok(())
    }
}
