"""Label and annotation terms: `key=value` sets and `key-` removes, as `kubectl label` and `kubectl annotate` read them.

The rules are those of kubectl's pkg/cmd/label/label.go, pkg/cmd/annotate/annotate.go and of apimachinery's
pkg/util/validation (IsQualifiedName, IsValidLabelValue).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from clusters.actions.change import MERGE_PATCH, ActionObject, Change
from clusters.api.paths import is_dns_label

MAX_TERMS = 50
MAX_PREFIX = 253  # characters of a key before its slash
MAX_PART = 63  # characters of a key after its slash, and of a label's value
MAX_ANNOTATION = 256 * 1024  # bytes of all annotations of an object
CHANGE_CAUSE = "kubernetes.io/change-cause"  # the one annotation that kubectl always overwrites

Field = Literal["labels", "annotations"]


class WrongTerm(ValueError):
    """A term that names nothing possible; the message names the term and what is wrong with it."""


class WouldOverwrite(ValueError):
    """The object has another value, and nothing says that it may be overwritten."""


@dataclass(frozen=True)
class MetadataTerms:
    """What becomes of the labels or the annotations of an object; None removes a key."""

    field: Field
    values: Mapping[str, str | None]

    def find_changes(self, found: Mapping[str, Any], *, is_overwriting: bool) -> Mapping[str, str | None]:
        """Of these values those that the object does not have yet. Raises WouldOverwrite."""
        metadata = found.get("metadata")
        present = metadata.get(self.field) if isinstance(metadata, Mapping) else None
        present = present if isinstance(present, Mapping) else {}
        taken = [
            _("%(key)s has the value “%(value)s” already.") % {"key": key, "value": present[key]}
            for key, value in self.values.items()
            if value is not None and present.get(key, value) != value and not self._is_free(key)
        ]
        if taken and not is_overwriting:
            raise WouldOverwrite(" ".join(taken))
        return {key: value for key, value in self.values.items() if present.get(key) != value}

    def _is_free(self, key: str) -> bool:
        return self.field == "annotations" and key == CHANGE_CAUSE

    def patch(self, thing: ActionObject, changes: Mapping[str, str | None]) -> Change:
        """The merge patch that kubectl sends."""
        return thing.patch({"metadata": {self.field: dict(changes)}}, MERGE_PATCH)


def parse_terms(field: Field, text: str) -> MetadataTerms:
    """One term a line; a label's terms can stand on one line. Raises WrongTerm."""
    terms = text.split() if field == "labels" else [line for line in text.splitlines() if line.strip()]
    if not terms:
        raise WrongTerm(_("Write at least one term, such as team=shop or team-."))
    if len(terms) > MAX_TERMS:
        raise WrongTerm(_("At most %(limit)d terms at once.") % {"limit": MAX_TERMS})
    values: dict[str, str | None] = {}
    for term in terms:
        key, value = _parse_term(field, term)
        if key in values:
            raise WrongTerm(_("“%(key)s” is named twice.") % {"key": key[:100]})
        values[key] = value
    return MetadataTerms(field, values)


def _parse_term(field: Field, term: str) -> tuple[str, str | None]:
    key, sign, value = term.partition("=")
    if not sign and not key.endswith("-"):
        message = _("“%(term)s” is no term: write key=value to set, or key- to remove.")
        raise WrongTerm(message % {"term": term[:100]})
    if not sign:
        key = key.removesuffix("-")
    key = key.strip()
    if problem := check_qualified_name(key):
        raise WrongTerm(_("“%(key)s” is no key: %(problem)s") % {"key": key[:100], "problem": problem})
    if not sign:
        return key, None
    if field == "labels" and (problem := check_label_value(value)):
        raise WrongTerm(
            _("“%(term)s” has no possible value: %(problem)s") % {"term": term[:100], "problem": problem}
        )
    if len(value.encode()) > MAX_ANNOTATION:
        raise WrongTerm(_("The value of %(key)s is longer than 256 KiB.") % {"key": key})
    return key, value


def check_qualified_name(key: str) -> str:
    """What is wrong with the key of a label, an annotation or a taint; empty where nothing is."""
    prefix, slash, name = key.rpartition("/")
    if slash and not _is_subdomain(prefix):
        return _("before the slash there is a DNS name in lowercase (max. 253).")
    if not name or not _is_word(name):
        return _("use letters, digits, “-”, “_” and “.”; begin and end with a letter or digit (max. 63).")
    return ""


def check_label_value(value: str) -> str:
    """What is wrong with the value of a label or a taint; empty where nothing is."""
    if value and not _is_word(value):
        return _("use letters, digits, “-”, “_” and “.”; begin and end with a letter or digit (max. 63).")
    return ""


def _is_subdomain(text: str) -> bool:
    return len(text) <= MAX_PREFIX and all(is_dns_label(part) for part in text.split("."))


def _is_word(text: str) -> bool:
    is_plain = text.isascii() and all(sign.isalnum() or sign in "-_." for sign in text)
    return is_plain and len(text) <= MAX_PART and text[0].isalnum() and text[-1].isalnum()


def format_terms(values: Mapping[str, str | None]) -> Sequence[str]:
    """The terms as kubectl takes them."""
    return [f"{key}-" if value is None else f"{key}={value}" for key, value in values.items()]
