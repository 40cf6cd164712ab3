"""Formulas without a value: cells of a workbook that no spreadsheet program has calculated yet.

A program that writes a formula leaves its value out; a spreadsheet stores it when it saves. openpyxl gives
such a cell as blank, and a blank cell would silently leave its field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import normpath
from typing import BinaryIO
from zipfile import ZipFile

from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.xml.functions import fromstring, iterparse

_BLOCK = 1 << 20
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

Places = frozenset[tuple[int, int]]


def uncalculated(file: BinaryIO) -> dict[str, Places]:
    """Return the (row, column), from 1, of formulas without a stored value, by sheet title.

    A formula whose value is the empty text is calculated. Sheets without such cells are left out.

    Raises:
        BadZipFile, KeyError, SyntaxError: not a whole workbook.
    """
    found: dict[str, Places] = {}
    with ZipFile(file) as archive:
        for title, part in _sheet_parts(archive):
            if _holds_formula(archive, part):
                found[title] = frozenset(_without_value(archive, part))
    return {title: places for title, places in found.items() if places}


def _sheet_parts(archive: ZipFile) -> Iterator[tuple[str, str]]:
    """Yield (title, name inside the archive) of the worksheets."""
    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return
    relations = fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {one.get("Id"): one.get("Target", "") for one in relations}
    for sheet in fromstring(archive.read("xl/workbook.xml")).iterfind(".//{*}sheet"):
        target = targets.get(sheet.get(_RELATION_ID), "")
        part = target.lstrip("/") if target.startswith("/") else normpath(f"xl/{target}")
        if part in names:
            yield sheet.get("name", ""), part


def _holds_formula(archive: ZipFile, part: str) -> bool:
    """Return whether the sheet has any formula: its text is searched, which is far quicker than parsing."""
    rest = b""
    with archive.open(part) as stream:
        while block := stream.read(_BLOCK):
            if _FORMULA.search(rest + block):
                return True
            rest = block[-64:]
    return False


def _without_value(archive: ZipFile, part: str) -> Iterator[tuple[int, int]]:
    with archive.open(part) as stream:
        for _, element in iterparse(stream):
            kind = element.tag.rpartition("}")[2]
            if kind == "c":
                place = element.get("r")
                bare = element.find("{*}f") is not None and not element.findtext("{*}v")
                if place and bare and element.get("t") != "str":
                    yield coordinate_to_tuple(place)
            elif kind == "row":
                element.clear()
