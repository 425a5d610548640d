//! What all pages share: the frame around them and their style sheet.

use std::sync::LazyLock;

use app::sessions::Me;
use domain::digest::Digest;

use crate::visit::Visit;
use crate::words::short;

/// The style sheet of all pages.
pub(crate) const STYLE: &str = include_str!("../templates/style.css");

/// Stands in the style sheet's address, so that a browser may keep it for ever and still never shows an old one.
static STYLE_VERSION: LazyLock<String> = LazyLock::new(|| short(&Digest::of(STYLE.as_bytes()).hex()));

/// The version of the style sheet.
pub(crate) fn style_version() -> &'static str {
    &STYLE_VERSION
}

/// The frame of a page.
pub(crate) struct Shell {
    /// The version of the style sheet.
    pub style: &'static str,
    /// Who is signed in.
    pub who: Option<Who>,
}

/// Who is signed in, as the head of a page says it.
pub(crate) struct Who {
    /// Their address.
    pub email: String,
    /// Their role.
    pub role: &'static str,
    /// Their organization.
    pub organization: String,
    /// What forms must carry.
    pub csrf: String,
}

impl Shell {
    /// For somebody who is not signed in, or of whom nothing is known.
    pub(crate) fn bare() -> Self {
        Self { style: style_version(), who: None }
    }

    /// For somebody who is.
    pub(crate) fn of(visit: &Visit, me: &Me) -> Self {
        let who = Who {
            email: me.member.email.as_str().to_owned(),
            role: me.member.role.as_str(),
            organization: me.organization.name.clone(),
            csrf: visit.session.form_token(),
        };
        Self { style: style_version(), who: Some(who) }
    }
}
