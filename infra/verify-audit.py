#!/usr/bin/env python3
"""Checks an audit log and receipts without trusting the system that wrote them (infra/docs/AUDIT.md).

    verify-audit.py ENTRIES                      entries as JSON lines, `-` for standard input
    verify-audit.py --api URL --token TOKEN      downloads them first; --save FILE keeps them
    verify-audit.py … --receipt FILE             also a receipt: its signature, and its head in the chain
    verify-audit.py --receipt FILE               a receipt alone; --public-key FILE: only this key may have signed

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
from pathlib import Path
from typing import Any


class Broken(Exception):
    """Something does not hold; the text says what."""


def digest(octets: bytes) -> str:
    return "sha256:" + hashlib.sha256(octets).hexdigest()


def field(name: str, value: str) -> bytes:
    octets = value.encode()
    return f"{name} {len(octets)}\n".encode() + octets + b"\n"


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
        if digest(form(entry)) != entry["hash"]:
            raise Broken(f"entry {sequence} was changed: its hash is another")
        previous = hashes[sequence] = entry["hash"]
    return hashes


def check_signature(signed: dict[str, Any], trusted_key: str | None) -> dict[str, Any]:
    """What a receipt says, if its signature holds."""
    if signed.get("algorithm") != "ECDSA_SHA_256":
        raise Broken("the receipt is signed with another algorithm than ECDSA_SHA_256")
    public_key = signed["public_key"]
    if trusted_key is not None and public_key.split() != trusted_key.split():
        raise Broken("the receipt is signed with another key than the one that is trusted")
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("key.pem", "signature", "receipt")]
        contents = [public_key.encode(), base64.b64decode(signed["signature"]), signed["receipt"].encode()]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        key, signature, receipt = map(str, paths)
        command = ["openssl", "dgst", "-sha256", "-verify", key, "-signature", signature, receipt]
        if subprocess.run(command, capture_output=True).returncode != 0:
            raise Broken("the receipt was changed: its signature does not hold")
    told = json.loads(signed["receipt"])
    if told.get("form") != "countersign-receipt-1":
        raise Broken("the receipt is of another form than countersign-receipt-1")
    return told


def check_receipt(told: dict[str, Any], entries: list[dict[str, Any]], hashes: dict[int, str]) -> int:
    """Whether the chain is the one that a receipt was signed over. Gives how many of its votes the chain tells of: one
    that was given just before the receipt was signed is chained some seconds later."""
    head = told["audit_head"]
    if entries[0]["organization_id"] != told["organization_id"]:
        raise Broken("the receipt is another organization's")
    if head["sequence"] not in hashes:
        raise Broken(f"the chain has no entry {head['sequence']}, where it ended when the receipt was signed")
    if hashes[head["sequence"]] != head["hash"]:
        raise Broken(f"entry {head['sequence']} is another than when the receipt was signed: the chain was rewritten")
    approval = told["approval"]
    written = {
        (entry["action"], entry["actor"]["member_id"], entry["details"].get("digest"))
        for entry in entries
        if entry["target"] == approval["id"]
    }
    return sum((f"approval.{v['verdict']}", v["by"]["member_id"], v["digest"]) in written for v in approval["votes"])


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
    parser.add_argument("--public-key")
    chosen = parser.parse_args()
    entries = None
    if chosen.api and chosen.token:
        entries = download(chosen.api, chosen.token)
        if chosen.save:
            Path(chosen.save).write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    elif chosen.entries:
        entries = read_lines(chosen.entries)
    elif not chosen.receipt:
        parser.error("name a file of entries, --api with --token, or a --receipt")
    hashes: dict[int, str] = {}
    if entries is not None:
        hashes = check_chain(entries)
        last = max(hashes, default=0)
        print(f"{len(entries)} entries hold" + (f", up to {last}: {hashes[last]}" if entries else ""))
    if chosen.receipt:
        trusted = Path(chosen.public_key).read_text() if chosen.public_key else None
        told = check_signature(json.loads(Path(chosen.receipt).read_text()), trusted)
        print(f"the receipt of {told['approval']['id']} holds: {told['approval']['status']}, signed {told['signed_at']}")
        if entries:
            votes = check_receipt(told, entries, hashes)
            count = len(told["approval"]["votes"])
            print(f"its head, entry {told['audit_head']['sequence']}, is in the chain, and {votes} of its {count} votes")


if __name__ == "__main__":
    try:
        main()
    except Broken as broken:
        print(f"BROKEN: {broken}", file=sys.stderr)
        sys.exit(1)
    except (OSError, urllib.error.URLError, ValueError, KeyError, TypeError, AttributeError) as failure:
        print(f"can't be checked: {failure!r}", file=sys.stderr)
        sys.exit(2)
