//! `format=flowed` (RFC 3676): paragraphs that were broken into lines, and are to be joined again.

/// The text with its paragraphs on one line each. `delete` is `DelSp=yes`: the blank at which a line was broken was added
/// for that (RFC 3676 §4.1). Quotes keep their depth, and a signature its line `-- `; blanks that were put before a line
/// to protect it (§4.4) are gone. Line ends are LF.
pub(super) fn unflow(text: &str, delete: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // The depth of the paragraph that goes on, if one does.
    let mut open: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let (line, ended) = line.strip_suffix('\n').map_or((line, false), |line| (line, true));
        let depth = line.bytes().take_while(|&byte| byte == b'>').count();
        let rest = &line[depth..];
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        let is_signature = rest == "-- ";
        let goes_on = open == Some(depth) && !is_signature;
        if !goes_on {
            if open.is_some() {
                close(&mut out);
            }
            out.push_str(&line[..depth]);
            if depth > 0 && !rest.is_empty() {
                out.push(' ');
            }
        }
        let flows = rest.ends_with(' ') && !is_signature && ended;
        out.push_str(if flows && delete { &rest[..rest.len() - 1] } else { rest });
        open = flows.then_some(depth);
        if !flows && ended {
            out.push('\n');
        }
    }
    if open.is_some() {
        close(&mut out);
    }
    out
}

/// Ends a paragraph that said that it goes on, and does not.
fn close(out: &mut String) {
    if out.ends_with(' ') {
        out.pop();
    }
    out.push('\n');
}
