"""Rerun: a new Job with the spec of an earlier one, whose pods ran already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clusters.actions.change import OPTIONS, Change
from clusters.discovery import Resource

# What the API server and the controllers add to a Job: a new one gets its own.
GENERATED_LABELS = frozenset(
    {"controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"}
)
GENERATED_ANNOTATIONS = frozenset(
    {
        "batch.kubernetes.io/job-tracking",
        "batch.kubernetes.io/cronjob-scheduled-timestamp",
        "kubectl.kubernetes.io/last-applied-configuration",
    }
)
GENERATED_FIELDS = frozenset({"selector", "manualSelector", "suspend"})


def run_again(job: Mapping[str, Any], jobs: Resource, namespace: str, name: str) -> Change:
    """A new Job of that name. It has no owner: a CronJob counts, and cleans up, only what it started itself."""
    spec = {key: value for key, value in _mapping(job.get("spec")).items() if key not in GENERATED_FIELDS}
    template = _mapping(spec.get("template"))
    spec["template"] = {**template, "metadata": _clean(_mapping(template.get("metadata")))}
    metadata = {"name": name, "namespace": namespace, **_clean(_mapping(job.get("metadata")))}
    body = {"apiVersion": jobs.api_version, "kind": "Job", "metadata": metadata, "spec": spec}
    return Change(jobs.attributes("create", namespace), body, OPTIONS)


def _clean(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Labels and annotations that somebody wrote."""
    kept = {
        "labels": _without(metadata.get("labels"), GENERATED_LABELS),
        "annotations": _without(metadata.get("annotations"), GENERATED_ANNOTATIONS),
    }
    return {key: value for key, value in kept.items() if value}


def _without(values: object, keys: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in _mapping(values).items() if key not in keys}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
