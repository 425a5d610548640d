"""Verifies calls of webhooks with the official Python library of Standard Webhooks: a JSON list of `{secret, headers, body}` comes in, and
a list goes out that says of each whether the library takes it."""

import json
import sys
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def takes(call: dict[str, Any]) -> bool:
    try:
        Webhook(call["secret"]).verify(call["body"], call["headers"])
    except WebhookVerificationError:
        return False
    return True


json.dump([takes(call) for call in json.load(sys.stdin)], sys.stdout)
