//! Objects before real linkers.
