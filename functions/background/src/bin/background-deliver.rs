//! See `background::deliver`.

fn main() {
    runtime::task::serve(&background::deliver::TASK, background::deliver::context);
}
