//! What the commands do with the stages, and all of the compiler's reading and writing of files.

pub mod load;

pub mod stdlib;
