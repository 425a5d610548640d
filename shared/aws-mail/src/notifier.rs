//! Notifications to members, through SES.

use app::base::ports::SendOutcome;
use app::gate::notify::{Notification, Notifier};
use async_trait::async_trait;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination, EmailContent, RawMessage};
use aws_types::SdkConfig;
use domain::base::address::EmailAddress;

use crate::{LazyClient, client, outcome};

/// SES in one account and region, for notifications alone.
///
/// They carry none of the tags by which SES's events find a mail of ours ([`crate::TAGS`]): what becomes of a
/// notification moves nothing. Their configuration set is their own: it delivers over TLS or not at all, since they hold
/// one-time links, and neither counts opening nor rewrites links.
#[derive(Clone)]
pub struct SesNotifier {
    client: LazyClient,
    configuration_set: String,
    from: EmailAddress,
}

impl SesNotifier {
    /// From this address, with this configuration set.
    pub fn new(config: &SdkConfig, configuration_set: impl Into<String>, from: EmailAddress) -> Self {
        Self { client: client(config), configuration_set: configuration_set.into(), from }
    }
}

#[async_trait]
impl Notifier for SesNotifier {
    async fn notify(&self, notification: &Notification) -> SendOutcome {
        let Ok(raw) = RawMessage::builder().data(Blob::new(notification.mime())).build() else {
            return SendOutcome::Refused("not_constructed".to_owned());
        };
        let request = self
            .client
            .send_email()
            .from_email_address(self.from.as_str())
            .destination(Destination::builder().to_addresses(notification.to().as_str()).build())
            .content(EmailContent::builder().raw(raw).build())
            .configuration_set_name(&self.configuration_set);
        match request.send().await {
            Ok(answer) => SendOutcome::Accepted(answer.message_id.unwrap_or_default()),
            Err(error) => outcome(&error),
        }
    }
}
