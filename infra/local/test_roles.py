"""Whether check_roles.py finds what it is there to find: `python -m unittest test_roles`. Needs no stack."""

import unittest
from pathlib import Path
from typing import Any

from check_roles import refusals, unused
from roles import KEYS, Right, Roles, expanded, read_template

PARAMETERS = {"Stage": "local", "MailDomain": "mail.example.com"}
ORGANIZATION = "org_" + "0" * 26
SES = "arn:aws:ses:eu-west-1:000000000000:"
TABLE = "arn:aws:dynamodb:eu-west-1:000000000000:table/Table"
# What decides, or lets somebody in, and where it lies.
TRUSTED = {
    "approval": f"{ORGANIZATION}/apr_{'0' * 26}",
    "standing approval": f"{ORGANIZATION}/standing",
    "member": f"{ORGANIZATION}/mem_{'0' * 26}/member",
    "token": f"{ORGANIZATION}/token/{'0' * 64}",
    "session": f"{ORGANIZATION}/session/{'0' * 64}",
    "passkeys": f"{ORGANIZATION}/mem_{'0' * 26}/passkeys",
    "what a passkey was asked for": f"ceremony/{'0' * 64}",
    "one-time link": f"{ORGANIZATION}/link/{'0' * 64}",
    "way to unsubscribe": f"{ORGANIZATION}/opt-out/{'0' * 64}",
    "policies": f"{ORGANIZATION}/policies",
    "former policy": f"{ORGANIZATION}/pol_{'0' * 26}",
    "organization": f"{ORGANIZATION}/organization",
    "inbox": f"{ORGANIZATION}/inb_{'0' * 26}/inbox",
    "audit entry": f"{ORGANIZATION}/aud_{'0' * 26}",
    "audit chain": f"{ORGANIZATION}/audit",
    "head of the audit chain": f"{ORGANIZATION}/audit-head",
    "list of audit chains": "audit-heads",
    "feed of events": f"{ORGANIZATION}/events",
    "line of the log of requests": f"{ORGANIZATION}/logs",
    "count of use": f"{ORGANIZATION}/usage/day",
    "login": f"login/{'0' * 64}",
    "set-up link": f"setup/{'0' * 64}",
    "address": f"address/{'0' * 64}",
}
# Names that are no resource's own, or lie within one.
NAMED_BY_AWS = {
    ("AWS::ApiGatewayV2::Stage", "StageName"),
    ("AWS::CloudWatch::Alarm", "MetricName"),
}
MESSAGES = f"{ORGANIZATION}/inb_{'0' * 26}/messages"
WRITES = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")


def write(role: str, *keys: str, action: str = "dynamodb:PutItem") -> Right:
    return Right(role, action, TABLE, {KEYS: list(keys)} if keys else {})


def statements(template: dict[str, Any], role: str) -> list[dict[str, Any]]:
    [policy] = template["Resources"][role]["Properties"]["Policies"]
    return policy["PolicyDocument"]["Statement"]


class AsTheyAre(unittest.TestCase):
    """The roles of template.yaml."""

    roles: Roles

    @classmethod
    def setUpClass(cls) -> None:
        cls.roles = Roles(read_template(), PARAMETERS)

    def test_whoever_reads_strangers_mail_writes_it_and_nothing_that_decides(self) -> None:
        for role in ("ReceiveRole", "QuarantineRole", "IndexRole", "ConsoleMailRole"):
            self.assertEqual(self.roles.allow(write(role, MESSAGES)), role != "IndexRole")
            # The person who lets a held mail in is named in the audit log.
            spared = {"audit entry"} if role == "ConsoleMailRole" else set()
            for kind, key in TRUSTED.items():
                if kind in spared:
                    continue
                for action in WRITES:
                    self.assertFalse(self.roles.allow(write(role, key, action=action)), f"{role}: {action} of {kind}")

    def test_one_key_of_many_that_is_not_covered_is_enough(self) -> None:
        refused = write("ReceiveRole", MESSAGES, TRUSTED["approval"])
        self.assertEqual(refusals(self.roles, [write("ReceiveRole", MESSAGES), refused]), [refused])
        self.assertEqual(str(refused), f"ReceiveRole dynamodb:PutItem table/Table {MESSAGES} {TRUSTED['approval']}")

    def test_only_named_roles_write_what_lets_somebody_in_or_out(self) -> None:
        writers = {
            kind: {
                role
                for role in self.roles.policies
                if any(self.roles.allow(write(role, key, action=a)) for a in WRITES)
            }
            for kind, key in TRUSTED.items()
        }
        people = {"ProvisionRole", "AcceptInvitationRole", "RemoveMembersRole", "ConsoleManageRole", "ConsoleOpenIdRole"}
        # Who signs up for an organization makes a seat that nobody can sign in to, and what nobody claimed is deleted with it.
        self.assertEqual(writers["member"], people | {"RegisterRole", "PurgeRole"})
        self.assertEqual(writers["login"], people)
        # Two of them after a passkey was shown: it counts its uses.
        keepers = {"ManagePasskeysRole", "PasskeySignInRole", "ProveRole", "ConsoleManageRole"}
        self.assertEqual(writers["passkeys"], keepers)
        self.assertEqual(writers["what a passkey was asked for"], keepers | {"AskForPasskeysRole"})
        self.assertEqual(writers["one-time link"], {"NotifyRole", "ConsoleDecideRole"})
        self.assertEqual(writers["way to unsubscribe"], {"SubmitMailRole", "SubmitDraftRole", "ReviseMailRole", "WorkUploadsRole", "ConsoleDecideRole"})
        self.assertEqual(writers["feed of events"], {"PublishRole"})
        self.assertEqual(writers["line of the log of requests"], {"LogsRole"})
        self.assertEqual(writers["count of use"], {"LogsRole", "PublishRole"})
        # With a set-up link an organization is made, and its first inbox.
        self.assertEqual(writers["address"], {"MakeInboxesRole", "ConsoleManageRole", "RegisterRole", "PurgeRole"})
        makers = {role for role in self.roles.policies if self.roles.allow(write(role, TRUSTED["organization"]))}
        self.assertEqual(makers, {"ProvisionRole", "ConsoleManageRole", "RegisterRole"})
        self.assertEqual(writers["audit chain"], {"ChainRole"})
        self.assertEqual(writers["head of the audit chain"], {"ChainRole"})
        self.assertEqual(writers["list of audit chains"], {"ChainRole"})
        for kind in ("policies", "former policy"):
            self.assertEqual(writers[kind], {"ManagePoliciesRole", "ConsoleManageRole"})

    def test_whoever_puts_people_into_groups_writes_no_policy(self) -> None:
        groups = {"ManageMembersRole", "RemoveMembersRole", "AcceptInvitationRole", "ConsoleManageRole", "ConsoleOpenIdRole"}
        own = ["groups", "pk", "sk", "version"]
        for attributes, allowed in ((own, True), ([*own, "policies"], False), ([], False)):
            context = {KEYS: [TRUSTED["policies"]], **({"dynamodb:Attributes": attributes} if attributes else {})}
            users = {role for role in self.roles.policies if self.roles.allow(Right(role, "dynamodb:UpdateItem", TABLE, context))}
            self.assertEqual(users, groups if allowed else set(), attributes)

    def test_whoever_is_called_with_a_session_prolongs_it_and_makes_none(self) -> None:
        makers = {role for role in self.roles.policies if self.roles.allow(write(role, TRUSTED["session"]))}
        self.assertEqual(makers, {"SignInRole", "PasskeySignInRole", "AcceptInvitationRole", "ConsoleManageRole", "ConsoleOpenIdRole"})
        end = ["expires_at", "pk", "sk", "ttl", "used_at", "version"]
        for attributes, allowed in ((end, True), ([*end, "member_id"], False), ([], False)):
            context = {KEYS: [TRUSTED["session"]], **({"dynamodb:Attributes": attributes} if attributes else {})}
            right = Right("ReadMailRole", "dynamodb:UpdateItem", TABLE, context)
            self.assertEqual(self.roles.allow(right), allowed, attributes)

    def test_whoever_proves_writes_when_and_makes_no_session(self) -> None:
        for attributes, allowed in ((["pk", "sk", "proved_at"], True), (["pk", "sk", "proved_at", "member_id"], False), ([], False)):
            context = {KEYS: [TRUSTED["session"]], **({"dynamodb:Attributes": attributes} if attributes else {})}
            users = {role for role in self.roles.policies if self.roles.allow(Right(role, "dynamodb:UpdateItem", TABLE, context))}
            self.assertEqual(users - {"ConsoleManageRole"}, {"ProveRole"} if allowed else set(), attributes)

    def test_whoever_uses_a_set_up_link_draws_none(self) -> None:
        makers = {role for role in self.roles.policies if self.roles.allow(write(role, TRUSTED["set-up link"]))}
        self.assertEqual(makers, {"OperatorSetupRole"})
        for attributes, allowed in ((["pk", "sk", "used_at"], True), (["pk", "sk", "used_at", "expires_at"], False), ([], False)):
            context = {KEYS: [TRUSTED["set-up link"]], **({"dynamodb:Attributes": attributes} if attributes else {})}
            users = {role for role in self.roles.policies if self.roles.allow(Right(role, "dynamodb:UpdateItem", TABLE, context))}
            self.assertEqual(users, {"ConsoleManageRole"} if allowed else set(), attributes)

    def test_a_call_without_a_key_is_refused(self) -> None:
        for role in self.roles.policies:
            for action in (*WRITES, "dynamodb:Scan", "dynamodb:BatchWriteItem", "dynamodb:PartiQLUpdate"):
                self.assertFalse(self.roles.allow(write(role, action=action)), f"{role}: {action}")

    def test_mail_of_another_sender_is_refused(self) -> None:
        identity = "arn:aws:ses:eu-west-1:000000000000:identity/mail.example.com"
        for sender, allowed in (("notifications@mail.example.com", True), ("agent@mail.example.com", False)):
            right = Right("NotifyRole", "ses:SendEmail", identity, {"ses:FromAddress": sender})
            self.assertEqual(self.roles.allow(right), allowed, sender)

    def test_identities_that_the_account_has_otherwise_are_out_of_reach(self) -> None:
        tag = "aws:ResourceTag/countersign"
        for own, allowed in (({tag: "countersign"}, True), ({tag: "another"}, False), ({}, False)):
            identity = SES + "identity/shop.example.org"
            for role, action in (
                ("SendRole", "ses:SendEmail"),
                ("DeleteDomainsRole", "ses:DeleteEmailIdentity"),
                ("VerifyDomainsRole", "ses:PutEmailIdentityMailFromAttributes"),
            ):
                right = Right(role, action, identity, {"ses:FromAddress": "agent@shop.example.org", **own})
                self.assertEqual(self.roles.allow(right), allowed, f"{role}: {own}")
        for role in ("AskForDomainsRole", "VerifyDomainsRole", "DeleteDomainsRole", "ReadDomainsRole"):
            for action in ("ses:SendEmail", "ses:SendRawEmail"):
                own = Right(role, action, SES + "identity/mail.example.com", {tag: "countersign"})
                self.assertFalse(self.roles.allow(own), role)

    def test_what_was_sealed_is_written_once(self) -> None:
        sealed = "arn:aws:s3:::MailBucket/sealed/x"
        for role in ("SubmitMailRole", "ReviseMailRole", "ConsoleDecideRole"):
            for context, allowed in (({"s3:if-none-match": "*"}, True), ({}, False)):
                self.assertEqual(self.roles.allow(Right(role, "s3:PutObject", sealed, context)), allowed, role)

    def test_the_key_is_used_through_table_and_bucket_alone(self) -> None:
        key = "arn:aws:kms:eu-west-1:000000000000:key/Key"
        read = Right("ReceiveRole", "s3:GetObject", "arn:aws:s3:::MailBucket/inbound/x")
        self.assertEqual(refusals(self.roles, [read]), [])
        direct = Right("ReceiveRole", "kms:Decrypt", key)
        self.assertEqual(refusals(self.roles, [direct]), [direct])


class AsDeployed(unittest.TestCase):
    """What the SAM transform makes of template.yaml."""

    written: dict[str, Any]
    deployed: dict[str, Any]

    @classmethod
    def setUpClass(cls) -> None:
        template = read_template()
        cls.written = template["Resources"]
        cls.deployed = expanded(template, PARAMETERS)["Resources"]

    def of(self, resources: dict[str, Any], kind: str) -> dict[str, Any]:
        return {name: it["Properties"] for name, it in resources.items() if it["Type"] == kind}

    def test_the_transform_adds_no_right(self) -> None:
        for kind in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
            self.assertEqual(self.of(self.deployed, kind), self.of(self.written, kind), kind)
        permissions = self.of(self.deployed, "AWS::Lambda::Permission")
        self.assertEqual(
            {(it["FunctionName"]["Ref"], it["Principal"]) for it in permissions.values()},
            {
                ("BackgroundSettle", "events.amazonaws.com"),
                ("BackgroundKeyLog", "events.amazonaws.com"),
                ("BackgroundUploads", "events.amazonaws.com"),
                ("UploadsRead", "events.amazonaws.com"),
                ("BackgroundLogs", "logs.amazonaws.com"),
            },
        )

    def test_every_function_names_its_role_and_every_role_is_named(self) -> None:
        services = {"WorkflowRole", "GatewayRole", "ScheduleRole"}
        functions = self.of(self.deployed, "AWS::Lambda::Function").values()
        named = {it["Role"]["Fn::GetAtt"][0] for it in functions}
        self.assertEqual(named | services, set(self.of(self.written, "AWS::IAM::Role")))

    def test_roles_of_a_group_are_no_other_groups(self) -> None:
        groups: dict[str, set[str]] = {}
        for name, it in self.of(self.deployed, "AWS::Lambda::Function").items():
            groups.setdefault(it["Role"]["Fn::GetAtt"][0], set()).add(self.written[name]["Properties"]["CodeUri"])
        self.assertEqual({role: folders for role, folders in groups.items() if len(folders) > 1}, {})

    def test_two_functions_share_a_role_only_where_no_other_has_its_rights(self) -> None:
        functions = self.of(self.deployed, "AWS::Lambda::Function")
        group = {it["Role"]["Fn::GetAtt"][0]: self.written[name]["Properties"]["CodeUri"] for name, it in functions.items()}
        powers: dict[tuple[str | None, str], list[str]] = {}
        for name, it in self.of(self.written, "AWS::IAM::Role").items():
            it = {key: value for key, value in it.items() if key != "AssumeRolePolicyDocument"}
            # Each group has its own, also where they hold the same.
            powers.setdefault((group.get(name), repr(it)), []).append(name)
        self.assertEqual([names for names in powers.values() if len(names) > 1], [])

    def test_nothing_is_named_so_that_a_second_installation_could_not_be_made(self) -> None:
        for name, it in self.deployed.items():
            for key, value in it.get("Properties", {}).items():
                # What refers to another resource has that one's name.
                if not key.endswith("Name") or isinstance(value, dict) and "Fn::Sub" not in value:
                    continue
                if (it["Type"], key) in NAMED_BY_AWS:
                    continue
                text = value["Fn::Sub"] if isinstance(value, dict) else value
                self.assertIn("${AWS::StackName}", text, f"{name}.{key}")

    def test_there_is_room_for_250_functions(self) -> None:
        functions, roles = (len(self.of(self.deployed, f"AWS::{kind}")) for kind in ("Lambda::Function", "IAM::Role"))
        # Roles grow with routes as they did so far.
        others = len(self.deployed) - functions - roles
        # CloudFormation takes 500 resources, https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
        self.assertLessEqual(others + 250 + roles * 250 / functions, 500)

    def test_an_api_takes_all_routes(self) -> None:
        # An HTTP API has 300 routes and as many integrations, https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
        text = (Path(__file__).parents[2] / "template.yaml").read_text()
        self.assertLessEqual(text.count("x-amazon-apigateway-integration"), 300)


class Altered(unittest.TestCase):
    """The roles of a template that was changed."""

    def setUp(self) -> None:
        self.template = read_template()

    def roles(self) -> Roles:
        return Roles(self.template, PARAMETERS)

    def test_a_statement_that_is_missing_is_found(self) -> None:
        for taken in list(statements(self.template, "SendRole")):
            self.template = read_template()
            needed = [
                write("SendRole", MESSAGES),
                write("SendRole", MESSAGES, action="dynamodb:UpdateItem"),
                Right("SendRole", "dynamodb:BatchGetItem", TABLE),
                Right("SendRole", "dynamodb:Query", TABLE + "/index/lists", {KEYS: ["org_x/thr_x"]}),
                Right("SendRole", "s3:GetObject", "arn:aws:s3:::MailBucket/sealed/x"),
                Right("SendRole", "s3:ListBucket", "arn:aws:s3:::MailBucket"),
                Right("SendRole", "s3:PutObject", "arn:aws:s3:::KeyLogBucket/sent/x"),
                Right("SendRole", "kms:Decrypt", "arn:aws:kms:eu-west-1:000000000000:key/Key"),
                Right(
                    "SendRole",
                    "ses:SendRawEmail",
                    "arn:aws:ses:eu-west-1:000000000000:identity/mail.example.com",
                    {"ses:FromAddress": "agent@mail.example.com"},
                ),
                Right(
                    "SendRole",
                    "ses:SendRawEmail",
                    "arn:aws:ses:eu-west-1:000000000000:identity/shop.example.org",
                    {"ses:FromAddress": "agent@shop.example.org", "aws:ResourceTag/countersign": "countersign"},
                ),
                Right("SendRole", "ses:SendEmail", SES + "configuration-set/ConfigurationSet", {"ses:FromAddress": "agent@shop.example.org"}),
            ]
            self.assertEqual(refusals(self.roles(), needed), [])
            statements(self.template, "SendRole").remove(taken)
            found = refusals(self.roles(), needed)
            self.assertEqual(len(found), 1, taken)
            self.assertEqual(found[0].role, "SendRole")

    def test_a_pattern_too_many_allows_and_is_named(self) -> None:
        own = next(it for it in statements(self.template, "ReceiveRole") if it["Action"] == "dynamodb:PutItem")
        own["Condition"]["ForAllValues:StringLike"][KEYS].append("org_*/apr_*")
        self.assertTrue(self.roles().allow(write("ReceiveRole", TRUSTED["approval"])))
        left, _ = unused(self.roles(), [write("ReceiveRole", MESSAGES)], [])
        self.assertIn("ReceiveRole dynamodb:PutItem table/Table org_*/apr_*", map(str, left))

    def test_a_grant_that_nothing_needs_is_named_unless_it_is_explained(self) -> None:
        statements(self.template, "ReceiveRole").append(
            {"Effect": "Allow", "Action": "sqs:PurgeQueue", "Resource": {"Fn::GetAtt": ["WebhookQueue", "Arn"]}}
        )
        line = "ReceiveRole sqs:PurgeQueue WebhookQueue"
        left, _ = unused(self.roles(), [], [])
        self.assertIn(line, map(str, left))
        left, known = unused(self.roles(), [], [{"reason": "a test", "grants": ["Rec* sqs:PurgeQueue *"]}])
        self.assertNotIn(line, map(str, left))
        self.assertEqual([str(grant) for grant in known[0][1]], [line])


if __name__ == "__main__":
    unittest.main()
