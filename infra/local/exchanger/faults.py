"""Fault rules: which calls go wrong, and how."""

from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from itertools import count
from typing import Any

# What may go wrong with any AWS call.
WIRE_KINDS = {
    "drop_before": "the connection is closed, the call is not forwarded",
    "drop_after": "forwarded, the answer is dropped",
    "error_500": "answers 500, not forwarded",
    "error_503": "answers 503, not forwarded",
    "throttle": "answers with the service's own throttling error, not forwarded",
    "contend": "answers as DynamoDB does while a transaction holds the item, not forwarded",
    "hang": "forwarded, no answer for `seconds`",
    "slow": "waits `seconds`, then forwards",
    "kill_before": "kill -9 of the calling function before the call is forwarded",
    "kill_after": "forwarded, then kill -9 of the calling function",
    "duplicate": "forwarded twice",
}
# What may go wrong with SES; `duplicate` would make the accept log lie about its caller.
SES_KINDS = {kind: text for kind, text in WIRE_KINDS.items() if kind != "duplicate"} | {
    "accept_then_drop": "accepted, the connection is closed without an answer",
    "accept_then_hang": "accepted, no answer for `seconds`",
    "accept_then_500": "accepted, answers 500",
    "refuse": "answers 400 MessageRejected",
    "refuse_connection": "the port refuses connections for `seconds`",
}
# What may go wrong with the delivery events of one accepted mail.
EVENT_KINDS = {
    "events_duplicate": "every event comes twice",
    "events_reorder": "the events come in reverse order",
    "events_drop": "no event comes",
    "events_delay": "the events come `seconds` late",
}


class InvalidRule(ValueError):
    """The rule names something that does not exist."""


@dataclass
class Rule:
    """Fires on `times` matching calls after `skip` of them. Names are matched with shell wildcards."""

    id: int
    kind: str
    service: str = "*"
    operation: str = "*"
    function: str = "*"
    skip: int = 0
    times: int = 1
    seconds: float = 0.0
    seen: int = field(default=0)
    fired: int = field(default=0)

    def matches(self, service: str, operation: str, function: str) -> bool:
        return (
            fnmatchcase(service, self.service)
            and fnmatchcase(operation, self.operation)
            and fnmatchcase(function, self.function)
        )


class Faults:
    """The rules in force, in the order they were given."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self._ids = count(1)

    def add(self, body: dict[str, Any]) -> Rule:
        if not isinstance(body, dict):
            raise InvalidRule("a rule is a JSON object")
        unknown = set(body) - {"kind", "service", "operation", "function", "skip", "times", "seconds"}
        if unknown:
            raise InvalidRule(f"unknown fields: {', '.join(sorted(unknown))}")
        kind = body.get("kind")
        if kind in EVENT_KINDS:
            body = {**body, "service": "events-out"}
        service = body.get("service", "*")
        known = EVENT_KINDS if kind in EVENT_KINDS else SES_KINDS if service == "ses" else WIRE_KINDS
        if kind not in known:
            raise InvalidRule(f"kind must be one of: {', '.join([*known, *EVENT_KINDS])}")
        rule = Rule(id=next(self._ids), **body)
        self.rules.append(rule)
        return rule

    def take(self, service: str, operation: str, function: str, by_name: bool = False) -> Rule | None:
        """The rule that this call falls under, if any. Counts the call. `by_name`: a rule for any function is not meant."""
        for rule in self.rules:
            if not rule.matches(service, operation, function) or (by_name and rule.function == "*"):
                continue
            rule.seen += 1
            if rule.seen > rule.skip and rule.fired < rule.times:
                rule.fired += 1
                return rule
        return None

    def remove(self, rule_id: int | None = None) -> None:
        self.rules = [rule for rule in self.rules if rule_id is not None and rule.id != rule_id]

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(rule) for rule in self.rules]
