//! The console's functions.

fn main() {
    runtime::serve(console::FUNCTIONS.iter().copied());
}
