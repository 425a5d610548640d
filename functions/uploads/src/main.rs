//! Reads spreadsheets.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The function starts itself once for each file: see `runtime::apart`.
    if std::env::args().nth(1).as_deref() == Some(uploads::CHILD) {
        return uploads::child();
    }
    runtime::serve(uploads::FUNCTIONS.iter().copied());
    ExitCode::SUCCESS
}
