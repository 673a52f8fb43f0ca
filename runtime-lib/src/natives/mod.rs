//! Natives of std: the thin functions below `std/*.fl`, by subject.
