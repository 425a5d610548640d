"""Lays the binary of each group of functions out as <to>/<group>/bootstrap, the form that `CodeUri` in template.yaml names.

Usage: layout.py FROM TO. A binary that did not change is not written again, so that it is not deployed again.
"""

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def groups() -> list[str]:
    """The groups of functions, one binary each."""
    return sorted(path.parents[1].name for path in ROOT.glob("functions/*/src/main.rs"))


def lay_out(source: Path, target: Path) -> int:
    """Copies what changed, without its debug information; removes what is gone. Returns the number of changes."""
    names, changed = groups(), 0
    # Beside the folders, not in them: what lies in them is deployed.
    stamps = target.with_name(target.name + "-stamps")
    for folder in (target, stamps):
        folder.mkdir(parents=True, exist_ok=True)
    for old in target.iterdir():
        if old.name not in names:
            shutil.rmtree(old)
    for name in names:
        built, marker, placed = source / name, stamps / name, target / name / "bootstrap"
        stamp = f"{built.stat().st_mtime_ns} {built.stat().st_size}"
        if placed.exists() and marker.exists() and marker.read_text() == stamp:
            continue
        placed.parent.mkdir(exist_ok=True)
        fresh = placed.with_name("bootstrap.new")
        subprocess.run(["strip", "-o", fresh, built], check=True)
        if placed.exists() and filecmp.cmp(placed, fresh, shallow=False):
            fresh.unlink()
        else:
            os.replace(fresh, placed)
            changed += 1
        marker.write_text(stamp)
    return changed


if __name__ == "__main__":
    count = lay_out(Path(sys.argv[1]), Path(sys.argv[2]))
    print(f"{len(groups())} binaries in {sys.argv[2]}, {count} new or changed")
