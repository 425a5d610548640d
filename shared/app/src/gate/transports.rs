//! Through what a countersigned mail leaves: SES, or the connected account that its sealed object names.

use std::sync::Arc;

use async_trait::async_trait;
use domain::gate::seal::Countersigned;
use domain::mailbox::account::{Transport, Trouble};

use crate::base::error::Refusal;
use crate::base::ports::{DataKeys, MailSender, Ports, ProviderSender, SendOutcome};
use crate::base::store::{key, load};
use crate::mailbox::accounts::{note, open};

/// All ways out.
pub struct Transports {
    /// Where accounts lie.
    pub ports: Ports,
    /// The installation's own.
    pub ses: Arc<dyn MailSender>,
    /// People's own providers.
    pub providers: Arc<dyn ProviderSender>,
    /// What opens their keys.
    pub data_keys: Arc<dyn DataKeys>,
}

#[async_trait]
impl MailSender for Transports {
    async fn send(&self, mail: &Countersigned) -> SendOutcome {
        let envelope = mail.sealed().envelope();
        let Transport::Account(provider, id) = envelope.transport else { return self.ses.send(mail).await };
        let wanted = (key::Account(id), key::Organization);
        let (account, organization) = match load(&*self.ports.store, envelope.organization_id, wanted).await {
            Ok((Some(account), Some(organization))) => (account, organization),
            Ok(_) => return SendOutcome::Refused("account_disconnected".to_owned()),
            Err(_) => return SendOutcome::NotAccepted("storage_unavailable"),
        };
        // What was approved names both: an account is never given another of them.
        if account.provider != provider || account.address != envelope.from {
            return SendOutcome::Refused("account_changed".to_owned());
        }
        if account.is_left_alone(self.ports.now()) {
            return SendOutcome::NotAccepted(Trouble::CredentialsRefused.as_str());
        }
        let opened = open(&*self.data_keys, &organization.data_key, &account).await;
        let outcome = match opened {
            Ok(key) => self.providers.send(mail, &key, self.ports.now()).await,
            Err(Refusal::Unavailable(_)) => SendOutcome::NotAccepted("storage_unavailable"),
            // It does not open, now or later: another key has to be given.
            Err(_) => SendOutcome::NotAccepted(Trouble::CredentialsUnreadable.as_str()),
        };
        note(&self.ports, &account, &outcome).await;
        match outcome {
            SendOutcome::Accepted(id) if !id.contains('@') => {
                SendOutcome::Accepted(format!("{}:{id}", provider.as_str()))
            }
            other => other,
        }
    }
}
