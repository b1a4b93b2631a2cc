"""Actions: the changes that object pages offer, each with what it asks of Kubernetes.

Which page is behind each is said by dashboard/actions/table.py.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from dashboard.kinds.fields import KubernetesObject, dig, mappings, text
from dashboard.kinds.kind import Action


def _is_paused(found: KubernetesObject) -> bool:
    return dig(found, "spec", "paused") is True


def _is_suspended(found: KubernetesObject) -> bool:
    return dig(found, "spec", "suspend") is True


def _is_cordoned(found: KubernetesObject) -> bool:
    return dig(found, "spec", "unschedulable") is True


def _is_finished(found: KubernetesObject) -> bool:
    """Of a Job: nothing of it runs again."""
    ends = [one for one in mappings(found, "status", "conditions") if text(one, "status") == "True"]
    return any(text(one, "type") in ("Complete", "Failed") for one in ends)


# Of every kind whose API has what they need.
SCALE = Action("scale", gettext_lazy("Scale"), "pod", "patch", "scale")
LABELS = Action("labels", gettext_lazy("Labels"), "edit", "patch")
DELETE = Action("delete", gettext_lazy("Delete"), "trash", "delete", is_dangerous=True)

RESTART = Action("restart", gettext_lazy("Restart"), "refresh", "patch")
CONFIG_KEYS = Action("keys", gettext_lazy("Edit keys"), "edit", "patch")
SECRET_KEYS = Action("secret-keys", gettext_lazy("Edit keys"), "edit", "patch")
RESOURCES = Action("resources", gettext_lazy("Resources"), "edit", "patch")
RESIZE = Action("resize", gettext_lazy("Resize"), "edit", "patch", "resize")
SET_IMAGE = Action("set-image", gettext_lazy("Set image"), "edit", "patch")
UNDO = Action("undo", gettext_lazy("Undo"), "clock", "patch")
PAUSE = Action("pause", gettext_lazy("Pause"), "pause", "patch", applies=lambda found: not _is_paused(found))
RESUME = Action("resume", gettext_lazy("Resume"), "play", "patch", applies=_is_paused)
TRIGGER = Action("trigger", gettext_lazy("Trigger"), "play", "create", made=("batch", "jobs"))
SUSPEND = Action(
    "suspend", gettext_lazy("Suspend"), "pause", "patch", applies=lambda found: not _is_suspended(found)
)
UNSUSPEND = Action("unsuspend", gettext_lazy("Resume"), "play", "patch", applies=_is_suspended)
# A Job is stopped by its suspension: the API reference has no other way that deletes its active pods and keeps it.
STOP = Action(
    "stop",
    gettext_lazy("Stop"),
    "pause",
    "patch",
    is_dangerous=True,
    applies=lambda found: not _is_suspended(found) and not _is_finished(found),
)
RUN_AGAIN = Action("run-again", gettext_lazy("Run again"), "refresh", "create", made=("batch", "jobs"))
TAINT = Action("taint", gettext_lazy("Taints"), "edit", "patch")
LABEL = Action("label", gettext_lazy("Labels"), "edit", "patch")
CORDON = Action(
    "cordon", gettext_lazy("Cordon"), "lock", "patch", applies=lambda found: not _is_cordoned(found)
)
UNCORDON = Action("uncordon", gettext_lazy("Uncordon"), "check", "patch", applies=_is_cordoned)
DRAIN = Action("drain", gettext_lazy("Drain"), "leave", "patch", is_dangerous=True)  # dashboard/drains
EVICT = Action("evict", gettext_lazy("Evict"), "leave", "create", "eviction", is_dangerous=True)


def _is_active(found: KubernetesObject) -> bool:
    """Of a pod: something of it runs, or will."""
    return text(found, "status", "phase") not in ("Succeeded", "Failed")


DEBUG = Action(
    "debug", gettext_lazy("Debug"), "search", "patch", "ephemeralcontainers", applies=_is_active
)  # kubectl debug
DEBUG_COPY = Action("debug-copy", gettext_lazy("Debug a copy"), "copy", "create", made=("", "pods"))
NODE_SHELL = Action(
    "node-shell", gettext_lazy("Node shell"), "lock", "create", made=("batch", "jobs"), is_dangerous=True
)
