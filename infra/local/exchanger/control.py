"""The control port: what tests and the supervisor ask of the exchanger. Nothing of the product talks to it."""

import json

from aiohttp import web

from .delivery import Delivery
from .dns import InvalidZone, Zones
from .faults import Faults, InvalidRule
from .inbound import Inbound
from .ledger import Ledger
from .rights import Rights
from .ses import Listener, Ses
from .settings import Settings


class Control:
    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        rights: Rights,
        faults: Faults,
        ses: Ses,
        listener: Listener,
        inbound: Inbound,
        delivery: Delivery,
        zones: Zones,
    ) -> None:
        self.settings = settings
        self.ledger = ledger
        self.rights = rights
        self.faults = faults
        self.ses = ses
        self.listener = listener
        self.inbound = inbound
        self.delivery = delivery
        self.zones = zones

    def application(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.get("/healthz", self.health),
                web.get("/ledger", self.read_ledger),
                web.delete("/ledger", self.clear_ledger),
                web.get("/rights", self.list_rights),
                web.get("/faults", self.list_faults),
                web.post("/faults", self.add_fault),
                web.delete("/faults", self.remove_faults),
                web.delete("/faults/{id}", self.remove_faults),
                web.get("/accepted", self.list_accepted),
                web.get("/verdicts", self.read_verdicts),
                web.post("/verdicts", self.set_verdicts),
                web.delete("/verdicts", self.reset_verdicts),
                web.post("/redeliver", self.redeliver),
                web.get("/dns", self.read_zones),
                web.post("/dns", self.write_zone),
                web.get("/outputs", self.read_outputs),
                web.post("/outputs", self.set_outputs),
            ]
        )
        return app

    async def health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "deployed": "ApiId" in self.settings.outputs})

    async def read_ledger(self, request: web.Request) -> web.Response:
        """`?since=<seq>` gives what came after; `last` is the value for the next call."""
        since = int(request.query.get("since", 0))
        last = self.ledger.last
        return web.json_response({"last": last, "calls": self.ledger.since(since, request.query.get("function"))})

    async def clear_ledger(self, _: web.Request) -> web.Response:
        self.ledger.clear()
        return web.Response(status=204)

    async def list_rights(self, _: web.Request) -> web.Response:
        return web.json_response({"rights": self.rights.as_json()})

    async def list_faults(self, _: web.Request) -> web.Response:
        return web.json_response({"faults": self.faults.as_json()})

    async def add_fault(self, request: web.Request) -> web.Response:
        try:
            body = await request.json()
            rule = self.faults.add(body)
        except (InvalidRule, TypeError, json.JSONDecodeError) as error:
            return _bad_request(str(error))
        if rule.kind == "refuse_connection":
            rule.fired = rule.times
            await self.listener.refuse(rule.seconds or 5.0)
        return web.json_response({"id": rule.id}, status=201)

    async def remove_faults(self, request: web.Request) -> web.Response:
        rule_id = request.match_info.get("id")
        self.faults.remove(int(rule_id) if rule_id else None)
        await self.listener.open()
        return web.Response(status=204)

    async def list_accepted(self, _: web.Request) -> web.Response:
        return web.json_response({"accepted": self.ses.accepted})

    async def read_verdicts(self, _: web.Request) -> web.Response:
        return web.json_response({**self.inbound.verdicts, "dmarc_policy": self.inbound.dmarc_policy})

    async def set_verdicts(self, request: web.Request) -> web.Response:
        """Verdicts of every mail that comes in over SMTP from now on."""
        try:
            self.inbound.set_verdicts(await request.json())
        except (ValueError, AttributeError) as error:
            return _bad_request(str(error))
        return await self.read_verdicts(request)

    async def reset_verdicts(self, request: web.Request) -> web.Response:
        self.inbound.reset_verdicts()
        return await self.read_verdicts(request)

    async def redeliver(self, request: web.Request) -> web.Response:
        """{"message_id": …} of an inbound or an accepted mail; `event_type` picks one of several delivery events."""
        body = await request.json()
        message_id = body.get("message_id", "")
        count = int(await self.inbound.redeliver(message_id)) or await self.delivery.redeliver(
            message_id, body.get("event_type")
        )
        return web.json_response({"events": count}, status=202 if count else 404)

    async def read_zones(self, _: web.Request) -> web.Response:
        return web.json_response({"zones": self.zones.texts})

    async def write_zone(self, request: web.Request) -> web.Response:
        """{"domain", "zone"}: all records that the domain has from now on, as a zone file; empty, it has none."""
        try:
            body = await request.json()
            records = self.zones.write(body["domain"], body["zone"])
        except (InvalidZone, KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            return _bad_request(str(error))
        return web.json_response({"records": records})

    async def read_outputs(self, _: web.Request) -> web.Response:
        return web.json_response(self.settings.outputs)

    async def set_outputs(self, request: web.Request) -> web.Response:
        self.settings.outputs = await request.json()
        self.settings.outputs_file.write_text(json.dumps(self.settings.outputs, indent=2) + "\n")
        return web.Response(status=204)


def _bad_request(message: str) -> web.Response:
    return web.json_response({"error": message}, status=400)
