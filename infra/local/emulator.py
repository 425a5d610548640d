"""How the emulator is set up, and the one thing in its saved state that has to be put right."""

from pathlib import Path

from settings import HOST, REGION, Settings, read_json, write_json


def rewind_streams(state: Path) -> None:
    """The emulator keeps how far each stream consumer has read, but not the stream: after a restart it would pass
    over as many new records as it had delivered before. So every consumer starts at the beginning of the new stream."""
    saved = read_json(state)
    if saved is None:
        return
    positions = saved.get("payload", saved).get("dynamodb_stream_positions", {}).get("data", {})
    positions.update({consumer: 0 for consumer in positions})
    write_json(state, saved)


def environment(settings: Settings) -> dict[str, str]:
    """Functions inherit all of this; the two endpoint variables are how they find the wire and the local SES, the third the local DNS."""
    return {
        "AWS_ENDPOINT_URL": settings.url("WIRE"),
        "AWS_ENDPOINT_URL_SESV2": settings.url("SES"),
        # What is looked up of domains: nothing of the network is asked.
        "DNS_SERVER": f"{HOST}:{settings.ports['DNS']}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "MINISTACK_REGION": REGION,
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(settings.ports["AWS"]),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(settings.state / "aws"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(settings.state / "s3"),
        # Listeners that nothing here uses.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # Unpacked functions and its own files stay in our folder.
        "TMPDIR": str(settings.directory / "tmp"),
    }
