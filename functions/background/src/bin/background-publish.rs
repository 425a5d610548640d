//! See `background::publish`.

fn main() {
    runtime::task::serve(&background::publish::TASK, background::publish::context);
}
