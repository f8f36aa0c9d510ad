//! Orders, from needs to papers, on both databases.

mod issuing;
mod killed;
mod ordering;
mod shop;
