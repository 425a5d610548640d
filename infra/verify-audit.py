#!/usr/bin/env python3
"""Checks an audit log and receipts without trusting the system that wrote them (infra/docs/AUDIT.md).

    verify-audit.py ENTRIES                      entries as JSON lines, `-` for standard input
    verify-audit.py --api URL --token TOKEN      downloads them first; --save FILE keeps them
    verify-audit.py … --anchors FOLDER           compares them with a copy of the anchors, made before they were downloaded
    verify-audit.py … --receipt FILE             also a receipt: its signature, and each of its entries in the chain
    verify-audit.py --receipt FILE               a receipt alone: whether it was signed, and says what its entries say
    verify-audit.py … --receipt FILE --key-log FILE   also whether people's signing keys counted when they signed, by the key log

--public-key FILE is the key that signs receipts and anchors. It has to come from where you trust it, and is needed wherever
a signature is checked: no key that lies beside a signature is believed.

Needs Python 3.11 and, for signatures, `openssl`. Ends with 0 where all holds, 1 where something does not, 2 where it can't
be looked at. Its implementation of the canonical form shares nothing with the one that it checks."""

import argparse
import base64
import hashlib
import json
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

# An entry that was chained so long ago and is not anchored says that anchoring stands still.
ANCHORED_WITHIN = timedelta(hours=1)


class Broken(Exception):
    """Something does not hold; the text says what."""


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def field(name: str, value: str) -> bytes:
    data = value.encode()
    return f"{name} {len(data)}\n".encode() + data + b"\n"


def opening(organization: str) -> bytes:
    return b"countersign-audit-1\n" + field("organization", organization)


def form(entry: dict[str, Any]) -> bytes:
    """The text that is hashed."""
    actor = entry["actor"]
    parts = [
        opening(entry["organization_id"]),
        field("sequence", str(entry["sequence"])),
        field("chained_at", entry["chained_at"]),
        field("previous", entry["previous"]),
        field("id", entry["id"]),
        field("at", entry["at"]),
        field("actor", actor["type"]),
    ]
    if actor["type"] in ("member", "token"):
        parts.append(field("member", actor["member_id"]))
    if actor["type"] == "token":
        parts.append(field("token", actor["id"]))
    elif actor["type"] == "member" and actor["id"] != actor["member_id"]:
        raise Broken(f"entry {entry['sequence']}: the actor has two ids")
    parts += [field("action", entry["action"]), field("target", entry["target"])]
    for name, value in sorted(entry["details"].items(), key=lambda detail: detail[0].encode()):
        parts += [field("detail", name), field("value", value)]
    return b"".join(parts)


def check_chain(entries: list[dict[str, Any]]) -> dict[int, str]:
    """The hash of each place, if the chain holds. One that begins later than 1 is checked from there."""
    entries = sorted(entries, key=lambda entry: entry["sequence"])
    hashes: dict[int, str] = {}
    if not entries:
        return hashes
    organization, first = entries[0]["organization_id"], entries[0]["sequence"]
    previous = digest(opening(organization)) if first == 1 else entries[0]["previous"]
    hashes[first - 1] = previous
    for expected, entry in enumerate(entries, first):
        sequence = entry["sequence"]
        if sequence != expected:
            raise Broken(f"entry {expected} is missing" if sequence > expected else f"entry {sequence} stands twice")
        if entry["organization_id"] != organization:
            raise Broken(f"entry {sequence} belongs to another organization")
        if entry["previous"] != previous:
            raise Broken(f"entry {sequence} does not follow the one before it")
        check_entry(entry)
        previous = hashes[sequence] = entry["hash"]
    return hashes


def check_entry(entry: dict[str, Any]) -> None:
    if digest(form(entry)) != entry["hash"]:
        raise Broken(f"entry {entry['sequence']} was changed: its hash is another")


def check_signature(signed: dict[str, Any], name: str, form_name: str, key: str) -> dict[str, Any]:
    """What a signed text says, if the signature is of this key."""
    if signed.get("algorithm") != "ECDSA_SHA_256":
        raise Broken(f"the {name} is signed with another algorithm than ECDSA_SHA_256")
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, part) for part in ("signature", "text")]
        for path, content in zip(paths, [base64.b64decode(signed["signature"]), signed[name].encode()], strict=True):
            path.write_bytes(content)
        signature, text = map(str, paths)
        command = ["openssl", "dgst", "-sha256", "-verify", key, "-signature", signature, text]
        if subprocess.run(command, capture_output=True).returncode != 0:
            raise Broken(f"the {name} was changed, or is signed with another key than the one that is trusted")
    told = json.loads(signed[name])
    if told.get("form") != form_name:
        raise Broken(f"the {name} is of another form than {form_name}")
    return told


# --- receipts ------------------------------------------------------------------------------------


def is_vote_on(entry: dict[str, Any], approval: str) -> bool:
    if entry["action"] == "standing_approval.use":
        return entry["details"].get("approval_id") == approval
    return entry["action"] in ("approval.approve", "approval.reject") and entry["target"] == approval


def tells_of(entry: dict[str, Any], told: dict[str, Any]) -> bool:
    """Whether a receipt of this approval has to have this entry."""
    approval, message = told["approval"], told["message"]["id"]
    action, target, details = entry["action"], entry["target"], entry["details"]
    if is_vote_on(entry, approval["id"]):
        return True
    if action == "message.submit":
        # The request of an edited mail was for the revision that was edited.
        return target == message and (approval["edited"] is not None or details.get("approval_id") == approval["id"])
    if action == "message.status":
        return target == message and details.get("digest") == approval["digest"]
    if action == "approval.edit" and details.get("new_approval_id") == approval["id"]:
        return True
    others = ("approval.delegate", "approval.cancel", "approval.expire", "approval.edit", "approval.take_back", "approval.wait_for_signatures")
    return action in others and target == approval["id"]


def step(entry: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What an entry says, as receipts say it."""
    by = {name: entry["actor"].get(name) for name in ("type", "id", "member_id")}
    place = {"sequence": entry["sequence"], "hash": entry["hash"]}
    return {**entry["details"], "at": entry["at"], "by": by, "entry": place, **more}


def vote(entry: dict[str, Any], later: list[dict[str, Any]], taken: set[str]) -> dict[str, Any]:
    def voter(one: dict[str, Any]) -> str:
        standing = one["action"] == "standing_approval.use"
        return one["details"]["member_id"] if standing else one["actor"]["member_id"]

    more: dict[str, Any] = {"verdict": "reject" if entry["action"] == "approval.reject" else "approve"}
    more["stands"] = entry["id"] not in taken and all(voter(one) != voter(entry) for one in later)
    if entry["action"] == "standing_approval.use":
        more["standing_approval_id"] = entry["target"]
        more["by"] = {"type": "member", "id": voter(entry), "member_id": voter(entry)}
    return step(entry, **more)


def account(approval_id: str, edited_one: bool, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """What a receipt of this approval has to say, by these entries."""
    entries = sorted(entries, key=lambda entry: (entry["at"], entry["sequence"]))

    def of(action: str) -> list[dict[str, Any]]:
        return [entry for entry in entries if entry["action"] == action and entry["target"] == approval_id]

    asked = [entry for entry in entries if entry["action"] == "message.submit"]
    edits = [entry for entry in entries if entry["details"].get("new_approval_id") == approval_id]
    if len(asked) != 1 or len(edits) != int(edited_one):
        raise Broken("the receipt does not have the one entry of its request, and of its edit if there was one")
    request = edits[0] if edits else asked[0]
    votes = [entry for entry in entries if is_vote_on(entry, approval_id)]
    for cast in votes:
        via = cast["details"].get("via")
        if via == "token" and request["details"].get("by") != "any":
            raise Broken(f"entry {cast['sequence']} is a token's vote where a person was asked for")
        if via == "link" and request["details"].get("links") == "sign_in":
            raise Broken(f"entry {cast['sequence']} is a link's vote where links only open the sign-in")
    ended = of("approval.cancel") + of("approval.expire") + of("approval.edit")
    if len(ended) > 1:
        raise Broken("the approval ended twice")
    # What was decided before a vote was taken back is decided no more, unless the votes that were left were enough.
    back, reopened = of("approval.take_back"), of("approval.wait_for_signatures")
    last = max(back + reopened, key=lambda entry: (entry["at"], entry["sequence"]), default=None)
    since = (last["at"], last["sequence"]) if last else None
    told = [cast for cast in votes if since is None or (cast["at"], cast["sequence"]) > since]
    told.append(last or request)
    status = next(
        (said for entry in told if (said := entry["details"].get("status", "pending")) != "pending"),
        "pending",
    )
    if ended:
        ends = {"approval.cancel": "cancelled", "approval.expire": "expired", "approval.edit": "superseded"}
        status = ends[ended[0]["action"]]
    return {
        "id": approval_id,
        "status": status,
        "digest": request["details"]["new_digest" if edits else "digest"],
        "revision": request["details"]["revision"] if edits else "1",
        "asked": step(asked[0]),
        "edited": step(edits[0]) if edits else None,
        "votes": [
            vote(entry, votes[place + 1 :], {one["details"].get("vote") for one in back})
            for place, entry in enumerate(votes)
        ],
        "delegations": [step(entry) for entry in of("approval.delegate")],
        "taken_back": [step(entry) for entry in back],
        "reopened": [step(entry) for entry in reopened],
        "ended": step(ended[0], action=ended[0]["action"]) if ended else None,
    }


def unchained(said: Any) -> Any:
    """The same without addresses and without the words of reasons, whose digest is what is chained."""
    if isinstance(said, list):
        return [unchained(one) for one in said]
    if not isinstance(said, dict):
        return said
    if "reason" in said and "reason_digest" in said and digest(str(said["reason"]).encode()) != said["reason_digest"]:
        raise Broken("a reason is not the one that is chained")
    dropped = {"email"} | ({"reason"} if "reason_digest" in said else set())
    return {name: unchained(value) for name, value in said.items() if name not in dropped}


def check_receipt(told: dict[str, Any]) -> None:
    """Whether a receipt says what its own entries say, each of which has the hash that it must have."""
    entries, head = told["entries"], told["audit_head"]
    for entry in entries:
        check_entry(entry)
        if entry["organization_id"] != told["organization_id"]:
            raise Broken(f"entry {entry['sequence']} of the receipt belongs to another organization")
        if not tells_of(entry, told):
            raise Broken(f"entry {entry['sequence']} of the receipt does not tell of its approval")
    sequences = [entry["sequence"] for entry in entries]
    if sequences != sorted(set(sequences)) or sequences[-1] > head["sequence"]:
        raise Broken("the entries of the receipt do not stand in the order of the chain")
    if sequences[-1] == head["sequence"] and entries[-1]["hash"] != head["hash"]:
        raise Broken("the receipt names another end of the chain than its last entry")
    approval = told["approval"]
    expected = account(approval["id"], approval["edited"] is not None, entries)
    said = unchained(approval)
    for name in sorted(expected.keys() | said.keys()):
        if expected.get(name) != said.get(name):
            raise Broken(f"the receipt and its own entries differ in {name}")
    if told["message"]["id"] != next(one["target"] for one in entries if one["action"] == "message.submit"):
        raise Broken("the receipt and its own entries differ in the mail")
    steps = [one for one in entries if one["action"] == "message.status"]
    steps.sort(key=lambda one: (one["at"], one["sequence"]))
    status = steps[-1]["details"]["to"] if steps else None
    if told["message"]["status"] != status or unchained(told["message"]["steps"]) != [step(one) for one in steps]:
        raise Broken("the receipt and its own entries differ in what became of the mail")


# --- what people's own keys signed ---------------------------------------------------------------

# The beginning of a public key in DER, up to the key itself (RFC 5480, RFC 8410).
ES256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
ED25519 = bytes.fromhex("302a300506032b6570032100")
RSA = bytes.fromhex("300d06092a864886f70d0101010500")
# What an authenticator says of its person (W3C Web Authentication, Level 3, section 6.1).
PRESENT, VERIFIED, MAY_BE_HANDED_ON, IS_BACKED_UP = 0x01, 0x04, 0x08, 0x10
# A signature stands for so many mails at most, and is good for so long.
MOST_MAILS, GOOD_FOR = 500, timedelta(days=400)
# A managing key that another manager revokes counts for so long still.
DELAY = timedelta(hours=72)


def der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else (lambda raw: bytes([128 + len(raw)]) + raw)(size.to_bytes((size.bit_length() + 7) // 8, "big"))
    return bytes([tag]) + length + content


def public_key(algorithm: str, key: bytes) -> bytes:
    match algorithm:
        case "ES256":
            return ES256 + key
        case "EdDSA":
            return ED25519 + key
        case "RS256":
            return der(0x30, RSA + der(3, b"\0" + key))
    raise Broken(f"a key signs with {algorithm}, which is none of ES256, EdDSA and RS256")


def is_signed(algorithm: str, key: bytes, signed: bytes, signature: bytes) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, part) for part in ("key", "signature", "text")]
        for path, content in zip(paths, [public_key(algorithm, key), signature, signed], strict=True):
            path.write_bytes(content)
        where = [str(path) for path in paths]
        if algorithm == "EdDSA":
            command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", where[0], "-rawin", "-sigfile", where[1], "-in", where[2]]
        else:
            command = ["openssl", "dgst", "-sha256", "-verify", where[0], "-keyform", "DER", "-signature", where[1], where[2]]
        return subprocess.run(command, capture_output=True).returncode == 0


def lines(text: str) -> dict[str, str]:
    """The lines of a statement or an entry, each a name and a value. No name stands twice in either."""
    pairs = [line.split(" ", 1) for line in text.rstrip("\n").split("\n")[1:]]
    found = {name: value for name, value in pairs}
    if len(found) != len(pairs):
        raise Broken("a text that a key signed names something twice")
    return found


def check_assertion(text: str, entry: dict[str, str], client_data: bytes, authenticator: bytes, signature: bytes) -> None:
    """Whether the key that this entry registers signed this text, on a page of its site, and verified its person."""
    said = json.loads(client_data)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
    host = entry["site"].split("://", 1)[1].split(":", 1)[0]
    if said["type"] != "webauthn.get" or said["challenge"] != challenge:
        raise Broken("a key signed another text")
    if said["origin"] != entry["site"] or said.get("crossOrigin") or "topOrigin" in said or authenticator[:32] != hashlib.sha256(host.encode()).digest():
        raise Broken("a key signed on a page of another site")
    flags = authenticator[32]
    if flags & (PRESENT | VERIFIED) != PRESENT | VERIFIED:
        raise Broken("a key did not verify its person")
    if flags & IS_BACKED_UP and not flags & MAY_BE_HANDED_ON:
        raise Broken("a key says that it is backed up and may not be")
    if entry["device-bound"] == "yes" and flags & MAY_BE_HANDED_ON:
        raise Broken("a key was registered as one that stays in its device, and says otherwise")
    signed = authenticator + hashlib.sha256(client_data).digest()
    if not is_signed(entry["algorithm"], bytes.fromhex(entry["public-key"]), signed, signature):
        raise Broken("a signature is not that of the key that was registered")


def check_registrations(told: dict[str, Any], wanted: dict[str, Any]) -> dict[str, str]:
    """Whether each entry is vouched for by the next, up to one by a link. Gives the first: that of the key that signed."""
    entries = [(text, lines(text)) for text in wanted["registrations"]]
    if not entries or entries[0][1]["key"] != wanted["key"] or entries[0][1]["register"] != wanted["member_id"]:
        raise Broken("a key signed that is not registered as its member's")
    for place, (text, entry) in enumerate(entries):
        if not text.startswith("countersign-key-1\n") or entry["organization"] != told["organization_id"]:
            raise Broken("a key is registered in another organization's log")
        part = {name: bytes.fromhex(entry[name]) for name in entry if name.endswith(("client-data", "authenticator-data", "signature"))}
        names = ["member", "key", "algorithm", "public-key", "site", "device-bound", "offered"]
        values = {**entry, "member": entry["register"]}
        offer = f"countersign-offer-1\norganization {entry['organization']}\n" + "".join(f"{name} {values[name]}\n" for name in names)
        check_assertion(offer, entry, part["new-client-data"], part["new-authenticator-data"], part["new-signature"])
        if time_of(entry["from"]) < time_of(entry["at"]):
            raise Broken("a key counts before it was registered")
        if "by-link" in entry:
            if entry["manages"] != "yes":
                raise Broken("a link registered a key that does not manage")
            if place != len(entries) - 1:
                raise Broken("a key that was registered by a link is vouched for by another")
            continue
        if place + 1 >= len(entries) or entries[place + 1][1]["key"] != entry.get("by-key"):
            raise Broken("nobody vouches for a key")
        vouched = text.split("\nclient-data ", 1)[0] + "\n"
        voucher = entries[place + 1][1]
        check_assertion(vouched, voucher, part["client-data"], part["authenticator-data"], part["signature"])
        own = voucher["register"] == entry["register"] and entry["manages"] == "no"
        if voucher["manages"] != "yes" and (not own or (entry["decides"] == "yes" and voucher["decides"] != "yes")):
            raise Broken("a key is vouched for by one that may not")
        if int(voucher["number"]) >= int(entry["number"]) or time_of(voucher["from"]) > time_of(entry["at"]):
            raise Broken("a key is vouched for by one that did not count yet")
    return entries[0][1]


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


def went(told: dict[str, Any]) -> str | None:
    """When the mail went, as near as the entries of the receipt say it."""
    return next((one["at"] for one in told["message"]["steps"] if one.get("to") in ("sending", "sent", "delivered")), None)


def root_of(subject: str, path: dict[str, Any]) -> str:
    """The root of the tree that this mail is a leaf of (RFC 9162, section 2.1.3.2)."""
    node, place, last = hashlib.sha256(b"\0" + subject.encode()).digest(), path["place"], path["count"] - 1
    if not 0 <= place <= last < MOST_MAILS:
        raise Broken("a signature stands for more mails than it may, or this is none of them")
    for beside in (bytes.fromhex(one.removeprefix("sha256:")) for one in path["beside"]):
        if last == 0:
            raise Broken("the mail is not one of those that a key signed together")
        if place % 2 == 1 or place == last:
            node = hashlib.sha256(b"\1" + beside + node).digest()
            while place % 2 == 0 and place != 0:
                place, last = place // 2, last // 2
        else:
            node = hashlib.sha256(b"\1" + node + beside).digest()
        place, last = place // 2, last // 2
    if last != 0:
        raise Broken("the mail is not one of those that a key signed together")
    return "sha256:" + node.hex()


def check_signatures(told: dict[str, Any]) -> list[dict[str, str]]:
    """Whether each of the signatures is one of a registered key over a statement about these very bytes, for a vote that stands and is
    no other's. Gives the statements."""
    approval = told["approval"]
    stand = [one["by"]["member_id"] for one in approval["votes"] if one["stands"] and one["verdict"] == "approve"]
    members = [wanted["member_id"] for wanted in told["signatures"]]
    if len(members) != len(set(members)) or not set(members) <= set(stand):
        raise Broken("a signature is of somebody whose approval does not stand, or is there twice")
    gone = went(told)
    statements = []
    for wanted in told["signatures"]:
        registered = check_registrations(told, wanted)
        said = lines(wanted["statement"])
        subject = f"approval {approval['id']}\nrevision {approval['revision']}\ndigest {approval['digest']}\n"
        organization = f"organization {told['organization_id']}\n"
        if path := wanted["path"]:
            begins = f"countersign-votes-1\n{organization}count {path['count']}\nroot {root_of(subject, path)}\n"
        else:
            begins = f"countersign-vote-1\n{organization}{subject}"
        signer = f"member {wanted['member_id']}\nkey {wanted['key']}\ngiven {said['given']}\nnot-after {said['not-after']}\n"
        # Written anew, so that nothing stands in it besides.
        if wanted["statement"] != f"{begins}verdict approve\n{signer}":
            raise Broken("a key signed for somebody else, or about another mail")
        if registered["decides"] != "yes":
            raise Broken("a key signed that may not decide")
        given, until = time_of(said["given"]), time_of(said["not-after"])
        if given < time_of(registered["from"]):
            raise Broken("a key signed before it counted")
        if not given < until <= given + GOOD_FOR or (gone and time_of(gone) > until):
            raise Broken("a signature was not good any more when the mail went, or is good for too long")
        parts = [base64.b64decode(wanted[name]) for name in ("client_data", "authenticator_data", "signature")]
        check_assertion(wanted["statement"], registered, *parts)
        statements.append({**said, "registered": wanted["registrations"]})
    return statements


def read_key_log(text: str, organization: str) -> list[tuple[str, dict[str, str]]]:
    """The entries of a key log, each of which names the one before."""
    entries, previous = [], digest(b"")
    *parts, rest = text.split("\n\n")
    if rest:
        raise Broken("the key log ends within an entry")
    for number, part in enumerate(parts):
        whole = part + "\n\n"
        entry = lines(part)
        if not whole.startswith("countersign-key-1\n") or entry["organization"] != organization:
            raise Broken("the key log is another organization's")
        if entry["number"] != str(number) or entry["previous"] != previous:
            raise Broken(f"entry {number} of the key log does not follow the one before")
        entries.append((whole, entry))
        previous = digest(whole.encode())
    return entries


def check_key_log(log: list[tuple[str, dict[str, str]]], statements: list[dict[str, Any]], gone: str | None) -> None:
    """Whether each key that signed was registered so in the key log, and counted when it signed and when the mail went."""
    texts = {text for text, _ in log}
    for said in statements:
        if not set(said["registered"]) <= texts:
            raise Broken("a registration of the receipt does not stand in the key log")
        for moment in filter(None, (said["given"], gone)):
            check_counts(log, said["key"], time_of(moment))


def check_counts(log: list[tuple[str, dict[str, str]]], key: str, moment: datetime) -> None:
    keys = {entry["key"]: entry for _, entry in log if "register" in entry}
    own, suspended, until = keys[key], False, None
    for _, entry in log:
        when = time_of(entry["at"])
        if when > moment:
            break
        if entry.get("suspend") == key:
            suspended = True
        if entry.get("resume") == key and (until is None or when < until):
            suspended, until = suspended and until is not None, None
        if "revoke" not in entry:
            continue
        gone, by = keys[entry["revoke"]], keys.get(entry.get("by-key", ""))
        # A link takes away other keys of the same member that no link registered, and what they vouched for that does not count yet.
        goes = key == gone["key"]
        if by is None and int(own["number"]) < int(entry["number"]):
            maker = keys.get(own.get("by-key", ""))
            is_made = maker is not None and maker["register"] == gone["register"] and time_of(own["from"]) > when
            goes = goes or is_made or (own["register"] == gone["register"] and "by-link" not in own)
        # A managing key that another manager revokes counts for three days still.
        waits = by is not None and by["register"] != gone["register"] and gone["manages"] == "yes" and time_of(gone["from"]) <= when
        if goes:
            until = min(until or datetime.max.replace(tzinfo=UTC), when + (DELAY if waits else timedelta()))
    if until is not None and until <= moment:
        raise Broken("a key signed that was revoked")
    if suspended:
        raise Broken("a key signed that was suspended")


def check_key_log_is_chained(
    log: list[tuple[str, dict[str, str]]], statements: list[dict[str, Any]], entries: list[dict[str, Any]]
) -> int:
    """Whether the audit log says of the key log what it says itself, and of each registration. Gives how many entries it tells of."""
    told = [entry["details"]["entry"].split(" ") for entry in entries if entry["action"].startswith("signing_key.") and "entry" in entry["details"]]
    for number, hashed in told:
        if int(number) >= len(log) or digest(log[int(number)][0].encode()) != hashed:
            raise Broken(f"entry {number} of the key log is not the one that is chained")
    chained = {hashed for _, hashed in told}
    if any(digest(text.encode()) not in chained for said in statements for text in said["registered"]):
        raise Broken("the audit chain does not tell of a key that signed")
    return len(told)


def check_places(told: dict[str, Any], entries: list[dict[str, Any]], hashes: dict[int, str]) -> list[int]:
    """Whether the chain is the one that a receipt was signed over, and has of its approval what the receipt has: no entry
    more, none less. Gives the places of those that came after the receipt was signed."""
    head = told["audit_head"]
    if entries[0]["organization_id"] != told["organization_id"]:
        raise Broken("the receipt is another organization's")
    if head["sequence"] not in hashes:
        raise Broken(f"the chain has no entry {head['sequence']}, where it ended when the receipt was signed")
    if hashes[head["sequence"]] != head["hash"]:
        raise Broken(f"entry {head['sequence']} is another than when the receipt was signed: the chain was rewritten")
    first = min(entry["sequence"] for entry in entries)
    for entry in told["entries"]:
        if entry["sequence"] < first:
            raise Broken(f"the chain begins behind entry {entry['sequence']}, of which the receipt tells")
        if hashes[entry["sequence"]] != entry["hash"]:
            raise Broken(f"entry {entry['sequence']} of the receipt is not the one that the chain has there")
    known = {entry["sequence"] for entry in told["entries"]}
    about = sorted(entry["sequence"] for entry in entries if tells_of(entry, told))
    for sequence in about:
        if sequence <= head["sequence"] and sequence not in known:
            entry = next(one for one in entries if one["sequence"] == sequence)
            what = "a vote" if is_vote_on(entry, told["approval"]["id"]) else entry["action"]
            raise Broken(f"the receipt leaves out entry {sequence}, {what}")
    return [sequence for sequence in about if sequence > head["sequence"]]


# --- anchors -------------------------------------------------------------------------------------


def read_anchors(folder: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each document with what it says, in the order of the places. Whether it is signed is looked at where it matters."""
    paths = sorted(folder.rglob("*.json"))
    documents = [json.loads(path.read_text()) for path in paths]
    anchors = [(json.loads(document["anchor"]), document) for document in documents]
    return sorted(anchors, key=lambda anchor: anchor[0]["sequence"])


def check_anchors(
    folder: Path, entries: list[dict[str, Any]], hashes: dict[int, str], key: str, now: datetime | None
) -> str:
    """Compares a chain with the anchors of its organization. One that agrees holds everything before it, so that of those
    only the last has to be authentic. `now` is given where the entries are fresh: then none may wait for an anchor too long."""
    organization = entries[0]["organization_id"]
    every = read_anchors(folder)
    anchors = [anchor for anchor in every if anchor[0].get("organization_id") == organization]
    if not anchors:
        raise Broken(f"of the {len(every)} anchors none is of {organization}")
    first, last = min(hashes), max(hashes)
    newest: tuple[dict[str, Any], dict[str, Any]] | None = None
    agreeing = 0
    for anchor, document in anchors:
        sequence = anchor["sequence"]
        if sequence < first:
            continue
        if hashes.get(sequence) != anchor["hash"]:
            check_signature(document, "anchor", "countersign-anchor-1", key)
            when = f"anchored {anchor['anchored_at']}"
            if sequence > last:
                raise Broken(
                    f"entry {sequence} was {when}, and the chain ends at {last}: its end was cut off, or the "
                    "anchors were copied after the entries"
                )
            raise Broken(f"entry {sequence} is another than the one that was {when}: the chain was rewritten")
        newest, agreeing = (anchor, document), agreeing + 1
    if newest is None:
        raise Broken(f"all {len(anchors)} anchors are older than the first entry, {first}: nothing can be compared")
    check_signature(newest[1], "anchor", "countersign-anchor-1", key)
    behind = [entry for entry in entries if entry["sequence"] > newest[0]["sequence"]]
    if now is not None:
        for entry in sorted(behind, key=lambda entry: entry["sequence"]):
            if now - datetime.fromisoformat(entry["chained_at"]) > ANCHORED_WITHIN:
                raise Broken(f"entry {entry['sequence']}, chained {entry['chained_at']}, is not anchored yet")
    rest = f"; {len(behind)} entries behind it are not anchored yet" if behind else ""
    return f"{agreeing} anchors agree, the last of entry {newest[0]['sequence']}, {newest[0]['anchored_at']}{rest}"


def download(api: str, token: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    query = {"limit": "100"}
    while True:
        url = f"{api.rstrip('/')}/v1/audit?{urllib.parse.urlencode(query)}"
        request = urllib.request.Request(url, headers={"authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            page = json.load(answer)
        entries += page["data"]
        if page["next_cursor"] is None:
            return entries
        query["cursor"] = page["next_cursor"]


def read_lines(path: str) -> list[dict[str, Any]]:
    text = sys.stdin.read() if path == "-" else Path(path).read_text()
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("entries", nargs="?")
    parser.add_argument("--api")
    parser.add_argument("--token")
    parser.add_argument("--save")
    parser.add_argument("--receipt")
    parser.add_argument("--key-log")
    parser.add_argument("--anchors", type=Path)
    parser.add_argument("--public-key")
    chosen = parser.parse_args()
    if (chosen.receipt or chosen.anchors) and not chosen.public_key:
        parser.error("--public-key FILE is needed with --receipt and --anchors: the key that signs, from where you trust it")
    if chosen.public_key:
        # One that can't be read is no broken signature.
        Path(chosen.public_key).read_text()
    entries, now = None, None
    if chosen.api and chosen.token:
        entries, now = download(chosen.api, chosen.token), datetime.now(UTC)
        if chosen.save:
            Path(chosen.save).write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    elif chosen.entries:
        entries = read_lines(chosen.entries)
    elif not chosen.receipt or chosen.anchors:
        parser.error("name a file of entries, --api with --token, or a --receipt")
    hashes: dict[int, str] = {}
    if entries is not None:
        hashes = check_chain(entries)
        last = max(hashes, default=0)
        print(f"{len(entries)} entries hold" + (f", up to {last}: {hashes[last]}" if entries else ""))
    if chosen.anchors:
        if not entries:
            raise Broken("there are anchors, and no entries")
        print(check_anchors(chosen.anchors, entries, hashes, chosen.public_key, now))
    if chosen.receipt:
        document = json.loads(Path(chosen.receipt).read_text())
        told = check_signature(document, "receipt", "countersign-receipt-3", chosen.public_key)
        check_receipt(told)
        approval = told["approval"]
        standing = sum(one["stands"] for one in approval["votes"])
        print(
            f"the receipt of {approval['id']} holds: {approval['status']} with {standing} votes, "
            f"signed {told['signed_at']}"
        )
        if statements := check_signatures(told):
            print(f"{len(statements)} of the votes are signed by people's own keys over these very bytes")
            if chosen.key_log:
                log = read_key_log(Path(chosen.key_log).read_text(), told["organization_id"])
                check_key_log(log, statements, went(told))
                print(f"their keys counted then, by the {len(log)} entries of the key log")
                if entries is not None:
                    print(f"{check_key_log_is_chained(log, statements, entries)} of these entries stand in the audit chain")
            else:
                print("that their keys were registered, and not revoked, whoever signed the receipt says: see --key-log")
        if entries is not None:
            if not entries:
                raise Broken("there is a receipt, and no entries")
            later = check_places(told, entries, hashes)
            print(f"all {len(told['entries'])} entries of it, and no others, stand in the chain where it says")
            if later:
                print(f"since it was signed, {len(later)} entries tell more of it: {', '.join(map(str, later))}")


if __name__ == "__main__":
    try:
        main()
    except Broken as broken:
        print(f"BROKEN: {broken}", file=sys.stderr)
        sys.exit(1)
    except (OSError, urllib.error.URLError, ValueError, KeyError, IndexError, TypeError, AttributeError) as failure:
        print(f"can't be checked: {failure!r}", file=sys.stderr)
        sys.exit(2)
