"""Calls a running stack as infra/docs/openapi.json says, and as it does not, and holds every answer against it (schemathesis).

Twice, side by side: with an agent's token and with an owner's, in an organization made for it. No answer may be a 5xx, have a status
or a media type that the document does not name, or a body of another form. The cases come from a fixed seed and are bounded, so that
both runs take less than three minutes; what is left out stands below, with why.

`fuzz.py` is told by COUNTERSIGN_STACK which stack. It runs last: the document's example of a sign-in counts as a wrong password
of the demo's owner, who can't sign in for a while after ten of those."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "shared" / "clients" / "python" / "src"))

from countersign import Countersign  # noqa: E402

DOCUMENT = ROOT / "infra" / "docs" / "openapi.json"
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
PASSWORD = "one link for one decision"
SEED = "1"
# Cases of a route that are drawn; those of its bounds (the phase `coverage`) come beside them.
EXAMPLES = "8"
# Processes that share the owner's routes. Not threads: where two of them parse Python at once, Python 3.11 may say "AST constructor
# recursion depth mismatch".
PARTS = 4
# Seconds: whoever takes longer hangs.
PATIENCE = 300
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
]
# Left out everywhere: methods that a path does not have. The gateway answers some of them by itself; what the API answers is
# tested in api::unmatched. The phase `stateful`, which follows links: the document has none. The phase `examples`: `coverage` calls
# each example too.
CONFIG = """
[phases.coverage]
unexpected-methods = []

[parameters]
"""
# Left out for the owner: a webhook to a host that the document's example names, and the mail server of a drawn address, would make the
# stack call the Internet.
OWNER_LEAVES_OUT = ["accounts_create", "webhooks_create", "webhooks_update"]


def main() -> None:
    stack = json.loads(Path(os.environ.get("COUNTERSIGN_STACK", ROOT / ".local" / "stack.json")).read_text())
    url = stack["api_url"]
    tokens, pinned = make_organization(stack)
    # Most of what bounds are tried of is refused to an agent before it is read: the owner tries them.
    document = json.loads(DOCUMENT.read_text())
    operations = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    owners = [operation for operation in operations if operation not in OWNER_LEAVES_OUT]
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(run, url, "agent", tokens["agent"], pinned, "fuzzing", operations)]
        for part in range(PARTS):
            runs.append(pool.submit(run, url, "owner", tokens["owner"], pinned, "coverage,fuzzing", owners[part::PARTS]))
    for done in runs:
        print(done.result())


def make_organization(stack: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Tokens of an agent and an owner, and ids of things of theirs: what a random id names does not exist."""
    url = stack["api_url"]
    name = f"fuzz-{os.urandom(6).hex()}"
    people = {role: f"{role}.{name}@example.com" for role in ("owner", "editor", "approver")}
    members = [{"email": email, "role": role, "password": PASSWORD} for role, email in people.items()]
    invoke(stack, "countersign-operator-provision", {"organization_name": name, "members": members})
    anybody = Countersign(url)
    sessions = {role: anybody.sessions.create(email=people[role], password=PASSWORD)["token"] for role in ("owner", "editor")}
    owner, editor = (Countersign(url, sessions[role]) for role in ("owner", "editor"))
    inbox = owner.inboxes.create(username=name)
    scopes = [scope for scope in owner.me.get()["scopes"] if scope != "messages.send"]
    agent = editor.tokens.create(name="agent", scopes=["messages.read", "messages.send"])["token"]
    sent = Countersign(url, agent).messages.send(
        inbox["id"], to=["success@simulator.amazonses.com"], subject="Looked at from all sides", text="text"
    )
    message = sent["message"]
    pinned = {
        "path.inbox_id": inbox["id"],
        "path.message_id": message["id"],
        "path.thread_id": message["thread_id"],
        "path.approval_id": sent["approval"]["id"],
        # Nobody waits for a mail that does not come.
        "query.timeout": 0,
    }
    return {"agent": agent, "owner": owner.tokens.create(name="owner", scopes=scopes)["token"]}, pinned


def invoke(stack: dict[str, Any], function: str, event: dict[str, Any]) -> None:
    """Invokes a function of the local AWS, which checks no signature."""
    scope = "AWS4-HMAC-SHA256 Credential=tests/20260101/eu-west-1/lambda/aws4_request, SignedHeaders=host, Signature=x"
    request = urllib.request.Request(
        f"{stack['aws_endpoint']}/2015-03-31/functions/{function}/invocations",
        json.dumps(event).encode(),
        {"Authorization": scope, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        told = json.load(answer)
    if "organization_id" not in told:
        raise SystemExit(f"{function}: {told}")


def run(url: str, who: str, token: str, pinned: dict[str, Any], phases: str, operations: list[str]) -> str:
    """Calls these routes, and says how many cases there were."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "schemathesis.toml"
        config.write_text(CONFIG + "".join(f"{json.dumps(name)} = {json.dumps(value)}\n" for name, value in pinned.items()))
        command = [str(SCHEMATHESIS), "--config-file", str(config), "run", str(DOCUMENT), "--url", url]
        command += ["--phases", phases, "--checks", ",".join(CHECKS), "--seed", SEED]
        command += ["--max-examples", EXAMPLES, "--no-shrink", "--workers", "1", "--request-timeout", "35"]
        command += ["--header", f"Authorization: Bearer {token}", "--suppress-health-check", "all", "--warnings", "off"]
        for operation in operations:
            command += ["--include-operation-id", operation]
        # What it remembers of earlier runs would make each run another.
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
    lines = done.stdout.splitlines()
    if done.returncode:
        print("\n".join(lines), done.stderr, sep="\n", file=sys.stderr)
        raise SystemExit(f"an answer to the {who} is not as infra/docs/openapi.json says (seed {SEED})")
    cases = next((line.strip() for line in lines if "generated" in line), "no case was made")
    if "generated" not in cases:
        raise SystemExit("schemathesis called nothing")
    return f"openapi.json, called by the {who}: {cases}, {time.monotonic() - started:.0f} s"


if __name__ == "__main__":
    main()
