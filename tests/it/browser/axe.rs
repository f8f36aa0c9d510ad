//! What a machine can see of a page's accessibility, in the browser that shows it.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use super::driver::{Browser, Window};

pub(crate) const AXE: &str = include_str!("vendor/axe.min.js");

/// No page may weigh more, style sheet and scripts with it.
const HEAVIEST: u64 = 100_000;

/// Faults, each with the pages that have it: what is wrong in the layout is told once.
#[derive(Debug, Default)]
pub(crate) struct Faults(BTreeMap<String, Vec<String>>);

impl Faults {
    pub(crate) fn add(&mut self, page: &str, faults: Vec<String>) {
        for fault in faults {
            self.0.entry(fault).or_default().push(page.to_owned());
        }
    }

    /// Judges the page shown now. The browser carries [`AXE`].
    pub(crate) async fn judge(&mut self, browser: &Browser, name: &str, window: Window) {
        let mut found = violations(browser).await;
        found.extend(layout(browser).await);
        if window == Window::TELEPHONE {
            found.extend(hard_to_touch(browser).await);
        }
        self.add(&format!("{name} ({window})"), found);
    }

    /// Fails unless there is none.
    #[track_caller]
    pub(crate) fn none(&self) {
        let mut told = String::new();
        for (fault, pages) in &self.0 {
            let first = pages.iter().take(8).map(String::as_str).collect::<Vec<_>>().join("; ");
            write!(told, "\n{fault}\n    on {} pages: {first}", pages.len()).unwrap();
        }
        assert!(self.0.is_empty(), "{} faults:{told}", self.0.len());
    }
}

/// The rules of WCAG 2.2 A and AA and good practice that axe-core can judge.
async fn violations(browser: &Browser) -> Vec<String> {
    let report = browser
        .ask_later(
            "const done = arguments[0];
             axe.run(document, {
               runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
               resultTypes: ['violations'],
             }).then(
               found => done(found.violations.flatMap(rule => rule.nodes.map(node =>
                 `${rule.id} : ${node.target.join(' ')} : ${node.html.slice(0, 160)} : ` +
                 node.failureSummary.replace(/\\s+/g, ' ')))),
               error => done(['axe: ' + error]));",
        )
        .await;
    texts(&report)
}

/// What a reader would meet: a page wider than its window, a page too heavy, a field that does
/// not show where the keyboard is.
async fn layout(browser: &Browser) -> Vec<String> {
    let mut faults = Vec::new();
    let wider = browser
        .ask(
            "const shown = document.documentElement.clientWidth;
             if (document.documentElement.scrollWidth <= shown) return [];
             return [...document.body.querySelectorAll('*')]
               .filter(one => one.getBoundingClientRect().right > shown + 1)
               .slice(0, 3).map(one => `wider than the window: ${one.outerHTML.slice(0, 160)}`)
               .concat(['scrolls sideways']);",
        )
        .await;
    faults.extend(texts(&wider));
    let weight = browser
        .ask(
            "return ['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind))
               .filter(one => one.initiatorType !== 'img')
               .reduce((sum, one) => sum + (one.encodedBodySize || 0), 0);",
        )
        .await;
    let weight = weight.as_u64().unwrap_or_default();
    if weight > HEAVIEST {
        faults.push(format!("weighs {weight} bytes"));
    }
    faults
}

/// What a finger misses: less than 44 pixels high, running text apart.
async fn hard_to_touch(browser: &Browser) -> Vec<String> {
    let small = browser
        .ask(
            "const touched = 'button, summary, select, textarea, nav a, .actions a, .tasks a, .pick label, '
               + 'input:not([type=hidden]):not([type=radio]):not([type=checkbox])';
             return [...document.querySelectorAll(touched)]
               .filter(one => one.offsetParent && !one.matches('.visually-hidden'))
               .filter(one => one.getBoundingClientRect().height < 43)
               .map(one => `hard to touch: ${one.outerHTML.slice(0, 160)}`);",
        )
        .await;
    texts(&small)
}

/// What takes the keyboard and does not show it.
pub(crate) async fn unseen_focus(browser: &Browser) -> Vec<String> {
    // After a key, the browser shows the focus that a script moves too.
    super::keyboard::press(browser, super::keyboard::TAB).await;
    let unseen = browser
        .ask(
            "const can = 'a[href], button, input:not([type=hidden]), select, textarea, summary';
             const faults = [];
             for (const one of document.querySelectorAll(can)) {
               if (one.disabled || one.offsetParent === null) continue;
               one.focus();
               if (document.activeElement !== one) continue;
               const style = getComputedStyle(one);
               const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
               if (!outlined) faults.push(`focus unseen: ${one.outerHTML.slice(0, 160)}`);
             }
             return faults;",
        )
        .await;
    texts(&unseen)
}

fn texts(answer: &Value) -> Vec<String> {
    let rows = answer.as_array().unwrap_or_else(|| panic!("not a list: {answer}"));
    rows.iter().map(|row| row.as_str().unwrap_or_default().to_owned()).collect()
}
