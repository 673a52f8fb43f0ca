//! From machine code as data to files: relocatable objects and assembly text. Nothing here decides
//! what code does; see `lower`.

pub mod object;
