"""What has to be right before anything starts. Every failure says what to do about it."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from settings import HOST, PORTS, Problem, Settings

PYTHON = (3, 11)
RUST = (1, 95)
DISK_GB = 6


def toolchain() -> None:
    for tool in ("cargo", "rustc"):
        if shutil.which(tool) is None:
            raise Problem(f"{tool} is not on PATH: install Rust {RUST[0]}.{RUST[1]} or newer (https://rustup.rs).")
        answer = subprocess.run([tool, "--version"], capture_output=True, text=True)
        found = re.search(r"(\d+)\.(\d+)", answer.stdout)
        if not found or tuple(map(int, found.groups())) < RUST:
            version = found.group(0) if found else "unknown"
            raise Problem(
                f"{tool} is version {version}, and {RUST[0]}.{RUST[1]} or newer is needed: run `rustup update`."
            )


def python() -> None:
    if sys.version_info < PYTHON:
        found = ".".join(map(str, sys.version_info[:2]))
        raise Problem(
            f"Python is version {found}, and {PYTHON[0]}.{PYTHON[1]} or newer is needed: run this with a newer python3."
        )


def disk(directory: Path) -> None:
    while not directory.exists():
        directory = directory.parent
    free = shutil.disk_usage(directory).free / 1024**3
    if free < DISK_GB:
        raise Problem(
            f"only {free:.1f} GB are free at {directory}, and the build needs about {DISK_GB} GB: make room first."
        )


def ports(settings: Settings) -> None:
    seen: dict[int, str] = {}
    for name, port in settings.ports.items():
        variable = f"COUNTERSIGN_{name}_PORT"
        if port in seen:
            raise Problem(f"{variable} and {seen[port]} both ask for port {port}: give one of them another number.")
        seen[port] = variable
        if _is_free(port):
            continue
        raise Problem(
            f"port {port} ({PORTS[name][1]}) is taken by {_holder(port)}: "
            f"stop it, or choose another port with {variable}=<port>."
        )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            return True
        except OSError:
            return False


def _holder(port: int) -> str:
    """The process that listens on the port, as far as this system tells."""
    inode = _listening_inode(port)
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if inode and any(os.readlink(fd) == f"socket:[{inode}]" for fd in (entry / "fd").iterdir()):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                return f"process {entry.name} ({command[:80]})"
        except OSError:
            continue
    return "another process"


def _listening_inode(port: int) -> str | None:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            columns = row.split()
            if columns[3] == "0A" and int(columns[1].rsplit(":", 1)[1], 16) == port:
                return columns[9]
    return None
