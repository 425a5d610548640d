#!/usr/bin/env python3
"""Deploys a stage to the AWS account of the caller's credentials: `make deploy STAGE=production`.

What a stage is made with stands in infra/samconfig.toml, one environment a stage: it is asked for once, and every later deployment of
the stage has it again. Keep that file with your checkout; it holds no secret.

`--rehearse` goes as far as it can without an account: it builds for this machine's processor, checks the template, and says how large
is what would be uploaded. Standard library only."""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "infra" / "samconfig.toml"
BUILT = ROOT / "target" / "lambda"
GROUPS = sorted(path.parents[1].name for path in ROOT.glob("functions/*/src/main.rs"))
# What Lambda takes of one function, unzipped (Lambda developer guide, "Quotas").
MAX_UNZIPPED = 250 * 1024 * 1024
# SAM passes over `Name=`, and CloudFormation would keep what was there.
EMPTY = '\\"\\"'
NEXT = """
Next (README, "Deploy"):
  1. receiving and the domain's records:
     aws cloudformation deploy --region {region} --stack-name {stack}-mail --template-file infra/ses.yaml --capabilities CAPABILITY_IAM \\
       --parameter-overrides MailDomain={domain} MailBucketName={bucket} InboundFunctionArn={function}
  2. the first organization: {setup}"""
# What is said where no link was drawn; infra/docs/RUNBOOK.md says how to have one drawn.
NO_LINK = "have a link drawn by which you make it (infra/docs/RUNBOOK.md, \"The first organization, and another\")"


class Problem(Exception):
    """Something the person at the keyboard has to put right; the text is one sentence for them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rehearse", action="store_true", help="stop before the first call of AWS")
    rehearse = parser.parse_args().rehearse
    for tool in ("sam", "cargo-lambda"):
        if shutil.which(tool) is None:
            raise Problem(f"{tool} is missing: pip install aws-sam-cli cargo-lambda")
    if rehearse:
        machine = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
        build(machine)
        measure()
        run("sam", "validate", "--lint", "--template-file", "template.yaml", environment={"AWS_REGION": "eu-west-1"})
        return
    # `version` is a key of the file's own.
    stage = chosen("STAGE", "production", r"(?!version$)[a-z][a-z0-9-]{1,15}", "2 to 16 lower-case letters, digits and hyphens")
    settings = known(stage) or asked(stage)
    build(parameter(settings, "Architecture") or "arm64")
    measure()
    run("sam", "deploy", "--template-file", "template.yaml", "--config-file", str(CONFIG), "--config-env", stage)
    found = outputs(settings)
    print(NEXT.format(setup=setup(settings, found["url"]), **found))


# --- what a stage is made with ---------------------------------------------------------------------


def known(stage: str) -> dict[str, Any] | None:
    """What the stage was made with. A variable that says something else is refused: the file is what counts."""
    if not CONFIG.exists():
        return None
    settings = tomllib.loads(CONFIG.read_text()).get(stage, {}).get("deploy", {}).get("parameters")
    for variable, name in (("ARCHITECTURE", "Architecture"), ("MAIL_DOMAIN", "MailDomain"), ("ALARM_EMAIL", "AlarmEmail")):
        wanted = os.environ.get(variable)
        if settings and wanted and wanted != parameter(settings, name):
            raise Problem(f"{variable} is {wanted}, and {CONFIG.relative_to(ROOT)} has another {name} for {stage}: change it there.")
    if settings and os.environ.get("REGION", settings["region"]) != settings["region"]:
        raise Problem(f"REGION is {os.environ['REGION']}, and {stage} is in {settings['region']}: another region is another stage.")
    return settings


def asked(stage: str) -> dict[str, Any]:
    """Asks for what nobody can guess, and writes it down."""
    print(f"The stage {stage} is new. The answers go to {CONFIG.relative_to(ROOT)}; its other parameters are in template.yaml.")
    name = f"countersign-{stage}"
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    answers = {
        "region": answer("REGION", "Region, one where SES receives mail", region, r"[a-z]{2}(-[a-z]+)+-\d"),
        "domain": answer("MAIL_DOMAIN", "Domain of the inboxes, such as agents.example.com", "", r"[a-z0-9-]+(\.[a-z0-9-]+)+"),
        "email": answer("ALARM_EMAIL", "Who is told of alarms by mail (empty: nobody)", "", r"([^@\s\"\\]+@[^@\s\"\\]+)?"),
        "architecture": chosen("ARCHITECTURE", "arm64", "arm64|x86_64", "arm64 or x86_64"),
    }
    if not CONFIG.exists():
        CONFIG.write_text("version = 0.1\n")
    with CONFIG.open("a") as file:
        file.write(f"""
[{stage}.deploy.parameters]
stack_name = "{name}"
region = "{answers['region']}"
resolve_s3 = true
s3_prefix = "{name}"
capabilities = "CAPABILITY_IAM CAPABILITY_AUTO_EXPAND"
confirm_changeset = true
fail_on_empty_changeset = false
parameter_overrides = "Stage={stage} Architecture={answers['architecture']} MailDomain={answers['domain']} AlarmEmail={answers['email'] or EMPTY}"
""")
    return tomllib.loads(CONFIG.read_text())[stage]["deploy"]["parameters"]


def parameter(settings: dict[str, Any], name: str) -> str:
    found = re.search(rf"(?:^|\s){name}=(\S*)", settings["parameter_overrides"])
    return found.group(1).strip('"') if found else ""


def answer(variable: str, question: str, default: str, form: str) -> str:
    text = os.environ.get(variable)
    while text is None or not re.fullmatch(form, text):
        if not sys.stdin.isatty():
            raise Problem(f"{variable} is needed and {text!r} is none: set it, or answer at a terminal ({question}).")
        text = input(f"{question}{f' [{default}]' if default else ''}: ").strip() or default
    return text


def chosen(variable: str, default: str, form: str, words: str) -> str:
    text = os.environ.get(variable) or default
    if not re.fullmatch(form, text):
        raise Problem(f"{variable} is {text!r}, and must be {words}.")
    return text


# --- what is uploaded ------------------------------------------------------------------------------


def build(architecture: str) -> None:
    """Writes target/lambda/<group>/bootstrap, linked against the glibc of Amazon Linux 2023 whatever this machine has."""
    # With what the local stack noted of its own binaries, or it would take these for them.
    for folder in (BUILT, BUILT.with_name(BUILT.name + "-stamps")):
        shutil.rmtree(folder, ignore_errors=True)
    packages = [part for group in GROUPS for part in ("-p", group)]
    target = "--arm64" if architecture == "arm64" else "--x86-64"
    run("cargo", "lambda", "build", "--profile", "deploy", "--locked", "--ignore-rust-version", target, *packages)


def measure() -> None:
    total = 0
    for group in GROUPS:
        binary = BUILT / group / "bootstrap"
        zipped = BUILT / group / "bootstrap.zip"
        with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(binary, binary.name)
        raw, small = binary.stat().st_size, zipped.stat().st_size
        # Only the binary is uploaded.
        zipped.unlink()
        if raw > MAX_UNZIPPED:
            raise Problem(f"{group} has {raw} bytes, more than Lambda takes.")
        total += small
        print(f"{group:<12} {raw / 1e6:6.1f} MB, zipped {small / 1e6:5.1f} MB")
    print(f"{'together':<12} {total / 1e6:23.1f} MB")


def run(*command: str, environment: dict[str, str] | None = None) -> None:
    if subprocess.run(command, cwd=ROOT, env={**os.environ, **(environment or {})}).returncode != 0:
        raise Problem(f"`{command[0]} {command[1]}` failed: see above.")


def outputs(settings: dict[str, Any]) -> dict[str, str]:
    command = ["sam", "list", "stack-outputs", "--stack-name", settings["stack_name"], "--region", settings["region"], "--output", "json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    found = {one["OutputKey"]: one["OutputValue"] for one in json.loads(done.stdout or "[]")}
    return {
        "region": settings["region"],
        "stack": settings["stack_name"],
        "domain": parameter(settings, "MailDomain"),
        "bucket": found.get("MailBucketName", "<MailBucketName>"),
        "function": found.get("InboundFunctionArn", "<InboundFunctionArn>"),
        "url": found.get("ApiUrl", "<ApiUrl>"),
    }


def setup(settings: dict[str, Any], url: str) -> str:
    """Has a set-up link drawn where there is no organization yet, which the function itself knows, and says what to do with it. The
    deployment is done by then: nothing that goes wrong here ends it."""
    where = ["--stack-name", settings["stack_name"], "--region", settings["region"]]
    command = ["sam", "remote", "invoke", "OperatorSetup", *where, "--event", "{}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return told(done.stdout if done.returncode == 0 else "", url)


def told(printed: str, url: str) -> str:
    """What the function's answer means to a person. It is found whatever sam prints around it."""
    decoder = json.JSONDecoder()
    answer: dict[str, Any] = {}
    for start in re.finditer(r"\{", printed):
        try:
            read, _ = decoder.raw_decode(printed, start.start())
        except ValueError:
            continue
        if isinstance(read, dict) and ("url" in read or isinstance(read.get("error"), dict)):
            answer = read
            break
    if "url" in answer:
        return (
            f"open this link, and make it there.\n\n     {answer['url']}\n\n"
            f"     It works once, until {answer.get('expires_at', 'tomorrow')}. Whoever has it becomes the owner: show it to nobody."
        )
    if answer.get("error", {}).get("code") == "organization_exists":
        return f"it is there. Sign in: {url}/console"
    return NO_LINK


if __name__ == "__main__":
    try:
        main()
    except (Problem, KeyboardInterrupt) as problem:
        print(f"\n{problem or 'stopped'}", file=sys.stderr)
        sys.exit(1)
