"""Calls what the template calls by a schedule: the local AWS keeps schedules, and ends those that are due once, but repeats none."""

import asyncio
import logging
import re
import time

from .aws import Aws, AwsError

SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


class Clock:
    """Wakes every few seconds, and invokes each function whose schedule (`rate(N minutes)`) is due."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.called: dict[str, float] = {}

    async def run(self) -> None:
        while True:
            await asyncio.sleep(5)
            try:
                for name, every, function in await self._schedules():
                    await self._call(name, every, function)
            except (AwsError, OSError) as error:
                # Before the template is deployed, and while the local AWS ends, there is nothing to call.
                logging.info("no schedule was called: %s", error)

    async def _call(self, name: str, every: int, function: str) -> None:
        now = time.monotonic()
        # The first call comes one interval after the schedule was seen, as with AWS.
        if now - self.called.setdefault(name, now) >= every:
            self.called[name] = now
            await self.aws.invoke(function, {})

    async def _schedules(self) -> list[tuple[str, int, str]]:
        found = []
        for listed in (await self.aws.get("scheduler", "/schedules"))["Schedules"]:
            schedule = await self.aws.get("scheduler", f"/schedules/{listed['Name']}?groupName={listed['GroupName']}")
            rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", schedule["ScheduleExpression"])
            if rate and schedule["State"] == "ENABLED":
                every = int(rate[1]) * SECONDS[rate[2]]
                found.append((listed["Name"], every, schedule["Target"]["Arn"].rsplit(":", 1)[-1]))
        return found
