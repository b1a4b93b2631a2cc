"""Field selectors: built and read with the escapes of apimachinery (pkg/fields/selector.go)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_ESCAPES = str.maketrans({"\\": "\\\\", ",": "\\,", "=": "\\="})


def build_field_selector(fields: Mapping[str, str]) -> str:
    r"""`{"metadata.name": "a,b"}` as `metadata.name=a\,b`; the fields in their order."""
    return ",".join(f"{field}={value.translate(_ESCAPES)}" for field, value in fields.items())


def find_selected(selector: str, field: str) -> str:
    """The value that a selector requires of a field; empty where it requires none."""
    for term in _split(selector):
        for start in (f"{field}==", f"{field}="):
            if term.startswith(start):
                return _unescape(term.removeprefix(start))
    return ""


def _split(selector: str) -> Iterator[str]:
    """The terms, at each comma that is not escaped."""
    term, is_escaped = "", False
    for sign in selector:
        if sign == "," and not is_escaped:
            yield term
            term = ""
            continue
        term += sign
        is_escaped = sign == "\\" and not is_escaped
    yield term


def _unescape(value: str) -> str:
    plain, is_escaped = "", False
    for sign in value:
        is_escaped = sign == "\\" and not is_escaped
        if not is_escaped:
            plain += sign
    return plain
