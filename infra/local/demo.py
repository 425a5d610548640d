#!/usr/bin/env python3
"""`make demo`: a mail comes in, an agent answers it, a person countersigns, and exactly those bytes leave.

Standard library only."""

import argparse
import base64
import hashlib
import hmac
import json
import secrets
import smtplib
import sys
import textwrap
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from settings import HOST, ROOT, read_json

WAIT_SECONDS = 20
CUSTOMER = "Alice Moreau <alice@example.com>"


class Disappointment(Exception):
    """The stack did not do what the story says it does."""


# --- telling -------------------------------------------------------------------------------------


def _paint(code: str) -> Callable[[str], str]:
    return (lambda text: f"\033[{code}m{text}\033[0m") if sys.stdout.isatty() else (lambda text: text)


bold, dim, green, yellow = _paint("1"), _paint("2"), _paint("32"), _paint("33")


class Teller:
    def __init__(self) -> None:
        self.number = 0

    def step(self, title: str) -> None:
        self.number += 1
        print(f"\n{bold(f'{self.number}. {title}')}", flush=True)

    def say(self, text: str) -> None:
        print(f"   {text}", flush=True)

    def call(self, who: str, method: str, path: str, status: int, remark: str = "") -> None:
        mark = green(str(status)) if status < 400 else yellow(str(status))
        print(f"   {dim(f'{who:>8}')}  {method} {path}  {mark}  {remark}".rstrip(), flush=True)

    def quote(self, text: str, lines: int = 8) -> None:
        for line in text.strip().splitlines()[:lines]:
            print(dim("   | ") + textwrap.shorten(line, 96, placeholder=" ..."), flush=True)


# --- the parts -----------------------------------------------------------------------------------


@dataclass
class Answer:
    status: int
    body: dict[str, Any]


class Api:
    """The public API, as curl would use it."""

    def __init__(self, base: str, teller: Teller) -> None:
        self.base = base
        self.teller = teller

    def request(self, token: str, method: str, path: str, body: Any = None, key: str | None = None) -> Answer:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if key:
            headers["Idempotency-Key"] = key
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Answer(answer.status, json.loads(answer.read() or b"{}"))
        except urllib.error.HTTPError as error:
            content = error.read()
            try:
                return Answer(error.code, json.loads(content or b"{}"))
            except json.JSONDecodeError:
                return Answer(error.code, {"error": {"code": content[:100].decode(errors="replace")}})

    def expect(
        self,
        status: int,
        who: str,
        token: str,
        method: str,
        path: str,
        body: Any = None,
        key: str | None = None,
        remark: str = "",
    ) -> dict[str, Any]:
        answer = self.request(token, method, path, body, key)
        code = answer.body.get("error", {}).get("code", "")
        self.teller.call(who, method, path, answer.status, remark or code)
        if answer.status != status:
            raise Disappointment(
                f"{method} {path} should answer {status}; it answered {answer.status}: {json.dumps(answer.body)[:400]}"
            )
        return answer.body


class Receiver:
    """A webhook receiver that checks every signature (Standard Webhooks)."""

    def __init__(self) -> None:
        self.secret = ""
        self.events: list[dict[str, Any]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver._take(dict(self.headers.items()), body)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer((HOST, 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server.server_address[1]}/events"

    def _take(self, headers: dict[str, str], body: bytes) -> None:
        headers = {name.lower(): value for name, value in headers.items()}
        event = json.loads(body)
        self.events.append(
            {"type": event.get("type"), "id": headers.get("webhook-id", ""), "verified": self._verified(headers, body)}
        )

    def _verified(self, headers: dict[str, str], body: bytes) -> bool:
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        signed = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode() + body
        expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
        fresh = abs(time.time() - int(headers.get("webhook-timestamp", 0))) < 300
        given = [
            part.partition(",")[2] for part in headers.get("webhook-signature", "").split() if part.startswith("v1,")
        ]
        return fresh and any(hmac.compare_digest(expected, signature) for signature in given)


def wait_for(what: str, found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        result = found()
        if result:
            return result
        time.sleep(0.2)
    raise Disappointment(f"waited {WAIT_SECONDS} s for {what}")


# --- the story -----------------------------------------------------------------------------------


def tell(stack: dict[str, Any], teller: Teller) -> None:
    api = Api(stack["api_url"], teller)
    inbox, outbox = stack["inbox"], Path(stack["outbox"])
    agent, owner = stack["agent_token"], stack["owner"]["token"]
    messages = f"/v1/inboxes/{inbox['id']}/messages"
    order = secrets.randbelow(9000) + 1000
    subject = f"Where is order {order}?"

    teller.step("An application listens")
    receiver = Receiver()
    webhook = api.expect(201, "owner", owner, "POST", "/v1/webhooks", {"url": receiver.url}, secrets.token_hex(16))
    receiver.secret = webhook["secret"]
    teller.say(f"Every event will be signed and sent to {receiver.url}")

    teller.step("A customer writes")
    _write(stack, subject, f"Hello,\n\nI ordered a lamp ({order}) last week. When will it arrive?\n\nAlice\n")
    teller.say(f"{CUSTOMER} -> {inbox['address']}: {subject}")

    teller.step("The agent reads")
    listed = wait_for("the mail to arrive", lambda: _find(api, agent, messages, subject))
    message = api.expect(200, "agent", agent, "GET", f"{messages}/{listed['id']}")
    teller.quote(message.get("extracted_text") or message.get("text") or "")

    teller.step("The agent asks to answer: the gate holds it")
    before = set(outbox.glob("*.eml"))
    answer = {"text": f"Dear Alice,\n\norder {order} left us this morning and arrives on Thursday.\n\nYour lamp shop\n"}
    key = secrets.token_hex(16)
    held = api.expect(202, "agent", agent, "POST", f"{messages}/{listed['id']}/reply", answer, key)
    approval, sending = held["approval"], held["message"]
    teller.say(f"approval {approval['id']} is {approval['status']}, for the digest")
    teller.say(dim(approval["digest"]))
    again = api.request(agent, "POST", f"{messages}/{listed['id']}/reply", answer, key).body
    if again.get("approval", {}).get("id") != approval["id"]:
        raise Disappointment("the same request with the same Idempotency-Key made a second approval")
    teller.say("The same request again, same Idempotency-Key: the same approval.")
    if set(outbox.glob("*.eml")) != before:
        raise Disappointment("a mail left before anyone approved it")
    teller.say(f"Mails that left: {bold('0')}")

    teller.step("The agent tries to approve its own mail")
    decide = f"/v1/approvals/{approval['id']}"
    api.expect(403, "agent", agent, "POST", f"{decide}/approve", {"digest": approval["digest"]})

    teller.step("Nor does anybody's token approve it: a person signs in")
    token = stack["approver"]["token"]
    api.expect(403, "token", token, "POST", f"{decide}/approve", {"digest": approval["digest"]})
    person = {"email": stack["approver"]["email"], "password": stack["approver"]["password"]}
    approver = api.expect(201, "approver", "", "POST", "/v1/sessions", person)["token"]

    teller.step("The person looks at exactly what will go out")
    shown = api.expect(200, "approver", approver, "GET", decide)
    mail = {**shown, **shown.get("message", {})}
    teller.say(f"To {_recipients(mail)}, subject {mail.get('subject', '')!r}")
    teller.quote(mail.get("text") or answer["text"])

    teller.step("Approving other bytes than these is refused")
    api.expect(409, "approver", approver, "POST", f"{decide}/approve", {"digest": _other(approval["digest"])})

    teller.step("The person countersigns, and the mail leaves once")
    approved_at = time.monotonic()
    api.expect(200, "approver", approver, "POST", f"{decide}/approve", {"digest": approval["digest"]})
    wait_for("the mail to leave", lambda: set(outbox.glob("*.eml")) - before)
    teller.say(f"left {time.monotonic() - approved_at:.1f} s after the decision")

    teller.step("SES reports; the status follows")
    path = f"{messages}/{sending['id']}"
    wait_for("the status delivered", lambda: api.request(agent, "GET", path).body.get("status") == "delivered")
    teller.say(f"message {sending['id']}: {green('delivered')}")
    left = sorted(set(outbox.glob("*.eml")) - before)
    if len(left) != 1:
        raise Disappointment(f"{len(left)} mails left where one was approved")
    raw = left[0].read_bytes()
    teller.say(f"Mails that left: {bold('1')}, byte for byte in {left[0]}")
    teller.say(dim(f"{len(raw)} bytes, SHA-256 {hashlib.sha256(raw).hexdigest()}"))
    teller.quote(raw.decode("utf-8", "replace"), 6)

    teller.step("What the application was told")
    wait_for("the last webhook", lambda: any(event["type"] == "message.delivered" for event in receiver.events))
    for event in receiver.events:
        mark = green("signature verified") if event["verified"] else yellow("SIGNATURE WRONG")
        teller.say(f"{event['type']:<20} {mark}  {dim(event['id'])}")
    if not all(event["verified"] for event in receiver.events):
        raise Disappointment("a webhook was not signed as it should be")
    api.request(owner, "DELETE", f"/v1/webhooks/{webhook['id']}")

    print(f"""
{bold("Look next")}
   Console    {stack["console_url"]}   as {stack["approver"]["email"]} / {stack["approver"]["password"]}
   Mail out   {outbox}
   AWS calls  curl -s {stack["control_url"]}/ledger
   Faults     curl -s {stack["control_url"]}/faults -d '{{"service":"ses","kind":"accept_then_drop"}}'
""")


def _write(stack: dict[str, Any], subject: str, text: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = CUSTOMER, stack["inbox"]["address"], subject
    mail["Message-ID"] = f"<{secrets.token_hex(12)}@example.com>"
    mail.set_content(text)
    host, _, port = stack["smtp"].partition(":")
    with smtplib.SMTP(host, int(port), timeout=30) as smtp:
        smtp.send_message(mail)


def _find(api: Api, token: str, path: str, subject: str) -> dict[str, Any] | None:
    listed = api.request(token, "GET", path).body.get("data", [])
    return next((message for message in listed if message.get("subject") == subject), None)


def _recipients(mail: dict[str, Any]) -> str:
    entries = [*mail.get("to", []), *mail.get("cc", []), *mail.get("bcc", [])]
    return ", ".join(entry if isinstance(entry, str) else entry.get("address", "") for entry in entries)


def _other(digest: str) -> str:
    """A digest of the right form that is not this one."""
    return digest[:-1] + ("0" if digest[-1] != "0" else "1")


def main() -> None:
    parser = argparse.ArgumentParser(description="Tells the whole story against the running stack.")
    parser.add_argument("--dir", type=Path, help="folder of the stack (default: .local)")
    directory = parser.parse_args().dir or ROOT / ".local"
    stack = read_json(directory / "stack.json")
    if stack is None:
        print('The stack is not running: start it with `make run` and wait for "Countersign is up".', file=sys.stderr)
        sys.exit(1)
    # The stack is on this machine: no proxy is on the way.
    urllib.request.install_opener(urllib.request.build_opener(urllib.request.ProxyHandler({})))
    started = time.monotonic()
    try:
        tell(stack, Teller())
    except Disappointment as disappointment:
        print(f"\nThe story ends here: {disappointment}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        print(f"\nThe stack gave no answer ({error}): is it still running?", file=sys.stderr)
        sys.exit(1)
    print(dim(f"   {time.monotonic() - started:.0f} s"))


if __name__ == "__main__":
    main()
