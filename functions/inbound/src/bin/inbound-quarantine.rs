//! See `inbound::quarantine`.

fn main() {
    runtime::task::serve(&inbound::quarantine::TASK, inbound::ports);
}
