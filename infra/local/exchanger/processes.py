"""Finding and killing the process of a calling function (Linux: it reads /proc)."""

import os
import signal
from pathlib import Path


class NotFound(Exception):
    """No process of that function runs under this stack."""


def kill_caller(function: str, endpoint: str, peer_port: int) -> int:
    """kill -9 of the function's process; of several warm ones, the one that holds this connection."""
    candidates = _function_processes(function, endpoint)
    if not candidates:
        raise NotFound(function)
    inode = _socket_inode(peer_port)
    holders = [pid for pid in candidates if inode is not None and _holds(pid, inode)]
    victim = (holders or candidates)[0]
    os.kill(victim, signal.SIGKILL)
    return victim


def _function_processes(function: str, endpoint: str) -> list[int]:
    """Processes with this function's name whose AWS endpoint is ours: another stack's are left alone."""
    wanted = {f"AWS_LAMBDA_FUNCTION_NAME={function}".encode(), f"AWS_ENDPOINT_URL={endpoint}".encode()}
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = set((entry / "environ").read_bytes().split(b"\0"))
        except OSError:
            continue
        if wanted <= environment:
            found.append(int(entry.name))
    return found


def _socket_inode(local_port: int) -> str | None:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            columns = row.split()
            if int(columns[1].rsplit(":", 1)[1], 16) == local_port and columns[9] != "0":
                return columns[9]
    return None


def _holds(pid: int, inode: str) -> bool:
    try:
        return any(os.readlink(fd) == f"socket:[{inode}]" for fd in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False
