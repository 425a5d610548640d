//! Sending through SES: one call for each claim, and an honest word about what came of it.
//!
//! `SendEmail` has no idempotency parameter, and the SDK's default sends a mail up to three times when an answer is lost.
//! Here retries are off; what can't be known is called ambiguous.

mod notifier;

use std::error::Error as _;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use app::base::ports::{MailSender, SendOutcome};
use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination, EmailContent, MessageTag, RawMessage};
use aws_types::SdkConfig;
use domain::base::address::EmailAddress;
use domain::gate::seal::Countersigned;

pub use notifier::SesNotifier;

/// SES is given so long for one call. The dispatcher's own limit is longer, so that the outcome is written down.
const CALL_LIMIT: Duration = Duration::from_secs(20);

/// The names of the tags by which SES's events find their mail.
pub const TAGS: [&str; 3] = ["organization_id", "inbox_id", "message_id"];

/// Made at its first use: most of what a restarted workflow brings is settled before SES is called.
type LazyClient = Arc<LazyLock<Client, Box<dyn FnOnce() -> Client + Send>>>;

/// A client without retries.
fn client(config: &SdkConfig) -> LazyClient {
    // What can't be connected to was certainly not called, so that there must be a limit; all clients have the same, and
    // one connector.
    let connect = config.timeout_config().and_then(TimeoutConfig::connect_timeout);
    let limits = TimeoutConfig::builder()
        .connect_timeout(connect.unwrap_or(Duration::from_secs(5)))
        .operation_attempt_timeout(CALL_LIMIT)
        .operation_timeout(CALL_LIMIT)
        .build();
    let config = aws_sdk_sesv2::config::Builder::from(config)
        .retry_config(RetryConfig::disabled())
        .timeout_config(limits);
    Arc::new(LazyLock::new(Box::new(move || Client::from_conf(config.build()))))
}

/// SES in one account and region.
#[derive(Clone)]
pub struct SesSender {
    client: LazyClient,
    configuration_set: String,
}

impl SesSender {
    /// With the configuration set whose events come back to us.
    pub fn new(config: &SdkConfig, configuration_set: impl Into<String>) -> Self {
        Self { client: client(config), configuration_set: configuration_set.into() }
    }
}

#[async_trait]
impl MailSender for SesSender {
    async fn send(&self, mail: &Countersigned) -> SendOutcome {
        let (sealed, envelope) = (mail.sealed(), mail.sealed().envelope());
        let list = |addresses: &[EmailAddress]| {
            (!addresses.is_empty()).then(|| addresses.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        let destination = Destination::builder()
            .set_to_addresses(list(&envelope.to))
            .set_cc_addresses(list(&envelope.cc))
            .set_bcc_addresses(list(&envelope.bcc))
            .build();
        let values = [
            envelope.organization_id.to_string(),
            mail.inbox_id().to_string(),
            envelope.message_id.to_string(),
        ];
        let mut tags = vec![];
        for (name, value) in TAGS.into_iter().zip(values) {
            match MessageTag::builder().name(name).value(value).build() {
                Ok(tag) => tags.push(tag),
                Err(_) => return SendOutcome::Refused("not_constructed".to_owned()),
            }
        }
        let Ok(raw) = RawMessage::builder().data(Blob::new(sealed.mime())).build() else {
            return SendOutcome::Refused("not_constructed".to_owned());
        };
        let request = self
            .client
            .send_email()
            .from_email_address(envelope.from.as_str())
            .destination(destination)
            .content(EmailContent::builder().raw(raw).build())
            .configuration_set_name(&self.configuration_set)
            .set_email_tags(Some(tags));
        match request.send().await {
            Ok(answer) => match answer.message_id {
                Some(id) => SendOutcome::Accepted(id),
                None => SendOutcome::Ambiguous("answer_without_id"),
            },
            Err(error) => outcome(&error),
        }
    }
}

/// What a failed call means. Only what is certain is called so.
fn outcome<R>(error: &SdkError<SendEmailError, R>) -> SendOutcome {
    match error {
        SdkError::ConstructionFailure(_) => SendOutcome::Refused("not_constructed".to_owned()),
        SdkError::TimeoutError(_) => SendOutcome::Ambiguous("timeout"),
        SdkError::DispatchFailure(failure) => {
            // Only a connection that never came about has certainly carried nothing.
            let connecting = failure.as_connector_error().is_some_and(|error| {
                let mut source = error.source();
                while let Some(cause) = source {
                    if cause
                        .downcast_ref::<hyper_util::client::legacy::Error>()
                        .is_some_and(hyper_util::client::legacy::Error::is_connect)
                    {
                        return true;
                    }
                    source = cause.source();
                }
                false
            });
            if connecting {
                SendOutcome::NotAccepted("not_connected")
            } else {
                SendOutcome::Ambiguous("connection_lost")
            }
        }
        SdkError::ServiceError(service) => match service.err() {
            SendEmailError::TooManyRequestsException(_) => SendOutcome::THROTTLED,
            SendEmailError::LimitExceededException(_) => SendOutcome::NotAccepted("limit_exceeded"),
            SendEmailError::MessageRejected(_) => SendOutcome::Refused("message_rejected".to_owned()),
            SendEmailError::MailFromDomainNotVerifiedException(_) => {
                SendOutcome::Refused("mail_from_domain_not_verified".to_owned())
            }
            SendEmailError::AccountSuspendedException(_) => {
                SendOutcome::Refused("account_suspended".to_owned())
            }
            SendEmailError::SendingPausedException(_) => SendOutcome::Refused("sending_paused".to_owned()),
            SendEmailError::BadRequestException(_) => SendOutcome::Refused("bad_request".to_owned()),
            SendEmailError::NotFoundException(_) => {
                SendOutcome::Refused("configuration_not_found".to_owned())
            }
            other => match other.code() {
                Some("ThrottlingException" | "Throttling" | "RequestThrottled") => SendOutcome::THROTTLED,
                Some("AccessDeniedException" | "UnrecognizedClientException" | "ExpiredTokenException") => {
                    SendOutcome::NotAccepted("access_denied")
                }
                // A server error says nothing about how far it came.
                _ => SendOutcome::Ambiguous("provider_error"),
            },
        },
        _ => SendOutcome::Ambiguous("broken_answer"),
    }
}
