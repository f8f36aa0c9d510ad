//! Help on a page: two sentences, what it is for and what to do.

/// By route, as the router knows it.
const HELP: [(&str, &str); 1] =
    [("/", "Cette page dit ce qui vous attend et jusqu’à quand. Commencez par la première ligne.")];

/// What helps on the page of this route.
pub(super) fn of(route: &str) -> Option<&'static str> {
    HELP.iter().find(|(path, _)| *path == route).map(|(_, words)| *words)
}
