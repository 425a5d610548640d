"""Errors in the words of each AWS protocol, so that an SDK classifies them as it would on AWS."""

import json
import uuid

from aiohttp import web

_XML_SERVICES = {"s3"}
_REST_JSON = {"ses", "lambda", "scheduler"}
_THROTTLES = {
    "dynamodb": (400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"),
    "kms": (400, "ThrottlingException"),
    "states": (400, "ThrottlingException"),
    "events": (400, "ThrottlingException"),
    "sqs": (403, "com.amazonaws.sqs#RequestThrottled"),
    "s3": (503, "SlowDown"),
    "ses": (429, "TooManyRequestsException"),
    "lambda": (429, "TooManyRequestsException"),
    "scheduler": (429, "ThrottlingException"),
}
_FAILURES = {
    500: ("InternalServerError", "InternalError", "Injected: internal error."),
    503: ("ServiceUnavailable", "ServiceUnavailable", "Injected: service unavailable."),
}


def throttled(service: str) -> web.Response:
    status, code = _THROTTLES.get(service, (400, "ThrottlingException"))
    return failure(service, status, code, "Injected: rate exceeded.")


def contended(service: str) -> web.Response:
    code = "com.amazonaws.dynamodb.v20120810#TransactionConflictException"
    return failure(service, 400, code, "Injected: transaction is ongoing for the item.")


def broken(service: str, status: int) -> web.Response:
    json_code, xml_code, message = _FAILURES[status]
    return failure(service, status, xml_code if service in _XML_SERVICES else json_code, message)


def failure(service: str, status: int, code: str, message: str) -> web.Response:
    request_id = str(uuid.uuid4())
    if service in _XML_SERVICES:
        return web.Response(
            status=status,
            content_type="application/xml",
            text=f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>'
            f"<RequestId>{request_id}</RequestId></Error>",
            headers={"x-amz-request-id": request_id},
        )
    body = {"message": message} if service in _REST_JSON else {"__type": code, "message": message}
    headers = {"x-amzn-RequestId": request_id, "x-amzn-ErrorType": code.split("#")[-1]}
    if service == "sqs":
        headers["x-amzn-query-error"] = "RequestThrottled;Sender" if status == 403 else "InternalError;Receiver"
    return web.Response(
        status=status,
        body=json.dumps(body).encode(),
        headers=headers,
        content_type="application/json" if service in _REST_JSON else "application/x-amz-json-1.0",
    )
