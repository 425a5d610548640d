"""Whether a stage keeps what it was made with: `python -m unittest test_deploy`. Calls no AWS, builds nothing."""

import os
import re
import tempfile
import tomllib
import unittest
from pathlib import Path
from unittest import mock

import deploy

ANSWERS = {"MAIL_DOMAIN": "agents.example.com", "REGION": "eu-west-1", "ALARM_EMAIL": "ops@example.com"}


class Stages(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for target, value in (
            ("CONFIG", Path(folder.name) / "samconfig.toml"),
            ("ROOT", Path(folder.name)),
        ):
            patch = mock.patch.object(deploy, target, value)
            patch.start()
            self.addCleanup(patch.stop)

    def make(self, stage: str, **more: str) -> dict[str, str]:
        with mock.patch.dict(os.environ, {**ANSWERS, **more}):
            return deploy.known(stage) or deploy.asked(stage)

    def test_an_upgrade_has_the_answers_of_the_first_deployment(self) -> None:
        first = self.make("production", ARCHITECTURE="x86_64")
        with mock.patch.dict(os.environ, clear=True):
            self.assertEqual(deploy.known("production"), first)
        self.assertEqual(deploy.parameter(first, "Architecture"), "x86_64")
        self.assertEqual(deploy.parameter(first, "MailDomain"), "agents.example.com")
        self.assertEqual(deploy.parameter(first, "AlarmEmail"), "ops@example.com")
        self.assertEqual(first["stack_name"], "countersign-production")

    def test_a_second_stage_stands_beside_the_first(self) -> None:
        first = self.make("production")
        second = self.make("trial", MAIL_DOMAIN="trial.example.com", ALARM_EMAIL="")
        self.assertEqual(deploy.known("production"), first)
        self.assertEqual((second["stack_name"], deploy.parameter(second, "AlarmEmail")), ("countersign-trial", ""))

    def test_a_variable_that_says_something_else_is_refused(self) -> None:
        self.make("production")
        with mock.patch.dict(os.environ, {"MAIL_DOMAIN": "other.example.com"}), self.assertRaises(deploy.Problem):
            deploy.known("production")

    def test_another_region_is_another_stage(self) -> None:
        self.make("production")
        with mock.patch.dict(os.environ, {"REGION": "us-east-1"}), self.assertRaises(deploy.Problem):
            deploy.known("production")

    def test_what_was_changed_by_hand_stays(self) -> None:
        self.make("production")
        text = deploy.CONFIG.read_text()
        deploy.CONFIG.write_text(text.replace("AlarmEmail=", "ReservedConcurrency=10 AlarmEmail="))
        settings = self.make("production")
        self.assertEqual(deploy.parameter(settings, "ReservedConcurrency"), "10")

    def test_nothing_is_written_where_an_answer_is_missing_or_wrong(self) -> None:
        for wrong in ({"MAIL_DOMAIN": ""}, {"MAIL_DOMAIN": 'a.com" x="'}, {"REGION": "Europe"}, {"ALARM_EMAIL": "a b@c"}, {"ALARM_EMAIL": 'a"b@c.d'}):
            with mock.patch("sys.stdin.isatty", return_value=False), self.assertRaises(deploy.Problem):
                self.make("production", **wrong)
            self.assertFalse(deploy.CONFIG.exists(), wrong)

    def test_a_stack_s_name_leaves_room_for_the_names_of_its_functions(self) -> None:
        template = (Path(__file__).resolve().parents[1] / "template.yaml").read_text()
        functions = re.findall(r'FunctionName: !Sub "\$\{AWS::StackName\}(-[a-z-]+)"', template)
        longest_stage = "s" * 16
        settings = self.make(longest_stage)
        for name in functions:
            # Lambda developer guide, "CreateFunction": 64 characters.
            self.assertLessEqual(len(settings["stack_name"] + name), 64, name)

    def test_it_asks_for_parameters_that_the_template_has(self) -> None:
        self.make("production")
        template = (Path(__file__).resolve().parents[1] / "template.yaml").read_text()
        overrides = tomllib.loads(deploy.CONFIG.read_text())["production"]["deploy"]["parameters"]["parameter_overrides"]
        for name in re.findall(r"(\w+)=", overrides):
            self.assertIn(f"\n  {name}:\n", template.split("\nConditions:")[0])


class SetupLinks(unittest.TestCase):
    """What is said at the end of a deployment."""

    SETTINGS = {"stack_name": "countersign-production", "region": "eu-west-1"}

    def said(self, printed: str, code: int = 0) -> str:
        done = mock.Mock(stdout=printed, returncode=code)
        with mock.patch.object(deploy.subprocess, "run", return_value=done) as run:
            text = deploy.setup(self.SETTINGS, "https://console.example.com")
        [command] = run.call_args.args
        self.assertEqual(command[:4], ["sam", "remote", "invoke", "OperatorSetup"])
        self.assertEqual(command[-2:], ["--event", "{}"], "it asks for no other organization")
        return text

    def test_a_link_is_printed_once_with_its_end(self) -> None:
        link = "https://console.example.com/console/setup/cs_setup_" + "0" * 64
        answer = f'{{"expires_at":"2026-12-02T09:00:00Z","url":"{link}"}}'
        for printed in (answer, f"Invoking Lambda Function OperatorSetup\n{answer}\n", f'12 {{\n"x"\n{answer}', answer.replace(",", ",\n  ")):
            said = self.said(printed)
            self.assertEqual(said.count(link), 1)
            self.assertIn("2026-12-02T09:00:00Z", said)

    def test_who_has_an_organization_is_led_to_the_sign_in(self) -> None:
        said = self.said('{"error":{"code":"organization_exists","message":"there is one"}}')
        self.assertIn("https://console.example.com/console", said)
        self.assertNotIn("setup", said)

    def test_nothing_that_goes_wrong_ends_the_deployment(self) -> None:
        for printed, code in (("", 1), ("no JSON", 0), ('{"errorType":"Transient"}', 0), ('{"url":"x"}', 1)):
            self.assertEqual(self.said(printed, code), deploy.NO_LINK)

    def test_what_comes_next_has_no_other_names_than_are_given(self) -> None:
        given = {"region", "stack", "domain", "bucket", "function", "url"}
        text = deploy.NEXT.format(setup="the link", **{name: name for name in given})
        self.assertIn("the link", text)


if __name__ == "__main__":
    unittest.main()
