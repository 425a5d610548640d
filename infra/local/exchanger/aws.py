"""The three AWS calls that SES itself makes in the cloud: store an object, invoke a function asynchronously."""

import json
from typing import Any

from aiohttp import ClientSession
from yarl import URL

from .settings import Settings


class AwsError(Exception):
    """The local AWS refused the call."""


class Aws:
    """Calls the local AWS directly, past the wire, so that the ledger holds the functions' calls alone."""

    def __init__(self, settings: Settings, session: ClientSession) -> None:
        self.settings = settings
        self.session = session

    async def put_object(self, bucket: str, key: str, body: bytes) -> None:
        await self._call("s3", "PUT", f"/{bucket}/{key}", body, {"Content-Type": "application/octet-stream"})

    async def invoke(self, function: str, event: dict[str, Any]) -> None:
        """Queues an invocation: returns when it is accepted, not when it is done."""
        await self._call(
            "lambda",
            "POST",
            f"/2015-03-31/functions/{function}/invocations",
            json.dumps(event).encode(),
            {"X-Amz-Invocation-Type": "Event", "Content-Type": "application/json"},
        )

    async def _call(self, service: str, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
        # The local AWS takes the region and service from the credential scope and checks no signature.
        scope = f"test/20260101/{self.settings.region}/{service}/aws4_request"
        authorization = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=local"
        async with self.session.request(
            method,
            URL(self.settings.aws_url + path, encoded=True),
            data=body,
            headers={**headers, "Authorization": authorization},
        ) as answer:
            if answer.status >= 300:
                raise AwsError(f"{service} {method} answered {answer.status}")
            await answer.read()
