"""The project itself: the lock, the build's promises, what no file may name, how long files may be."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 500
# Split so that this file doesn't name what it forbids.
REGISTRY_HOSTS = [
    name + ".org"
    for name in ("py" + "pi", "files.python" + "hosted", "registry.npm" + "js", "conda.ana" + "conda")
]
WORKPLACE = ["../" + "shared", "." + "library"]
MACHINE_PLACES = [
    "/" + name for name in ("work/", "root/", "home/", "Users/", "opt/py" + "pi", "opt/wh" + "eels")
]
ENVIRONMENTS = [
    {"python_version": minor, "sys_platform": system, "platform_machine": machine}
    for minor in ("3.11", "3.12", "3.13", "3.14")
    for system, machine in (
        ("linux", "x86_64"),
        ("linux", "aarch64"),
        ("darwin", "arm64"),
        ("darwin", "x86_64"),
    )
]
PLATFORM = {"implementation_name": "cpython", "platform_python_implementation": "CPython", "os_name": "posix"}


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


def locked() -> list[tuple[Requirement, list[str]]]:
    """Every requirement of the lock with its hashes."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    entries = []
    for line in text.splitlines():
        if line and not line.lstrip().startswith("#"):
            requirement, *hashes = line.split("--hash=")
            entries.append((Requirement(requirement.strip()), [value.strip() for value in hashes]))
    return entries


def wanted() -> list[Requirement]:
    """What ``requirements.in`` asks for."""
    lines = (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def applies(requirement: Requirement, environment: dict[str, str]) -> bool:
    full = {**PLATFORM, "python_full_version": f"{environment['python_version']}.4", **environment}
    return requirement.marker is None or requirement.marker.evaluate(full)


def test_every_locked_requirement_is_pinned_and_hashed() -> None:
    entries = locked()
    assert len(entries) > 80
    for requirement, hashes in entries:
        assert [clause.operator for clause in requirement.specifier] == ["=="], requirement
        assert requirement.url is None
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes), requirement


def test_the_lock_names_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-", text.replace("    --hash", ""), re.MULTILINE), "an option such as an index"


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda env: "-".join(env.values()))
def test_the_lock_answers_each_requirement_once_everywhere(environment: dict[str, str]) -> None:
    versions: dict[str, Version] = {}
    for requirement, _ in locked():
        if applies(requirement, environment):
            name = canonicalize_name(requirement.name)
            assert name not in versions, f"{name} is locked twice"
            versions[name] = Version(next(iter(requirement.specifier)).version)
    for requirement in wanted():
        if applies(requirement, environment):
            assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), requirement


def test_the_page_assets_are_packages() -> None:
    names = {canonicalize_name(requirement.name) for requirement, _ in locked()}
    assert {"xstatic-leaflet", "xstatic-jquery"} <= names
    assert version("XStatic-Leaflet")
    assert version("XStatic-jQuery")


def test_what_is_installed_is_what_is_locked() -> None:
    here = {
        "python_version": f"{sys.version_info.major}.{sys.version_info.minor}",
        "sys_platform": sys.platform,
        "platform_machine": os.uname().machine,
    }
    for requirement, _ in locked():
        if applies(requirement, here):
            assert requirement.specifier.contains(version(requirement.name)), requirement


def test_no_tracked_file_names_a_registry_or_a_machine() -> None:
    found = []
    for path in tracked_files():
        content = path.read_bytes()
        # A machine's folder begins a path and goes on with a name; the same letters inside an address, a
        # relative path or a pattern do not.
        for place in MACHINE_PLACES:
            if re.search(rb"(?<![\w.}~/-])" + re.escape(place.encode()) + rb"\w{2}", content):
                found.append(f"{path.relative_to(ROOT)}: {place}")
        found.extend(
            f"{path.relative_to(ROOT)}: {host}"
            for host in [*REGISTRY_HOSTS, *WORKPLACE]
            if host.encode() in content
        )
    assert found == []


def test_no_file_is_too_long() -> None:
    endings = {".py", ".js", ".css", ".html", ".jinja", ".sh", ".toml"}
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in tracked_files()
        if path.suffix in endings
    }
    assert lengths
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def make(*arguments: str, folder: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env={**kept, **env}, check=False, capture_output=True, text=True
    )


def test_serve_passes_host_and_port_on() -> None:
    shown = make("-n", "serve", "HOST=::1", "PORT=9001")
    assert shown.returncode == 0
    assert 'care-stations serve --host "::1" --port "9001"' in shown.stdout
    assert '--host "127.0.0.1" --port "8000"' in make("-n", "serve").stdout


@pytest.mark.parametrize("target", ["test", "torture", "lint", "bench", "lock", "clean"])
def test_each_promised_target_exists(target: str) -> None:
    assert make("-n", target).returncode == 0


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of a fresh checkout as the installation reads, without a .venv."""
    for name in ("Makefile", "pyproject.toml", "requirements.in", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    return tmp_path


def fake_python(folder: Path, body: str) -> str:
    path = folder / "fake-python"
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        # New enough, but `import venv, ensurepip` fails: Debian without python3-venv.
        (
            'case "$*" in *ensurepip*) exit 1;; *) exit 0;; esac',
            "no venv module: install it (Debian and Ubuntu: apt-get install python3-venv)",
        ),
        ("exit 1", "Python 3.11 or later is needed"),
    ],
    ids=["no venv module", "too old"],
)
def test_an_unfit_python_is_one_line(checkout: Path, body: str, told: str) -> None:
    python = fake_python(checkout, body)
    result = make("serve", f"PYTHON={python}", folder=checkout)
    assert result.returncode != 0
    lines = [line for line in (result.stdout + result.stderr).splitlines() if not line.startswith("make:")]
    assert len(lines) == 1
    assert told in lines[0]
    assert python in lines[0]
    assert not (checkout / ".venv").exists()


def test_nothing_is_installed_again_while_the_lock_stays(checkout: Path) -> None:
    log = checkout / "calls"
    venv_python = f'#!/bin/sh\necho "$*" >>{log}\nexit 0\n'
    maker = fake_python(
        checkout,
        'case "$*" in "-m venv --clear .venv")\n'
        "mkdir -p .venv/bin\n"
        f"cat >.venv/bin/python <<'EOF'\n{venv_python}EOF\n"
        "chmod +x .venv/bin/python;;\nesac",
    )

    def installs() -> int:
        result = make("install", f"PYTHON={maker}", folder=checkout)
        assert result.returncode == 0, result.stderr
        return log.read_text(encoding="utf-8").count("-r requirements.lock")

    assert installs() == 1
    assert installs() == 1
    lock = checkout / "requirements.lock"
    lock.write_text(lock.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert installs() == 2


def test_a_failed_install_is_tried_again(checkout: Path) -> None:
    body = """case "$*" in "-m venv --clear .venv")
        mkdir -p .venv/bin
        printf '#!/bin/sh\\ncase "$*" in *require-hashes*) exit 1;; esac\\n' >.venv/bin/python
        chmod +x .venv/bin/python;;
    esac"""
    result = make("install", f"PYTHON={fake_python(checkout, body)}", folder=checkout)
    assert result.returncode != 0
    assert "could not be installed" in result.stderr
    assert not (checkout / ".venv/installed").exists()


@pytest.mark.parametrize(
    ("makefile", "code", "told"),
    [
        ("test:\n\t@echo '== 3 passed in 0.10s =='\n", 0, "3 passed"),
        ("test:\n\t@echo '== 1 failed, 3 passed in 0.10s =='; exit 1\n", 2, "1 failed"),
        ("test:\n\t@echo '== no tests ran in 0.01s =='; exit 5\n", 2, "no tests ran"),
        ("test:\n\t@echo '== no tests ran in 0.01s =='\n", 1, "no test was run"),
    ],
)
def test_the_submission_check_tells_and_fails(tmp_path: Path, makefile: str, code: int, told: str) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci/run")
    (tmp_path / "Makefile").write_text(makefile, encoding="utf-8")
    result = subprocess.run(
        ["bash", tmp_path / ".ci/run"], check=False, capture_output=True, text=True, cwd="/"
    )
    assert result.returncode == code
    assert told in result.stdout + result.stderr


def test_missing_pieces_are_told_in_one_line_each(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, ROOT / "tests/machine/pieces.py"],
        env={
            "PATH": str(tmp_path),
            "CARE_TEST_DATABASE_URL": "postgresql://unused",
            "CARE_TEST_CHROMIUM": "/none",
        },
        check=False,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    told = result.stderr.splitlines()
    assert "CARE_TEST_CHROMIUM names no file: /none" in told
    assert any(line.startswith("ogrinfo is missing") and "gdal-bin" in line for line in told)
    assert any(line.startswith("pdftotext is missing") and "poppler-utils" in line for line in told)
    assert not any("PostgreSQL" in line for line in told)
