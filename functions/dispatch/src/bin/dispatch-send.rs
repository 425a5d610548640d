//! See `dispatch::send`.

fn main() {
    runtime::task::serve(&dispatch::send::TASK, dispatch::send::context);
}
