//! See `background::chain`.

fn main() {
    runtime::task::serve(&background::chain::TASK, background::chain::context);
}
