"""Numbers as parameters: digits as people write them, nothing a programming language reads into them.

Python takes ``5_0`` for 50, ``١`` for 1 and spaces for nothing; whoever sends those meant something else.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,40})?")


def is_whole(text: str) -> bool:
    """Is ``text`` a whole number in digits 0-9?

    >>> [is_whole(text) for text in ("5", "-5", "5_0", "+5", " 5", "5.0", "1e1", "١")]
    [True, True, False, False, False, False, False, False]
    """
    return _WHOLE.fullmatch(text) is not None


def is_decimal(text: str) -> bool:
    """Is ``text`` a decimal number in digits 0-9, with a point or without?

    >>> [is_decimal(text) for text in ("5", "-0.5", "5.0", "5_0.0", "+5", "1e1", "nan", ".5", "5\\n")]
    [True, True, True, False, False, False, False, False, False]
    """
    return _DECIMAL.fullmatch(text) is not None


def _whole(value: Any) -> Any:
    if isinstance(value, str) and not is_whole(value):
        raise ValueError("must be a whole number in digits 0-9, such as 5")
    return value


def _decimal(value: Any) -> Any:
    if isinstance(value, str) and not is_decimal(value):
        raise ValueError("must be a decimal number in digits 0-9, such as 109.067")
    return value


Whole: TypeAlias = Annotated[int, BeforeValidator(_whole)]
"""A query parameter that is a whole number."""

Decimal: TypeAlias = Annotated[float, BeforeValidator(_decimal)]
"""A query parameter that is a decimal number."""
