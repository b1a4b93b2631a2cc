"""Violations of a typed object at their lines: our own checks, the causes of a 422, and strict decoding errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from clusters.api.errors import ApiError
from clusters.changes.reading_yaml import Document
from clusters.changes.yaml_values import Path

STRICT = "strict decoding error: "
GO_FIELD = "Go struct field "
TYPED = "failed to create typed patch object ("  # of an apply: (shop/web; apps/v1, Kind=Deployment): .spec.x: message
MOST = 100  # of one answer
LONGEST = 2000  # characters of a field that are looked at


@dataclass(frozen=True)
class Violation:
    """What is wrong, at a line of the text (0: nowhere in particular); `field` is the path as the API server has it."""

    message: str
    line: int = 0
    field: str = ""


def parse_field(field: str) -> Path:
    """A field of a Status as a path: `spec.containers[0].image`, `metadata.labels[a.b/c]`; in no order but its own."""
    parts: list[str] = []
    word = ""
    inside = False
    for sign in field[:LONGEST]:
        if inside and sign == "]":
            parts.append(word.strip('"'))
            word, inside = "", False
        elif inside or sign not in ".[":
            word += sign
        else:
            parts += [word] if word else []
            word, inside = "", sign == "["
    return tuple([*parts, word] if word else parts)


def locate(error: ApiError, document: Document) -> list[Violation]:
    """Each cause of the error at its line; the error itself is not among them."""
    found = [
        Violation(cause.message or cause.reason, _find_line(document, cause.field), cause.field)
        for cause in error.causes
        if STRICT not in cause.message
    ]
    texts = [error.message, *(cause.message for cause in error.causes)]
    strict = dict.fromkeys(violation for text in texts for violation in _strict_errors(text))
    found += [Violation(message, _find_line(document, field), field) for field, message in strict]
    return found[:MOST]


def check_identity(document: Document, expected: Mapping[str, str]) -> list[Violation]:
    """That the text is the object that is edited: `expected` holds its apiVersion, kind, namespace and name."""
    value = document.value
    if not isinstance(value, Mapping):
        return [
            Violation(_("This is no object: an object has apiVersion, kind and metadata."), document.line)
        ]
    violations = [Violation(one.message, one.line) for one in document.remarks if one.is_error]
    metadata = value.get("metadata")
    if not isinstance(metadata, Mapping):
        return [*violations, Violation(_("metadata is missing."), document.find_line(("metadata",)))]
    for path, wanted in _identity(expected):
        actual: Any = (value if len(path) == 1 else metadata).get(path[-1])
        if actual != wanted and not (path[-1] == "namespace" and actual is None):
            message = _("%(field)s cannot be changed here: it is %(value)s.")
            field = ".".join(path)
            violations.append(
                Violation(message % {"field": field, "value": wanted or "—"}, document.find_line(path), field)
            )
    return violations


def _identity(expected: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    yield ("apiVersion",), expected["apiVersion"]
    yield ("kind",), expected["kind"]
    yield ("metadata", "name"), expected["name"]
    if expected["namespace"]:
        yield ("metadata", "namespace"), expected["namespace"]


def _find_line(document: Document, field: str) -> int:
    path = parse_field(field)
    return document.find_line(path) if path else 0


def _strict_errors(text: str) -> Iterator[tuple[str, str]]:
    """Field and sentence of `unknown field "spec.x"`, one for each, and of what does not fit a Go type."""
    if STRICT in text:
        words = text.partition(STRICT)[2].split('"')
        for what, field in zip(words[::2], words[1::2], strict=False):
            yield field, f"{what.strip(' ,')} “{field}”"
    elif TYPED in text:
        for line in text.partition(TYPED)[2].partition("): ")[2].split("\n"):
            field, found, message = line.strip().partition(": ")
            if found and field.startswith("."):
                yield field[1:], message
    elif GO_FIELD in text:
        struct = text.partition(GO_FIELD)[2].partition(" ")[0]
        yield struct.partition(".")[2], text[:LONGEST]
