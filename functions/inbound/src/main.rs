//! What reads mail from strangers, one function of which this process is.

fn main() {
    runtime::serve(inbound::FUNCTIONS.iter().copied());
}
