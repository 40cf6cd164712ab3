"""Text in cells of CSV and XLSX: what stands behind one ``'``, and how it is taken off again.

A spreadsheet takes text that begins with ``=``, ``+``, ``-``, ``@``, tab or return for a formula. Such text
is written behind one ``'``. So is text a reader would not give back as it is: the empty text, text with
spaces at its ends, the word 清空, an error word (``#N/A``), text that itself begins with ``'``.
"""

from __future__ import annotations

import re
from typing import Any

from openpyxl.cell import WriteOnlyCell

from geo.io.table import CLEAR_WORD

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
ERROR_WORDS = frozenset(
    ["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!", "#GETTING_DATA"]
)
"""What a spreadsheet shows where a formula failed."""
UNCALCULATED = "#UNCALCULATED!"
"""What the reader of workbooks puts where a formula has no stored value."""

_LIST_MARKS = re.compile(r"[、,;，；/|\n]")
_XML_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NEEDS_XML_ESCAPE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def needs_guard(text: str) -> bool:
    """Return whether a cell may not hold ``text`` as it is.

    >>> [needs_guard(text) for text in ("=1+1", "'quoted", "", " a", "清空", "a=b", "029-1")]
    [True, True, True, True, True, False, False]
    """
    return (
        not text
        or text.startswith((*FORMULA_STARTS, "'"))
        or text.strip() != text
        or text in (CLEAR_WORD, UNCALCULATED)
        or text in ERROR_WORDS
    )


def guarded(text: str) -> str:
    """Return ``text`` as a cell holds it."""
    return f"'{text}" if needs_guard(text) else text


def unguarded(cell: str) -> tuple[str, bool]:
    """Return (text, whether it is to be taken as it stands); other text loses the spaces at its ends.

    >>> unguarded("'=1+1"), unguarded(" 纺织公园 "), unguarded("'90s")
    (('=1+1', True), ('纺织公园', False), ("'90s", False))
    """
    if cell.startswith("'") and needs_guard(cell[1:]):
        return cell[1:], True
    return cell.strip(), False


def guarded_list(items: tuple[str, ...]) -> str:
    """Return one-line texts as one cell: a line each, behind ``'`` where a clerk's separators stand inside
    or where it would be read as a JSON list.

    >>> guarded_list(("甲、乙",)), guarded_list(("甲", "乙"))
    ("'甲、乙", "'甲\\n乙")
    >>> print(guarded_list(('["a"]',)))
    '["a"]
    """
    text = "\n".join(items)
    looks_like_json = text.lstrip().startswith("[")
    return f"'{text}" if needs_guard(text) or looks_like_json or _LIST_MARKS.search(text) else text


def unguarded_list(cell: str) -> list[str]:
    """Return the texts of one cell: lines as they stand behind ``'``, else parted by a clerk's separators.

    >>> unguarded_list("'甲、乙"), unguarded_list("甲、 乙；丙")
    (['甲、乙'], ['甲', '乙', '丙'])
    """
    if cell.startswith("'"):
        return cell[1:].split("\n")
    return [part.strip() for part in _LIST_MARKS.split(cell) if part.strip()]


def exact_cell(sheet: Any, value: Any) -> Any:
    """Return a number as a cell with all its digits: openpyxl writes 16, and a double may need 17."""
    if not isinstance(value, float) or float(f"{value:.16g}") == value:
        return value
    cell = WriteOnlyCell(sheet, value=repr(value))
    cell.data_type = "n"
    return cell


def xlsx_escaped(text: str) -> str:
    """Return text with the characters XML cannot hold written ``_x001F_`` (ECMA-376, ST_Xstring).

    >>> xlsx_escaped("a\\rb"), xlsx_escaped("_x0041_")
    ('a_x000D_b', '_x005F_x0041_')
    """
    return _NEEDS_XML_ESCAPE.sub(lambda match: f"_x{ord(match[0]):04X}_", text)


def xlsx_unescaped(text: str) -> str:
    """Return text as it was before ``xlsx_escaped``."""
    if "_x" not in text:
        return text
    return _XML_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
