//! Data keys of organizations, and signatures, from KMS.

use std::sync::{Arc, LazyLock};

use app::base::ports::{DataKey, DataKeys, FlowError, Signature, Signer};
use app::people::openid::ClientSecret;
use async_trait::async_trait;
use aws_sdk_kms::Client;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{DataKeySpec, MessageType, SigningAlgorithmSpec};
use aws_types::SdkConfig;
use domain::OrganizationId;
use domain::base::digest::Digest;
use zeroize::Zeroizing;

/// Made at its first use: a client costs a cold start 0.8 million instructions, and most functions need few of them.
type LazyClient = Arc<LazyLock<Client, Box<dyn FnOnce() -> Client + Send>>>;

/// One KMS key.
#[derive(Clone)]
pub struct KmsDataKeys {
    client: LazyClient,
    key_id: String,
}

impl KmsDataKeys {
    /// The key of this id or ARN.
    pub fn new(config: &SdkConfig, key_id: impl Into<String>) -> Self {
        Self { client: lazy(config), key_id: key_id.into() }
    }
}

fn lazy(config: &SdkConfig) -> LazyClient {
    let config = config.clone();
    Arc::new(LazyLock::new(Box::new(move || Client::new(&config))))
}

/// One KMS key pair that signs (`ECC_NIST_P256`): the private half never leaves KMS.
#[derive(Clone)]
pub struct KmsSigner {
    client: LazyClient,
    key_id: String,
}

impl KmsSigner {
    /// The key of this id or ARN.
    pub fn new(config: &SdkConfig, key_id: impl Into<String>) -> Self {
        Self { client: lazy(config), key_id: key_id.into() }
    }
}

#[async_trait]
impl Signer for KmsSigner {
    async fn sign(&self, bytes: &[u8]) -> Result<Signature, FlowError> {
        // KMS takes at most 4,096 bytes as they are, so it is given their digest.
        let answer = self
            .client
            .sign()
            .key_id(&self.key_id)
            .message_type(MessageType::Digest)
            .message(Blob::new(*Digest::of(bytes).as_bytes()))
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .send()
            .await
            .map_err(|e| classify(&e))?;
        let key_id = answer.key_id.unwrap_or_else(|| self.key_id.clone());
        let signature = answer.signature.map(Blob::into_inner).unwrap_or_default();
        Ok(Signature { key_id, signature })
    }
}

/// The secret of a client at a provider of `OpenID` Connect, encrypted by an operator under the installation's key.
#[derive(Clone)]
pub struct KmsClientSecret {
    client: LazyClient,
    key_id: String,
    encrypted: Vec<u8>,
}

impl KmsClientSecret {
    /// What `aws kms encrypt` gave, under the key of this id or ARN.
    pub fn new(config: &SdkConfig, key_id: impl Into<String>, encrypted: Vec<u8>) -> Self {
        Self { client: lazy(config), key_id: key_id.into(), encrypted }
    }
}

#[async_trait]
impl ClientSecret for KmsClientSecret {
    async fn open(&self) -> Result<Zeroizing<String>, FlowError> {
        let answer = self
            .client
            .decrypt()
            .key_id(&self.key_id)
            .ciphertext_blob(Blob::new(self.encrypted.as_slice()))
            // What was encrypted for something else does not open here, and this opens nowhere else.
            .encryption_context("purpose", "openid-client")
            .send()
            .await
            .map_err(|e| classify(&e))?;
        let bytes = Zeroizing::new(answer.plaintext.map(Blob::into_inner).unwrap_or_default());
        let text = std::str::from_utf8(&bytes).map(|text| Zeroizing::new(text.trim().to_owned()));
        text.map_err(|_| FlowError::Permanent("kms: the secret of the client is no text".to_owned()))
    }
}

/// The encryption context: a data key that is copied to another organization does not open.
const CONTEXT: &str = "organization_id";

fn classify<E, R>(error: &SdkError<E, R>) -> FlowError
where
    SdkError<E, R>: ProvideErrorMetadata,
{
    match error.code() {
        Some(
            code @ ("InvalidCiphertextException"
            | "IncorrectKeyException"
            | "AccessDeniedException"
            | "NotFoundException"
            | "DisabledException"
            | "KMSInvalidStateException"),
        ) => FlowError::Permanent(format!("kms: {code}")),
        Some(code) => FlowError::Transient(format!("kms: {code}")),
        None => FlowError::Transient("kms: no answer".to_owned()),
    }
}

fn plain(blob: Option<Blob>) -> Result<DataKey, FlowError> {
    let bytes = Zeroizing::new(blob.map(Blob::into_inner).unwrap_or_default());
    let key: [u8; 32] =
        bytes.as_slice().try_into().map_err(|_| FlowError::Permanent("kms: not a 256-bit key".to_owned()))?;
    Ok(Zeroizing::new(key))
}

#[async_trait]
impl DataKeys for KmsDataKeys {
    async fn generate(&self, organization_id: OrganizationId) -> Result<(DataKey, Vec<u8>), FlowError> {
        let answer = self
            .client
            .generate_data_key()
            .key_id(&self.key_id)
            .key_spec(DataKeySpec::Aes256)
            .encryption_context(CONTEXT, organization_id.to_string())
            .send()
            .await
            .map_err(|e| classify(&e))?;
        let encrypted = answer.ciphertext_blob.map(Blob::into_inner).unwrap_or_default();
        Ok((plain(answer.plaintext)?, encrypted))
    }

    async fn open(&self, organization_id: OrganizationId, encrypted: &[u8]) -> Result<DataKey, FlowError> {
        let answer = self
            .client
            .decrypt()
            .key_id(&self.key_id)
            .ciphertext_blob(Blob::new(encrypted))
            .encryption_context(CONTEXT, organization_id.to_string())
            .send()
            .await
            .map_err(|e| classify(&e))?;
        plain(answer.plaintext)
    }
}
