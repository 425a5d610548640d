"""Every AWS call that a function made: what it was, how long it took, what DynamoDB charges for it."""

import re
import time
from collections import deque
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

# A function's access key is its name (run_emulator.py).
_CREDENTIAL = re.compile(r"Credential=([^/,]+)/\d{8}/[^/]+/([^/]+)/aws4_request")
# The key of everybody else.
_NOBODY = "test"
# X-Amz-Target prefixes of the JSON services, by the name under which their calls are booked.
_TARGETS = {
    "DynamoDB_20120810": "dynamodb",
    "DynamoDBStreams_20120810": "dynamodbstreams",
    "TrentService": "kms",
    "AWSStepFunctions": "states",
    "AmazonSQS": "sqs",
    "AWSEvents": "events",
    "Logs_20140328": "logs",
    "AmazonSSM": "ssm",
    "secretsmanager": "secretsmanager",
}
_REST_VERBS = {"GET": "Get", "PUT": "Update", "POST": "Create", "DELETE": "Delete", "HEAD": "Head"}
_KEEP = 200_000


@dataclass
class Call:
    """One call. `capacity` counts DynamoDB read and write request units, transactions at their price; `answered` the bytes
    of the answer's body."""

    seq: int
    at: float
    function: str
    service: str
    operation: str
    status: int = 0
    latency_ms: float = 0.0
    fault: str | None = None
    capacity: dict[str, float] | None = None
    answered: int = 0


class Ledger:
    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=_KEEP)
        self._seq = count(1)

    def open(self, request: web.BaseRequest) -> Call:
        service, operation = identify(request)
        call = Call(next(self._seq), time.time(), caller(request), service, operation)
        self._calls.append(call)
        return call

    def since(self, seq: int, function: str | None = None) -> list[dict[str, Any]]:
        return [
            asdict(call) for call in self._calls if call.seq > seq and (function is None or call.function == function)
        ]

    @property
    def last(self) -> int:
        return self._calls[-1].seq if self._calls else 0

    def clear(self) -> None:
        self._calls.clear()


def caller(request: web.BaseRequest) -> str:
    """The function that signed the call; empty for a call that no function signed."""
    signer = _credential(request)
    return signer.group(1) if signer and signer.group(1) != _NOBODY else ""


def _credential(request: web.BaseRequest) -> re.Match[str] | None:
    """Access key and service, from the header or, where a URL was signed, from its query."""
    query = parse_qs(urlsplit(request.raw_path).query)
    signed = request.headers.get("authorization", "") or "Credential=" + query.get("X-Amz-Credential", [""])[0]
    return _CREDENTIAL.search(signed)


def identify(request: web.BaseRequest) -> tuple[str, str]:
    """Service and operation of an AWS call, from its target header or its signature scope and path."""
    prefix, _, operation = request.headers.get("x-amz-target", "").partition(".")
    if operation:
        return _TARGETS.get(prefix, prefix.lower()), operation
    url = urlsplit(request.raw_path)
    query = parse_qs(url.query, keep_blank_values=True)
    signer = _credential(request)
    service = signer.group(2) if signer else "s3"
    if service == "s3":
        return service, _s3_operation(request, url.path, query)
    if service == "ses":
        return service, "SendEmail" if url.path.endswith("/outbound-emails") else _rest_operation(
            request.method, url.path
        )
    if service == "lambda" and url.path.endswith("/invocations"):
        return service, "Invoke"
    return service, _rest_operation(request.method, url.path)


def _rest_operation(method: str, path: str) -> str:
    """`POST /schedules/x` of a REST service reads `CreateSchedule`."""
    parts = [part for part in path.split("/") if part]
    resource = parts[-2] if len(parts) % 2 == 0 and parts else (parts[-1] if parts else "")
    return _REST_VERBS.get(method, method) + resource.rstrip("s").replace("-", " ").title().replace(" ", "")


def _s3_operation(request: web.BaseRequest, path: str, query: dict[str, list[str]]) -> str:
    key = path.lstrip("/").partition("/")[2]
    method = request.method
    if "uploads" in query and method == "POST":
        return "CreateMultipartUpload"
    if "uploadId" in query:
        return {"PUT": "UploadPart", "POST": "CompleteMultipartUpload", "DELETE": "AbortMultipartUpload"}.get(
            method, "ListParts"
        )
    if "delete" in query:
        return "DeleteObjects"
    if not key and "versions" in query:
        return "ListObjectVersions"
    if not key:
        return {"GET": "ListObjectsV2", "HEAD": "HeadBucket", "PUT": "CreateBucket"}.get(method, method)
    if method == "PUT" and "x-amz-copy-source" in request.headers:
        return "CopyObject"
    suffix = "Tagging" if "tagging" in query else ""
    return {"GET": "GetObject", "PUT": "PutObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}.get(
        method, method
    ) + suffix
