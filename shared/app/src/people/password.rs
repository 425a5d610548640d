//! Passwords: what a new one must be, and how they are kept and compared.

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Argon2, PasswordHash};
use domain::base::address::EmailAddress;
use domain::base::code::Code;
use zxcvbn::{Score, zxcvbn};

use crate::base::error::{FieldError, Refusal};

/// A password is 12 to 200 characters: a long sentence is fine, a megabyte to hash is not.
pub const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 12..=200;

/// A password that is guessed in fewer than 10⁸ attempts (zxcvbn's score 3, "safely unguessable") is refused.
const STRONG: Score = Score::Three;

/// How hard a password is to guess is estimated of its first characters: the time that this takes grows faster than their number
/// (0.1 s at most for these), and what they are worth is enough or the rest seldom helps.
const LOOKED_AT: usize = 40;

/// So many words that are known of a person are handed to the estimate, each cut to [`LOOKED_AT`] characters.
const MAX_KNOWN: usize = 20;

/// Checks a password that somebody wants to have from now on, wherever one is set: its length, and that it is not guessed from what
/// many people take, nor from this address and this organization's name. The error stands at `field`, and says why and what would help.
pub fn check_new_password(
    field: &str,
    password: &str,
    email: &EmailAddress,
    organization: &str,
) -> Result<(), FieldError> {
    if !PASSWORD_LENGTH.contains(&password.chars().count()) {
        return Err(FieldError::new(field, Code::PasswordLength, "must be 12 to 200 characters"));
    }
    let looked_at: String = password.chars().take(LOOKED_AT).collect();
    let known = known_words(email, organization);
    let known: Vec<_> = known.iter().map(String::as_str).collect();
    let guessed = zxcvbn(&looked_at, &known);
    if guessed.score() >= STRONG {
        return Ok(());
    }
    let mut message = "is too easy to guess.".to_owned();
    let mut say = |sentence: &dyn std::fmt::Display| {
        message.push(' ');
        message.push_str(&sentence.to_string());
    };
    if let Some(feedback) = guessed.feedback() {
        feedback.warning().iter().for_each(|warning| say(warning));
        feedback.suggestions().iter().for_each(|suggestion| say(suggestion));
    }
    say(
        &"Take four or more words that have nothing to do with each other, with you or with your organization.",
    );
    Err(FieldError::new(field, Code::PasswordGuessable, message))
}

/// What a stranger tries first: the address and its parts, the organization's name and its words. At most [`MAX_KNOWN`].
fn known_words(email: &EmailAddress, organization: &str) -> Vec<String> {
    let texts = [email.as_str(), organization];
    let cut = |text: &str| text.chars().take(LOOKED_AT).collect::<String>();
    let whole = texts.iter().map(|text| cut(text));
    let parts = texts.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let parts = parts.filter(|part| part.chars().nth(2).is_some()).map(cut);
    whole.chain(parts).filter(|word| !word.is_empty()).take(MAX_KNOWN).collect()
}

/// Hashes a password with Argon2id (RFC 9106, the crate's defaults: 19 MiB, 2 passes) and this salt.
pub fn hash_password(password: &str, salt: &[u8; 16]) -> Result<String, Refusal> {
    let hash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(|error| Refusal::Internal(format!("argon2: {error}")))?;
    Ok(hash.to_string())
}

/// Whether the password is the one that was hashed; compares in constant time. One that is longer than any can be is not hashed.
pub fn verify_password(password: &str, hash: &str) -> bool {
    password.chars().count() <= *PASSWORD_LENGTH.end()
        && PasswordHash::new(hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(password: &str) -> Result<(), FieldError> {
        let email = EmailAddress::parse("wilhelmina.oldenburg@schraubenwerk.example").unwrap();
        check_new_password("password", password, &email, "Schraubenwerk Oldenburg GmbH")
    }

    #[test]
    fn a_password_is_hashed_with_argon2id_and_verified() {
        let hash = hash_password("correct horse battery", &[7; 16]).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify_password("correct horse battery", &hash));
        assert!(!verify_password("correct horse batterz", &hash));
        assert!(!verify_password("correct horse battery", "not a hash"));
    }

    #[test]
    fn what_is_longer_than_a_password_can_be_is_not_hashed() {
        let long = "x".repeat(201);
        assert!(!verify_password(&long, &hash_password(&long, &[7; 16]).unwrap()));
    }

    #[test]
    fn a_sentence_of_ones_own_is_taken_and_so_is_what_a_program_drew() {
        for good in [
            "write a sentence of their own here",
            "mmcdk3Udk2lxVh",
            "ein Satz, den niemand kennt",
            "4@8({[<3691!|710$5+7%2",
            &"long words follow one another ".repeat(6),
        ] {
            assert_eq!(checked(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_is_too_short_too_long_or_easily_guessed_is_refused_and_told_why() {
        for (bad, code, says) in [
            ("x7#kQ!v9Lp2", Code::PasswordLength, "12 to 200"),
            (&*"ab c".repeat(51), Code::PasswordLength, "12 to 200"),
            ("password1234", Code::PasswordGuessable, "very common"),
            ("aaaaaaaaaaaaaaaa", Code::PasswordGuessable, "Avoid repeated"),
            ("qwertyuiop12", Code::PasswordGuessable, "commonly used"),
            (&*"a".repeat(200), Code::PasswordGuessable, "Avoid repeated"),
        ] {
            let error = checked(bad).unwrap_err();
            assert_eq!((error.field.as_str(), error.code), ("password", code), "{bad}");
            assert!(error.message.contains(says), "{}", error.message);
            assert!(!error.message.contains(bad), "it is not repeated: {}", error.message);
        }
    }

    #[test]
    fn what_is_known_of_a_person_and_their_organization_is_no_password() {
        for bad in [
            "wilhelmina.oldenburg@schraubenwerk.example",
            "wilhelmina12",
            "Wilhelmina2026",
            "schraubenwerk",
            "Schraubenwerk1",
            "SCHRAUBENWERK OLDENBURG GMBH",
        ] {
            assert_eq!(checked(bad).map_err(|error| error.code), Err(Code::PasswordGuessable), "{bad}");
        }
    }

    #[test]
    fn what_is_handed_to_the_estimate_is_bounded() {
        let email = EmailAddress::parse(&format!("{}@example.com", "abc.".repeat(15) + "x")).unwrap();
        let known = known_words(&email, &"word ".repeat(100));
        assert_eq!(known.len(), MAX_KNOWN);
        assert!(known.iter().all(|word| word.chars().count() <= LOOKED_AT));
    }
}
