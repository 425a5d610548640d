"""Starts the local AWS so that each function has credentials of its own, whose access key is its name.

On AWS a role's session tells who calls. By the key the exchanger knows it too, also where a function signed a URL and
somebody else uses it. Nothing is refused by it: the local AWS lets everybody do everything.

And so that it finds its way in a partition of 100,000 items (`make bench`): it reads the key condition of a query anew for
each item of the partition, which takes longer than a function waits for its table.

And so that a subscription to a log group gets what AWS would hand it: the lines that match its pattern, in batches, each line under an id of
56 digits, by an asynchronous call that is repeated where it fails. The emulator reads a pattern as words, and calls once for each
line.

And so that it has time for what it is asked. Of each environment that waits for its next event, two threads look ten times a second whether it is
to stop, and whoever waits for its log looks a thousand times: hundreds of them take most of the one core that Python uses. A full garbage
collection of all that it keeps stops everybody for the better part of a second."""

import base64
import gc
import gzip
import itertools
import json
import operator
import queue
import re
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import dynamodb, sts

SECRET = "test"


def _credentials(config: dict[str, Any]) -> dict[str, str]:
    name, account = config["FunctionName"], config["FunctionArn"].split(":")[4]
    role = f"arn:aws:sts::{account}:assumed-role/{name}/{name}"
    # The signature of a URL is checked, for which the key has to be known.
    sts.register_session(name, {"Arn": role, "UserId": name, "SecretAccessKey": SECRET, "SessionToken": ""})
    return {"AWS_ACCESS_KEY_ID": name, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": ""}


# Before the rest of the emulator is loaded, which takes the function from here.
lambda_runtime.execution_credentials = _credentials

from ministack.services import cloudwatch_logs, lambda_svc  # noqa: E402

Values = dict[str, dict[str, Any]]
Names = dict[str, str]

_KEY_CONDITION = re.compile(
    r"(#?\w+) = (:\w+)"
    r"(?: AND (?:(?P<compared>#?\w+) (?P<sign>=|<=|<|>=|>) (?P<value>:\w+)"
    r"|(?P<between>#?\w+) BETWEEN (?P<low>:\w+) AND (?P<high>:\w+)"
    r"|begins_with\((?P<begins>#?\w+), (?P<prefix>:\w+)\)))?"
)
_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}
_evaluate = dynamodb._evaluate_condition


@lru_cache(maxsize=256)
def _parse(condition: str) -> dict[str, str] | None:
    found = _KEY_CONDITION.fullmatch(condition)
    return found.groupdict() if found else None


def _texts(values: Values, *names: str) -> list[str] | None:
    """The values of these names, where all of them are texts."""
    found = [values.get(name, {}).get("S") for name in names]
    return found if all(isinstance(value, str) for value in found) else None


def _meets(condition: str, item: Values, values: Values, names: Names, slot: str = "ConditionExpression") -> bool:
    """Whether an item meets a condition. The candidates of a query are those of its partition already, so that of a key
    condition in one of the forms that we write the sort key alone is left to look at, where it is a text."""
    parsed = _parse(condition) if slot == "KeyConditionExpression" else None
    if parsed is None:
        return _evaluate(condition, item, values, names, slot=slot)
    name = parsed["compared"] or parsed["between"] or parsed["begins"]
    if name is None:
        return True
    order = item.get(names.get(name, name), {}).get("S")
    wanted = [parsed[role] for role in ("value", "low", "high", "prefix") if parsed[role]]
    bounds = _texts(values, *wanted)
    if order is None or bounds is None:
        return _evaluate(condition, item, values, names, slot=slot)
    if parsed["sign"]:
        return _SIGNS[parsed["sign"]](order, bounds[0])
    if parsed["between"]:
        return bounds[0] <= order <= bounds[1]
    return order.startswith(bounds[0])


dynamodb._evaluate_condition = _meets

# A pattern of ours: fields of a JSON line that are equal to texts, which may end with `*`.
_FIELD = r'\$\.(\w+) = "([^"?\[]*)"'
_PATTERN = re.compile(rf"{{ {_FIELD}(?: && {_FIELD})* }}")
_LINE_IDS = itertools.count(time.time_ns())
# Lines wait so long, in seconds, for others that go in the same batch: AWS gathers them as well.
_GATHERED = 1.0


def _matches(pattern: str, message: str) -> bool:
    if not _PATTERN.fullmatch(pattern):
        raise ValueError(f"a filter pattern that this emulator does not read: {pattern}")
    if not message.startswith("{"):
        return False
    try:
        line = json.loads(message)
    except ValueError:
        return False
    return all(fnmatchcase(str(line.get(name, "")), wanted) for name, wanted in re.findall(_FIELD, pattern))


class _Subscriptions:
    """Lines on their way to functions: those of one function that come within a second go together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, dict[str, Any]] = {}

    def take(self, group: str, stream: str, events: list[dict[str, Any]]) -> None:
        filters = (cloudwatch_logs._log_groups.get(group) or {}).get("subscriptionFilters") or {}
        for name, subscription in filters.items():
            lines = [
                {"id": f"{next(_LINE_IDS):056d}", "timestamp": event["timestamp"], "message": event["message"]}
                for event in events
                if _matches(subscription["filterPattern"], event["message"])
            ]
            if lines:
                self._add(group, stream, name, subscription["destinationArn"].rsplit(":", 1)[1], lines)

    def _add(self, group: str, stream: str, name: str, function: str, lines: list[dict[str, Any]]) -> None:
        called = lambda_svc._functions[function]
        with self._lock:
            batch = self._waiting.get(function)
            if batch is not None:
                batch["logEvents"] += lines
                return
            self._waiting[function] = {
                "messageType": "DATA_MESSAGE",
                "owner": cloudwatch_logs.get_account_id(),
                "logGroup": group,
                # Here each invocation has a stream of its own: a batch bears the name of the first.
                "logStream": stream,
                "subscriptionFilters": [name],
                "logEvents": lines,
            }
        timer = threading.Timer(_GATHERED, self._deliver, (function, called))
        timer.daemon = True
        timer.start()

    def _deliver(self, function: str, called: dict[str, Any]) -> None:
        with self._lock:
            batch = self._waiting.pop(function)
        data = base64.b64encode(gzip.compress(json.dumps(batch).encode())).decode()
        lambda_svc.invoke_async_with_retry(called, {"awslogs": {"data": data}})


cloudwatch_logs._fanout_to_subscription_filters = _Subscriptions().take

# Whether an environment is to stop is looked for so often, in seconds: until then no more than a thread of it stays.
_STOP_SEEN = 5.0


class _PatientQueue(queue.Queue):  # type: ignore[type-arg]
    """Waits longer for the next event of an environment, which the emulator asks for with room for one and a time-out of 0.1 seconds."""

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        return super().get(block, _STOP_SEEN if (self.maxsize, timeout) == (1, 0.1) else timeout)


class _PatientServer(socketserver.ThreadingTCPServer):
    """Is told to stop by a connection, so that it need not look for it."""

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        super().serve_forever(max(poll_interval, _STOP_SEEN))

    def shutdown(self) -> None:
        self._BaseServer__shutdown_request = True
        try:
            socket.create_connection(self.server_address[:2], 1).close()
        except OSError:
            pass
        super().shutdown()


def _drain(
    worker: Any, first_line_wait: float = 0.05, idle_confirm: float = 0.005, hard_cap: float = 0.25
) -> str:
    """What an environment has logged, with the emulator's own limits, in seconds; woken by a line."""
    lines: list[str] = []
    end = time.monotonic() + hard_cap
    wait = first_line_wait
    while (left := min(wait, end - time.monotonic())) > 0:
        try:
            lines.append(worker._stderr_queue.get(timeout=left))
        except queue.Empty:
            break
        wait = idle_confirm
    return "\n".join(lines)


lambda_runtime.Worker._drain_stderr_bounded = _drain
lambda_runtime.queue.Queue = _PatientQueue
socketserver.ThreadingTCPServer = _PatientServer

if __name__ == "__main__":
    # As rarely as that goes: what is in no cycle is freed without it, by its count of references.
    gc.set_threshold(100_000, 50, 1_000)
    from ministack.app import main

    main()
