"""The documentation holds: links lead somewhere, examples run, commands, settings and routes exist."""

from __future__ import annotations

import doctest
import re
from dataclasses import fields
from pathlib import Path

import pytest
from typer.main import get_command

from api.app import create_app
from api.cli import build
from api.settings import Settings
from geo.amenities import catalogue
from geo.time_windows import WINDOWS

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "data/README.md"],
    key=lambda path: path.as_posix(),
)
NAMES = [path.relative_to(ROOT).as_posix() for path in PAGES]
COMMANDS = get_command(build())


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    local = [target for target in targets if "://" not in target and not target.startswith("mailto:")]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("name", NAMES)
def test_examples_run(name: str) -> None:
    result = doctest.testfile(str(ROOT / name), module_relative=False, encoding="utf-8")
    assert result.failed == 0


@pytest.mark.parametrize("name", NAMES)
def test_commands_exist(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    used = re.findall(r"`care-stations ([a-z]+)(?: ([a-z]+))?", text) + re.findall(
        r"^care-stations ([a-z]+)(?: ([a-z]+))?", text, flags=re.MULTILINE
    )
    for command, below in used:
        known = COMMANDS.commands.get(command)  # type: ignore[attr-defined]
        assert known is not None, f"{name} names care-stations {command}"
        if below and hasattr(known, "commands"):
            assert below in known.commands, f"{name} names care-stations {command} {below}"


@pytest.mark.parametrize("name", NAMES)
def test_make_targets_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    used = set(
        re.findall(
            r"\bmake (serve|test|torture|lint|bench|lock|clean|install)\b", (ROOT / name).read_text("utf-8")
        )
    )
    assert used <= targets


def test_every_setting_is_documented_and_no_other() -> None:
    known = {f"CARE_{setting.name.upper()}" for setting in fields(Settings)}
    text = (ROOT / "docs/settings.md").read_text("utf-8")
    documented = {name for name in re.findall(r"CARE_[A-Z_]+[A-Z]", text) if not name.startswith("CARE_TEST")}
    assert documented == known


def test_every_route_is_documented(tmp_path: Path) -> None:
    text = "".join((ROOT / name).read_text("utf-8") for name in NAMES)
    app = create_app(Settings(store_url=f"sqlite:///{tmp_path}/register.db"))
    paths = {getattr(route, "path", "") for route in app.routes}
    bare = {re.sub(r"\{[a-z_]+(:path)?\}", "{}", path) for path in paths}
    known = re.sub(r"\{[A-Za-z_]+\}", "{}", text)
    assert sorted(path for path in bare if path and path not in known) == []


def test_every_command_is_documented() -> None:
    text = "".join((ROOT / name).read_text("utf-8") for name in NAMES)
    commands = COMMANDS.commands  # type: ignore[attr-defined]
    assert [name for name in commands if f"care-stations {name}" not in text] == []


def test_the_glossary_names_groups_windows_and_values() -> None:
    text = (ROOT / "docs/concepts.md").read_text("utf-8")
    for group in ("water", "hot_meal", "rest", "toilet", "charging", "climate", "baby"):
        assert f"`{group}`" in text
    assert all(window in text for window in WINDOWS)
    assert len(catalogue()) > 40


def test_the_two_readmes_show_the_same_pictures_and_commands() -> None:
    english, chinese = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md"))
    assert re.findall(r"\((docs/images/[^)]+)\)", english) == re.findall(r"\((docs/images/[^)]+)\)", chinese)
    for text in (english, chinese):
        assert "make serve" in text
        assert "make test" in text
