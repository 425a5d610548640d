"""The roles of template.yaml as AWS will have them: expanded by the SAM transform, their references resolved; and what
they allow, by the evaluator of the local AWS."""

import json
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ministack.core.iam_evaluator import EvalContext, ParsedStatement, evaluate, fnmatch_iam, fnmatch_iam_cs
from ministack.core.iam_evaluator import parse_policy_document as parse
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from exchanger.rights import TASK
from exchanger.settings import ACCOUNT
from settings import REGION, ROOT, STACK_NAME

# It warns of metrics that nobody wants.
logging.getLogger("samtranslator").setLevel(logging.ERROR)

KEYS = "dynamodb:LeadingKeys"
# How the ARN of a resource is made of its name. In what is compared here each has its logical name.
_ARNS = {
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/",
    "AWS::Events::EventBus": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/",
    "AWS::IAM::ManagedPolicy": f"arn:aws:iam::{ACCOUNT}:policy/",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/",
    "AWS::KMS::Key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/",
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:",
    "AWS::S3::Bucket": "arn:aws:s3:::",
    "AWS::SES::ConfigurationSet": f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:",
    "AWS::StepFunctions::StateMachine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:",
}
# The prefixes of the ids that the workflow makes keys of.
_PREFIXES = {"organization_id": "org", "approval_id": "apr"}
# What `Ref` gives of these is the ARN.
_REFERRED_BY_ARN = {"AWS::IAM::ManagedPolicy", "AWS::StepFunctions::StateMachine"}


@dataclass(frozen=True)
class Right:
    """What a role is asked for, and the function that needed it."""

    role: str
    action: str
    resource: str
    context: dict[str, Any] = field(default_factory=dict, hash=False)
    function: str = field(default="", compare=False)

    def __str__(self) -> str:
        return _line(self.role, self.action, self.resource, *self.context.get(KEYS, []))


@dataclass(frozen=True)
class Grant:
    """The smallest part of a statement: one action, one resource, and a pattern of partition keys where it has any."""

    role: str
    action: str
    resource: str
    key: str = ""

    def __str__(self) -> str:
        return _line(self.role, self.action, self.resource, self.key)

    def covers(self, right: Right) -> bool:
        return (
            self.role == right.role
            and fnmatch_iam(right.action, self.action)
            and fnmatch_iam_cs(right.resource, self.resource)
            and (not self.key or any(fnmatch_iam_cs(key, self.key) for key in right.context.get(KEYS, [])))
        )


class Roles:
    """All roles of a template."""

    def __init__(self, template: dict[str, Any], parameters: dict[str, str]) -> None:
        self._resources = expanded(template, parameters)["Resources"]
        self._references = {
            **{name: str(it["Default"]) for name, it in template["Parameters"].items() if "Default" in it},
            **parameters,
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::StackName": STACK_NAME,
            "AWS::URLSuffix": "amazonaws.com",
        }
        self.of_function: dict[str, str] = {
            self.resolve(resource["Properties"]["FunctionName"]): resource["Properties"]["Role"]["Fn::GetAtt"][0]
            for _, resource in self._of("AWS::Lambda::Function")
        }
        self.policies: dict[str, list[list[ParsedStatement]]] = {
            logical: [parse(document) for document in self._documents(resource["Properties"])]
            for logical, resource in self._of("AWS::IAM::Role")
        }
        self._everybody = {resource: parse(document) for resource, document in self._resource_policies()}
        self._encrypting = dict(self._keys_of_data())

    # --- what is allowed ---------------------------------------------------------------------

    def allow(self, right: Right) -> bool:
        """Whether AWS would serve a call that needs this right: the role's word and, in one account, the resource's."""
        context = EvalContext(
            # Of whoever has assumed a role, `aws:PrincipalArn` is the role's.
            principal_arn=_ARNS["AWS::IAM::Role"] + right.role,
            principal_type="AssumedRole",
            principal_account=ACCOUNT,
            action=right.action,
            resource_arn=right.resource,
            region=REGION,
            # AWS is called over HTTPS alone; the local AWS is not.
            secure_transport=True,
            service_context={name.lower(): value for name, value in right.context.items()},
        )
        in_bucket = right.resource.startswith("arn:aws:s3:::")
        owner = right.resource.partition("/")[0] if in_bucket else right.resource
        others = self._everybody.get(owner, [])
        return evaluate(context, [*self.policies.get(right.role, []), others]).decision == "Allow"

    def behind(self, right: Right) -> Iterator[Right]:
        """What AWS does with the caller's rights on the way: table and bucket are encrypted with a key of ours."""
        service = right.action.partition(":")[0]
        for data, key in self._encrypting.items():
            if right.resource == data or right.resource.startswith(data + "/"):
                action = "kms:GenerateDataKey" if right.action == "s3:PutObject" else "kms:Decrypt"
                context = {"kms:ViaService": f"{service}.{REGION}.amazonaws.com", "kms:CallerAccount": ACCOUNT}
                yield Right(right.role, action, key, context, right.function)

    def grants(self) -> Iterator[Grant]:
        for role, policies in self.policies.items():
            for statement in (statement for policy in policies for statement in policy):
                keys = [key for operator in statement.conditions.values() for key in _listed(operator.get(KEYS))]
                for action in statement.actions:
                    for resource in statement.resources:
                        for pattern in [key for key in keys if key != "false"] or [""]:
                            yield Grant(role, action, resource, pattern)

    def workflow_rights(self) -> Iterator[Right]:
        """What the workflow's own steps ask for: they are taken by Step Functions, past the wire."""
        definition = json.loads((ROOT / "infra" / "send-workflow.asl.json").read_text())
        for state in definition["States"].values():
            called = state.get("Resource", "")
            if "states:::aws-sdk:dynamodb:" in called:
                action = called.split(":")[-1].split(".")[0]
                keys = [_filled(state["Parameters"]["Key"]["pk"]["S.$"])]
                table = self._arn("Table")
                yield Right("WorkflowRole", f"dynamodb:{action[0].upper()}{action[1:]}", table, {KEYS: keys})
            elif called:
                yield Right("WorkflowRole", "lambda:InvokeFunction", self._arn("DispatchSend"))

    def logical_arn(self, resource: str, physical: dict[str, str]) -> str:
        """The ARN of a resource of the running stack, as it is named here. `physical` names what stands."""
        if resource == TASK:
            [(name, _)] = self._of("AWS::StepFunctions::StateMachine")
            return self._arn(name)
        for logical, name in physical.items():
            stem = _ARNS.get(self._resources.get(logical, {}).get("Type", ""))
            if stem:
                # Of a queue the physical name is its URL, of a state machine its ARN.
                standing = stem + re.split("[:/]", name)[-1]
                if resource == standing or resource.startswith(standing + "/"):
                    return self._arn(logical) + resource[len(standing) :]
        return resource

    # --- how the template is read ------------------------------------------------------------

    def _of(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        yield from ((name, it) for name, it in self._resources.items() if it["Type"] == kind)

    def _documents(self, role: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for attached in role.get("ManagedPolicyArns", []):
            yield self.resolve(self._resources[attached["Ref"]]["Properties"]["PolicyDocument"])
        for policy in role.get("Policies", []):
            yield self.resolve(policy["PolicyDocument"])

    def _resource_policies(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What keys and the bucket say to everybody. What they say to services is for services; that the account may
        decide about a key means that roles do."""
        for name, key in self._of("AWS::KMS::Key"):
            yield self._arn(name), self._to_everybody(key["Properties"]["KeyPolicy"])
        for _, policy in self._of("AWS::S3::BucketPolicy"):
            bucket = self._arn(policy["Properties"]["Bucket"]["Ref"])
            yield bucket, self._to_everybody(policy["Properties"]["PolicyDocument"])

    def _to_everybody(self, document: dict[str, Any]) -> dict[str, Any]:
        chosen = [it for it in document["Statement"] if it["Principal"] in ("*", {"AWS": "*"})]
        return self.resolve({**document, "Statement": chosen})

    def _keys_of_data(self) -> Iterator[tuple[str, str]]:
        for name, table in self._of("AWS::DynamoDB::Table"):
            yield self._arn(name), self.resolve(table["Properties"]["SSESpecification"]["KMSMasterKeyId"])
        for name, bucket in self._of("AWS::S3::Bucket"):
            for rule in bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]:
                if key := rule["ServerSideEncryptionByDefault"].get("KMSMasterKeyID"):
                    yield self._arn(name), self.resolve(key)

    def _arn(self, logical: str) -> str:
        return _ARNS[self._resources[logical]["Type"]] + logical

    def resolve(self, value: Any) -> Any:
        """The value with its intrinsic functions done. What a policy has no use for is not known here, and an error."""
        if isinstance(value, list):
            return [self.resolve(one) for one in value]
        if not isinstance(value, dict):
            return value
        match list(value.items()):
            case [("Ref", name)]:
                return self._reference(name)
            case [("Fn::GetAtt", [name, "Arn"])]:
                return self._arn(name)
            case [("Fn::Sub", str(text))]:
                return re.sub(r"\$\{([^}]+)\}", lambda found: self._inserted(found.group(1)), text)
        return {name: self.resolve(one) for name, one in value.items()}

    def _inserted(self, name: str) -> str:
        return self._arn(name.removesuffix(".Arn")) if name.endswith(".Arn") else self._reference(name)

    def _reference(self, name: str) -> str:
        if name in self._references:
            return self._references[name]
        return self._arn(name) if self._resources[name]["Type"] in _REFERRED_BY_ARN else name


def _line(role: str, action: str, resource: str, *keys: str) -> str:
    return " ".join([role, action, re.sub(r"^arn:aws:\w+:[\w-]*:\d*:", "", resource), *filter(None, keys)])


def read_template() -> dict[str, Any]:
    return yaml_parse((ROOT / "template.yaml").read_text())


def expanded(template: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
    """What the SAM transform makes of it. Where the code lies is of no account here, but has to be an S3 address."""
    copy = json.loads(json.dumps(template))
    for resource in copy["Resources"].values():
        for name in {"CodeUri", "DefinitionUri"} & set(resource.get("Properties") or {}):
            resource["Properties"][name] = "s3://code/code"
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    return transform(copy, parameters, _NoManagedPolicies())


class _NoManagedPolicies:
    """The transform asks for AWS's managed policies by name; the template names none."""

    def load(self) -> dict[str, str]:
        return {}


def _listed(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else value or []


def _filled(format_of_key: str) -> str:
    """A key as `States.Format('{}/{}', $.organization_id, $.approval_id)` makes it, of any ids."""
    [text] = re.findall(r"'([^']+)'", format_of_key)
    return text.format(*(f"{_PREFIXES[name]}_{'0' * 26}" for name in re.findall(r"\$\.(\w+)", format_of_key)))
