//! Why a use case did not do what was asked, independent of any transport.

use domain::base::code::{Class, Code};
use domain::gate::policy::Step;
use domain::people::access::Denied;
use jiff::Timestamp;

use crate::base::ports::{BlobError, FlowError, IdentityError};
use crate::base::store::{Answer, Conflict, Key, ListError, StoreError};

/// One bad field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The path of the field, such as `to[3]`.
    pub field: String,
    /// The code.
    pub code: Code,
    /// One sentence for a person: what is wrong and what would be right.
    pub message: String,
}

impl FieldError {
    /// A bad field.
    pub fn new(field: impl Into<String>, code: Code, message: impl ToString) -> Self {
        Self { field: field.into(), code, message: message.to_string() }
    }
}

/// Why a request was not done. The transport turns it into a status last.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Refused for the reason that the code names.
    #[error("{message}")]
    Because {
        /// The code.
        code: Code,
        /// For a person.
        message: String,
        /// Particulars, such as the current digest.
        details: Vec<(&'static str, String)>,
    },
    /// It does not exist, or the caller may not know that it does.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// Fields that are not as they must be, all of them.
    #[error("invalid request")]
    Invalid(Vec<FieldError>),
    /// A policy blocks it.
    #[error("a policy blocks this mail")]
    Blocked(Vec<Step>),
    /// Not before a time.
    #[error("{message}")]
    NotBefore {
        /// The code.
        code: Code,
        /// For a person.
        message: String,
        /// When it may be tried again.
        retry_at: Timestamp,
    },
    /// Answered before: the saved answer is to be given again.
    #[error("answered before")]
    Answered(Box<Answer>),
    /// Something that we need does not answer. Nothing was done, or it may safely be repeated.
    #[error("temporarily unavailable: {0}")]
    Unavailable(String),
    /// A defect of ours. The text is for the log alone.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Refusal {
    /// What a code tells, in words for a person.
    pub fn because(code: Code, message: impl ToString) -> Self {
        Refusal::Because { code, message: message.to_string(), details: vec![] }
    }

    /// What kind of refusal it is.
    pub fn class(&self) -> Class {
        self.code().class()
    }

    /// The code.
    pub fn code(&self) -> Code {
        match self {
            Refusal::Because { code, .. } | Refusal::NotBefore { code, .. } => *code,
            Refusal::NotFound(_) => Code::NotFound,
            // One bad field: its code is the answer's. Several: they are listed.
            Refusal::Invalid(errors) => match errors.as_slice() {
                [one] => one.code,
                _ => Code::InvalidRequest,
            },
            Refusal::Blocked(_) => Code::BlockedByPolicy,
            Refusal::Answered(_) => Code::RequestInFlight,
            Refusal::Unavailable(_) => Code::TemporarilyUnavailable,
            Refusal::Internal(_) => Code::InternalError,
        }
    }

    /// A credential that outlived the seat that it stands for.
    pub(crate) fn member_removed() -> Self {
        Refusal::because(Code::MemberRemoved, "this member does not belong to the organization any more")
    }

    /// One bad field.
    pub fn field(field: impl Into<String>, code: Code, message: impl ToString) -> Self {
        Refusal::Invalid(vec![FieldError::new(field, code, message)])
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Scope(scope) => Refusal::because(
                Code::MissingScope,
                format!("this needs the scope {}: use a credential that holds it", scope.as_str()),
            ),
            Denied::SecondFactor(_) => Refusal::because(
                Code::SecondFactorNeeded,
                "your organization asks whoever decides for a second factor: set one up (POST /v1/me/totp, or the console's settings) and \
                 sign in with it",
            ),
            Denied::Proof => Refusal::because(
                Code::ProofNeeded,
                "show once more that it is you: POST /v1/me/proof with your password (and a code, where you have a second factor) or a \
                 passkey, and repeat this within ten minutes",
            ),
            Denied::Hidden => Refusal::NotFound("inbox"),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(conflicts) => {
                let answered = conflicts.iter().any(|c| matches!(c, Conflict::Record(Key::Answer(_))));
                let (code, message) = if answered {
                    (
                        Code::RequestInFlight,
                        "a request with this Idempotency-Key is being answered: repeat it",
                    )
                } else {
                    (Code::ChangedMeanwhile, "it changed at the same time: load it again and repeat")
                };
                Refusal::because(code, message)
            }
            StoreError::Transient(text) => Refusal::Unavailable(text),
            StoreError::Permanent(text) => Refusal::Internal(text),
        }
    }
}

impl From<ListError> for Refusal {
    fn from(error: ListError) -> Self {
        match error {
            ListError::Cursor => Refusal::field(
                "cursor",
                Code::InvalidCursor,
                "is not a cursor of this list: pass next_cursor as it was given",
            ),
            ListError::Store(error) => error.into(),
        }
    }
}

impl From<BlobError> for Refusal {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Transient(text) => Refusal::Unavailable(text),
            BlobError::Missing => Refusal::because(
                Code::BytesMissing,
                "the bytes of this mail or file are gone from storage: lists still say what it was",
            ),
            other => Refusal::Internal(other.to_string()),
        }
    }
}

impl From<FlowError> for Refusal {
    fn from(error: FlowError) -> Self {
        match error {
            FlowError::Transient(text) => Refusal::Unavailable(text),
            other => Refusal::Internal(other.to_string()),
        }
    }
}

impl From<IdentityError> for Refusal {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Transient(text) => Refusal::Unavailable(text),
            IdentityError::Foreign => Refusal::because(
                Code::DomainNotAvailable,
                "this account of AWS sends for the domain otherwise: ask the operator",
            ),
            IdentityError::Permanent(text) => Refusal::Internal(text),
        }
    }
}
