//! An authorization server for tests: honest by default, told to lie by data.
