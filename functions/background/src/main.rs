//! What goes on behind the API, one function of which this process is.

fn main() {
    runtime::serve(background::FUNCTIONS.iter().copied());
}
