"""Rule evaluation: what a SelfSubjectRulesReview says about one verb on one resource.

Enough to color a menu, no more: a webhook authorizer lists no rules (then the review is incomplete), and what
is denied elsewhere in the chain is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

AccessDecision = Literal["allowed", "denied", "unknown"]


@dataclass(frozen=True, slots=True)
class Rule:
    """Verbs on resources of groups, as RBAC writes them; `names` is true where only some objects are meant."""

    verbs: frozenset[str]
    groups: frozenset[str]
    resources: frozenset[str]
    has_names: bool = False

    def covers(self, verb: str, group: str, resource: str) -> bool:
        """`resource` is `pods` or `pods/exec`; there is `*` and `*/exec`, but no `pods/*`."""
        _, _, subresource = resource.partition("/")
        covering = {resource, "*"} | ({f"*/{subresource}"} if subresource else set())
        return bool(self.verbs & {verb, "*"} and self.groups & {group, "*"} and self.resources & covering)


@dataclass(frozen=True, slots=True)
class Rules:
    """All that the rules grant in one namespace; `incomplete` where some authorizer could not list its own."""

    rules: tuple[Rule, ...]
    incomplete: bool

    def evaluate(self, verb: str, group: str, resource: str) -> AccessDecision:
        """What is not granted in an incomplete review, or granted by name only, is unknown."""
        covering = [rule for rule in self.rules if rule.covers(verb, group, resource)]
        if any(not rule.has_names for rule in covering):
            return "allowed"
        return "unknown" if covering or self.incomplete else "denied"


def read_rules(body: Any) -> Rules:
    """The rules in a review's response; a response without them is incomplete."""
    status = body.get("status") if isinstance(body, dict) else None
    if not isinstance(status, dict):
        return Rules((), incomplete=True)
    found = status.get("resourceRules") or []
    rules = tuple(
        Rule(
            frozenset(one.get("verbs") or ()),
            frozenset(one.get("apiGroups") or ()),
            frozenset(one.get("resources") or ()),
            bool(one.get("resourceNames")),
        )
        for one in found
        if isinstance(one, dict)
    )
    return Rules(rules, incomplete=bool(status.get("incomplete") or status.get("evaluationError")))
