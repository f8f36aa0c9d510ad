//! What the group can buy: articles, in families and lots, and how they change over time.

pub mod article;
pub mod budget;

pub use article::{
    Article, ArticleError, ArticleRef, ArticleTerms, ArticleVersion, CatalogueEntry, LotCode,
    PackSize,
};
