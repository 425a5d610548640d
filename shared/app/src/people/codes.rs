//! Codes of a second factor: the seed that they are made of, and whether one that somebody typed is taken.

use domain::MemberId;
use domain::people::credential::OpenedWith;
use domain::people::organization::Organization;
use domain::people::second_factor::{SecondFactor, TypedCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use subtle::ConstantTimeEq as _;
use totp_rs::{Algorithm, Builder, Secret, Totp};
use zeroize::Zeroizing;

use crate::base::error::Refusal;
use crate::base::ports::{DataKeys, Ports};
use crate::base::vault::{self, Context};

/// Whom an authenticator shows a code to be for.
const ISSUER: &str = "Countersign";

/// A seed, as it is shown once. Wiped when it is dropped, and never printed.
pub(crate) struct Seed(Zeroizing<[u8; SecondFactor::SEED]>);

impl Seed {
    /// A new one.
    pub(crate) fn draw(ports: &Ports) -> Self {
        Self(Zeroizing::new(ports.bytes()))
    }

    /// Reads what [`Self::seal`] gave.
    async fn open(
        data_keys: &dyn DataKeys,
        organization: &Organization,
        factor: &SecondFactor,
    ) -> Result<Self, Refusal> {
        let key = data_keys.open(organization.id, &organization.data_key).await?;
        let id = factor.member_id.to_string();
        let opened = vault::open(&key, context(organization, &id), &factor.seed)
            .map_err(|error| Refusal::Internal(error.to_string()))?;
        let bytes: [u8; SecondFactor::SEED] = opened
            .as_slice()
            .try_into()
            .map_err(|_| Refusal::Internal("a seed of another length".to_owned()))?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// Seals it for one member.
    pub(crate) async fn seal(
        &self,
        ports: &Ports,
        data_keys: &dyn DataKeys,
        organization: &Organization,
        member_id: MemberId,
    ) -> Result<Vec<u8>, Refusal> {
        let key = data_keys.open(organization.id, &organization.data_key).await?;
        vault::seal(ports, &key, context(organization, &member_id.to_string()), &self.0[..])
            .map_err(|error| Refusal::Internal(error.to_string()))
    }

    /// The text that a person types into an authenticator: base 32 (RFC 4648).
    pub(crate) fn base32(&self) -> Zeroizing<String> {
        Zeroizing::new(self.secret().to_base32())
    }

    /// The address that an authenticator reads, for an account of this name
    /// (<https://github.com/google/google-authenticator/wiki/Key-Uri-Format>).
    pub(crate) fn uri(&self, account: &str) -> Zeroizing<String> {
        let account = utf8_percent_encode(account, NON_ALPHANUMERIC);
        let (secret, period) = (self.base32(), SecondFactor::STEP);
        Zeroizing::new(format!(
            "otpauth://totp/{ISSUER}:{account}?secret={}&issuer={ISSUER}&algorithm=SHA1&digits=6&period={period}",
            *secret
        ))
    }

    fn secret(&self) -> Secret {
        Secret::new_stack(*self.0)
    }

    fn totp(&self) -> Result<Totp, Refusal> {
        let totp = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(SecondFactor::DRIFT)
            .with_step_duration(SecondFactor::STEP)
            .with_secret(self.secret());
        totp.build().map_err(|_| Refusal::Internal("an authenticator can't be made".to_owned()))
    }

    /// The time step that these six digits are of, now, a step before or a step behind.
    fn step_of(&self, digits: &str, now: domain::Timestamp) -> Result<Option<u64>, Refusal> {
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        Ok(self.totp()?.check(digits, seconds))
    }
}

fn context<'a>(organization: &Organization, member_id: &'a str) -> Context<'a> {
    Context { organization_id: organization.id, kind: "totp", record_id: member_id }
}

/// The second factor after this code was used, and what it was; none where the code is wrong, or was used before. It is used up only by
/// writing what this gives, at the version that was seen: of two who show one code at the same moment, one is refused.
pub(crate) async fn take(
    ports: &Ports,
    data_keys: &dyn DataKeys,
    organization: &Organization,
    factor: &SecondFactor,
    typed: &str,
) -> Result<Option<(SecondFactor, OpenedWith)>, Refusal> {
    match TypedCode::parse(typed) {
        None => Ok(None),
        Some(TypedCode::Totp(digits)) => {
            let seed = Seed::open(data_keys, organization, factor).await?;
            let step = seed.step_of(&digits, ports.now())?;
            Ok(step.and_then(|step| factor.after_step(step)).map(|used| (used, OpenedWith::Totp)))
        }
        Some(TypedCode::Recovery(code)) => {
            let shown = code.hash(factor.member_id);
            // All of them are compared, each in constant time.
            let found =
                factor.recovery.iter().filter(|known| bool::from(known.as_bytes().ct_eq(shown.as_bytes())));
            Ok((found.count() > 0).then(|| (factor.without(shown), OpenedWith::RecoveryCode)))
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::*;

    fn seed() -> Seed {
        Seed(Zeroizing::new(*b"12345678901234567890"))
    }

    /// RFC 6238, appendix B, in six digits.
    #[test]
    fn codes_are_those_of_the_rfc_a_step_early_and_a_step_late_and_no_others() {
        for (seconds, digits) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let at = |seconds| Timestamp::from_second(seconds).unwrap();
            let step = u64::try_from(seconds / 30).unwrap();
            let taken = |now| seed().step_of(digits, at(now)).unwrap();
            for now in [seconds - 30, seconds, seconds + 30] {
                assert_eq!(taken(now), Some(step), "{digits} at {now}");
            }
            for now in [seconds - 89, seconds + 89] {
                assert_eq!(
                    taken(now.max(0)).filter(|found| *found == step && now > 0),
                    None,
                    "{digits} at {now}"
                );
            }
        }
    }

    #[test]
    fn an_authenticator_reads_the_address() {
        let uri = seed().uri("ann+x@example.com");
        assert_eq!(
            *uri,
            "otpauth://totp/Countersign:ann%2Bx%40example%2Ecom?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Countersign&algorithm=SHA1&digits=6&period=30"
        );
    }
}
