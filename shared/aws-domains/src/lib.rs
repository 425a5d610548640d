//! Identities of domains in SES: made, looked at, removed. Nothing here sends, and a test looks that it stays so.
//!
//! Each identity carries a tag with the name of this installation, by which roles tell it from those that the account has otherwise.

use app::base::ports::{Identities, Identity, IdentityError};
use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::types::{BehaviorOnMxFailure, DkimSigningAttributes, DkimSigningKeyLength, Tag};
use aws_types::SdkConfig;

/// The tag that says which installation made an identity.
pub const TAG: &str = "countersign";

/// SES in one account and region.
#[derive(Clone)]
pub struct SesIdentities {
    client: Client,
    installation: String,
}

impl SesIdentities {
    /// Those of the installation of this name.
    pub fn new(config: &SdkConfig, installation: impl Into<String>) -> Self {
        Self { client: Client::new(config), installation: installation.into() }
    }
}

/// What SES answers where there is no such identity.
const MISSING: &str = "NotFoundException";

/// What went wrong, without what SES says about it: that may hold names.
fn failed<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> IdentityError {
    let code = error.code().unwrap_or_default().to_owned();
    match &*code {
        // The roles hold nothing that the account has otherwise.
        "AccessDeniedException" | "AccessDenied" => IdentityError::Foreign,
        "BadRequestException" | "ValidationException" | "AccountSuspendedException" => {
            IdentityError::Permanent(code)
        }
        "" => IdentityError::Transient("SES does not answer".to_owned()),
        _ => IdentityError::Transient(code),
    }
}

#[async_trait]
impl Identities for SesIdentities {
    async fn create(&self, name: &str) -> Result<(), IdentityError> {
        let tag = Tag::builder().key(TAG).value(&self.installation).build();
        let tag = tag.map_err(|_| IdentityError::Permanent("not_constructed".to_owned()))?;
        let keys = DkimSigningAttributes::builder()
            .next_signing_key_length(DkimSigningKeyLength::Rsa2048Bit)
            .build();
        let request = self.client.create_email_identity().email_identity(name).tags(tag);
        match request.dkim_signing_attributes(keys).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("AlreadyExistsException") => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    }

    async fn get(&self, name: &str) -> Result<Option<Identity>, IdentityError> {
        let found = match self.client.get_email_identity().email_identity(name).send().await {
            Ok(found) => found,
            Err(error) if error.code() == Some(MISSING) => return Ok(None),
            Err(error) => return Err(failed(&error)),
        };
        let ours = |tag: &Tag| tag.key() == TAG && tag.value() == self.installation;
        if !found.tags().iter().any(ours) {
            return Err(IdentityError::Foreign);
        }
        let tokens = found.dkim_attributes().map(|dkim| dkim.tokens().to_vec()).unwrap_or_default();
        let mail_from = found.mail_from_attributes().map(|it| it.mail_from_domain().to_owned());
        Ok(Some(Identity {
            tokens,
            sends: found.verified_for_sending_status(),
            mail_from: mail_from.filter(|host| !host.is_empty()),
        }))
    }

    async fn set_mail_from(&self, name: &str, host: &str) -> Result<(), IdentityError> {
        let request = self.client.put_email_identity_mail_from_attributes().email_identity(name);
        let request =
            request.mail_from_domain(host).behavior_on_mx_failure(BehaviorOnMxFailure::UseDefaultValue);
        request.send().await.map(drop).map_err(|error| failed(&error))
    }

    async fn delete(&self, name: &str) -> Result<(), IdentityError> {
        match self.client.delete_email_identity().email_identity(name).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some(MISSING) => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    }
}
