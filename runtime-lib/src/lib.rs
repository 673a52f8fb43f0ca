//! What is inside every running Flash program.
