//! Attempts at showing a password or a code, counted by the address that it belongs to: whoever guesses gets no more of them by asking
//! at another place, or at several at once.

use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::people::access::Actor;
use domain::people::credential::{Login, SignInWindow, Turn};

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::store::{Change, Directory, DirectoryWrite, Tally};

/// An attempt that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// What becomes of it.
    pub(crate) turn: Turn,
    /// Within which it was counted.
    pub(crate) window: SignInWindow,
}

impl Attempt {
    /// Counts one, before anything is looked at: one that can't be counted compares nothing. Of those that nobody makes by hand the
    /// first is given and stands for the others, which are refused here.
    pub(crate) async fn count(
        ports: &Ports,
        directory: &dyn Directory,
        email: &EmailAddress,
    ) -> Result<Self, Refusal> {
        let window = SignInWindow::of(ports.now());
        let turn = Turn::of(directory.count(email, Tally::Attempts, window).await?);
        let attempt = Self { turn, window };
        if turn == (Turn::Flood { first: false }) { Err(attempt.flood()) } else { Ok(attempt) }
    }

    /// Whether what is shown is compared.
    pub(crate) fn is_compared(&self) -> bool {
        self.turn == Turn::Compared
    }

    /// What a flood is answered.
    pub(crate) fn flood(&self) -> Refusal {
        Refusal::NotBefore {
            code: Code::TooManySignIns,
            message: "too many attempts with this address: wait before the next".to_owned(),
            retry_at: self.window.ends_at(),
        }
    }

    /// Gives the attempts back, in the transaction of what the right one does.
    pub(crate) fn forgotten(&self, email: &EmailAddress) -> DirectoryWrite {
        DirectoryWrite::ForgetAttempts(email.clone(), self.window)
    }

    /// Writes down that somebody who is signed in did not show what they were asked for, and gives what they are answered: `wrong`,
    /// unless it is a flood.
    pub(crate) async fn refused(
        &self,
        ports: &Ports,
        login: &Login,
        action: &'static str,
        wrong: Refusal,
    ) -> Result<Refusal, Refusal> {
        let (reason, refusal) = match self.turn {
            Turn::Compared => ("wrong", wrong),
            Turn::Locked => ("locked", wrong),
            Turn::Flood { .. } => ("flood", self.flood()),
        };
        let actor = Actor::Member { member_id: login.member_id };
        let mut entry = ports.audit(login.organization_id, &actor, action, login.user_id);
        entry.details.push(("reason", reason.to_owned()));
        ports.store.commit(Change::new(login.organization_id).audit(entry)).await?;
        Ok(refusal)
    }
}
