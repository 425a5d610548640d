//! See `background::anchor`.

fn main() {
    runtime::task::serve(&background::anchor::TASK, background::anchor::context);
}
