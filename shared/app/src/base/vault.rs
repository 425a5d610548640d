//! Secrets at rest: sealed under a key that belongs to one record.
//!
//! The organization's data key never encrypts anything. HKDF-SHA-256 derives from it, for each record, a key for
//! AES-256-GCM and a commitment to that key (GCM alone lets one ciphertext open under two keys). The record's
//! organization, kind and id are bound as associated data: a ciphertext copied elsewhere does not open.
//!
//! ```text
//! version 1 (1 byte) | salt (32) | nonce (12) | commitment (32) | ciphertext and tag
//! ```

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _};
use domain::OrganizationId;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::base::error::Refusal;
use crate::base::ports::{DataKey, DataKeys, Ports};
use crate::base::store::{key, load};

const VERSION: u8 = 1;
const SALT: usize = 32;
const NONCE: usize = 12;
const COMMITMENT: usize = 32;
const HEADER: usize = 1 + SALT + NONCE + COMMITMENT;

/// What a secret belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context<'a> {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// What kind of secret.
    pub kind: &'a str,
    /// The record that it lies in.
    pub record_id: &'a str,
}

/// It does not open: altered, cut short, copied from elsewhere, or sealed under another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret does not open")]
pub struct NotOpened;

impl Context<'_> {
    fn associated_data(&self) -> Vec<u8> {
        let mut data = vec![VERSION];
        for part in [&*self.organization_id.to_string(), self.kind, self.record_id] {
            data.extend_from_slice(&(part.len() as u64).to_be_bytes());
            data.extend_from_slice(part.as_bytes());
        }
        data
    }

    fn derive(
        &self,
        data_key: &DataKey,
        salt: &[u8],
    ) -> Result<(Zeroizing<[u8; 32]>, [u8; COMMITMENT]), NotOpened> {
        let hkdf = Hkdf::<Sha256>::new(Some(salt), &data_key[..]);
        let context = self.associated_data();
        let (mut key, mut commitment) = (Zeroizing::new([0; 32]), [0; COMMITMENT]);
        hkdf.expand_multi_info(&[b"countersign key", &context], &mut key[..]).map_err(|_| NotOpened)?;
        hkdf.expand_multi_info(&[b"countersign commitment", &context], &mut commitment)
            .map_err(|_| NotOpened)?;
        Ok((key, commitment))
    }
}

/// The data key of an organization.
pub(crate) async fn data_key(
    ports: &Ports,
    data_keys: &dyn DataKeys,
    organization_id: OrganizationId,
) -> Result<DataKey, Refusal> {
    let organization = load(&*ports.store, organization_id, key::Organization).await?;
    let organization = organization.ok_or(Refusal::NotFound("organization"))?;
    Ok(data_keys.open(organization_id, &organization.data_key).await?)
}

/// Seals a secret.
pub fn seal(
    ports: &Ports,
    data_key: &DataKey,
    context: Context<'_>,
    secret: &[u8],
) -> Result<Vec<u8>, NotOpened> {
    let (salt, nonce): ([u8; SALT], [u8; NONCE]) = (ports.bytes(), ports.bytes());
    let (key, commitment) = context.derive(data_key, &salt)?;
    let cipher = Aes256Gcm::new_from_slice(&key[..]).map_err(|_| NotOpened)?;
    let aad = context.associated_data();
    let payload = Payload { msg: secret, aad: &aad };
    let ciphertext = cipher.encrypt(&nonce.into(), payload).map_err(|_| NotOpened)?;
    Ok([&[VERSION][..], &salt, &nonce, &commitment, &ciphertext].concat())
}

/// Opens a sealed secret.
pub fn open(
    data_key: &DataKey,
    context: Context<'_>,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
    use subtle::ConstantTimeEq as _;
    if sealed.len() < HEADER || sealed[0] != VERSION {
        return Err(NotOpened);
    }
    let (salt, rest) = sealed[1..].split_at(SALT);
    let (nonce, rest) = rest.split_at(NONCE);
    let (commitment, ciphertext) = rest.split_at(COMMITMENT);
    let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| NotOpened)?;
    let (key, expected) = context.derive(data_key, salt)?;
    if !bool::from(expected.ct_eq(commitment)) {
        return Err(NotOpened);
    }
    let cipher = Aes256Gcm::new_from_slice(&key[..]).map_err(|_| NotOpened)?;
    let aad = context.associated_data();
    let payload = Payload { msg: ciphertext, aad: &aad };
    cipher.decrypt(&nonce.into(), payload).map(Zeroizing::new).map_err(|_| NotOpened)
}
