"""Trigger: a Job of a CronJob's template now, as `kubectl create job --from` makes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clusters.actions.change import OPTIONS, Change
from clusters.discovery import Resource

ANNOTATION = {"cronjob.kubernetes.io/instantiate": "manual"}


def trigger(cron_job: Mapping[str, Any], jobs: Resource, namespace: str, name: str) -> Change:
    """A new Job of that name, owned by the CronJob.

    The owner reference does not block the owner's deletion: that would need a permission on cronjobs/finalizers.
    """
    template = _mapping(_mapping(cron_job.get("spec")).get("jobTemplate"))
    around, owner = _mapping(template.get("metadata")), _mapping(cron_job.get("metadata"))
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": namespace,
        "annotations": {**ANNOTATION, **_mapping(around.get("annotations"))},
        "ownerReferences": [
            {
                "apiVersion": "batch/v1",
                "kind": "CronJob",
                "name": owner.get("name"),
                "uid": owner.get("uid"),
                "controller": True,
            }
        ],
    }
    if labels := _mapping(around.get("labels")):
        metadata["labels"] = labels
    body = {"apiVersion": jobs.api_version, "kind": "Job", "metadata": metadata, "spec": template.get("spec")}
    return Change(jobs.attributes("create", namespace), body, OPTIONS)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
