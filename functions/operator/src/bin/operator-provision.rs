//! See `operator::provision`.

fn main() {
    runtime::task::serve(&operator::provision::TASK, operator::ports);
}
