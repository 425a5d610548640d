//! What files look like: pictures of pictures and documents, the beginning of sheets and texts, the names in an archive.
//!
//! | module | what |
//! | --- | --- |
//! | `draw` | the function: an order in, a preview out |
//! | `look` | what kind of file it is, and what is shown of it |
//! | `pictures`, `pdf`, `sheets`, `text`, `archive` | one kind each |
//! | `active` | what a file does beside being looked at |
//!
//! All of this reads bytes of strangers, by code that is large and that nobody has proven. So it stands in a function whose role may
//! do nothing but write its log: it gets a file's bytes in its order, and has no way to any other. What it gives back is made anew, pixel
//! by pixel and letter by letter, and whoever shows it believes nothing of it but its form (`wire::mailbox::previews`).

mod active;
mod archive;
pub mod draw;
mod look;
mod pdf;
mod pictures;
mod sheets;
mod text;

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use app::base::ports::Clock as _;
use runtime::Function;
use runtime::environment::SystemClock;
use wire::mailbox::previews::read_order;

/// All functions of this group.
pub const FUNCTIONS: &[&dyn Function] = &[&draw::TASK];

/// The argument with which the function starts itself to look at one file.
pub const CHILD: &str = "look";

/// Seconds after which no further page is drawn: those that are there are shown.
const LAST_PAGE_AFTER: i64 = 3;

/// Looks at the one file whose order is on the standard input, and writes the preview to the standard output.
pub fn child() -> ExitCode {
    let mut order = vec![];
    if std::io::stdin().lock().read_to_end(&mut order).is_err() {
        return ExitCode::FAILURE;
    }
    let Some(order) = read_order(&order) else { return ExitCode::FAILURE };
    let began = SystemClock.now();
    let late = || SystemClock.now().duration_since(began).as_secs() >= LAST_PAGE_AFTER;
    let preview = look::at(&order, &late).to_json().to_string();
    match std::io::stdout().lock().write_all(preview.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
