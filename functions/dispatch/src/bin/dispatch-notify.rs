//! See `dispatch::notify`.

fn main() {
    runtime::task::serve(&dispatch::notify::TASK, dispatch::notify::context);
}
