"""The poster as PDF: one A4 page with the station's name, or 501 and what to install."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.errors import ApiError
from api.poster_file import print_pdf
from api.settings import Settings
from geo.store.protocol import StationStore
from pieces import chromium


def test_the_poster_is_one_a4_page_with_the_name_and_the_warning(store: StationStore, tmp_path: Path) -> None:
    with TestClient(create_app(Settings(chromium=chromium()), store)) as client:
        answer = client.get("/stations/a/poster.pdf")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert client.get("/stations/none/poster.pdf").status_code == 404
    pdf = tmp_path / "poster.pdf"
    pdf.write_bytes(answer.content)
    said = subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True, encoding="utf-8").stdout
    assert "甲站" in said and "12351" in said
    facts = subprocess.run(["pdfinfo", pdf], check=True, capture_output=True, encoding="utf-8").stdout
    assert "A4" in facts and "Pages:           1\n" in facts


def test_without_a_chromium_it_says_what_to_install(store: StationStore, tmp_path: Path) -> None:
    with TestClient(create_app(Settings(chromium=str(tmp_path / "none")), store)) as client:
        answer = client.get("/stations/a/poster.pdf")
    assert answer.status_code == 501
    assert "apt install chromium" in answer.text and "CARE_CHROMIUM" in answer.text


@pytest.mark.parametrize(("script", "limit_s"), [("exit 1", 5.0), ("sleep 60", 0.5)])
def test_a_chromium_that_fails_or_hangs_is_bounded(tmp_path: Path, script: str, limit_s: float) -> None:
    program = tmp_path / "chromium"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    with pytest.raises(ApiError) as refused:
        print_pdf("<p>x</p>", str(program), limit_s)
    assert refused.value.status == 503
