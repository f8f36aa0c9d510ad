//! Hands that have a keyboard and nothing else.

use fantoccini::actions::{InputSource, KeyAction, KeyActions};

use super::driver::Browser;

pub(crate) const TAB: char = '\u{e004}';
pub(crate) const ENTER: char = '\u{e007}';
pub(crate) const SPACE: char = ' ';
pub(crate) const DOWN: char = '\u{e015}';

/// No page should ask for more presses than this to reach something.
const FURTHEST: usize = 150;

/// Presses and releases one key.
pub(crate) async fn press(browser: &Browser, key: char) {
    write(browser, &key.to_string()).await;
}

/// Types, wherever the keyboard is.
pub(crate) async fn write(browser: &Browser, text: &str) {
    let mut keys = KeyActions::new("keyboard".into());
    for value in text.chars() {
        keys = keys.then(KeyAction::Down { value }).then(KeyAction::Up { value });
    }
    browser.client().perform_actions(keys).await.unwrap();
}

/// What the keyboard is on: its tag, name and words, as a person is told them.
async fn held(browser: &Browser) -> String {
    let told = browser
        .ask(
            "const one = document.activeElement;
             if (!one || one === document.body) return 'nothing';
             const labels = one.labels ? [...one.labels].map(label => label.innerText) : [];
             const ids = (one.getAttribute('aria-labelledby') || '').split(' ').filter(Boolean);
             const by = ids.map(id => document.getElementById(id)?.innerText || '');
             return [one.tagName.toLowerCase(), one.name || '', ...labels, ...by,
               one.getAttribute('aria-label') || '', one.innerText || '',
               one.type === 'radio' ? one.value : ''].join(' | ').replace(/\\s+/g, ' ');",
        )
        .await;
    told.as_str().unwrap_or_default().replace(['\u{a0}', '\u{202f}'], " ")
}

/// Presses Tab until the keyboard is on something that says `words` (its label, its text or the
/// name of its field), and fails when the keyboard cannot be seen on the way or never gets there.
pub(crate) async fn tab_to(browser: &Browser, words: &str) {
    let mut road = Vec::new();
    for _ in 0..FURTHEST {
        press(browser, TAB).await;
        let on = held(browser).await;
        let seen = browser
            .ask(
                "const one = document.activeElement;
                 if (!one || one === document.body) return true;
                 const style = getComputedStyle(one);
                 return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;",
            )
            .await;
        assert_eq!(seen, true, "the keyboard is not seen on {on} of {}", browser.path().await);
        if on.contains(words) {
            return;
        }
        road.push(on);
    }
    panic!(
        "« {words} » is out of the keyboard's reach on {}; it went over {road:#?}",
        browser.path().await
    );
}

/// Goes to a link or a button and presses Enter.
pub(crate) async fn choose(browser: &Browser, words: &str) {
    tab_to(browser, words).await;
    press(browser, ENTER).await;
}

/// Goes to a field and types in it, over what was there.
pub(crate) async fn fill(browser: &Browser, field: &str, text: &str) {
    tab_to(browser, field).await;
    // Tab selects what a field holds; a textarea's text is selected here.
    browser
        .ask("document.activeElement.select && document.activeElement.select(); return null")
        .await;
    write(browser, text).await;
}
