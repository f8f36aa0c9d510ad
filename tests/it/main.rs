//! One integration binary: the tests that need a database, a file or the command itself.
