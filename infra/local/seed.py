"""Fills an empty stack with an organization, three people, an inbox and an agent, through the real interfaces alone.

Runs in the venv: `python seed.py DIRECTORY [--demo]`. What was seeded is kept in seed.json; kept data is never seeded twice.
With `--demo` the inbox has mail, and what the agent asked for waits for decisions: an answer, an order with a file, a refund that an owner
must approve, a mail whose link leads elsewhere than it says, three that are alike, and one for later."""

import base64
import json
import secrets
import smtplib
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from settings import HOST, Settings, read_json, write_json

# The developer answers for the agent: nobody approves what their own token asked for.
ROLES = ["owner", "approver", "viewer", "editor"]
AGENT_SCOPES = ["messages.read", "messages.send"]
# Who writes, about what, and what.
DEMO_MAIL = [
    ("Ann Mercier <ann@example.org>", "When does my order ship?", "Hello,\n\nI ordered two lamps on Monday (4711). When do they ship?\n\nAnn"),
    ("Bob Okafor <bob@example.net>", "Invoice 2026-118", "Hello,\n\nthe invoice for November is attached to our portal. It is due on the 15th.\n\nBob"),
    ("Carla <carla@example.com>", "Thank you", "The replacement came today and works. Thank you!\n\nCarla"),
]
DEMO_ANSWER = "Hello Ann,\n\nyour lamps left our warehouse this morning and should be with you on Thursday.\n\nThe Demo Agent"
DEMO_POLICY = {
    "name": "Money",
    "description": "Who gives money back is an owner.",
    "rules": [
        {
            "name": "Refunds",
            "when": {"words": {"any_of": ["refund"]}},
            "outcome": "hold",
            "terms": {"requirements": [{"quorum": 1, "roles": ["owner"]}], "expires_in": 86400},
        }
    ],
}
DEMO_ORDER = "item,count,price\nFloor lamp,12,49.00\nDesk lamp,30,18.50\n"


def _demo_mails() -> list[dict[str, Any]]:
    """What the agent asks for beside its answer."""
    mails: list[dict[str, Any]] = [
        {
            "to": ["orders@lamps.example"],
            "subject": "Purchase order 2026-77",
            "text": "Good morning,\n\nour order for December is attached. Please confirm the day of delivery.\n\nThe Demo Agent",
            "attachments": [
                {
                    "filename": "order-2026-77.csv",
                    "content_type": "text/csv",
                    "content": base64.b64encode(DEMO_ORDER.encode()).decode(),
                }
            ],
        },
        {
            "to": ["dana@example.org"],
            "subject": "Your refund for order 4698",
            "text": "Hello Dana,\n\nwe have booked a refund of 118.00 EUR. It reaches you within three days.\n\nThe Demo Agent",
        },
        {
            "to": ["erin@example.net"],
            "subject": "Please confirm your address",
            "html": "<p>Hello Erin,</p><p>please confirm your address at "
            '<a href="https://forms.elsewhere.example/erin">https://shop.example/account</a>.</p>',
        },
        {
            "to": ["bob@example.net"],
            "subject": "Invoice 2026-118 is paid",
            "text": "Hello Bob,\n\nyour invoice 2026-118 is paid on the 14th.\n\nThe Demo Agent",
            "send_at": (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT09:00:00Z"),
        },
    ]
    for order, name in [(4712, "finn"), (4713, "gail"), (4714, "hugo")]:
        mails.append(
            {
                "to": [f"{name}@example.com"],
                "subject": f"Order {order} is on its way",
                "text": f"Hello {name.title()},\n\nyour order {order} left our warehouse today.\n\nThe Demo Agent",
            }
        )
    return mails


class SeedFailed(Exception):
    """The stack did not take the seed; the text names the call."""


def main(settings: Settings, demo: bool) -> None:
    if settings.seed_file.exists() and _still_known(settings):
        return
    people = {role: {"email": f"{role}@demo.test", "password": secrets.token_urlsafe(18)} for role in ROLES}
    organization_id = _provision(settings, people)
    sessions = {role: _sign_in(settings, person) for role, person in people.items()}
    for role, person in people.items():
        # All that their role may, but to send.
        scopes = [it for it in _get(settings, "/v1/me", sessions[role])["scopes"] if it != "messages.send"]
        person["token"] = _token(settings, sessions[role], {"name": f"Demo {role}", "scopes": scopes})
    inbox = _post(
        settings, "/v1/inboxes", {"username": "agent", "display_name": "Demo Agent"}, people["owner"]["token"]
    )
    agent = {"name": "Demo agent", "scopes": AGENT_SCOPES, "inbox_ids": [inbox["id"]]}
    seeded = {
        "organization_id": organization_id,
        **people,
        "agent_token": _token(settings, sessions["editor"], agent),
        "inbox": {"id": inbox["id"], "address": inbox["address"]},
    }
    if demo:
        _demo(settings, seeded)
    write_json(settings.seed_file, seeded, private=True)


def _demo(settings: Settings, seeded: dict[str, Any]) -> None:
    inbox, token = seeded["inbox"], seeded["agent_token"]
    with smtplib.SMTP(HOST, settings.ports["SMTP"], timeout=30) as smtp:
        for sender, subject, text in DEMO_MAIL:
            mail = EmailMessage()
            mail["From"], mail["To"], mail["Subject"] = sender, inbox["address"], subject
            mail["Date"], mail["Message-ID"] = format_datetime(datetime.now(UTC)), make_msgid(domain="example.org")
            mail.set_content(text)
            smtp.send_message(mail)
    path = f"/v1/inboxes/{inbox['id']}/messages"
    deadline = time.monotonic() + 30
    while True:
        received = _get(settings, path, token)["data"]
        asked = [mail["id"] for mail in received if mail["subject"] == DEMO_MAIL[0][1]]
        if asked and len(received) >= len(DEMO_MAIL):
            break
        if time.monotonic() > deadline:
            raise SeedFailed("the demo's mail did not come in within 30 seconds")
        time.sleep(0.2)
    _post(settings, f"{path}/{asked[0]}/reply", {"text": DEMO_ANSWER}, token)
    _post(settings, "/v1/policies", DEMO_POLICY, seeded["owner"]["token"])
    for mail in _demo_mails():
        _post(settings, f"{path}/send", mail, token)


def _still_known(settings: Settings) -> bool:
    """Whether the stack's data still holds the seed: after an unclean stop it may be gone."""
    seeded = read_json(settings.seed_file)
    request = urllib.request.Request(
        f"{settings.url('API')}/v1/inboxes/{seeded['inbox']['id']}/messages",
        headers={"Authorization": f"Bearer {seeded['agent_token']}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30):
            return True
    except urllib.error.HTTPError as error:
        if error.code in (401, 403, 404):
            print("the kept data no longer holds the seed: seeding anew")
            return False
        raise SeedFailed(f"the API answered {error.code} when asked for the seeded inbox") from None
    except OSError as error:
        raise SeedFailed(f"the API gave no answer: {error}") from None


def _provision(settings: Settings, people: dict[str, dict[str, str]]) -> str:
    function = read_json(settings.outputs_file)["ProvisionFunctionName"]
    members = [
        {"email": person["email"], "role": role, "password": person["password"]} for role, person in people.items()
    ]
    event = {"organization_name": "Demo", "members": members}
    answer = boto3.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    result = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise SeedFailed(f"the provision function failed: {result.get('errorMessage', result)}")
    return result["organization_id"]


def _sign_in(settings: Settings, person: dict[str, str]) -> str:
    body = {"email": person["email"], "password": person["password"]}
    return _post(settings, "/v1/sessions", body)["token"]


def _token(settings: Settings, session: str, body: dict[str, Any]) -> str:
    return _post(settings, "/v1/tokens", body, session)["token"]


def _get(settings: Settings, path: str, bearer: str) -> dict[str, Any]:
    request = urllib.request.Request(settings.url("API") + path, headers={"Authorization": f"Bearer {bearer}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def _post(settings: Settings, path: str, body: dict[str, Any], bearer: str | None = None) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(16)}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    request = urllib.request.Request(settings.url("API") + path, json.dumps(body).encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise SeedFailed(f"POST {path} answered {error.code}: {error.read(500).decode(errors='replace')}") from None
    except OSError as error:
        raise SeedFailed(f"POST {path} got no answer: {error}") from None


if __name__ == "__main__":
    try:
        main(Settings.load(Path(sys.argv[1])), "--demo" in sys.argv[2:])
    except (SeedFailed, OSError, BotoCoreError, ClientError) as failure:
        print(failure, file=sys.stderr)
        sys.exit(1)
