//! A short way to write tables, the same on both databases.
//!
//! Every table has a `BIGINT` key `id`. Money is whole cents (`…_cents`), prices
//! ten-thousandths of a euro (`…_e4`; an e-invoice's, ten decimals, `…_e10`), quantities
//! thousandths of their unit (`…_milli`), rates hundredths of a percent (`…_bp`).

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, boolean, date, date_null, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null,
};

pub(crate) struct NewTable {
    name: &'static str,
    create: TableCreateStatement,
    indexes: Vec<IndexCreateStatement>,
}

pub(crate) fn table(name: &'static str) -> NewTable {
    let create = Table::create().table(name).col(big_pk_auto("id")).to_owned();
    NewTable { name, create, indexes: Vec::new() }
}

impl NewTable {
    fn column(mut self, column: ColumnDef) -> Self {
        self.create.col(column);
        self
    }

    pub(crate) fn int(self, name: &'static str) -> Self {
        self.column(big_integer(name))
    }

    /// A whole number that starts at zero.
    pub(crate) fn counter(self, name: &'static str) -> Self {
        self.column(big_integer(name).default(0).to_owned())
    }

    pub(crate) fn int_null(self, name: &'static str) -> Self {
        self.column(big_integer_null(name))
    }

    pub(crate) fn text(self, name: &'static str) -> Self {
        self.column(text(name))
    }

    pub(crate) fn text_null(self, name: &'static str) -> Self {
        self.column(text_null(name))
    }

    pub(crate) fn date(self, name: &'static str) -> Self {
        self.column(date(name))
    }

    pub(crate) fn date_null(self, name: &'static str) -> Self {
        self.column(date_null(name))
    }

    pub(crate) fn instant(self, name: &'static str) -> Self {
        self.column(timestamp_with_time_zone(name))
    }

    pub(crate) fn instant_null(self, name: &'static str) -> Self {
        self.column(timestamp_with_time_zone_null(name))
    }

    pub(crate) fn flag(self, name: &'static str) -> Self {
        self.column(boolean(name))
    }

    /// A column that names a row of `target`, with an index of its own.
    pub(crate) fn to(self, name: &'static str, target: &'static str) -> Self {
        self.int(name).foreign(name, target).index(&[name])
    }

    /// The same, where there may be none.
    pub(crate) fn maybe_to(self, name: &'static str, target: &'static str) -> Self {
        self.int_null(name).foreign(name, target).index(&[name])
    }

    fn foreign(mut self, name: &'static str, target: &'static str) -> Self {
        self.create.foreign_key(
            ForeignKey::create()
                .name(format!("fk_{}_{name}", self.name))
                .from(self.name, name)
                .to(target, "id"),
        );
        self
    }

    /// `rule` is SQL that both databases read the same way.
    pub(crate) fn check(mut self, name: &str, rule: &'static str) -> Self {
        let name = format!("ck_{}_{name}", self.name);
        self.create.check(Check::named(name, Expr::cust(rule)));
        self
    }

    /// A text column that holds one of `values`.
    pub(crate) fn one_of(self, name: &'static str, values: &[&str]) -> Self {
        self.text(name).among(name, values)
    }

    /// The same, where there may be none.
    pub(crate) fn one_of_null(self, name: &'static str, values: &[&str]) -> Self {
        self.text_null(name).among(name, values)
    }

    fn among(mut self, name: &'static str, values: &[&str]) -> Self {
        let rule = Expr::col(name).is_in(values.iter().copied());
        self.create.check(Check::named(format!("ck_{}_{name}", self.name), rule));
        self
    }

    /// Whole numbers that are never negative.
    pub(crate) fn not_negative(mut self, names: &[&'static str]) -> Self {
        for name in names {
            let check = format!("ck_{}_{name}", self.name);
            self.create.check(Check::named(check, Expr::col(*name).gte(0)));
        }
        self
    }

    fn index_named(&self, prefix: &str, columns: &[&'static str]) -> IndexCreateStatement {
        let mut index = Index::create();
        index.name(format!("{prefix}_{}_{}", self.name, columns.join("_"))).table(self.name);
        for column in columns {
            index.col(*column);
        }
        index
    }

    pub(crate) fn index(mut self, columns: &[&'static str]) -> Self {
        let index = self.index_named("ix", columns);
        self.indexes.push(index);
        self
    }

    pub(crate) fn unique(mut self, columns: &[&'static str]) -> Self {
        let index = self.index_named("uq", columns).unique().take();
        self.indexes.push(index);
        self
    }

    /// Unique among the rows where `condition` holds.
    pub(crate) fn unique_where(
        mut self,
        columns: &[&'static str],
        condition: &'static str,
    ) -> Self {
        let index =
            self.index_named("uq", columns).unique().and_where(Expr::cust(condition)).take();
        self.indexes.push(index);
        self
    }

    pub(crate) async fn create(self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        manager.create_table(self.create).await?;
        for index in self.indexes {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// Drops `tables`, the last created first.
pub(crate) async fn drop(
    manager: &SchemaManager<'_>,
    tables: &[&'static str],
) -> Result<(), DbErr> {
    for name in tables.iter().rev() {
        manager.drop_table(Table::drop().table(*name).to_owned()).await?;
    }
    Ok(())
}

impl NewTable {
    /// A composite foreign key: these columns are those of the row of `target`.
    pub(crate) fn same(
        mut self,
        columns: &[&'static str],
        target: &'static str,
        theirs: &[&'static str],
    ) -> Self {
        let mut key = ForeignKey::create();
        key.name(format!("fk_{}_{}", self.name, columns.join("_")));
        for column in columns {
            key.from(self.name, *column);
        }
        for column in theirs {
            key.to(target, *column);
        }
        self.create.foreign_key(&mut key);
        self
    }
}
