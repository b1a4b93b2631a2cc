"""What may the person do on a cluster, in words? Kubernetes' answers, less what the dashboard role takes away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from clusters.access import Answer
from clusters.access_rules import State
from clusters.counting.snapshot import PlaceRights, Rights
from people.models import Role

NAMED = 3  # namespaces that are written out


@dataclass(frozen=True)
class Sentence:
    """`state` is Kubernetes' answer, `why` what it is drawn from (a tooltip)."""

    state: State
    text: str
    why: str = ""


def sentences(rights: Rights, role: Role) -> list[Sentence]:
    """The most telling first; nothing where Kubernetes was not asked yet."""
    if not rights.is_known:
        return []
    edits = role == Role.OPERATOR
    if rights.everything.state == "allowed":
        text = _("Full access") if edits else _("Read-only access to everything")
        return [Sentence("allowed", text, _why(_("All verbs on all resources"), rights.everything))]
    return [*_in_all(rights, edits=edits), *_in_places(rights, edits=edits), *_around(rights)]


def _in_all(rights: Rights, *, edits: bool) -> list[Sentence]:
    """About all namespaces together."""
    if edits and rights.edit.state == "allowed":
        why = _why(_("Update Deployments in all namespaces"), rights.edit)
        return [Sentence("allowed", _("Can edit in all namespaces"), why)]
    if rights.pods.state == "allowed":
        why = _why(_("List Pods in all namespaces"), rights.pods)
        return [Sentence("allowed", _("Can view all namespaces"), why)]
    if rights.pods.state == "unknown":
        return [Sentence("unknown", _("Cluster-wide read access: unknown"), rights.pods.reason)]
    return []


def _in_places(rights: Rights, *, edits: bool) -> list[Sentence]:
    """About single namespaces, where the answer for all of them was not yes."""
    if rights.edit.state == "allowed" and edits:
        return []
    changing = [place for place in rights.places if edits and place.edit.state == "allowed"]
    reading = [
        place
        for place in rights.places
        if rights.pods.state != "allowed" and place.pods.state == "allowed" and place not in changing
    ]
    found = []
    if changing:
        why = _why(_("Update Deployments"), changing[0].edit)
        found.append(Sentence("allowed", _("Can edit in %(names)s") % {"names": _names(changing)}, why))
    if reading:
        why = _why(_("List Pods"), reading[0].pods)
        found.append(Sentence("allowed", _("Can view %(names)s") % {"names": _names(reading)}, why))
    unclear = [place for place in rights.places if place.pods.state == "unknown"]
    if unclear and rights.pods.state != "allowed":
        text = _("%(names)s: access unknown") % {"names": _names(unclear)}
        found.append(Sentence("unknown", text, unclear[0].pods.reason))
    if not found and rights.pods.state == "denied":
        text = _("No accessible namespaces known yet. Open the cluster to enter one.")
        found.append(Sentence("denied", text))
    return found


def _around(rights: Rights) -> list[Sentence]:
    """What is missed where it is not allowed."""
    found = []
    if rights.nodes.state == "denied":
        found.append(Sentence("denied", _("Cannot list nodes"), rights.nodes.reason))
    elif rights.nodes.state == "unknown":
        found.append(Sentence("unknown", _("Nodes: access unknown"), rights.nodes.reason))
    return found


def _names(places: Sequence[PlaceRights]) -> str:
    names = ", ".join(place.namespace for place in places[:NAMED])
    more = len(places) - NAMED
    return _("%(names)s and %(more)d more") % {"names": names, "more": more} if more > 0 else names


def _why(what: str, answer: Answer) -> str:
    """What was asked and, in Kubernetes' own words, which binding allows it."""
    return f"{what}. {answer.reason}" if answer.reason else what
