//! What files look like.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The function starts itself once for each file: see `preview::apart`.
    if std::env::args().nth(1).as_deref() == Some(preview::CHILD) {
        return preview::child();
    }
    runtime::serve(preview::FUNCTIONS.iter().copied());
    ExitCode::SUCCESS
}
