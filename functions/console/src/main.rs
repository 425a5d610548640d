//! The console's one function.

fn main() {
    runtime::serve(console::FUNCTIONS.iter().copied());
}
