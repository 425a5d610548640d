"""Fetches the test mails of other projects into .local/corpora/<name>/: odd mail that real programs stumbled over; and the
HTML by which they test parsers and sanitisers into .local/pages/<name>/.

Nothing of it is committed. Each comes from a package registry through the registry's own client, in a pinned version.
A corpus that can't be had is named on stderr and left out: the tests in tests/tests/all/stack/mailbox/corpus.rs and
stack/gate/html.rs say which they ran with, and fail if there is too little.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORPORA = ROOT / ".local" / "corpora"
PAGES = ROOT / ".local" / "pages"
# Long enough for a slow mirror, short enough that nobody waits for one that is gone.
PATIENCE = 180
# Says that a corpus is complete, and in which version.
MARK = ".version"


class Unavailable(Exception):
    """A corpus can't be had; the text says why."""


@dataclass(frozen=True)
class Corpus:
    name: str
    version: str
    # Gives the files of the corpus, below a folder that may be used for scratch.
    find: Callable[[Path], Iterator[Path]]
    place: Path = CORPORA


def run(*command: str, cwd: Path | None = None, **environment: str) -> str:
    env = {**os.environ, **environment}
    try:
        done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except FileNotFoundError:
        raise Unavailable(f"{command[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{command[0]} did not finish within {PATIENCE} s") from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise Unavailable(f"{' '.join(command[:3])} failed: {lines[-1] if lines else 'it says nothing'}")
    return done.stdout


def files(folder: Path, pattern: str) -> Iterator[Path]:
    if not folder.is_dir():
        raise Unavailable(f"{folder} is missing")
    yield from sorted(path for path in folder.glob(pattern) if path.is_file())


def unpack(scratch: Path, archive: str, wanted: str) -> Path:
    """Only the wanted regular files come out: what else an archive holds does not matter, nor where it points."""
    found = next(scratch.glob(archive), None)
    if found is None:
        raise Unavailable(f"the download brought no {archive}")
    folder = scratch / "unpacked"
    with tarfile.open(found) as tar:
        members = [member for member in tar if member.isfile() and fnmatch(member.name, wanted)]
        tar.extractall(folder, members, filter="data")
    return folder


def mail_parser_crate(_: Path) -> Iterator[Path]:
    """The published crate carries its test mails; Cargo.lock pins it, and cargo has fetched it for the build."""
    flags = ("--format-version=1", "--locked", "--filter-platform=x86_64-unknown-linux-gnu")
    packages = json.loads(run("cargo", "metadata", *flags, cwd=ROOT))["packages"]
    manifest = next((p["manifest_path"] for p in packages if p["name"] == "mail-parser"), None)
    if manifest is None:
        raise Unavailable("the workspace no longer uses the crate mail-parser")
    yield from files(Path(manifest).parent / "resources", "**/*.eml")


def cpython(scratch: Path) -> Iterator[Path]:
    """The interpreter's own test mails; Debian keeps them in a package of their own."""
    inside = Path("test") / "test_email" / "data"
    folder = Path(sysconfig.get_path("stdlib")) / inside
    if not folder.is_dir():
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        run("apt-get", "download", "-q", f"libpython{version}-testsuite", cwd=scratch)
        package = next(scratch.glob("*.deb"), None)
        if package is None:
            raise Unavailable(f"the download brought no libpython{version}-testsuite")
        run("dpkg-deb", "-x", str(package), str(scratch / "unpacked"))
        folder = scratch / "unpacked" / "usr" / "lib" / f"python{version}" / inside
    yield from files(folder, "*.txt")


def pypi(scratch: Path, requirement: str, archive: str, wanted: str) -> Path:
    """Files of a source distribution on PyPI."""
    constraint = scratch / "constraint.txt"
    # What pip builds to learn a package's name needs `pkg_resources`, which setuptools had until then.
    constraint.write_text("setuptools<80\n")
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", ":all:", "-d", str(scratch))
    run(sys.executable, "-m", "pip", "download", *options, requirement, PIP_CONSTRAINT=str(constraint))
    return unpack(scratch, archive, wanted)


def pypi_mail_parser(scratch: Path) -> Iterator[Path]:
    """Malformed mail and mail in Outlook's own format, from the source distribution of PyPI's `mail-parser`."""
    folder = pypi(scratch, f"mail-parser=={PYPI_MAIL_PARSER}", "mail_parser-*.tar.gz", "*/tests/mails/*")
    yield from files(folder, "**/*")


def html5lib(scratch: Path) -> Iterator[Path]:
    """The test suite of the HTML standard's tree construction, as html5lib carries it."""
    folder = pypi(scratch, f"html5lib=={HTML5LIB}", "html5lib-*.tar.gz", "*/testdata/tree-construction/*.dat")
    yield from files(folder, "**/*.dat")


def bleach(scratch: Path) -> Iterator[Path]:
    """Vectors of cross-site scripting after the OWASP list, as bleach carries them."""
    yield from files(pypi(scratch, f"bleach=={BLEACH}", "bleach-*.tar.gz", "*/tests/data/*.test"), "**/*.test")


def notmuch(scratch: Path) -> Iterator[Path]:
    """The test mailboxes of notmuch, from its Debian source package: a list, threads, encrypted and broken mail."""
    sources = scratch / "debian.sources"
    sources.write_text(debian_sources())
    lists, cache = scratch / "lists", scratch / "cache"
    for folder in (lists, cache):
        (folder / "partial").mkdir(parents=True)
    settings = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": lists,
        "Dir::Cache": cache,
        "APT::Sandbox::User": "root",
    }
    options = [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]
    run("apt-get", "-q", *options, "update")
    run("apt-get", "-q", *options, "source", "--download-only", f"notmuch={NOTMUCH}", cwd=scratch)
    mails = files(unpack(scratch, "notmuch_*.orig.tar.*", "*/test/corpora/*"), "**/*")
    yield from (path for path in mails if path.name != "README")


def debian_sources() -> str:
    """This machine's own Debian sources, for source packages: the machine itself is left as it is."""
    deb822 = Path("/etc/apt/sources.list.d/debian.sources")
    if deb822.is_file():
        return "\n".join("Types: deb-src" if line == "Types: deb" else line for line in deb822.read_text().splitlines())
    raise Unavailable(f"{deb822} is missing: this is no Debian that we know")


PYPI_MAIL_PARSER = "4.8.0"
NOTMUCH = "0.37-1"
HTML5LIB = "1.1"
BLEACH = "6.4.0"
CORPORA_KNOWN = (
    Corpus("mail-parser-crate", "Cargo.lock", mail_parser_crate),
    Corpus("cpython", f"{sys.version_info.major}.{sys.version_info.minor}", cpython),
    Corpus("mail-parser-pypi", PYPI_MAIL_PARSER, pypi_mail_parser),
    Corpus("notmuch", NOTMUCH, notmuch),
    Corpus("html5lib", HTML5LIB, html5lib, PAGES),
    Corpus("bleach", BLEACH, bleach, PAGES),
)


def wanted(corpus: Corpus) -> str:
    """The version that is to be there; for what Cargo.lock pins, that of the lock file."""
    if corpus.version != "Cargo.lock":
        return corpus.version
    lock = (ROOT / "Cargo.lock").read_text().split('name = "mail-parser"\nversion = "', 1)
    return lock[1].split('"', 1)[0] if len(lock) == 2 else "none"


def fetch(corpus: Corpus) -> str:
    """Fetches it unless it is there; says how many files it has."""
    folder, version = corpus.place / corpus.name, wanted(corpus)
    mark = folder / MARK
    if not (mark.is_file() and mark.read_text() == version):
        with tempfile.TemporaryDirectory(dir=corpus.place, prefix=".fetch-") as scratch:
            found = list(corpus.find(Path(scratch)))
            if not found:
                raise Unavailable("there is nothing in it any more")
            new = Path(scratch) / "new"
            new.mkdir()
            root = os.path.commonpath([path.parent for path in found])
            for path in found:
                # One flat folder is simpler to read.
                shutil.copyfile(path, new / "__".join(path.relative_to(root).parts))
            (new / MARK).write_text(version)
            shutil.rmtree(folder, ignore_errors=True)
            new.rename(folder)
    count = sum(1 for path in folder.iterdir() if path.name != MARK)
    return f"corpus {corpus.name} {version}: {count} files"


def main() -> None:
    for folder in (CORPORA, PAGES):
        folder.mkdir(parents=True, exist_ok=True)
    for corpus in CORPORA_KNOWN:
        try:
            print(fetch(corpus))
        except (Unavailable, OSError, tarfile.TarError) as error:
            print(f"corpus {corpus.name}: not to be had: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
