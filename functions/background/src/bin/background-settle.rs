//! See `background::settle`.

fn main() {
    runtime::task::serve(&background::settle::TASK, background::settle::context);
}
