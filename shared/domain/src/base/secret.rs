//! The form of a secret that stands in a link: a prefix, the organization that it says it belongs to, and 32 random bytes.

use crate::OrganizationId;
use crate::base::digest::Digest;
use crate::base::id::{BODY_LENGTH, Id};

/// What a link ends with, behind the prefix of its kind. Each kind is a type of its own, so that none is read as another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct LinkEnd {
    /// The organization that it says it belongs to; a stored record proves it.
    pub(crate) organization_id: OrganizationId,
    random: Digest,
}

impl LinkEnd {
    /// Of 32 random bytes.
    pub(crate) fn new(organization_id: OrganizationId, random: [u8; 32]) -> Self {
        Self { organization_id, random: Digest::from_bytes(random) }
    }

    /// The organization that it says it belongs to; a stored record proves it.
    pub(crate) fn organization_id(&self) -> OrganizationId {
        self.organization_id
    }

    /// Reads one. Only the exact form that [`Self::reveal`] writes is taken.
    pub(crate) fn parse(prefix: &str, text: &str) -> Option<Self> {
        let (organization, random) = text.strip_prefix(prefix)?.split_at_checked(BODY_LENGTH)?;
        Some(Self {
            organization_id: OrganizationId::parse(&format!("{}{organization}", OrganizationId::PREFIX))
                .ok()?,
            random: Digest::parse(&format!("sha256:{random}")).ok()?,
        })
    }

    /// The text itself.
    pub(crate) fn reveal(&self, prefix: &str) -> String {
        format!("{prefix}{}{}", self.organization_id.body(), self.random.hex())
    }
}

/// The same, of a kind that names its record as well: what is stored of the secret lies in that record, and there is one of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct NamedEnd<I> {
    end: LinkEnd,
    /// The record that it says it opens.
    pub(crate) id: I,
}

impl<I: Id + Copy> NamedEnd<I> {
    /// Of 32 random bytes.
    pub(crate) fn new(organization_id: OrganizationId, id: I, random: [u8; 32]) -> Self {
        Self { end: LinkEnd::new(organization_id, random), id }
    }

    /// Reads one. Only the exact form that [`Self::reveal`] writes is taken.
    pub(crate) fn parse(prefix: &str, text: &str) -> Option<Self> {
        let (id, rest) = text.strip_prefix(prefix)?.split_at_checked(BODY_LENGTH)?;
        let id = I::parse(&format!("{}{id}", I::PREFIX)).ok()?;
        Some(Self { end: LinkEnd::parse("", rest)?, id })
    }

    /// The organization that it says it belongs to; the stored record proves it.
    pub(crate) fn organization_id(&self) -> OrganizationId {
        self.end.organization_id
    }

    /// The text itself.
    pub(crate) fn reveal(&self, prefix: &str) -> String {
        let id = self.id.to_string();
        format!("{prefix}{}{}", &id[I::PREFIX.len()..], self.end.reveal(""))
    }
}

/// What all secrets have in common that stand in a link and on the form of its page; `form` parts the tokens of their forms
/// from those of others.
macro_rules! ends_a_link {
    ($name:ident: $end:ident, $prefix:literal, form $form:literal) => {
        impl $name {
            /// What it begins with.
            pub const PREFIX: &'static str = $prefix;

            /// Reads one. Only the exact form that [`Self::reveal`] writes is taken.
            pub fn parse(text: &str) -> Option<Self> {
                $end::parse(Self::PREFIX, text).map(Self)
            }

            /// The organization that it says it belongs to; the stored record proves it.
            pub fn organization_id(&self) -> $crate::OrganizationId {
                self.0.organization_id()
            }

            /// The text itself, to be shown once.
            pub fn reveal(&self) -> String {
                self.0.reveal(Self::PREFIX)
            }

            /// What is stored of it.
            pub fn hash(&self) -> $crate::base::digest::Digest {
                $crate::base::digest::Digest::of(self.reveal().as_bytes())
            }

            /// What a form of its page must carry: proves that the page came from us, and is worth nothing without the secret.
            pub fn form_token(&self) -> String {
                $crate::base::digest::Digest::of_parts(&[$form, self.reveal().as_bytes()]).hex()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}…", Self::PREFIX)
            }
        }
    };
}

pub(crate) use ends_a_link;
