"""The analysts' notebook: a file Jupyter opens, stripped of outputs, that runs and says what the API says."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from maps.folium_local import remote_addresses

NOTEBOOK = Path(__file__).resolve().parents[1] / "docs/analysis.ipynb"


@pytest.fixture(scope="module")
def notebook() -> dict[str, Any]:
    """The notebook as read."""
    read: dict[str, Any] = json.loads(NOTEBOOK.read_text("utf-8"))
    return read


def code_of(notebook: dict[str, Any]) -> list[str]:
    """The text of each code cell."""
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_it_has_the_form_jupyter_opens(notebook: dict[str, Any]) -> None:
    # the schema of nbformat 4.5, by hand
    assert notebook.keys() == {"cells", "metadata", "nbformat", "nbformat_minor"}
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"]["kernelspec"].keys() >= {"name", "display_name"}
    assert notebook["metadata"]["language_info"]["name"] == "python"
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in notebook["cells"]:
        assert re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", cell["id"])
        needed = {"id", "cell_type", "metadata", "source"}
        more = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert cell["cell_type"] in ("code", "markdown")
        assert cell.keys() == needed | more
        assert cell["metadata"] == {}
        assert all(isinstance(line, str) for line in cell["source"])
        assert all(line.endswith("\n") for line in cell["source"][:-1])


def test_outputs_are_stripped_and_it_takes_ten_lines(notebook: dict[str, Any]) -> None:
    for cell in notebook["cells"]:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
    lines = [line for code in code_of(notebook) for line in code.splitlines() if line.strip()]
    assert len([line for line in lines if not line.startswith(("import ", "from "))]) <= 10


def test_it_runs_and_says_what_the_api_says(
    notebook: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "analysis.py"
    script.write_text("\n".join(code_of(notebook)), "utf-8")
    monkeypatch.chdir(tmp_path)
    made = runpy.run_path(str(script))
    with TestClient(create_app(Settings(store_url=f"sqlite:///{tmp_path / 'care.db'}"))) as client:
        asked = {"window": "T3", "amenities": "hot_meal", "week": "2026-11-23"}
        told = client.get("/api/coverage", params=asked).json()
        gaps = client.get("/api/gaps", params=asked).json()["gaps"]
    assert made["found"].coverage.total.share == pytest.approx(told["share"])
    assert [gap.unserved for gap in made["found"].gaps] == pytest.approx([gap["unserved"] for gap in gaps])
    html = (tmp_path / "gaps.html").read_text("utf-8")
    assert remote_addresses(html) == ()
    assert f"{int(told['share'] * 100 + 0.5)}%" in html
