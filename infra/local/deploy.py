"""Deploys template.yaml to the local AWS the way an operator deploys it to AWS, and adds what the emulator leaves out.

Runs in the venv: `python deploy.py DIRECTORY TEMPLATE`. Says nothing to do when nothing changed."""

import hashlib
import io
import re
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError
from samtranslator.yaml_helper import yaml_parse

from settings import ARTIFACTS_BUCKET, ROOT, STACK_NAME, Settings, read_json, write_json



class DeployFailed(Exception):
    """The deployment did not go through; the text names the step."""


def main(settings: Settings) -> None:
    template = yaml_parse(settings.template.read_text())
    before = read_json(settings.deployed_file, {})
    now: dict[str, Any] = {"template": _template_digest(settings), "functions": _function_digests(settings, template)}
    if now == before:
        print("nothing changed since the last deployment")
        return
    session = boto3.Session()
    changed = _changed_functions(before, now)
    if before and before["template"] == now["template"] and changed is not None:
        print(f"updating {len(changed)} functions: {', '.join(changed)}")
        _update_code(session, settings, template, {name: now["functions"][name] for name in changed})
    else:
        settings.deployed_file.unlink(missing_ok=True)
        routes = _routes(template)
        _deploy(session, settings, template, now["functions"])
        _create_routes(session, settings, routes)
        _lock_buckets(session, settings, template)
    write_json(settings.deployed_file, now)


# --- what changed --------------------------------------------------------------------------------


def _template_digest(settings: Settings) -> str:
    """Everything beside the binaries that decides the stack: the template, what it includes, its parameters."""
    digest = hashlib.sha256(repr(sorted(settings.parameters.items())).encode())
    included = [
        path for pattern in ("*.yaml", "*.yml", "*.json", "*.graphql") for path in (ROOT / "infra").rglob(pattern)
    ]
    for path in [settings.template, *sorted(set(included))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _functions(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def _code(settings: Settings, properties: dict[str, Any]) -> Path:
    uri = properties.get("CodeUri")
    if not isinstance(uri, str):
        raise DeployFailed("every function needs a CodeUri of its own: the one of `Globals` is not packaged")
    return settings.template.parent / uri


def _function_digests(settings: Settings, template: dict[str, Any]) -> dict[str, str]:
    folders: dict[Path, str] = {}
    digests = {}
    for name, properties in _functions(template).items():
        folder = _code(settings, properties)
        if not folder.exists():
            raise DeployFailed(f"{name} names {folder}, which does not exist: does `make build` build it?")
        # A group's functions share one folder.
        if folder not in folders:
            folders[folder] = _folder_digest(folder)
        digests[name] = folders[folder]
    return digests


def _folder_digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(folder)).encode() + b"\0")
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _changed_functions(before: dict[str, Any], now: dict[str, Any]) -> list[str] | None:
    """The functions whose code changed; None when functions came or went."""
    if set(before.get("functions", {})) != set(now["functions"]):
        return None
    return [name for name, digest in now["functions"].items() if before["functions"][name] != digest]


# --- the deployment ------------------------------------------------------------------------------


def _deploy(session: boto3.Session, settings: Settings, template: dict[str, Any], digests: dict[str, str]) -> None:
    _ensure_bucket(session)
    _remove_failed_stack(session)
    _apply(session, settings, _package(session, settings, template, digests))
    stack = session.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    write_json(
        settings.outputs_file, {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    )


def _ensure_bucket(session: boto3.Session) -> None:
    s3 = session.client("s3")
    try:
        s3.create_bucket(Bucket=ARTIFACTS_BUCKET, CreateBucketConfiguration={"LocationConstraint": session.region_name})
    except s3.exceptions.BucketAlreadyOwnedByYou:
        pass


def _remove_failed_stack(session: boto3.Session) -> None:
    """A stack whose first deployment failed can't be updated, only made anew."""
    if _status(session) in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}:
        client = session.client("cloudformation")
        client.delete_stack(StackName=STACK_NAME)
        client.get_waiter("stack_delete_complete").wait(StackName=STACK_NAME, WaiterConfig={"Delay": 1})


def _status(session: boto3.Session) -> str | None:
    try:
        return session.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"][0]["StackStatus"]
    except ClientError:
        return None


def _apply(session: boto3.Session, settings: Settings, packaged: Path) -> None:
    """A change set, made and executed: what `aws cloudformation deploy` does, without its pauses of half a minute."""
    client = session.client("cloudformation")
    session.client("s3").upload_file(str(packaged), ARTIFACTS_BUCKET, packaged.name)
    kind = "UPDATE" if _status(session) not in {None, "REVIEW_IN_PROGRESS"} else "CREATE"
    name = f"local-{time.time_ns()}"
    client.create_change_set(
        StackName=STACK_NAME,
        ChangeSetName=name,
        ChangeSetType=kind,
        TemplateURL=f"{client.meta.endpoint_url}/{ARTIFACTS_BUCKET}/{packaged.name}",
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in settings.parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    poll = {"Delay": 1, "MaxAttempts": 600}
    try:
        client.get_waiter("change_set_create_complete").wait(
            StackName=STACK_NAME, ChangeSetName=name, WaiterConfig=poll
        )
    except WaiterError as error:
        reason = error.last_response.get("StatusReason", str(error))
        if "didn't contain changes" in reason or "No updates are to be performed" in reason:
            return
        raise DeployFailed(f"the template was refused: {reason}") from None
    client.execute_change_set(StackName=STACK_NAME, ChangeSetName=name)
    try:
        client.get_waiter(f"stack_{kind.lower()}_complete").wait(StackName=STACK_NAME, WaiterConfig=poll)
    except WaiterError:
        raise DeployFailed(f"the stack did not come up:\n{_explain(session)}") from None


def _package(session: boto3.Session, settings: Settings, template: dict[str, Any], digests: dict[str, str]) -> Path:
    """`aws cloudformation package`, after putting the function code into the bucket ourselves.

    The command zips the code of every function at every call; here a group's is zipped once, and left alone where it is in the
    bucket already."""
    functions = _functions(template)
    keys = {name: f"code/{digest}.zip" for name, digest in digests.items()}
    _upload_code(session, {key: _code(settings, functions[name]) for name, key in keys.items()})
    for name, key in keys.items():
        functions[name]["CodeUri"] = f"s3://{ARTIFACTS_BUCKET}/{key}"
    _make_paths_absolute(template["Resources"], settings.template.parent)
    source, packaged = settings.state / "template.json", settings.state / "packaged.yaml"
    write_json(source, template)
    command = [str(Path(sys.executable).with_name("aws")), "cloudformation", "package"]
    command += [
        "--template-file",
        str(source),
        "--s3-bucket",
        ARTIFACTS_BUCKET,
        "--output-template-file",
        str(packaged),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode != 0:
        raise DeployFailed(f"`aws cloudformation package` failed:\n{done.stderr.strip()[-2000:]}")
    return packaged


def _upload_code(session: boto3.Session, wanted: dict[str, Path]) -> None:
    s3 = session.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=ARTIFACTS_BUCKET, Prefix="code/")
    there = {entry["Key"] for page in pages for entry in page.get("Contents", [])}
    for key in there - set(wanted):
        s3.delete_object(Bucket=ARTIFACTS_BUCKET, Key=key)

    def upload(key: str) -> None:
        s3.put_object(Bucket=ARTIFACTS_BUCKET, Key=key, Body=_zip(wanted[key]))

    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(upload, set(wanted) - there))


def _make_paths_absolute(resources: dict[str, Any], base: Path) -> None:
    """The template that is packaged lies in another folder than the one that is written by hand."""
    for resource in resources.values():
        properties = resource.get("Properties") or {}
        for name in ("CodeUri", "DefinitionUri", "ContentUri", "TemplateURL", "Location"):
            value = properties.get(name)
            if isinstance(value, str) and "://" not in value:
                properties[name] = str(base / value)


def _explain(session: boto3.Session) -> str:
    """The resources that did not come up, and why."""
    events = session.client("cloudformation").describe_stack_events(StackName=STACK_NAME)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    return "\n".join(f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed[:5])


def _update_code(
    session: boto3.Session, settings: Settings, template: dict[str, Any], digests: dict[str, str]
) -> None:
    names = _physical_ids(session, "AWS::Lambda::Function")
    client = session.client("lambda")
    zips: dict[str, bytes] = {}
    for name, digest in digests.items():
        if digest not in zips:
            zips[digest] = _zip(_code(settings, _functions(template)[name]))
        client.update_function_code(FunctionName=names[name], ZipFile=zips[digest])


def _zip(folder: Path) -> bytes:
    buffer = io.BytesIO()
    # Quickly rather than tightly: it never leaves this machine.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return buffer.getvalue()


def _physical_ids(session: boto3.Session, resource_type: str) -> dict[str, str]:
    pages = session.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK_NAME)
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == resource_type
    }


# --- Object Lock: the emulator's CloudFormation passes over it, its S3 keeps it ----------------------


def _lock_buckets(session: boto3.Session, settings: Settings, template: dict[str, Any]) -> None:
    """Sets the lock that the template asks for, and fails where it does not hold: a bucket that only says so proves nothing."""
    names = _physical_ids(session, "AWS::S3::Bucket")
    s3 = session.client("s3")
    for name, resource in template["Resources"].items():
        wanted = (resource.get("Properties") or {}).get("ObjectLockConfiguration")
        if resource["Type"] != "AWS::S3::Bucket" or not wanted:
            continue
        retention = wanted["Rule"]["DefaultRetention"]
        lock = {"Mode": _resolved(retention["Mode"], settings, template)}
        lock["Days"] = int(_resolved(retention["Days"], settings, template))
        rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": lock}}
        s3.put_object_lock_configuration(Bucket=names[name], ObjectLockConfiguration=rule)
        if s3.get_object_lock_configuration(Bucket=names[name])["ObjectLockConfiguration"] != rule:
            raise DeployFailed(f"{name} is not locked as the template says")


def _resolved(value: Any, settings: Settings, template: dict[str, Any]) -> str:
    """A value of the template, where it is the name of a parameter: that parameter's."""
    if not isinstance(value, dict):
        return str(value)
    name = value["Ref"]
    return str(settings.parameters.get(name, template["Parameters"][name].get("Default")))


# --- routes: the emulator ignores the OpenAPI body of the API -----------------------------------------


def _create_routes(session: boto3.Session, settings: Settings, routes: dict[str, list[str]]) -> None:
    api_id = read_json(settings.outputs_file)["ApiId"]
    api = session.client("apigatewayv2")
    names = _physical_ids(session, "AWS::Lambda::Function")
    functions = session.client("lambda")
    for page in api.get_paginator("get_routes").paginate(ApiId=api_id):
        for route in page["Items"]:
            api.delete_route(ApiId=api_id, RouteId=route["RouteId"])
    for page in api.get_paginator("get_integrations").paginate(ApiId=api_id):
        for integration in page["Items"]:
            api.delete_integration(ApiId=api_id, IntegrationId=integration["IntegrationId"])
    if not api.get_stages(ApiId=api_id)["Items"]:
        api.create_stage(ApiId=api_id, StageName="$default", AutoDeploy=True)
    count = 0
    for name, keys in routes.items():
        arn = functions.get_function_configuration(FunctionName=names[name])["FunctionArn"]
        integration = api.create_integration(
            ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
        )["IntegrationId"]
        for key in keys:
            api.create_route(ApiId=api_id, RouteKey=key, Target=f"integrations/{integration}")
            count += 1
    print(f"{count} routes")


def _routes(template: dict[str, Any]) -> dict[str, list[str]]:
    """Function -> the keys of its routes, as the body of the API names them."""
    routes: dict[str, list[str]] = {}
    for path, operations in template["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"].items():
        for name, operation in operations.items():
            method = "ANY" if name == "x-amazon-apigateway-any-method" else name.upper()
            [function] = re.findall(r"\$\{(\w+)\.Arn\}", operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"])
            key = path if operation.get("isDefaultRoute") else f"{method} {path}"
            routes.setdefault(function, []).append(key)
    return routes


if __name__ == "__main__":
    try:
        main(Settings.load(Path(sys.argv[1]), Path(sys.argv[2])))
    except (DeployFailed, BotoCoreError, ClientError) as failure:
        print(failure, file=sys.stderr)
        sys.exit(1)
