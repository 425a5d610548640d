//! `make bench`: to be written.

fn main() {}
