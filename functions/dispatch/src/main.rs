//! What sends, one function of which this process is.

fn main() {
    runtime::serve(dispatch::FUNCTIONS.iter().copied());
}
