"""What may the person do here? Every verb of a kind, allowed, denied or unknown, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from django.utils.translation import gettext as _

from clusters.access import Answer, Ask
from clusters.connect import Desk
from clusters.discovery import Resource

ORDER = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
BY_NAME = frozenset({"get", "update", "patch", "delete"})  # never create or deletecollection (observed.md 1)


@dataclass(frozen=True)
class Right:
    """One verb. `reason` is a sentence: the grant, what the role takes away, or that nothing grants it."""

    verb: str
    state: Literal["allowed", "denied", "unknown"]
    reason: str


def rights(desk: Desk, resource: Resource, namespace: str, name: str = "") -> Sequence[Right]:
    """The verbs that the kind has, in one place. Asked without the name first, by it only where that is denied."""
    verbs = [verb for verb in ORDER if verb in resource.verbs and (not name or verb != "deletecollection")]
    asks = {verb: ask_of(resource, verb, namespace, name) for verb in verbs}
    answers = desk.may(list(asks.values()))
    again = {
        verb: replace(ask, name=name)
        for verb, ask in asks.items()
        if name and verb in BY_NAME and not ask.name and _is_denied_there(answers[ask])
    }
    named = desk.may(list(again.values())) if again else {}
    return [
        Right(verb, answer.state, _reason(resource, verb, namespace, answer))
        for verb in verbs
        for answer in [named[again[verb]] if verb in again else answers[asks[verb]]]
    ]


def all_asks(resource: Resource, namespace: str) -> list[Ask]:
    """What `rights` asks about a kind in one place."""
    return [ask_of(resource, verb, namespace) for verb in ORDER if verb in resource.verbs]


def ask_of(resource: Resource, verb: str, namespace: str = "", name: str = "") -> Ask:
    """The review for a verb: no namespace for cluster-scoped kinds, but both names for one Namespace."""
    is_one_namespace = name and (resource.group, resource.plural) == ("", "namespaces") and verb in BY_NAME
    return Ask(
        verb=verb,
        group=resource.group,
        version=resource.version,
        resource=resource.plural,
        namespace=name if is_one_namespace else namespace if resource.namespaced else "",
        name=name if is_one_namespace else "",
    )


def _is_denied_there(answer: Answer) -> bool:
    """By Kubernetes: what the role takes away, a name does not give back."""
    return answer.state == "denied" and answer.source == "kubernetes"


def _reason(resource: Resource, verb: str, namespace: str, answer: Answer) -> str:
    if answer.state == "allowed":
        return answer.reason or _("Allowed by Kubernetes.")
    if answer.state == "unknown":
        return answer.reason or _("The access review gave no clear answer; Kubernetes decides when you try.")
    if answer.reason:
        return answer.reason
    words = {"verb": verb, "kind": resource.slug, "namespace": namespace}
    if namespace and resource.namespaced:
        return _("No role grants you “%(verb)s” on %(kind)s in namespace %(namespace)s.") % words
    return _("No role grants you “%(verb)s” on %(kind)s cluster-wide.") % words
