"""Holds every call that the functions of running stacks made against the role that template.yaml gives them.

Runs in the venv, after the tests: `python check_roles.py DIRECTORY…`, one for each stack. A call that AWS would refuse fails, and so does a
grant that no call needed, unless unused-grants.toml says why it is there."""

import json
import os
import sys
import tomllib
import urllib.request
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import boto3

from roles import Grant, Right, Roles, read_template
from settings import HERE, STACK_NAME, Settings, read_json

KNOWN = HERE / "unused-grants.toml"


def main(directories: list[Path]) -> int:
    settings = Settings.load(directories[0])
    os.environ.update(settings.aws_environment)
    roles, calls, rights = Roles(read_template(), settings.parameters), 0, []
    for stack in (read_json(directory / "stack.json") for directory in directories):
        with urllib.request.urlopen(f"{stack['control_url']}/rights", timeout=30) as answer:
            booked = json.load(answer)["rights"]
        physical = _physical(stack["aws_endpoint"])
        calls += sum(one["calls"] for one in booked)
        rights += [needed(one, roles, physical) for one in booked]
    rights = list(dict.fromkeys([*rights, *roles.workflow_rights()]))
    refused = refusals(roles, rights)
    left, known = unused(roles, rights, tomllib.loads(KNOWN.read_text())["unused"])
    for entry, grants in known:
        print(f"never used, but known ({entry['reason']}): {len(grants)}")
        for line in folded(grants):
            print(f"  {line}")
    # Behind all others, where whoever sees the end of a log alone finds them.
    for right in refused:
        print(f"AWS would refuse {right.function}: {right}")
    for grant in left:
        print(f"granted and never used: {grant}")
    print(f"{calls} times a right was needed, {len(rights)} different ones of {len({r.role for r in rights})} roles:")
    print(f"{len(refused)} of them not granted; {len(left)} grants unused that are not known to be")
    return 1 if refused or left else 0


def needed(booked: dict[str, Any], roles: Roles, physical: dict[str, str]) -> Right:
    function = booked["function"] or "(a call that no function signed)"
    role = roles.of_function.get(function, "(no role)")
    return Right(role, booked["action"], roles.logical_arn(booked["resource"], physical), booked["context"], function)


def refusals(roles: Roles, rights: Iterable[Right]) -> list[Right]:
    asked = [one for right in rights for one in (right, *roles.behind(right))]
    return sorted({str(one): one for one in asked if not roles.allow(one)}.values(), key=str)


def unused(
    roles: Roles, rights: list[Right], known: list[dict[str, Any]]
) -> tuple[list[Grant], list[tuple[dict[str, Any], list[Grant]]]]:
    """The grants that no right needed and nobody explains, and those that each entry explains."""
    left = [grant for grant in dict.fromkeys(roles.grants()) if not any(grant.covers(right) for right in rights)]
    explained = []
    for entry in known:
        own = [grant for grant in left if any(fnmatchcase(str(grant), text) for text in entry["grants"])]
        left = [grant for grant in left if grant not in own]
        explained.append((entry, own))
    return left, explained


def folded(grants: Iterable[Grant]) -> Iterator[str]:
    """A line for each grant that several roles have alike."""
    roles: dict[str, list[str]] = {}
    for grant in grants:
        roles.setdefault(str(grant).removeprefix(f"{grant.role} "), []).append(grant.role)
    for what, names in roles.items():
        yield f"{what}: {', '.join(names) if len(names) <= 4 else f'{len(names)} roles'}"


def _physical(endpoint: str) -> dict[str, str]:
    pages = boto3.client("cloudformation", endpoint_url=endpoint).get_paginator("list_stack_resources").paginate(StackName=STACK_NAME)
    summaries = (one for page in pages for one in page["StackResourceSummaries"])
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in summaries}


if __name__ == "__main__":
    sys.exit(main([Path(each) for each in sys.argv[1:]]))
