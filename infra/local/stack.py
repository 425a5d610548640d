#!/usr/bin/env python3
"""The local stack's supervisor: `up`, `down`, `reset`, `status`, `exports`.

Standard library only, so that it runs before anything is installed."""

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType
from typing import Any

import checks
import emulator
from processes import STOP_SECONDS, Child, is_running, plain_environment, stop_leftovers
from settings import HERE, HOST, REGION, ROOT, Problem, Settings, read_json, write_json

# How long a start, a stop and a hand-over may take before something is wrong.
HEALTH_SECONDS = 60
DETACH_SECONDS = 3600


class Stopped(Exception):
    """Ctrl-C, SIGTERM or `down`."""


class Steps:
    """Numbered progress with seconds, and nothing else on the screen."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.number = 0

    def run(self, title: str, work: Any) -> Any:
        self.number += 1
        print(f"[{self.number}/{self.total}] {title} ...", flush=True)
        started = time.monotonic()
        result = work()
        print(f"      {time.monotonic() - started:.1f} s", flush=True)
        return result


# --- up ------------------------------------------------------------------------------------------


def up(settings: Settings, build: bool, demo: bool) -> None:
    checks.python()
    running = _running_pid(settings)
    if running:
        raise Problem(
            f"the stack in {settings.directory} runs already (process {running}): use it, or `stack.py down`."
        )
    stop_leftovers(settings)
    settings.stack_file.unlink(missing_ok=True)
    write_json(settings.pid_file, {"pid": os.getpid(), "children": []})
    children: list[Child] = []
    unclean = settings.state / "unclean"
    steps = Steps(7 if build else 6)
    try:
        steps.run("checking ports, disk and toolchain", lambda: _check(settings, build))
        steps.run("Python environment", lambda: _prepare_venv(settings))
        if build:
            steps.run("building the functions (make build)", _build)
        steps.run("starting the local AWS and the mail exchanger", lambda: _start(settings, children, unclean))
        write_json(settings.pid_file, {"pid": os.getpid(), "children": [child.process.pid for child in children]})
        steps.run("deploying template.yaml", lambda: _deploy(settings))
        steps.run("first organization, people, inbox and tokens", lambda: _seed(settings, demo))
        steps.run("waiting for the API", lambda: _await_url(f"{settings.url('API')}/healthz", children))
        write_json(settings.stack_file, _stack(settings), private=True)
        print(_welcome(settings), flush=True)
        _watch(children)
    except Stopped:
        print("\nstopping ...", flush=True)
    finally:
        settings.stack_file.unlink(missing_ok=True)
        # The exchanger first: with its connections open the emulator would wait for them.
        if all([child.stop() for child in reversed(children)]) and children:
            unclean.unlink(missing_ok=True)
        settings.pid_file.unlink(missing_ok=True)
    print("stopped; the data is kept in", settings.state, flush=True)


def _check(settings: Settings, build: bool) -> None:
    checks.ports(settings)
    checks.disk(settings.directory)
    if build:
        checks.toolchain()
    if not settings.template.exists():
        raise Problem(f"{settings.template} does not exist: run this from a complete checkout.")


def _prepare_venv(settings: Settings) -> None:
    requirements = HERE / "requirements.txt"
    stamp = settings.venv / "requirements.sha256"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("      installing (about a minute, once) ...", flush=True)
    shutil.rmtree(settings.venv, ignore_errors=True)
    python = str(settings.venv / "bin" / "python")
    for command in (
        [sys.executable, "-m", "venv", str(settings.venv)],
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(requirements)],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            print(done.stdout[-2000:] + done.stderr[-2000:], file=sys.stderr)
            raise Problem("the Python environment could not be made: see above (network? is python3-venv installed?).")
    stamp.write_text(wanted)


def _build() -> None:
    if subprocess.run(["make", "build"], cwd=ROOT).returncode != 0:
        raise Problem("the build failed: see above.")


def _start(settings: Settings, children: list[Child], unclean: Path) -> None:
    if unclean.exists():
        # The emulator writes its state at a clean stop only: what it holds now may be older than what we noted.
        settings.deployed_file.unlink(missing_ok=True)
    for folder in (
        settings.state / "aws",
        settings.state / "s3",
        settings.directory / "tmp",
        settings.directory / "outbox",
        settings.directory / "notifications",
    ):
        folder.mkdir(parents=True, exist_ok=True)
    unclean.touch()
    emulator.rewind_streams(settings.state / "aws" / "lambda.json")
    python = settings.venv / "bin"
    children.append(
        Child(
            "local AWS",
            [str(python / "python"), str(HERE / "run_emulator.py")],
            emulator.environment(settings),
            settings.log / "aws.log",
        )
    )
    environment = {f"COUNTERSIGN_{name}_PORT": str(port) for name, port in settings.ports.items()}
    environment |= {"COUNTERSIGN_MAIL_DOMAIN": settings.mail_domain, "AWS_REGION": REGION, "PYTHONUNBUFFERED": "1"}
    children.append(
        Child(
            "mail exchanger",
            [str(python / "python"), "-m", "exchanger", str(settings.directory)],
            environment,
            settings.log / "exchanger.log",
        )
    )
    _await_url(f"{settings.url('AWS')}/_ministack/health", children)
    _await_url(f"{settings.url('CONTROL')}/healthz", children)


def _deploy(settings: Settings) -> None:
    _script(settings, "deploy.py", str(settings.directory), str(settings.template))
    _post_json(f"{settings.url('CONTROL')}/outputs", settings.outputs_file.read_bytes())


def _seed(settings: Settings, demo: bool) -> None:
    _script(settings, "seed.py", str(settings.directory), *(["--demo"] if demo else []))


def _script(settings: Settings, name: str, *arguments: str) -> None:
    python = str(settings.venv / "bin" / "python")
    environment = {**plain_environment(), **settings.aws_environment}
    done = subprocess.run([python, str(HERE / name), *arguments], env=environment, start_new_session=True)
    if done.returncode != 0:
        raise Problem(
            f"{name.removesuffix('.py')} failed: see above, and {settings.log / 'aws.log'} for what the functions said."
        )


def _stack(settings: Settings) -> dict[str, Any]:
    """What scripts and tests rely on (tests/src/lib.rs reads them), and where the knobs are."""
    outputs = read_json(settings.outputs_file)
    return {
        "api_url": settings.url("API"),
        "console_url": settings.public_url + "/console",
        "smtp": f"{HOST}:{settings.ports['SMTP']}",
        "outbox": str(settings.directory / "outbox"),
        "notifications": str(settings.directory / "notifications"),
        **read_json(settings.seed_file),
        "control_url": settings.url("CONTROL"),
        "aws_endpoint": settings.url("AWS"),
        "table": outputs.get("TableName"),
        "bucket": outputs.get("MailBucketName"),
        "anchor_bucket": outputs.get("AnchorBucketName"),
        "key_log_bucket": outputs.get("KeyLogBucketName"),
        "signing_key": outputs.get("SigningKeyArn"),
        "mail_domain": settings.mail_domain,
        "openid_issuer": settings.openid_issuer,
        "pid": os.getpid(),
    }


def _welcome(settings: Settings) -> str:
    stack = read_json(settings.stack_file)
    inbox = stack["inbox"]
    return f"""
Countersign is up.

  Console   {stack["console_url"]}
            {stack["approver"]["email"]}   {stack["approver"]["password"]}   (approver)
            {stack["owner"]["email"]}      {stack["owner"]["password"]}   (owner)
  Inbox     {inbox["address"]}, mail in: {stack["smtp"]}, mail out: {stack["outbox"]}
            mail to approvers, with a link each to decide without signing in: {stack["notifications"]}

Try it, in another terminal:
  eval "$(make -s exports)"        # API, INBOX, AGENT, and SESSION of the approver

  curl -s $API/v1/inboxes/$INBOX/messages -H "Authorization: Bearer $AGENT"

  curl -s $API/v1/inboxes/$INBOX/messages/send -H "Authorization: Bearer $AGENT" \\
       -H 'Content-Type: application/json' -H "Idempotency-Key: $RANDOM$RANDOM" \\
       -d '{{"to":["success@simulator.amazonses.com"],"subject":"Hello","text":"From an agent."}}'

  # What waits, and a decision: name the approval and the digest.
  curl -s $API/v1/approvals -H "Authorization: Bearer $SESSION"
  curl -s $API/v1/approvals/APPROVAL/approve -H "Authorization: Bearer $SESSION" \\
       -H 'Content-Type: application/json' -d '{{"digest":"DIGEST"}}'

  printf 'From: you@example.com\\r\\nTo: {inbox["address"]}\\r\\nSubject: Hi\\r\\n\\r\\nHello agent\\r\\n' | \\
       curl -s smtp://{stack["smtp"]} --mail-from you@example.com --mail-rcpt {inbox["address"]} -T -

  make demo     the whole story in a minute

Everything is in {settings.stack_file}. Ctrl-C stops it and keeps the data.
"""


def _watch(children: list[Child]) -> None:
    while True:
        time.sleep(0.5)
        _check_children(children)


def _check_children(children: list[Child]) -> None:
    for child in children:
        if child.died():
            raise Problem(
                f"the {child.name} ended (exit {child.process.returncode}); the end of {child.log}:\n{child.tail()}"
            )


def _await_url(url: str, children: list[Child]) -> None:
    deadline = time.monotonic() + HEALTH_SECONDS
    last = "no answer"
    while time.monotonic() < deadline:
        _check_children(children)
        try:
            with urllib.request.urlopen(url, timeout=10):
                return
        except urllib.error.HTTPError as error:
            last = f"answers {error.code}"
        except OSError:
            last = "no answer"
        time.sleep(0.1)
    logs = ", ".join(str(child.log) for child in children)
    raise Problem(f"{url} is not healthy after {HEALTH_SECONDS} s ({last}): look into {logs}.")


def _post_json(url: str, body: bytes) -> None:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="POST")
    with urllib.request.urlopen(request, timeout=10):
        pass


# --- detached ------------------------------------------------------------------------------------


def detach(settings: Settings, arguments: list[str]) -> None:
    """Starts `up` in the background, shows its progress, and returns when the stack is ready."""
    checks.python()
    settings.log.mkdir(parents=True, exist_ok=True)
    log = settings.log / "stack.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-u", str(Path(__file__).resolve()), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    signal.signal(signal.SIGINT, lambda *_: process.terminate())
    deadline = time.monotonic() + DETACH_SECONDS
    with log.open(errors="replace") as output:
        while time.monotonic() < deadline:
            ended = process.poll() is not None
            print(output.read(), end="", flush=True)
            if ended:
                sys.exit(process.returncode or 1)
            if read_json(settings.stack_file, {}).get("pid") == process.pid:
                print(output.read(), end="", flush=True)
                return
            time.sleep(0.1)
    process.terminate()
    raise Problem(f"the stack is not up after {DETACH_SECONDS} s: look into {log}.")


# --- down, reset, status -------------------------------------------------------------------------


def down(settings: Settings) -> None:
    pid = _running_pid(settings)
    if pid is None:
        print("stopped what was left behind" if stop_leftovers(settings) else "not running")
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 2 * STOP_SECONDS
    while is_running(pid, "stack.py"):
        if time.monotonic() > deadline:
            raise Problem(f"process {pid} does not end: look into {settings.log}.")
        time.sleep(0.1)
    print("stopped")


def reset(settings: Settings) -> None:
    if _running_pid(settings):
        raise Problem("the stack is running: stop it first (Ctrl-C, or `stack.py down`).")
    for folder in (settings.state, *(settings.directory / name for name in ("outbox", "notifications", "tmp"))):
        shutil.rmtree(folder, ignore_errors=True)
    for file in (
        settings.seed_file,
        settings.outputs_file,
        settings.stack_file,
        settings.directory / "identities.json",
        settings.directory / "dns.json",
    ):
        file.unlink(missing_ok=True)
    print("the data is gone; the next start begins anew")


def status(settings: Settings) -> None:
    pid = _running_pid(settings)
    stack = read_json(settings.stack_file, {})
    if pid is None:
        print("not running")
        sys.exit(3)
    print(f"running (process {pid}), {'ready at ' + stack['api_url'] if stack else 'not ready yet'}")


def exports(settings: Settings) -> None:
    """What the examples of the README and API.md name, for `eval`."""
    stack = read_json(settings.stack_file)
    if stack is None:
        raise Problem("the stack is not up: `make run` in another terminal.")
    for name, value in {
        "API": stack["api_url"],
        "INBOX": stack["inbox"]["id"],
        "AGENT": stack["agent_token"],
        "SESSION": _session(stack),
    }.items():
        print(f"export {name}={value}")


def _session(stack: dict[str, Any]) -> str:
    """A person decides by a session: the approver signs in."""
    body = json.dumps({name: stack["approver"][name] for name in ("email", "password")}).encode()
    request = urllib.request.Request(f"{stack['api_url']}/v1/sessions", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["token"]
    except OSError as error:
        raise Problem(f"the approver could not sign in: {error}") from None


def _running_pid(settings: Settings) -> int | None:
    pid = read_json(settings.pid_file, {}).get("pid")
    return pid if pid and is_running(pid, "stack.py") else None


def main() -> None:
    parser = argparse.ArgumentParser(description="Runs Countersign on this machine.")
    parser.add_argument("verb", choices=["up", "down", "reset", "status", "exports", "venv"])
    parser.add_argument("--dir", type=Path, help="folder for state, logs and sent mail (default: .local)")
    parser.add_argument("--template", type=Path, help="SAM template to deploy (default: template.yaml)")
    parser.add_argument("--demo", action="store_true", help="put mail into a new inbox, and an answer that waits for a decision")
    parser.add_argument("--no-build", action="store_true", help="take the binaries as they are")
    parser.add_argument("--detach", action="store_true", help="return when the stack is ready and leave it running")
    options = parser.parse_args()
    # Everything asked over HTTP is on this machine: no proxy is on the way.
    urllib.request.install_opener(urllib.request.build_opener(urllib.request.ProxyHandler({})))
    try:
        settings = Settings.load(options.dir, options.template)
        if options.verb == "up" and options.detach:
            detach(settings, [argument for argument in sys.argv[1:] if argument != "--detach"])
        elif options.verb == "up":
            for signum in (signal.SIGTERM, signal.SIGINT):
                signal.signal(signum, _stop)
            up(settings, build=not options.no_build, demo=options.demo)
        else:
            {"down": down, "reset": reset, "status": status, "exports": exports, "venv": _prepare_venv}[options.verb](settings)
    except Problem as problem:
        print(f"\n{problem}", file=sys.stderr)
        sys.exit(1)


def _stop(signum: int, frame: FrameType | None) -> None:
    # A second signal must not interrupt the stopping itself.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


if __name__ == "__main__":
    main()
