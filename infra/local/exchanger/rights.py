"""Which rights a call needs: what AWS asks of the caller's role before it serves it.

A call that isn't known here needs the right of its own name on everything, which no role has: none is overlooked."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

from aiohttp import web

from .ledger import Call
from .settings import ACCOUNT, Settings

# Ids and hashes mean nothing to a pattern. Alike they leave a few hundred rights of all the calls that there are.
_ALIKE = (
    (re.compile(r"(?<![a-z])([a-z]{3})_[0-9a-hjkmnp-tv-z]{26}"), r"\1_" + "0" * 26),
    (re.compile(r"[0-9a-f]{64}"), "0" * 64),
    (re.compile(r"(?<=^inbound/).+"), "0" * 40),
)
# What each part of a transaction is asked for.
_PARTS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
_JSON = {"dynamodb", "events", "kms", "ses", "sqs", "states"}
_SINGLE = {"GetItem", "PutItem", "UpdateItem", "DeleteItem"}
# What is no attribute's name in an expression. Placeholders of values and parts of documents are told by their signs.
_WORDS = {
    *(
        "SET",
        "REMOVE",
        "ADD",
        "DELETE",
        "AND",
        "OR",
        "NOT",
        "BETWEEN",
        "IN",
        "if_not_exists",
        "list_append",
        "contains",
    ),
    *("attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "size"),
}
_NAME = re.compile(r"(?<![\w.:#])#?[A-Za-z_]\w*")
# The partition of a query, as our expressions name it: first, and by a placeholder.
_PARTITION = re.compile(r"\s*\S+\s*=\s*(:\w+)")
# Where an operation's right has another name.
_S3 = {"HeadObject": "GetObject", "HeadBucket": "ListBucket", "ListObjectsV2": "ListBucket", "ListObjectVersions": "ListBucketVersions"}
# A task token names an execution, and by it the state machine, which AWS asks for: only AWS can read it.
TASK = "task-token"

Context = dict[str, str | list[str]]


@dataclass(frozen=True)
class Right:
    """One thing that a role is asked for. `context` holds the condition keys of the service, as JSON."""

    function: str
    action: str
    resource: str
    context: str


class Rights:
    """Every right that a function needed so far."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._needed: Counter[Right] = Counter()

    def book(self, call: Call, request: web.BaseRequest, body: bytes) -> None:
        for action, resource, context in self._of(call, request, body):
            self._needed[
                Right(call.function, f"{call.service}:{action}", resource, json.dumps(context, sort_keys=True))
            ] += 1

    def as_json(self) -> list[dict[str, Any]]:
        return [
            {
                "function": right.function,
                "action": right.action,
                "resource": right.resource,
                "context": json.loads(right.context),
                "calls": calls,
            }
            for right, calls in self._needed.items()
        ]

    def _of(self, call: Call, request: web.BaseRequest, body: bytes) -> Iterator[tuple[str, str, Context]]:
        if call.service == "s3":
            once = request.headers.get("If-None-Match", "")
            prefix = request.query.get("prefix", "")
            yield from _of_s3(call, urlsplit(request.raw_path).path, body, once, prefix)
            return
        content = json.loads(body) if call.service in _JSON else {}
        if call.service == "dynamodb":
            yield from self._of_dynamodb(call.operation, content)
        elif call.service == "sqs" and "QueueUrl" in content:
            # Several at once take the right to one.
            action = call.operation.removesuffix("Batch")
            yield action, self._arn("sqs", content["QueueUrl"].rsplit("/", 1)[-1]), {}
        elif call.service == "lambda" and call.operation == "Invoke":
            function = unquote(urlsplit(request.raw_path).path.split("/")[-2])
            yield "InvokeFunction", self._arn("lambda", f"function:{function}"), {}
        elif call.service == "kms" and "KeyId" in content:
            yield call.operation, content["KeyId"], {}
        elif call.service == "events" and "Entries" in content:
            for bus in {entry.get("EventBusName", "default") for entry in content["Entries"]}:
                yield call.operation, self._arn("events", f"event-bus/{bus}"), {}
        elif call.service == "states" and "stateMachineArn" in content:
            yield call.operation, content["stateMachineArn"], {}
        elif call.service == "states" and "taskToken" in content:
            yield call.operation, TASK, {}
        elif call.service == "ses" and call.operation == "SendEmail":
            sender = content.get("FromEmailAddress", "").rpartition("<")[2].rstrip(">")
            # SES asks for both where the content is raw, on the sender's identity and on the configuration set.
            domain = sender.rpartition("@")[2]
            tags = self.settings.identities().get(domain, {}).get("tags", [])
            address: Context = {"ses:FromAddress": _alike(sender)}
            own = {f"aws:ResourceTag/{tag['Key']}": tag["Value"] for tag in tags}
            for action in ("SendEmail", "SendRawEmail"):
                yield action, self._arn("ses", f"identity/{domain}"), {**address, **own}
                yield action, self._arn("ses", f"configuration-set/{content.get('ConfigurationSetName')}"), address
        elif call.service == "ses" and "EmailIdentity" in content:
            # The tags of an identity that is made are asked for by another name than those of one that is there.
            kind = "RequestTag" if call.operation == "CreateEmailIdentity" else "ResourceTag"
            tags: Context = {f"aws:{kind}/{tag['Key']}": tag["Value"] for tag in content["Tags"]}
            resource = self._arn("ses", f"identity/{content['EmailIdentity']}")
            yield call.operation, resource, tags
            if call.operation == "CreateEmailIdentity":
                yield "TagResource", resource, tags
        else:
            yield call.operation, "*", {}

    def _of_dynamodb(self, operation: str, content: dict[str, Any]) -> Iterator[tuple[str, str, Context]]:
        if operation in _SINGLE:
            key = content.get("Key") or content.get("Item") or {}
            context = _leading([key])
            if operation == "UpdateItem":
                context["dynamodb:Attributes"] = sorted(_attributes(content))
            yield operation, self._table(content), context
        elif operation == "BatchGetItem":
            for table, wanted in content.get("RequestItems", {}).items():
                yield operation, self._table({"TableName": table}), _leading(wanted.get("Keys", []))
        elif operation == "TransactWriteItems":
            yield from self._of_transaction(content.get("TransactItems", []))
        elif operation == "Query":
            index = content.get("IndexName")
            found = _PARTITION.match(content.get("KeyConditionExpression", ""))
            value = content.get("ExpressionAttributeValues", {}).get(found.group(1)) if found else None
            resource = self._table(content) + (f"/index/{index}" if index else "")
            yield operation, resource, _leading([{"pk": value}] if value else [])
        else:
            yield operation, self._table(content) if "TableName" in content else "*", {}

    def _of_transaction(self, items: list[dict[str, Any]]) -> Iterator[tuple[str, str, Context]]:
        """All keys of an action at once: a statement that allows them together allows each, whichever AWS asks for."""
        asked: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for item in items:
            for part, content in item.items():
                asked.setdefault((_PARTS.get(part, part), self._table(content)), []).append(content)
        for (action, table), contents in asked.items():
            context = _leading([content.get("Key") or content.get("Item") or {} for content in contents])
            context["dynamodb:EnclosingOperation"] = "TransactWriteItems"
            if action == "UpdateItem":
                context["dynamodb:Attributes"] = sorted(set().union(*map(_attributes, contents)))
            yield action, table, context

    def _table(self, content: dict[str, Any]) -> str:
        return self._arn("dynamodb", f"table/{content.get('TableName')}")

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.settings.region}:{ACCOUNT}:{resource}"


def _of_s3(call: Call, path: str, body: bytes, once: str, prefix: str) -> Iterator[tuple[str, str, Context]]:
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    resource = f"arn:aws:s3:::{bucket}/{_alike(key)}" if key else f"arn:aws:s3:::{bucket}"
    context: Context = {}
    if call.operation == "PutObjectTagging":
        tags = _tags(body)
        context = {f"s3:RequestObjectTag/{name}": value for name, value in tags.items()}
        context["s3:RequestObjectTagKeys"] = sorted(tags)
    if call.operation == "PutObject" and once:
        context = {"s3:if-none-match": once}
    if call.operation == "ListObjectsV2":
        context = {"s3:prefix": prefix}
    yield _S3.get(call.operation, call.operation), resource, context
    if call.status == 404:
        # Only who may list learns that an object is not there: to all others S3 refuses it.
        yield "ListBucket", f"arn:aws:s3:::{bucket}", {}


def _tags(body: bytes) -> dict[str, str]:
    """The tags that a request sets, by their names."""
    texts = {"Key": "", "Value": ""}
    tags = {}
    for element in ElementTree.fromstring(body).iter():
        name = element.tag.rpartition("}")[2]
        if name in texts:
            texts[name] = element.text or ""
        if name == "Value":
            tags[texts["Key"]] = texts["Value"]
    return tags


def _leading(keys: list[dict[str, Any]]) -> Context:
    """The partition keys, where the call names any."""
    values = sorted({_alike(next(iter(key["pk"].values()))) for key in keys if "pk" in key})
    return {"dynamodb:LeadingKeys": values} if values else {}


def _attributes(content: dict[str, Any]) -> set[str]:
    """The attributes that an update names: those of its key and those of its expressions."""
    expressions = f"{content.get('UpdateExpression', '')} {content.get('ConditionExpression', '')}"
    names = content.get("ExpressionAttributeNames", {})
    return {*content.get("Key", {}), *(names.get(it, it) for it in _NAME.findall(expressions) if it not in _WORDS)}


def _alike(text: str) -> str:
    for pattern, plain in _ALIKE:
        text = pattern.sub(plain, text)
    return text
