//! Runs Flash programs.
