"""Settings: every name documented, every bad value refused with its name."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from api.settings import RateLimit, Settings, SettingsError, load_settings

ROOT = Path(__file__).resolve().parents[2]


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = load_settings({})
    assert settings == Settings()
    assert settings.store_url == "sqlite:///var/care-stations.db"
    assert settings.timezone == ZoneInfo("Asia/Shanghai")
    assert (settings.basemap, settings.trusted_hops, settings.public_url) == ("none", 0, None)


def test_every_setting_is_read() -> None:
    settings = load_settings(
        {
            "CARE_STORE_URL": "postgresql+psycopg://u:p@h/d",
            "CARE_TIMEZONE": "Asia/Urumqi",
            "CARE_BASEMAP": "tianditu",
            "CARE_TIANDITU_KEY": "abcdef0123456789",
            "CARE_MAP_REVIEW_NUMBER": "GS(2026)1号",
            "CARE_PUBLIC_URL": "https://stations.example.org/",
            "CARE_CORS_ORIGINS": "https://a.example.org, https://b.example.org:8443",
            "CARE_RATE_LIMIT": "5/second",
            "CARE_TRUSTED_HOPS": "2",
            "CARE_CHROMIUM": "/opt/chromium",
            "CARE_NETWORK": "streets.npz",
            "CARE_TEST_ROUNDS": "3",
            "PATH": "/bin",
        }
    )
    assert settings == Settings(
        store_url="postgresql+psycopg://u:p@h/d",
        timezone=ZoneInfo("Asia/Urumqi"),
        basemap="tianditu",
        tianditu_key="abcdef0123456789",
        map_review_number="GS(2026)1号",
        public_url="https://stations.example.org",
        cors_origins=("https://a.example.org", "https://b.example.org:8443"),
        rate_limit=RateLimit(5, 1),
        trusted_hops=2,
        chromium="/opt/chromium",
        network="streets.npz",
    )
    assert load_settings({"CARE_RATE_LIMIT": "off"}).rate_limit is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CARE_STORE", "x"),
        ("CARE_STORE_URL", "mysql://u:secret@h/d"),
        ("CARE_TIMEZONE", "Mars/Olympus"),
        ("CARE_TIMEZONE", "../etc/passwd"),
        ("CARE_BASEMAP", "google"),
        ("CARE_BASEMAP", "tianditu"),
        ("CARE_TIANDITU_KEY", "se'cret"),
        ("CARE_PUBLIC_URL", "stations.example.org"),
        ("CARE_PUBLIC_URL", "https://u:p@h"),
        ("CARE_PUBLIC_URL", "https://h/?q"),
        ("CARE_CORS_ORIGINS", "https://a.example.org/path"),
        ("CARE_RATE_LIMIT", "many"),
        ("CARE_RATE_LIMIT", "0/minute"),
        ("CARE_TRUSTED_HOPS", "-1"),
    ],
)
def test_a_bad_setting_is_named_in_one_line(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({name: value})
    said = str(refused.value)
    assert said.startswith("CARE_")
    assert name.removesuffix("_URL") in said or name == "CARE_BASEMAP"
    assert "\n" not in said
    assert "secret" not in said


def test_the_table_of_the_docs_names_every_setting_and_no_other() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| `(CARE_[A-Z_]+)` \| ([^|]*) \|", text, re.MULTILINE))
    assert set(documented) == {f"CARE_{field.name.upper()}" for field in fields(Settings)}
    assert documented["CARE_STORE_URL"].strip(" `") == Settings().store_url
    assert documented["CARE_TIMEZONE"].strip(" `") == Settings().timezone.key
    assert documented["CARE_RATE_LIMIT"].strip(" `") == "30/minute"
    assert Settings().rate_limit == RateLimit(30, 60)


def test_only_the_settings_read_the_environment() -> None:
    readers = [
        path.relative_to(ROOT).as_posix()
        for room in ("geo", "maps", "api")
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"os\.environ|getenv", path.read_text(encoding="utf-8"))
    ]
    assert readers == ["api/commands/terminal.py"]  # hands the environment to load_settings
