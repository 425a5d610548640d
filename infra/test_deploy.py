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


if __name__ == "__main__":
    unittest.main()
