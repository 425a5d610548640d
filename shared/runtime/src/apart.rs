//! Has something done in a process of its own: what hangs, runs out of stack or memory or panics ends that process, and not the function.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How the process ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// It wrote this.
    Answered(Vec<u8>),
    /// It was ended when its time was over.
    Late,
    /// It died, or wrote more than it may.
    Broken,
    /// It could not be started.
    NeverBegan,
}

/// Runs the command with this on its standard input, for so long at most, and ends its process. Its answer has at most so many bytes.
pub async fn run(mut command: Command, input: &[u8], most: u64, limit: Duration) -> Ended {
    // What it has to say of its own death may have the file's words in it: nobody writes that down.
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let Ok(mut child) = command.spawn() else { return Ended::NeverBegan };
    let ended = match timeout(limit, talk(&mut child, input, most)).await {
        Ok(Some(answer)) => return Ended::Answered(answer),
        Ok(None) => Ended::Broken,
        Err(_) => Ended::Late,
    };
    // Lambda stops this process as well when it has answered: whatever still ran would go on with the next file.
    let _ = child.kill().await;
    ended
}

async fn talk(child: &mut Child, input: &[u8], most: u64) -> Option<Vec<u8>> {
    let (mut stdin, stdout) = (child.stdin.take()?, child.stdout.take()?);
    let written = stdin.write_all(input).await;
    drop(stdin);
    let mut answer = vec![];
    stdout.take(most + 1).read_to_end(&mut answer).await.ok()?;
    let whole = answer.len() as u64 <= most;
    let succeeded = whole && child.wait().await.is_ok_and(|status| status.success());
    (succeeded && written.is_ok()).then_some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn whatever_a_process_does_there_is_an_answer_in_time() {
        let (short, long) = (Duration::from_millis(300), Duration::from_secs(20));
        let input = vec![b'x'; 1 << 20];
        for (script, limit, expected) in [
            ("cat >/dev/null; printf ok", long, Ended::Answered(b"ok".to_vec())),
            ("cat >/dev/null; printf half; exit 1", long, Ended::Broken),
            ("cat >/dev/null; kill -SEGV $$", long, Ended::Broken),
            ("exit 1", long, Ended::Broken),
            ("cat >/dev/null; yes", long, Ended::Broken),
            ("cat >/dev/null; exec sleep 60", short, Ended::Late),
            // It never reads what it is given.
            ("exec sleep 60", short, Ended::Late),
        ] {
            assert_eq!(run(shell(script), &input, 6 << 20, limit).await, expected, "{script}");
        }
        assert_eq!(run(Command::new("/nowhere/at/all"), &input, 6 << 20, long).await, Ended::NeverBegan);
    }
}
