"""Starts every listener. Run by stack.py: `python -m exchanger DIRECTORY`."""

import asyncio
import logging
import signal
import sys
from pathlib import Path

from aiohttp import web

from . import dns, proxy, smtp
from .aws import Aws
from .control import Control
from .delivery import Delivery
from .faults import Faults
from .front import Front
from .inbound import Inbound
from .ledger import Ledger
from .rights import Rights
from .ses import Listener, Ses
from .settings import HOST, Settings
from .wire import Wire


async def main(directory: Path) -> None:
    settings = Settings.from_environment(directory)
    session = proxy.client()
    aws = Aws(settings, session)
    ledger, rights, faults = Ledger(), Rights(settings), Faults()
    inbound = Inbound(settings, aws)
    delivery = Delivery(settings, aws, faults)
    zones = dns.Zones(settings)
    ses = Ses(settings, ledger, rights, faults, delivery, inbound, zones)

    listener = Listener(proxy.server(ses.handle), settings.ses_port)
    await listener.open()
    control = Control(settings, ledger, rights, faults, ses, listener, inbound, delivery, zones)
    front, wire = Front(settings, session), Wire(settings, session, ledger, rights, faults)
    runners: list[tuple[web.BaseRunner, int]] = [
        (_runner(front.handle), settings.api_port),
        (_runner(wire.handle), settings.wire_port),
        (web.AppRunner(control.application(), access_log=None, shutdown_timeout=1), settings.control_port),
    ]
    for runner, port in runners:
        await runner.setup()
        await web.TCPSite(runner, HOST, port, reuse_address=True).start()
    mail_server = await smtp.serve(settings, inbound)
    datagrams, name_server = await dns.serve(settings, zones)
    logging.info("listening")

    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    await stop.wait()
    mail_server.close()
    datagrams.close()
    name_server.close()
    for runner, _ in runners:
        await runner.cleanup()
    await listener.close()
    await session.close()


def _runner(handler: proxy.Handler) -> web.ServerRunner:
    # A hanging call must not hold up the end of the process.
    return web.ServerRunner(proxy.server(handler), shutdown_timeout=1)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(main(Path(sys.argv[1])))
