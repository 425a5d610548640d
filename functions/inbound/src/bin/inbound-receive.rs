//! See `inbound::receive`.

fn main() {
    runtime::task::serve(&inbound::receive::TASK, inbound::ports);
}
