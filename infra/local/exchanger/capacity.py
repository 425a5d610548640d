"""What DynamoDB charges for a call: the emulator's own figures, corrected where it does not weigh what was read."""

import json
import math
from typing import Any

READS = {"GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"}
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}


def asking(operation: str, body: bytes) -> bytes:
    """The request body, now asking for the consumed capacity."""
    if operation not in READS | WRITES:
        return body
    request = json.loads(body)
    if request.get("ReturnConsumedCapacity", "NONE") == "NONE":
        request["ReturnConsumedCapacity"] = "TOTAL"
        return json.dumps(request, separators=(",", ":"), ensure_ascii=False).encode()
    return body


def consumed(operation: str, request: bytes, status: int, answer: bytes) -> dict[str, float] | None:
    """Read and write request units. A refused condition costs one write unit an item at least, as AWS bills it."""
    if operation not in READS | WRITES:
        return None
    if status != 200:
        return _refused(operation, request, answer)
    body = json.loads(answer)
    entries = body.get("ConsumedCapacity") or []
    if isinstance(entries, dict):
        entries = [entries]
    units = sum(float(entry.get("CapacityUnits", 0)) for entry in entries)
    if operation in WRITES:
        return {"read": 0.0, "write": units}
    # The emulator books half a unit for any Query; AWS books what was read. A filter or a projection
    # hides bytes that AWS would count, so the larger of the two is the better estimate.
    return {"read": max(units, _read_units(operation, json.loads(request), body)), "write": 0.0}


def _refused(operation: str, request: bytes, answer: bytes) -> dict[str, float] | None:
    if operation in {"PutItem", "UpdateItem", "DeleteItem"} and b"ConditionalCheckFailed" in answer:
        return {"read": 0.0, "write": 1.0}
    if operation == "TransactWriteItems" and b"TransactionCanceled" in answer:
        return {"read": 0.0, "write": 2.0 * len(json.loads(request).get("TransactItems", []))}
    return None


def _read_units(operation: str, request: dict[str, Any], body: dict[str, Any]) -> float:
    if operation == "GetItem":
        return _units(_item_size(body.get("Item", {})), request.get("ConsistentRead", False))
    if operation in {"Query", "Scan"}:
        # One page is weighed as a whole, then rounded up.
        size = sum(_item_size(item) for item in body.get("Items", []))
        return _units(size, request.get("ConsistentRead", False))
    if operation == "BatchGetItem":
        return sum(
            _units(_item_size(item), request["RequestItems"].get(table, {}).get("ConsistentRead", False))
            for table, items in body.get("Responses", {}).items()
            for item in items
        )
    return 2.0 * sum(_units(_item_size(entry.get("Item", {})), True) for entry in body.get("Responses", []))


def _units(size: int, consistent: bool) -> float:
    return max(1, math.ceil(size / 4096)) * (1.0 if consistent else 0.5)


def _item_size(item: dict[str, Any]) -> int:
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: dict[str, Any]) -> int:
    """Size by the documented rules: text in UTF-8, a number about a byte per two digits, containers 3 + 1 an entry."""
    kind, content = next(iter(value.items()))
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return len(content.strip("-0.")) // 2 + 2
    if kind == "B":
        return len(content) * 3 // 4
    if kind in {"SS", "NS", "BS"}:
        return sum(_value_size({kind[0]: entry}) for entry in content)
    if kind == "L":
        return 3 + sum(1 + _value_size(entry) for entry in content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _value_size(entry) for name, entry in content.items())
    return 1
