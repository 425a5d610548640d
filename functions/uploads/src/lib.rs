//! Reads spreadsheets that somebody uploads.
//!
//! This reads bytes of strangers, by code that is large and that nobody has proven. So its role may read and write uploads and nothing
//! else, and a file is read in a process of its own, which has no credential in its environment and is ended where it takes too long.

pub mod read;

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use runtime::Function;

/// All functions of this group.
pub const FUNCTIONS: &[&dyn Function] = &[&read::TASK];

/// The argument with which the function starts itself to read one file.
pub const CHILD: &str = "read";

/// Reads the one file that is on the standard input behind a line with its name, and writes what it holds to the standard output: a line
/// with `ok` and the sheet behind it, or a line with the code of why it can't be read.
pub fn child() -> ExitCode {
    let mut order = vec![];
    if std::io::stdin().lock().read_to_end(&mut order).is_err() {
        return ExitCode::FAILURE;
    }
    let Some(end) = order.iter().position(|byte| *byte == b'\n') else { return ExitCode::FAILURE };
    let name = String::from_utf8_lossy(&order[..end]).into_owned();
    let answer = match sheets::read(&order[end + 1..], &name) {
        Ok(sheet) => [b"ok\n".as_slice(), &aws_data::write_sheet(&sheet)].concat(),
        Err(why) => format!("{}\n", why.code()).into_bytes(),
    };
    match std::io::stdout().lock().write_all(&answer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
