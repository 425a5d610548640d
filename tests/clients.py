"""Runs both clients of shared/clients against a running stack: installed as their READMEs say, each tells the whole story once.

A story writes lines to its output. `waiting for SUBJECT` asks for a mail with this subject, which comes in over SMTP; the last one is
`done`. COUNTERSIGN_STACK says which stack."""

import json
import os
import smtplib
import subprocess
import sys
import tempfile
import threading
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CLIENTS = ROOT / "shared" / "clients"
PATIENCE = 180


def main() -> None:
    stack = json.loads(Path(os.environ.get("COUNTERSIGN_STACK", ROOT / ".local" / "stack.json")).read_text())
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        tell(stack, "Python", [str(install_python(home)), str(CLIENTS / "python" / "tests" / "story.py")])
        tell(stack, "TypeScript", ["node", str(install_typescript(home))])


def install_python(home: Path) -> Path:
    """A fresh environment with nothing but the client."""
    venv.create(home / "venv", with_pip=True)
    python = home / "venv" / "bin" / "python"
    # A copy: building leaves files beside the sources.
    source = home / "python"
    run(["cp", "-r", str(CLIENTS / "python"), str(source)], home)
    run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(source)], home)
    return python


def install_typescript(home: Path) -> Path:
    """A fresh project with nothing but the package."""
    project = home / "project"
    project.mkdir()
    typescript = CLIENTS / "typescript"
    run(["npm", "ci", "--no-audit", "--no-fund", "--silent", "--ignore-scripts"], typescript)
    run(["npm", "run", "--silent", "build"], typescript)
    run(["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", str(project)], typescript)
    (project / "package.json").write_text('{"private": true, "type": "module"}')
    package = next(project.glob("*.tgz"))
    run(["npm", "install", "--no-audit", "--no-fund", "--silent", "--ignore-scripts", str(package)], project)
    story = project / "story.mjs"
    story.write_text((typescript / "tests" / "story.mjs").read_text())
    return story


def run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def tell(stack: dict[str, Any], name: str, command: list[str]) -> None:
    told = {key: stack[key] for key in ("api_url", "agent_token", "approver", "inbox")}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    # A story that hangs ends here, and the loop below with it.
    watch = threading.Timer(PATIENCE, process.kill)
    watch.start()
    lines: list[str] = []
    try:
        assert process.stdin and process.stdout
        # Not among the arguments, which every process of this machine can read.
        process.stdin.write(json.dumps(told))
        process.stdin.close()
        for line in process.stdout:
            lines.append(line.strip())
            if lines[-1].startswith("waiting for "):
                send_mail(stack, lines[-1].removeprefix("waiting for "))
        status = process.wait()
    finally:
        watch.cancel()
        process.kill()
    if status or lines[-1:] != ["done"]:
        raise SystemExit(f"the client for {name} did not come to the end (status {status}):\n" + "\n".join(lines))
    print(f"the client for {name}: {'; '.join(lines)}")


def send_mail(stack: dict[str, Any], subject: str) -> None:
    host, port = stack["smtp"].rsplit(":", 1)
    address = stack["inbox"]["address"]
    mail = f"From: Ann <ann@example.org>\r\nTo: {address}\r\nSubject: {subject}\r\n\r\nIt came.\r\n"
    with smtplib.SMTP(host, int(port), timeout=30) as smtp:
        smtp.sendmail("ann@example.org", [address], mail.encode())


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    main()
