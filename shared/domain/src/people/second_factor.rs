//! A member's second factor: the codes of an authenticator (RFC 6238), and codes to keep for the day when it is lost.
//!
//! The seed lies sealed; of a recovery code what is stored is a hash. Nothing is taken twice: a code of the authenticator uses up its
//! time step and all before it, a recovery code is removed.

use std::collections::BTreeSet;
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::{MemberId, OrganizationId};

/// A member's authenticator, set up or about to be.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whose.
    pub member_id: MemberId,
    /// What the codes are made of, sealed for this member.
    pub seed: Vec<u8>,
    /// When the seed was drawn.
    pub started_at: Timestamp,
    /// Since when it is asked for; not before somebody showed a first code.
    pub enabled_at: Option<Timestamp>,
    /// The last time step of which a code was taken.
    pub last_step: u64,
    /// What the recovery codes that were not used hash to.
    pub recovery: BTreeSet<Digest>,
    /// Counts changes.
    pub version: u64,
}

impl SecondFactor {
    /// A code is good for so many seconds (RFC 6238 §5.2 recommends it).
    pub const STEP: u64 = 30;
    /// Codes of so many steps before and after the current one are taken: clocks differ, and people type.
    pub const DRIFT: u16 = 1;
    /// So many bytes has a seed (RFC 4226 §4 recommends it).
    pub const SEED: usize = 20;
    /// Who started must show a first code within this time: a seed that lies on a page somewhere is no second factor later.
    pub const SETUP: SignedDuration = SignedDuration::from_hours(1);

    /// Whether it is asked for.
    pub fn is_enabled(&self) -> bool {
        self.enabled_at.is_some()
    }

    /// Whether a first code may enable it.
    pub fn may_be_confirmed(&self, now: Timestamp) -> bool {
        !self.is_enabled() && now < self.started_at + Self::SETUP
    }

    /// After a code of this time step; none where that step, or a later one, was used before.
    pub fn after_step(&self, step: u64) -> Option<Self> {
        (step > self.last_step).then(|| Self { last_step: step, ..self.clone() })
    }

    /// Without the recovery code that hashes to this.
    #[must_use]
    pub fn without(&self, code: Digest) -> Self {
        let mut recovery = self.recovery.clone();
        recovery.remove(&code);
        Self { recovery, ..self.clone() }
    }
}

impl fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondFactor")
            .field("member_id", &self.member_id)
            .field("enabled_at", &self.enabled_at)
            .field("last_step", &self.last_step)
            .field("recovery", &self.recovery.len())
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// A recovery code: 80 random bits, in the letters and digits that nobody takes for each other (Crockford's base 32). Never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode([u8; RecoveryCode::LENGTH]);

impl RecoveryCode {
    /// So many a member gets.
    pub const GIVEN: usize = 10;
    const LENGTH: usize = 16;
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

    /// Of 10 random bytes.
    pub fn new(random: [u8; 10]) -> Self {
        let bits = random.iter().fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
        let mut text = [0; Self::LENGTH];
        for (n, place) in text.iter_mut().rev().enumerate() {
            *place = Self::ALPHABET[usize::try_from((bits >> (5 * n)) & 31).unwrap_or_default()];
        }
        Self(text)
    }

    /// Reads what somebody typed: in any case, with or without hyphens and spaces, `O` for `0`, `I` and `L` for `1`.
    fn parse(text: &str) -> Option<Self> {
        let mut read = [0; Self::LENGTH];
        let mut typed = text.bytes().filter(|b| !matches!(b, b'-' | b' '));
        for place in &mut read {
            let byte = match typed.next()?.to_ascii_lowercase() {
                b'o' => b'0',
                b'i' | b'l' => b'1',
                byte => byte,
            };
            *place = Some(byte).filter(|byte| Self::ALPHABET.contains(byte))?;
        }
        typed.next().is_none().then_some(Self(read))
    }

    /// As it is shown, once: four groups of four.
    pub fn reveal(&self) -> String {
        let groups = self.0.chunks(4).map(|group| String::from_utf8_lossy(group).into_owned());
        groups.collect::<Vec<_>>().join("-")
    }

    /// What is stored of it, for one member.
    pub fn hash(&self, member_id: MemberId) -> Digest {
        Digest::of_parts(&[b"countersign recovery code", member_id.to_string().as_bytes(), &self.0])
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

/// What somebody typed where a code is asked for.
#[derive(Clone, PartialEq, Eq)]
pub enum TypedCode {
    /// Six digits.
    Totp(String),
    /// One of the codes that are kept.
    Recovery(RecoveryCode),
}

impl TypedCode {
    /// Reads it; none where it can be neither.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|c| *c != ' ').collect();
        if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit()) {
            return Some(TypedCode::Totp(digits));
        }
        RecoveryCode::parse(text).map(TypedCode::Recovery)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn member(n: u8) -> MemberId {
        MemberId::new(Timestamp::UNIX_EPOCH, [n; 10])
    }

    fn factor() -> SecondFactor {
        SecondFactor {
            organization_id: OrganizationId::new(Timestamp::UNIX_EPOCH, [1; 10]),
            member_id: member(1),
            seed: b"the seed".to_vec(),
            started_at: Timestamp::UNIX_EPOCH,
            enabled_at: None,
            last_step: 7,
            recovery: [Digest::of(b"a"), Digest::of(b"b")].into(),
            version: 1,
        }
    }

    #[test]
    fn a_step_is_used_once_and_those_before_it_with_it() {
        let used = factor().after_step(8).unwrap();
        assert_eq!(used.last_step, 8);
        for step in [0, 7, 8] {
            assert_eq!(used.after_step(step), None, "{step}");
        }
        assert!(used.after_step(9).is_some());
    }

    #[test]
    fn a_recovery_code_is_used_once() {
        let rest = factor().without(Digest::of(b"a"));
        assert_eq!(rest.recovery, [Digest::of(b"b")].into());
        assert_eq!(rest.without(Digest::of(b"a")), rest);
    }

    #[test]
    fn a_seed_that_nobody_confirmed_in_time_is_worth_nothing() {
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        assert!(factor().may_be_confirmed(at(3599)) && !factor().may_be_confirmed(at(3600)));
        let enabled = SecondFactor { enabled_at: Some(at(1)), ..factor() };
        assert!(enabled.is_enabled() && !enabled.may_be_confirmed(at(2)));
    }

    #[test]
    fn what_is_typed_is_read_as_one_of_two_kinds() {
        for text in ["123456", "123 456", " 123456 "] {
            assert!(matches!(TypedCode::parse(text), Some(TypedCode::Totp(it)) if it == "123456"), "{text}");
        }
        let code = RecoveryCode::new([0, 1, 2, 3, 4, 5, 6, 7, 8, 255]);
        let shown = code.reveal();
        assert_eq!(shown.len(), 19);
        let typed = shown.to_ascii_uppercase().replace('-', " ").replace('0', "O").replace('1', "l");
        for text in [shown.as_str(), &typed, &shown.replace('-', "")] {
            assert!(matches!(TypedCode::parse(text), Some(TypedCode::Recovery(it)) if it == code), "{text}");
        }
        for text in
            ["", "12345", "1234567", "12345a", &shown[1..], &format!("{shown}0"), "u234-5678-9abc-defg"]
        {
            assert!(TypedCode::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn neither_seed_nor_codes_are_printed() {
        let printed = format!("{:?} {:?}", factor(), RecoveryCode::new([7; 10]));
        let shown = RecoveryCode::new([7; 10]).reveal();
        assert!(
            !printed.contains(&shown) && !printed.contains("seed") && !printed.contains("116, 104"),
            "{printed}"
        );
    }

    proptest! {
        #[test]
        fn each_recovery_code_reads_back_and_is_of_one_member(random: [u8; 10], other: [u8; 10]) {
            let code = RecoveryCode::new(random);
            prop_assert_eq!(RecoveryCode::parse(&code.reveal()), Some(code.clone()));
            prop_assert_eq!(RecoveryCode::new(other) == code, other == random);
            prop_assert_ne!(code.hash(member(1)), code.hash(member(2)));
        }
    }
}
