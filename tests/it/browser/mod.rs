//! The pages in a real browser: everybody can use them, by keyboard, on a telephone, in the dark.
//!
//! Each test here starts Chromium once and walks through many pages: starting it costs more than
//! reading a page. Without `chromium` and `chromedriver` these tests fail; `tests/run` installs
//! them.

mod axe;
mod buying;
mod census;
mod driver;
mod entering;
mod figures;
mod keyboard;
mod pages;
mod paying;
mod pictures;
mod site;
