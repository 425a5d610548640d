//! Answers in gzip (RFC 1952), and why that gives no secret away.
//!
//! What is compressed is shorter where two parts of it are alike. Whoever has a page made again and again with words of theirs in it, and
//! sees on the wire how long it is, guesses what stands beside those words letter by letter (BREACH). A page shows what strangers wrote.
//! So nothing is compressed
//! - that another site may have asked for: browsers say so in `Sec-Fetch-Site`, and where none does, nobody knows;
//! - that answers a form, which may show a secret, once, or stands at an address that is a secret;
//!
//! and the token of forms, the one secret of a session that its pages hold, stands in each compressed page under another mask, so that no
//! guess at it is alike twice. What a form brings back is unmasked where it is read.

use std::io::Write as _;

use app::Ports;
use flate2::Compression;
use flate2::write::GzEncoder;
use runtime::http::{Request, Response};

/// What is shorter gains nothing, in bytes.
const WORTH_IT: usize = 1_024;

/// What begins a masked token. None that is not masked begins so.
const MASKED: &str = "m.";

/// Bytes of a token of forms: a digest.
const TOKEN: usize = 32;

/// What stands in a page before each such token.
const BEFORE: &str = "name=\"csrf\" value=\"";

/// The same answer, compressed where the browser takes that and nothing speaks against it.
pub(crate) fn compressed(ports: &Ports, request: &Request, response: Response) -> Response {
    let kind = response.headers().get("content-type").map(String::as_str).unwrap_or_default();
    let (is_page, is_style) = (kind.starts_with("text/html"), kind.starts_with("text/css"));
    let Some(body) = response.text_body().filter(|body| body.len() > WORTH_IT && (is_page || is_style))
    else {
        return response;
    };
    let bytes = if is_style && takes_gzip(request) {
        gzip(body)
    } else if may_be_compressed(request, &response) && takes_gzip(request) {
        gzip(&mask_tokens(ports, body))
    } else {
        None
    };
    // Also where it is not: what is kept on the way is kept for those who take the same.
    let response = response.header("vary", "accept-encoding");
    match bytes {
        Some(bytes) => response.with_bytes(&bytes).header("content-encoding", "gzip"),
        None => response,
    }
}

/// Whether a page of ours, or the person, asked for it, and it is no answer to a form and at no secret address.
fn may_be_compressed(request: &Request, response: &Response) -> bool {
    let site = request.headers.get("sec-fetch-site").map(String::as_str);
    let own = matches!(site, Some("same-origin" | "none"));
    let secret = response.headers().get("referrer-policy").is_some_and(|policy| policy == "no-referrer");
    own && request.method == "GET" && !secret
}

/// Whether `Accept-Encoding` names gzip, and not with a weight of nothing (RFC 9110 §12.5.3).
fn takes_gzip(request: &Request) -> bool {
    let accepted = request.headers.get("accept-encoding").map(String::as_str).unwrap_or_default();
    accepted.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        named && weight.is_none_or(|weight| !weight.trim_matches(['0', '.']).is_empty())
    })
}

fn gzip(body: &str) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 3), Compression::default());
    // Memory takes all that is written.
    encoder.write_all(body.as_bytes()).ok()?;
    encoder.finish().ok()
}

/// A page with each of its tokens under a mask.
fn mask_tokens(ports: &Ports, body: &str) -> String {
    let mut tokens: Vec<&str> =
        body.split(BEFORE).skip(1).filter_map(|rest| rest.split('"').next()).collect();
    tokens.sort_unstable();
    tokens.dedup();
    tokens.into_iter().fold(body.to_owned(), |page, token| match mask(token, &ports.bytes()) {
        Some(masked) => page.replace(token, &masked),
        None => page,
    })
}

/// A token under a mask, with the mask; nothing of what is no token.
fn mask(token: &str, mask: &[u8; TOKEN]) -> Option<String> {
    let token = read_hex(token)?;
    Some(format!("{MASKED}{}{}", hex(mask), hex(&together(&token, mask))))
}

/// The token that a form brings back, whether it was masked or not.
pub(crate) fn unmasked(shown: String) -> String {
    let read = |text: &str| {
        let (mask, rest) = text.strip_prefix(MASKED)?.split_at_checked(2 * TOKEN)?;
        Some(hex(&together(&read_hex(mask)?, &read_hex(rest)?)))
    };
    read(&shown).unwrap_or(shown)
}

fn together(one: &[u8; TOKEN], other: &[u8; TOKEN]) -> [u8; TOKEN] {
    std::array::from_fn(|at| one[at] ^ other[at])
}

fn hex(bytes: &[u8; TOKEN]) -> String {
    bytes.iter().fold(String::with_capacity(2 * TOKEN), |mut text, byte| {
        for half in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(half), 16).unwrap_or_default());
        }
        text
    })
}

fn read_hex(text: &str) -> Option<[u8; TOKEN]> {
    let halves: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
    let halves = halves.filter(|halves| halves.len() == 2 * TOKEN)?;
    let byte = |at: usize| u8::try_from(halves[2 * at] * 16 + halves[2 * at + 1]).unwrap_or_default();
    Some(std::array::from_fn(byte))
}

#[cfg(test)]
mod tests {
    use testkit::World;

    use super::*;

    fn request(method: &str, headers: &[(&str, &str)]) -> Request {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Request { method: method.to_owned(), headers, ..Request::default() }
    }

    fn encoding(request: &Request, response: Response) -> Option<String> {
        let response = compressed(&World::default().ports, request, response);
        assert_eq!(response.headers().get("vary").map(String::as_str), Some("accept-encoding"));
        response.headers().get("content-encoding").cloned()
    }

    #[test]
    fn a_token_reads_back_and_looks_different_each_time() {
        let token = "0123456789abcdef".repeat(4);
        let masks: [[u8; TOKEN]; 2] = [[7; TOKEN], [0xf9; TOKEN]];
        let masked = masks.map(|bytes| mask(&token, &bytes).unwrap());
        assert_ne!(masked[0], masked[1]);
        for one in masked {
            assert!(!one.contains("0123") && !one.contains("cdef"), "{one}");
            assert_eq!(unmasked(one), token);
        }
        for other in
            ["", "m.", "m.0", "old", &token, &format!("m.{token}"), &format!("m.{token}{}é", &token[2..])]
        {
            assert_eq!(unmasked(other.to_owned()), other, "is no masked token, and stays");
        }
        assert_eq!(mask("old", &masks[0]), None);
    }

    #[test]
    fn a_page_is_compressed_only_where_no_other_site_can_have_asked_for_it() {
        const GZIP: (&str, &str) = ("accept-encoding", "br, gzip;q=0.8");
        type Case = (&'static str, &'static [(&'static str, &'static str)], bool);
        let page = || Response::html(200, "<p>words</p>".repeat(200));
        let cases: [Case; 10] = [
            ("GET", &[GZIP, ("sec-fetch-site", "same-origin")], true),
            ("GET", &[GZIP, ("sec-fetch-site", "none")], true),
            ("GET", &[GZIP, ("sec-fetch-site", "cross-site")], false),
            ("GET", &[GZIP, ("sec-fetch-site", "same-site")], false),
            ("GET", &[GZIP], false),
            ("POST", &[GZIP, ("sec-fetch-site", "same-origin")], false),
            ("GET", &[("sec-fetch-site", "none")], false),
            ("GET", &[("accept-encoding", "gzip;q=0, br"), ("sec-fetch-site", "none")], false),
            ("GET", &[("accept-encoding", "gzip; q=0.000"), ("sec-fetch-site", "none")], false),
            ("GET", &[("accept-encoding", "GZIP"), ("sec-fetch-site", "none")], true),
        ];
        for (method, headers, expected) in cases {
            let found = encoding(&request(method, headers), page());
            assert_eq!(found.is_some(), expected, "{method} {headers:?}");
        }
        let asked = request("GET", &[GZIP, ("sec-fetch-site", "same-origin")]);
        let private = page().header("referrer-policy", "no-referrer");
        assert_eq!(encoding(&asked, private), None, "its address is a secret");
        // The style sheet is everybody's.
        let style = page().header("content-type", "text/css; charset=utf-8");
        assert!(encoding(&request("GET", &[GZIP]), style).is_some());
    }

    #[test]
    fn what_is_short_or_no_text_stays() {
        let asked = request("GET", &[("accept-encoding", "gzip"), ("sec-fetch-site", "none")]);
        let file = Response::text("application/x-ndjson", "{}\n".repeat(2_000));
        for response in [Response::html(200, "x".repeat(WORTH_IT)), Response::see_other("/console"), file] {
            assert_eq!(compressed(&World::default().ports, &asked, response.clone()), response);
        }
    }
}
