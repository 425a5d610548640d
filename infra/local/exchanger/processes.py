"""Finding and killing the process of a calling function (Linux: it reads /proc)."""

import os
import signal
from pathlib import Path


class NotFound(Exception):
    """No process of that function under this stack can be told to be the caller: none runs, or several do and none holds the connection."""


def kill_caller(function: str, endpoint: str, ports: tuple[int, int]) -> int:
    """kill -9 of the function's process; of several warm ones, the one that holds this connection.

    `ports` are the caller's and ours: the kernel gives one local port to connections to several places.
    """
    candidates = _function_processes(function, endpoint)
    inode = _socket_inode(*ports)
    holders = [pid for pid in candidates if inode is not None and _holds(pid, inode)]
    # Who has let go of the connection can be told only where nobody else could have held it.
    victims = holders or (candidates if len(candidates) == 1 else [])
    if not victims:
        raise NotFound(function)
    os.kill(victims[0], signal.SIGKILL)
    return victims[0]


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


def _socket_inode(local_port: int, remote_port: int) -> str | None:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            columns = row.split()
            ports = [int(columns[n].rsplit(":", 1)[1], 16) for n in (1, 2)]
            if ports == [local_port, remote_port] and columns[9] != "0":
                return columns[9]
    return None


def _holds(pid: int, inode: str) -> bool:
    try:
        return any(os.readlink(fd) == f"socket:[{inode}]" for fd in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False
