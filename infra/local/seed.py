"""Fills an empty stack with an organization, three people, an inbox and an agent, through the real interfaces alone.

Runs in the venv: `python seed.py DIRECTORY`. What was seeded is kept in seed.json; kept data is never seeded twice."""

import json
import secrets
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from settings import Settings, read_json, write_json

# The developer answers for the agent: nobody approves what their own token asked for.
ROLES = ["owner", "approver", "viewer", "editor"]
AGENT_SCOPES = ["messages.read", "messages.send"]


class SeedFailed(Exception):
    """The stack did not take the seed; the text names the call."""


def main(settings: Settings) -> None:
    if settings.seed_file.exists() and _still_known(settings):
        return
    people = {role: {"email": f"{role}@demo.test", "password": secrets.token_urlsafe(18)} for role in ROLES}
    organization_id = _provision(settings, people)
    sessions = {role: _sign_in(settings, person) for role, person in people.items()}
    for role, person in people.items():
        person["token"] = _token(settings, sessions[role], {"name": f"Demo {role}"})
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
    write_json(settings.seed_file, seeded, private=True)


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
        main(Settings.load(Path(sys.argv[1])))
    except (SeedFailed, BotoCoreError, ClientError) as failure:
        print(failure, file=sys.stderr)
        sys.exit(1)
