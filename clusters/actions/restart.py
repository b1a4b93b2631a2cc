"""Restart: a new rollout of the same pod template, by the annotation that `kubectl rollout restart` sets."""

from __future__ import annotations

from datetime import datetime

from clusters.actions.change import ActionObject, Change

ANNOTATION = "kubectl.kubernetes.io/restartedAt"


def restart(thing: ActionObject, at: datetime) -> Change:
    """Of a Deployment, StatefulSet or DaemonSet; a paused Deployment starts no rollout."""
    when = at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return thing.patch({"spec": {"template": {"metadata": {"annotations": {ANNOTATION: when}}}}})
