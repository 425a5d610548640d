//! `ANY /console` and everything below it.

fn main() {
    runtime::http::serve(&console::ENDPOINT, console::ports);
}
