//! See `background::sweep`.

fn main() {
    runtime::task::serve(&background::sweep::TASK, background::sweep::context);
}
