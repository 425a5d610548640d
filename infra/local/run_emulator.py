"""Starts the local AWS so that each function has credentials of its own, whose access key is its name.

On AWS a role's session tells who calls. By the key the exchanger knows it too, also where a function signed a URL and
somebody else uses it. Nothing is refused by it: the local AWS lets everybody do everything.

And so that it finds its way in a partition of 100,000 items (`make bench`): it reads the key condition of a query anew for
each item of the partition, which takes longer than a function waits for its table."""

import operator
import re
from collections.abc import Callable
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

if __name__ == "__main__":
    from ministack.app import main

    main()
