"""The main job, from the first list to an answer: `tests/clients.py` runs it against the local stack."""

import json
import secrets
import sys
import threading

from countersign import Countersign, CountersignError

TO = "success@simulator.amazonses.com"
told = json.load(sys.stdin)


def say(line: str) -> None:
    print(line, flush=True)


agent = Countersign(told["api_url"], told["agent_token"])
inbox_id = told["inbox"]["id"]
known = {inbox["id"]: inbox["address"] for inbox in agent.inboxes.iter_list(limit=1)}
assert known[inbox_id] == told["inbox"]["address"], known
say(f"{len(known)} inbox(es)")

approver = told["approver"]
session = Countersign(told["api_url"]).sessions.create(email=approver["email"], password=approver["password"])
person = Countersign(told["api_url"], session["token"])


def ask(subject: str) -> dict:
    sent = agent.messages.send(inbox_id, to=[TO], subject=subject, text="Is that so?")
    assert sent["message"]["status"] == "pending_approval", sent
    return sent


sent = ask(f"To be approved {secrets.token_hex(4)}")
approval = sent["approval"]
decide = threading.Timer(1.5, lambda: person.approvals.approve(approval["id"], digest=approval["digest"]))
decide.start()
outcome = agent.wait_for_approval(sent, timeout=60)
assert outcome.outcome == "approved" and outcome.message, outcome
assert person.wait_for_approval(approval["id"], timeout=60).outcome == "approved"
say("approved")

sent = ask(f"To be rejected {secrets.token_hex(4)}")
approval = sent["approval"]
person.approvals.reject(approval["id"], digest=approval["digest"], reason="Not like this")
outcome = agent.wait_for_approval(sent, timeout=60)
assert (outcome.outcome, outcome.reason) == ("rejected", "Not like this"), outcome
say("rejected with its reason")

key = secrets.token_hex(8)
twice = [agent.messages.send(inbox_id, to=[TO], subject="Once", text="Once", idempotency_key=key) for _ in range(2)]
assert twice[0]["message"]["id"] == twice[1]["message"]["id"]
say("sent once")

try:
    agent.messages.send(inbox_id, to=["nobody"], subject="S", text="T")
    raise AssertionError("nobody is no address")
except CountersignError as error:
    assert (error.code, error.status) == ("invalid_address", 422) and error.request_id, error
say("an error has its code")

subject = f"An answer {secrets.token_hex(4)}"
# Whoever waits from now on has looked at what is there before the mail comes.
newest = agent.messages.list(inbox_id, limit=1)["data"][0]["id"]
say(f"waiting for {subject}")
answer = agent.wait_for_message(inbox_id, after=newest, subject=subject, timeout=60)
assert answer["subject"] == subject and answer["direction"] == "inbound", answer
raw = agent.messages.raw(inbox_id, answer["id"])
assert subject.encode() in raw, raw[:500]
say("an answer came, and its bytes")

person.sessions.delete()
try:
    person.me.get()
    raise AssertionError("the session ended")
except CountersignError as error:
    assert error.status == 401, error
say("done")
