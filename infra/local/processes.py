"""The stack's processes: starting, ending, and recognising them again."""

import os
import signal
import subprocess
import time
from pathlib import Path

from settings import HERE, Settings, read_json

# Enough for the emulator to write everything it holds.
STOP_SECONDS = 60


class Child:
    """One process of the stack, in a session of its own so that a Ctrl-C reaches the supervisor alone."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                command,
                env={**plain_environment(), **environment},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=HERE,
            )

    def died(self) -> bool:
        return self.process.poll() is not None

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def stop(self) -> bool:
        """Asks it to end and waits, so that it can write its state; whether it did."""
        clean = not self.died()
        if clean:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                clean = False
        # Function processes that outlive the emulator are in its session.
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        self.process.wait()
        return clean


def stop_leftovers(settings: Settings) -> bool:
    """Ends what a killed supervisor left behind; the emulator still writes its state on the way out."""
    left = [pid for pid in read_json(settings.pid_file, {}).get("children", []) if is_running(pid, str(settings.venv))]
    for pid in reversed(left):
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while is_running(pid, str(settings.venv)) and time.monotonic() < deadline:
            time.sleep(0.1)
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    if len(left) == 2:
        (settings.state / "unclean").unlink(missing_ok=True)
    settings.pid_file.unlink(missing_ok=True)
    return bool(left)


def is_running(pid: int, command: str) -> bool:
    """Whether the process is (still) this command: an id may have been given to someone else since."""
    done = subprocess.run(["ps", "-ww", "-p", str(pid), "-o", "stat=,args="], capture_output=True, text=True)
    state, _, arguments = done.stdout.strip().partition(" ")
    return command in arguments and not state.startswith("Z")


def plain_environment() -> dict[str, str]:
    """Without AWS profiles, credentials and proxies: functions inherit it, and none may reach a real account."""
    unwanted = ("AWS_", "LAMBDA_", "_LAMBDA", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "LOCALSTACK_", "MINISTACK_")
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(unwanted)}
