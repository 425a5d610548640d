//! What every answer carries, and what every form must.

use std::collections::HashMap;

use app::Refusal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::gate::link::LinkSecret;
use domain::people::credential::Session;
use domain::people::pending::PendingSecret;
use runtime::http::{Request, Response, form_pairs};
use subtle::ConstantTimeEq as _;

use crate::compress::unmasked;
use crate::upload::{self, Upload};

/// What a page may load: its style sheet, the icon written into it, what happened meanwhile, and nothing else.
///
/// The frame that shows a mail inherits this policy (`srcdoc`), so a mail may load `images` alone: the presigned
/// addresses of files that are part of it. `style-src-attr` is for mails, whose looks are all in `style` attributes;
/// their one form has only properties that can neither hide nor fetch, and our own pages take no markup from anyone.
/// The scripts that may run are ours, by their hashes; in the frame none may, whatever the policy says.
fn content_security_policy(images: &[String], scripts: &[&str]) -> String {
    let mut images = images.to_vec();
    images.sort_unstable();
    images.dedup();
    images.insert(0, "data:".to_owned());
    let images = images.join(" ");
    let all = [PAGE_SCRIPT].into_iter().chain(scripts.iter().copied());
    let hashes: Vec<_> = all.map(|script| format!("'sha256-{}'", base64(script))).collect();
    let scripts = hashes.join(" ");
    format!(
        "default-src 'none'; style-src 'self'; style-src-elem 'self'; style-src-attr 'unsafe-inline'; \
         img-src {images}; script-src {scripts}; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
}

/// The SHA-256 of a text in base64, as a content security policy names a script.
fn base64(script: &str) -> String {
    STANDARD.encode(Digest::of(script.as_bytes()).as_bytes())
}

/// The script of every page: times on its reader's clock, and what happens meanwhile.
pub(crate) const PAGE_SCRIPT: &str = include_str!("../templates/page.js");

/// The script of a page that shows a mail.
pub(crate) const FRAME_SCRIPT: &str = include_str!("../templates/frame.js");

/// The script of pages on which a mail is written, or followed.
pub(crate) const WRITE_SCRIPT: &str = include_str!("../templates/write.js");

/// The script of pages that are worked through by keys.
pub(crate) const KEYS_SCRIPT: &str = include_str!("../templates/keys.js");

/// The script of the page on which a browser asks for a passkey, and of the one that goes on after a proof.
pub(crate) const PASSKEY_SCRIPT: &str = include_str!("../templates/passkey.js");

/// The script of pages on which somebody's own key signs.
pub(crate) const SIGN_SCRIPT: &str = include_str!("../templates/sign.js");

fn add_headers(response: Response) -> Response {
    response
        .header("content-security-policy", content_security_policy(&[], &[]))
        // `no-referrer` would make browsers send `Origin: null` with our own forms.
        .header("referrer-policy", "same-origin")
        .header("x-frame-options", "DENY")
        .header("cross-origin-opener-policy", "same-origin")
        .header("cross-origin-resource-policy", "same-origin")
        .header("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
        // Browsers ignore it over plain HTTP, so a developer's machine is not concerned.
        .header("strict-transport-security", "max-age=31536000")
        .header("x-robots-tag", "noindex")
}

/// A page.
pub(crate) fn html(status: u16, body: String) -> Response {
    add_headers(Response::html(status, body))
}

/// A file to download. Its name is ours.
pub(crate) fn file(kind: &str, name: &str, body: String) -> Response {
    html(200, body)
        .header("content-type", kind)
        .header("content-disposition", format!("attachment; filename=\"{name}\""))
}

/// Events, as `EventSource` reads them.
pub(crate) fn events(body: String) -> Response {
    add_headers(Response::event_stream(body))
}

/// A file of bytes to download. Its name is ours.
pub(crate) fn bytes(kind: &str, name: &str, body: &[u8]) -> Response {
    add_headers(Response::bytes(kind, body))
        .header("content-disposition", format!("attachment; filename=\"{name}\""))
}

/// A page that is worked through by keys and on which somebody's own key signs, with [`KEYS_SCRIPT`] and [`SIGN_SCRIPT`].
pub(crate) fn html_with_keys(status: u16, body: String) -> Response {
    html(status, body)
        .header("content-security-policy", content_security_policy(&[], &[KEYS_SCRIPT, SIGN_SCRIPT]))
}

/// A page that asks for a passkey or goes on after a proof, with [`PASSKEY_SCRIPT`].
pub(crate) fn html_with_passkey(status: u16, body: String) -> Response {
    html(status, body).header("content-security-policy", content_security_policy(&[], &[PASSKEY_SCRIPT]))
}

/// A page on which somebody's own key signs, with [`SIGN_SCRIPT`].
pub(crate) fn html_with_signing(status: u16, body: String) -> Response {
    html(status, body).header("content-security-policy", content_security_policy(&[], &[SIGN_SCRIPT]))
}

/// A page on which a mail is written, or followed, with [`WRITE_SCRIPT`].
pub(crate) fn html_with_writing(status: u16, body: String) -> Response {
    html(status, body).header("content-security-policy", content_security_policy(&[], &[WRITE_SCRIPT]))
}

/// A page that shows a mail, whose pictures lie at these origins, with [`FRAME_SCRIPT`], [`KEYS_SCRIPT`]
/// and [`SIGN_SCRIPT`].
pub(crate) fn html_with_mail(status: u16, body: String, origins: &[String]) -> Response {
    let policy = content_security_policy(origins, &[FRAME_SCRIPT, KEYS_SCRIPT, SIGN_SCRIPT]);
    html(status, body).header("content-security-policy", policy)
}

/// Look there.
pub(crate) fn see_other(location: &str) -> Response {
    add_headers(Response::see_other(location))
}

/// What every answer carries whose address is a secret: no other page may learn it, and none of ours needs to.
///
/// Under `no-referrer` a browser sends `Origin: null` with our forms. Every browser of the last years says
/// `Sec-Fetch-Site` as well, which decides; from an older one the forms are refused, and the person signs in.
pub(crate) fn private(response: Response) -> Response {
    response.header("referrer-policy", "no-referrer")
}

/// Refuses a form that a page of somebody else has sent.
///
/// Browsers say where a request comes from, in `Sec-Fetch-Site` or at least in `Origin`, and no page can alter that.
/// A program that sends neither has no cookies of a person either.
pub(crate) fn same_origin(request: &Request) -> Result<(), Refusal> {
    let header = |name: &str| request.headers.get(name).map(String::as_str);
    let ours = match (header("sec-fetch-site"), header("origin")) {
        // `none`: typed, or sent again by the person after the browser asked.
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some_and(|host| header("host").is_some_and(|own| own.eq_ignore_ascii_case(host)))
        }
        (None, None) => true,
    };
    if ours { Ok(()) } else { Err(foreign()) }
}

fn foreign() -> Refusal {
    Refusal::because(
        Code::ForeignForm,
        "This form was not sent from a page of your session, so nothing was done. Open the page again and \
                  repeat what you did.",
    )
}

/// The fields of a form, and the files that came with it.
pub(crate) struct Form(HashMap<String, String>, Vec<Upload>);

impl Form {
    /// Reads a form that needs no session.
    pub(crate) fn of(request: &Request) -> Result<Self, Refusal> {
        same_origin(request)?;
        let unreadable = || Refusal::field("", Code::InvalidForm, "the form can\u{2019}t be read");
        let kind = request.headers.get("content-type").map_or("", String::as_str);
        let (mut fields, files) = if let Some(boundary) = upload::boundary(kind) {
            upload::read(&request.body, boundary).ok_or_else(unreadable)?
        } else {
            let text = std::str::from_utf8(&request.body).map_err(|_| unreadable())?;
            let fields = form_pairs(text);
            // Of two fields with one name one would be lost without a word.
            if form_urlencoded::parse(text.as_bytes()).count() != fields.len() {
                return Err(unreadable());
            }
            (fields, vec![])
        };
        if let Some(token) = fields.get_mut("csrf") {
            *token = unmasked(std::mem::take(token));
        }
        Ok(Self(fields, files))
    }

    /// The files that came with it, each once.
    pub(crate) fn take_files(&mut self) -> Vec<Upload> {
        std::mem::take(&mut self.1)
    }

    /// All fields but the one that proves whose form it is, in the order of their names.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs: Vec<_> = self.0.iter().filter(|(name, _)| *name != "csrf").collect();
        pairs.sort_unstable();
        pairs.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Reads a form that only a page of this session can have sent.
    pub(crate) fn of_session(request: &Request, session: &Session) -> Result<Self, Refusal> {
        Self::of_secret(request, &session.form_token())
    }

    /// Reads a form that only the page of this link can have sent.
    pub(crate) fn of_link(request: &Request, secret: &LinkSecret) -> Result<Self, Refusal> {
        Self::of_secret(request, &secret.form_token())
    }

    /// Reads a form that only a page can have sent that holds what was derived from its secret.
    pub(crate) fn of_secret(request: &Request, expected: &str) -> Result<Self, Refusal> {
        let form = Self::of(request)?;
        let shown = form.field("csrf");
        if bool::from(shown.as_bytes().ct_eq(expected.as_bytes())) { Ok(form) } else { Err(foreign()) }
    }

    /// Reads a form that only the page can have sent on which this sign-in goes on.
    pub(crate) fn of_pending(request: &Request, secret: &PendingSecret) -> Result<Self, Refusal> {
        Self::of_secret(request, &secret.form_token())
    }

    /// What follows `prefix` in the names of the fields that begin with it: of check boxes, those that are checked.
    pub(crate) fn checked(&self, prefix: &str) -> Vec<&str> {
        let mut names: Vec<_> = self.0.keys().filter_map(|name| name.strip_prefix(prefix)).collect();
        names.sort_unstable();
        names
    }

    /// A text of several lines: line ends as one character, without white space around it.
    pub(crate) fn text(&self, name: &str) -> String {
        self.field(name).replace("\r\n", "\n").trim().to_owned()
    }

    /// Whether there is such a field, empty perhaps.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A field; empty where there is none.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use domain::base::digest::Digest;
    use domain::people::access::Role;
    use domain::people::credential::OpenedWith;
    use domain::{MemberId, OrganizationId, SessionId, Timestamp};

    use super::*;

    fn post(headers: &[(&str, &str)], body: &str) -> Request {
        Request {
            method: "POST".to_owned(),
            headers: headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            body: body.to_owned().into(),
            ..Request::default()
        }
    }

    fn session(n: u8) -> Session {
        let now = Timestamp::UNIX_EPOCH;
        Session {
            id: SessionId::new(now, [n; 10]),
            organization_id: OrganizationId::new(now, [0; 10]),
            hash: Digest::of(&[n]),
            member_id: MemberId::new(now, [0; 10]),
            role: Role::Approver,
            created_at: now,
            expires_at: now + Session::IDLE,
            ends_at: now + Session::LIFE,
            used_at: now,
            browser: None,
            opened_with: OpenedWith::Password,
            proved_at: now,
            version: 1,
        }
    }

    #[test]
    fn a_form_with_two_fields_of_one_name_is_refused() {
        let twice = [
            post(&[], "kind=every&name=x&kind="),
            post(
                &[("content-type", "multipart/form-data; boundary=x")],
                "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x\r\nContent-Disposition: form-data; \
                 name=\"a\"\r\n\r\n2\r\n--x--\r\n",
            ),
        ];
        for request in twice {
            let refused = Form::of(&request).map(drop).unwrap_err();
            assert!(matches!(refused, Refusal::Invalid(errors) if errors[0].code == Code::InvalidForm));
        }
        let once = Form::of(&post(&[], "kind=every&name=x&kinds=")).unwrap();
        assert_eq!((once.field("kind"), once.field("name")), ("every", "x"));
    }

    #[test]
    fn forms_of_other_pages_are_refused() {
        for (headers, ours) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://c.test"), ("host", "c.test")], false),
            (&[("origin", "https://c.test"), ("host", "C.test")], true),
            (&[("origin", "http://127.0.0.1:3000"), ("host", "127.0.0.1:3000")], true),
            (&[("origin", "https://c.test.evil.test"), ("host", "c.test")], false),
            (&[("origin", "null"), ("host", "c.test")], false),
            (&[("origin", "https://c.test")], false),
            (&[], true),
        ] {
            assert_eq!(same_origin(&post(headers, "")).is_ok(), ours, "{headers:?}");
        }
    }

    #[test]
    fn a_form_carries_the_token_of_its_session() {
        let token = session(1).form_token();
        let good = post(&[], &format!("csrf={token}&digest=sha256%3Aab"));
        let form = Form::of_session(&good, &session(1)).unwrap();
        assert_eq!(form.field("digest"), "sha256:ab");
        assert_eq!(form.field("reason"), "");
        for body in ["", "csrf=", "csrf=0", &format!("csrf={token}0"), &format!("csrf={}", &token[1..])] {
            assert!(Form::of_session(&post(&[], body), &session(1)).is_err(), "{body}");
        }
        assert!(Form::of_session(&good, &session(2)).is_err());
    }

    #[test]
    fn pictures_widen_the_policy_by_their_origin_alone() {
        let policy =
            content_security_policy(&["https://b.s3.test".to_owned(), "https://b.s3.test".to_owned()], &[]);
        assert!(policy.contains("img-src data: https://b.s3.test;"), "{policy}");
        assert!(
            policy.starts_with("default-src 'none'") && policy.matches("'sha256-").count() == 1,
            "{policy}"
        );
        let with = content_security_policy(&[], &[FRAME_SCRIPT]);
        assert!(with.contains("script-src 'sha256-") && with.matches("'sha256-").count() == 2, "{with}");
    }
}
