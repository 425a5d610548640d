"""Starts the local AWS so that each function has credentials of its own, whose access key is its name.

On AWS a role's session tells who calls. By the key the exchanger knows it too, also where a function signed a URL and
somebody else uses it. Nothing is refused by it: the local AWS lets everybody do everything."""

from typing import Any

from ministack.core import lambda_runtime
from ministack.services import sts

SECRET = "test"


def _credentials(config: dict[str, Any]) -> dict[str, str]:
    name, account = config["FunctionName"], config["FunctionArn"].split(":")[4]
    role = f"arn:aws:sts::{account}:assumed-role/{name}/{name}"
    # The signature of a URL is checked, for which the key has to be known.
    sts.register_session(name, {"Arn": role, "UserId": name, "SecretAccessKey": SECRET, "SessionToken": ""})
    return {"AWS_ACCESS_KEY_ID": name, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": ""}


# Before the rest of the emulator is loaded, which takes the function from here.
lambda_runtime.execution_credentials = _credentials

if __name__ == "__main__":
    from ministack.app import main

    main()
