"""Undoing: what is known to write over a change later, by the object's own marks and by autoscalers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from clusters.changes.objects import metadata_of
from clusters.changes.yaml_values import Path

REPLICAS: Path = ("spec", "replicas")
LONGEST = 253  # characters of a name in a sentence


@dataclass(frozen=True)
class Undoer:
    """Who writes over the change, and what to change instead."""

    name: str
    advice: str


def find_undoers(
    live: Mapping[str, Any], paths: Iterable[Path], autoscalers: Iterable[Mapping[str, Any]]
) -> list[Undoer]:
    """All that is known; `autoscalers` are those of the namespace, and matter only where the replicas change."""
    found = [*_controllers(live), *_deployment_tools(live)]
    if REPLICAS in set(paths):
        found += _autoscalers(live, autoscalers)
    return found


def _controllers(live: Mapping[str, Any]) -> Iterator[Undoer]:
    references = metadata_of(live).get("ownerReferences")
    for one in references if isinstance(references, list) else ():
        if isinstance(one, Mapping) and one.get("controller") is True:
            owner = f"{_text(one, 'kind')} {_text(one, 'name')}"
            yield Undoer(
                owner, _("It controls this object and can write over the change. Change the owner instead.")
            )


def _deployment_tools(live: Mapping[str, Any]) -> Iterator[Undoer]:
    labels, annotations = (_mapping(metadata_of(live).get(key)) for key in ("labels", "annotations"))
    tracking = _text(annotations, "argocd.argoproj.io/tracking-id").partition(":")[0]
    if application := tracking or _text(labels, "argocd.argoproj.io/instance"):
        yield Undoer(
            _("Argo CD application %(name)s") % {"name": application},
            _("It syncs this object from Git. Change it there."),
        )
    for source, label in (("Kustomization", "kustomize"), ("HelmRelease", "helm")):
        if name := _text(labels, f"{label}.toolkit.fluxcd.io/name"):
            yield Undoer(
                _("Flux %(source)s %(name)s") % {"source": source, "name": name},
                _("It reconciles this object from its source. Change it there."),
            )
    if release := _text(annotations, "meta.helm.sh/release-name"):
        yield Undoer(
            _("Helm release %(name)s") % {"name": release},
            _("The next upgrade can write over the change. Change the release's values."),
        )


def _autoscalers(live: Mapping[str, Any], autoscalers: Iterable[Mapping[str, Any]]) -> Iterator[Undoer]:
    for one in autoscalers:
        target = _mapping(_mapping(one.get("spec")).get("scaleTargetRef"))
        is_same_name = _text(target, "name") == metadata_of(live).get("name")
        if is_same_name and _text(target, "kind") == live.get("kind"):
            yield Undoer(
                _("HorizontalPodAutoscaler %(name)s") % {"name": _text(metadata_of(one), "name")},
                _("It sets spec.replicas. Change its minReplicas and maxReplicas instead."),
            )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key)
    return value[:LONGEST] if isinstance(value, str) else ""
