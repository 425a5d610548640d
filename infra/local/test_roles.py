"""Whether check_roles.py finds what it is there to find: `python -m unittest test_roles`. Needs no stack."""

import unittest
from typing import Any

from check_roles import refusals, unused
from roles import KEYS, Right, Roles, read_template

PARAMETERS = {"Stage": "local", "MailDomain": "mail.example.com"}
ORGANIZATION = "org_" + "0" * 26
TABLE = "arn:aws:dynamodb:eu-west-1:000000000000:table/Table"
# What decides, or lets somebody in, and where it lies.
TRUSTED = {
    "approval": f"{ORGANIZATION}/apr_{'0' * 26}",
    "standing approval": f"{ORGANIZATION}/standing",
    "member": f"{ORGANIZATION}/mem_{'0' * 26}/member",
    "token": f"{ORGANIZATION}/token/{'0' * 64}",
    "session": f"{ORGANIZATION}/session/{'0' * 64}",
    "one-time link": f"{ORGANIZATION}/link/{'0' * 64}",
    "policies": f"{ORGANIZATION}/policies",
    "organization": f"{ORGANIZATION}/organization",
    "inbox": f"{ORGANIZATION}/inb_{'0' * 26}/inbox",
    "audit entry": f"{ORGANIZATION}/aud_{'0' * 26}",
    "audit chain": f"{ORGANIZATION}/audit",
    "head of the audit chain": f"{ORGANIZATION}/audit-head",
    "list of audit chains": "audit-heads",
    "login": f"login/{'0' * 64}",
    "address": f"address/{'0' * 64}",
}
MESSAGES = f"{ORGANIZATION}/inb_{'0' * 26}/messages"
WRITES = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")


def write(role: str, *keys: str, action: str = "dynamodb:PutItem") -> Right:
    return Right(role, action, TABLE, {KEYS: list(keys)} if keys else {})


def statements(template: dict[str, Any], function: str) -> list[dict[str, Any]]:
    policies = template["Resources"][function]["Properties"]["Policies"]
    return next(policy["Statement"] for policy in policies if "Statement" in policy)


class AsTheyAre(unittest.TestCase):
    """The roles of template.yaml."""

    roles: Roles

    @classmethod
    def setUpClass(cls) -> None:
        cls.roles = Roles(read_template(), PARAMETERS)

    def test_whoever_reads_strangers_mail_writes_it_and_nothing_that_decides(self) -> None:
        for role in ("inbound-receive", "inbound-quarantine"):
            self.assertTrue(self.roles.allow(write(role, MESSAGES)))
            for kind, key in TRUSTED.items():
                for action in WRITES:
                    self.assertFalse(self.roles.allow(write(role, key, action=action)), f"{role}: {action} of {kind}")

    def test_one_key_of_many_that_is_not_covered_is_enough(self) -> None:
        refused = write("inbound-receive", MESSAGES, TRUSTED["approval"])
        self.assertEqual(refusals(self.roles, [write("inbound-receive", MESSAGES), refused]), [refused])
        self.assertEqual(str(refused), f"inbound-receive dynamodb:PutItem table/Table {MESSAGES} {TRUSTED['approval']}")

    def test_only_named_functions_write_what_lets_somebody_in_or_out(self) -> None:
        writers = {
            kind: {
                role
                for role in self.roles.policies
                if any(self.roles.allow(write(role, key, action=a)) for a in WRITES)
            }
            for kind, key in TRUSTED.items()
        }
        self.assertEqual(writers["member"], {"operator-provision"})
        self.assertEqual(writers["login"], {"operator-provision"})
        self.assertEqual(writers["one-time link"], {"dispatch-notify", "console"})
        self.assertEqual(writers["address"], {"api-inboxes-create"})
        self.assertEqual(writers["audit chain"], {"background-chain"})
        self.assertEqual(writers["head of the audit chain"], {"background-chain"})
        self.assertEqual(writers["list of audit chains"], {"background-chain"})
        self.assertEqual(writers["policies"], {"api-policies-create", "api-policies-delete", "api-policies-replace"})

    def test_whoever_is_called_with_a_session_prolongs_it_and_makes_none(self) -> None:
        makers = {role for role in self.roles.policies if self.roles.allow(write(role, TRUSTED["session"]))}
        self.assertEqual(makers, {"api-sessions-create", "console"})
        end = ["expires_at", "pk", "sk", "ttl", "version"]
        for attributes, allowed in ((end, True), ([*end, "member_id"], False), ([], False)):
            context = {KEYS: [TRUSTED["session"]], **({"dynamodb:Attributes": attributes} if attributes else {})}
            right = Right("api-messages-get", "dynamodb:UpdateItem", TABLE, context)
            self.assertEqual(self.roles.allow(right), allowed, attributes)

    def test_a_call_without_a_key_is_refused(self) -> None:
        for role in self.roles.policies:
            for action in (*WRITES, "dynamodb:Scan", "dynamodb:BatchWriteItem", "dynamodb:PartiQLUpdate"):
                self.assertFalse(self.roles.allow(write(role, action=action)), f"{role}: {action}")

    def test_mail_of_another_sender_is_refused(self) -> None:
        identity = "arn:aws:ses:eu-west-1:000000000000:identity/mail.example.com"
        for sender, allowed in (("notifications@mail.example.com", True), ("agent@mail.example.com", False)):
            right = Right("dispatch-notify", "ses:SendEmail", identity, {"ses:FromAddress": sender})
            self.assertEqual(self.roles.allow(right), allowed, sender)

    def test_the_key_is_used_through_table_and_bucket_alone(self) -> None:
        key = "arn:aws:kms:eu-west-1:000000000000:key/Key"
        read = Right("inbound-receive", "s3:GetObject", "arn:aws:s3:::MailBucket/inbound/x")
        self.assertEqual(refusals(self.roles, [read]), [])
        direct = Right("inbound-receive", "kms:Decrypt", key)
        self.assertEqual(refusals(self.roles, [direct]), [direct])


class Altered(unittest.TestCase):
    """The roles of a template that was changed."""

    def setUp(self) -> None:
        self.template = read_template()

    def roles(self) -> Roles:
        return Roles(self.template, PARAMETERS)

    def test_a_statement_that_is_missing_is_found(self) -> None:
        for taken in list(statements(self.template, "DispatchSend")):
            self.template = read_template()
            needed = [
                write("dispatch-send", MESSAGES),
                write("dispatch-send", MESSAGES, action="dynamodb:UpdateItem"),
                Right("dispatch-send", "dynamodb:BatchGetItem", TABLE),
                Right("dispatch-send", "s3:GetObject", "arn:aws:s3:::MailBucket/sealed/x"),
                Right(
                    "dispatch-send",
                    "ses:SendRawEmail",
                    "arn:aws:ses:eu-west-1:000000000000:identity/mail.example.com",
                    {"ses:FromAddress": "agent@mail.example.com"},
                ),
            ]
            self.assertEqual(refusals(self.roles(), needed), [])
            statements(self.template, "DispatchSend").remove(taken)
            found = refusals(self.roles(), needed)
            self.assertEqual(len(found), 1, taken)
            self.assertEqual(found[0].role, "dispatch-send")

    def test_a_pattern_too_many_allows_and_is_named(self) -> None:
        own = next(it for it in statements(self.template, "InboundReceive") if it["Action"] == "dynamodb:PutItem")
        own["Condition"]["ForAllValues:StringLike"][KEYS].append("org_*/apr_*")
        self.assertTrue(self.roles().allow(write("inbound-receive", TRUSTED["approval"])))
        left, _ = unused(self.roles(), [write("inbound-receive", MESSAGES)], [])
        self.assertIn("inbound-receive dynamodb:PutItem table/Table org_*/apr_*", map(str, left))

    def test_a_grant_that_nothing_needs_is_named_unless_it_is_explained(self) -> None:
        statements(self.template, "InboundReceive").append(
            {"Effect": "Allow", "Action": "sqs:PurgeQueue", "Resource": {"Fn::GetAtt": ["WebhookQueue", "Arn"]}}
        )
        line = "inbound-receive sqs:PurgeQueue WebhookQueue"
        left, _ = unused(self.roles(), [], [])
        self.assertIn(line, map(str, left))
        left, known = unused(self.roles(), [], [{"reason": "a test", "grants": ["inbound-* sqs:PurgeQueue *"]}])
        self.assertNotIn(line, map(str, left))
        self.assertEqual([str(grant) for grant in known[0][1]], [line])


if __name__ == "__main__":
    unittest.main()
