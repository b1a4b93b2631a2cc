"""Taints: `key=value:effect` adds, `key:effect-` and `key-` remove, as `kubectl taint` reads and applies them.

The rules are those of kubectl's pkg/cmd/taint (utils.go and taint.go).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from clusters.actions.change import ActionObject, Change
from clusters.actions.metadata_terms import (
    MAX_TERMS,
    WouldOverwrite,
    WrongTerm,
    check_label_value,
    check_qualified_name,
)

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


@dataclass(frozen=True)
class TaintTerm:
    """One taint to add, or to remove: then without a value, and without an effect for all effects of the key."""

    key: str
    value: str
    effect: str
    is_removed: bool = False

    def matches(self, taint: Mapping[str, Any]) -> bool:
        """Whether a taint of a Node is the one that is meant: its key and effect are compared."""
        return taint.get("key") == self.key and self.effect in ("", taint.get("effect"))

    def format(self) -> str:
        """As kubectl takes it."""
        written = (
            self.key + (f"={self.value}" if self.value else "") + (f":{self.effect}" if self.effect else "")
        )
        return f"{written}-" if self.is_removed else written


def parse_taints(text: str) -> Sequence[TaintTerm]:
    """One term a word. Raises WrongTerm."""
    terms = [_parse_term(word) for word in text.split()]
    if not terms:
        raise WrongTerm(_("Write at least one taint, such as dedicated=gpu:NoSchedule or dedicated-."))
    if len(terms) > MAX_TERMS:
        raise WrongTerm(_("At most %(limit)d terms at once.") % {"limit": MAX_TERMS})
    added = [one for one in terms if not one.is_removed]
    removed = [one for one in terms if one.is_removed]
    if len({(one.key, one.effect) for one in added}) < len(added):
        raise WrongTerm(_("Two taints have the same key and effect."))
    for one in added:
        if any(other.key == one.key and other.effect in ("", one.effect) for other in removed):
            raise WrongTerm(_("“%(key)s” is added and removed at once.") % {"key": one.key})
    return terms


def _parse_term(word: str) -> TaintTerm:
    is_removed = word.endswith("-")
    start, colon, effect = word.removesuffix("-").partition(":")
    key, equals, value = start.partition("=")
    if problem := check_qualified_name(key):
        raise WrongTerm(_("“%(key)s” is no key: %(problem)s") % {"key": key[:100], "problem": problem})
    if (colon or not is_removed) and effect not in EFFECTS:
        message = _("“%(term)s” has no effect: write key=value:NoSchedule, :PreferNoSchedule or :NoExecute.")
        raise WrongTerm(message % {"term": word[:100]})
    if problem := check_label_value(value) or ("" if colon or not equals else _("it has no effect.")):
        raise WrongTerm(
            _("“%(term)s” has no possible value: %(problem)s") % {"term": word[:100], "problem": problem}
        )
    return TaintTerm(key, "" if is_removed else value, effect, is_removed)


def list_taints(node: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """`spec.taints`."""
    spec = node.get("spec")
    taints = spec.get("taints") if isinstance(spec, Mapping) else None
    return [one for one in taints if isinstance(one, Mapping)] if isinstance(taints, list) else []


def apply_taints(
    node: Mapping[str, Any], terms: Sequence[TaintTerm], *, is_overwriting: bool
) -> Sequence[Mapping[str, Any]]:
    """The taints that the Node has then: the added ones first. Raises WouldOverwrite, and WrongTerm for one that is
    to be removed and not there."""
    present = list_taints(node)
    added = [one for one in terms if not one.is_removed]
    taken = [one.key for one in added if any(one.matches(taint) for taint in present)]
    if taken and not is_overwriting:
        message = _("The node has taints with the same key and effect already: %(keys)s.")
        raise WouldOverwrite(message % {"keys": ", ".join(taken)})
    taints: list[Mapping[str, Any]] = [_build(one) for one in added]
    taints += [taint for taint in present if not any(one.matches(taint) for one in added)]
    for one in terms:
        if one.is_removed:
            left = [taint for taint in taints if not one.matches(taint)]
            if len(left) == len(taints):
                raise WrongTerm(
                    _("The node has no taint “%(term)s”.") % {"term": one.format().removesuffix("-")}
                )
            taints = left
    return taints


def _build(term: TaintTerm) -> Mapping[str, Any]:
    value = {"value": term.value} if term.value else {}
    return {"effect": term.effect, "key": term.key, **value}


def taint(thing: ActionObject, resource_version: str, taints: Sequence[Mapping[str, Any]]) -> Change:
    """A patch of the whole list, of exactly the version that was read: what another writer added stays (409)."""
    metadata = {"metadata": {"resourceVersion": resource_version}} if resource_version else {}
    return thing.patch({**metadata, "spec": {"taints": list(taints) or None}})
