//! Things to do as the start page words them.

use chrono::NaiveDate;
use domain::french;
use minijinja::{Value, context};

use crate::store::todo::Todo;

/// For the macro `todo` of `parts/macros.html`.
pub(super) fn view(todos: &[Todo], today: NaiveDate) -> Vec<Value> {
    todos
        .iter()
        .map(|todo| {
            context! {
                kind => todo.kind.code(),
                title => french::unbroken(&todo.title),
                detail => french::unbroken(&todo.detail),
                until => todo.until.map(|until| {
                    let day = french::date(until);
                    if until < today {
                        format!("en retard depuis le {day}")
                    } else if until == today {
                        "aujourd’hui".to_owned()
                    } else {
                        format!("avant le {day}")
                    }
                }),
                late => todo.is_late(today),
                href => todo.link.as_str(),
                blocked => todo.blocked.as_deref().map(french::unbroken),
            }
        })
        .collect()
}
