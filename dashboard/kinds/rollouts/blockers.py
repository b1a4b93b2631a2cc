"""Pod blockers: why one pod of a rollout does not become available, by its own status and the warnings about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dashboard.kinds.fields import KubernetesObject, dig, mapping, mappings, name_of, number, text
from dashboard.kinds.pod_status import GATED, container_reason, has_condition
from dashboard.kinds.rollouts import images
from dashboard.kinds.rollouts.parts import Objects, when_of
from dashboard.kinds.tones import Level

LONGEST = 200  # characters of a foreign message within a sentence; the evidence has all of it
# Reasons of a waiting container that say only that it is on its way.
_UNDER_WAY = ("ContainerCreating", "PodInitializing", "")
_MOUNTS = ("FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox")


@dataclass(frozen=True)
class Evidence:
    """One thing that was read: of which object, where in it, what it says word for word, and when it was so."""

    kind: str
    name: str
    where: str
    text: str
    when: str = ""


@dataclass(frozen=True)
class Blocker:
    """`word` is Kubernetes' own reason, `detail` a clause that completes “3 new pods: <word>, <detail>”."""

    word: str
    detail: str
    level: Level
    evidence: tuple[Evidence, ...]


def find_blocker(pod: KubernetesObject, warnings: Objects) -> Blocker | None:
    """What keeps a pod from being available; None where it is, or is simply on its way."""
    if dig(pod, "metadata", "deletionTimestamp") or has_condition(pod, "Ready"):
        return None
    for find in (_find_end, _find_scheduling, _find_container, _find_mount, _find_probe, _find_gate):
        if (blocker := find(pod, warnings)) is not None:
            return blocker
    return None


def cut(message: str) -> str:
    """The first line of a foreign message, short enough for a sentence and without its full stop."""
    line = message.strip().partition("\n")[0].rstrip(". ")
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"


def quote_event(event: KubernetesObject) -> Evidence:
    """An Event as evidence about the object that it is about."""
    kind, name = text(event, "involvedObject", "kind"), text(event, "involvedObject", "name")
    where = _("event %(reason)s") % {"reason": text(event, "reason")}
    return Evidence(kind, name, where, text(event, "message"), when_of(event))


def _find_end(pod: KubernetesObject, warnings: Objects) -> Blocker | None:
    """The pod as a whole has failed: it was evicted, or its node refused it."""
    if text(pod, "status", "phase") != "Failed":
        return None
    message = text(pod, "status", "message")
    proof = Evidence("Pod", name_of(pod), "status", message or text(pod, "status", "reason"))
    return Blocker(text(pod, "status", "reason") or "Failed", cut(message), "error", (proof,))


def _find_scheduling(pod: KubernetesObject, warnings: Objects) -> Blocker | None:
    for one in mappings(pod, "status", "conditions"):
        if text(one, "type") != "PodScheduled" or text(one, "status") != "False":
            continue
        reason, message = text(one, "reason"), text(one, "message")
        gates = ", ".join(text(gate, "name") for gate in mappings(pod, "spec", "schedulingGates"))
        detail = _("scheduling gates: %(names)s") % {"names": gates} if reason == GATED else message
        where = _("condition %(type)s") % {"type": "PodScheduled"}
        proof = Evidence("Pod", name_of(pod), where, message, text(one, "lastTransitionTime"))
        word = "SchedulingGated" if reason == GATED else reason or "Unschedulable"
        return Blocker(word, cut(detail.partition(" preemption:")[0]), "error", (proof,))
    return None


def _list_statuses(pod: KubernetesObject) -> Iterator[tuple[KubernetesObject, bool]]:
    """The statuses of init containers and then of the others, each with whether it is one of an init container."""
    for field in ("initContainerStatuses", "containerStatuses"):
        for status in mappings(pod, "status", field):
            yield status, field == "initContainerStatuses"


def _find_container(pod: KubernetesObject, warnings: Objects) -> Blocker | None:
    for status, is_init in _list_statuses(pod):
        reason = container_reason(status)
        ended = mapping(status, "state", "terminated")
        if reason in _UNDER_WAY or (ended and number(ended, "exitCode") == 0):
            continue
        last = ended or mapping(status, "lastState", "terminated")
        message = text(status, "state", "waiting", "message")
        if reason in images.REASONS:
            detail, proofs = images.explain(pod, status, message, warnings), _list_image_warnings(warnings)
        elif last:
            detail, proofs = _explain_end(pod, status, last, is_init=is_init), _list_probe_warnings(warnings)
        else:
            detail, proofs = cut(message), []
        return Blocker(reason, detail, "error", (*_quote_container(pod, status, last), *proofs))
    return None


def _quote_container(
    pod: KubernetesObject, status: KubernetesObject, last: KubernetesObject
) -> Iterator[Evidence]:
    name = name_of(pod)
    where = _("container %(name)s, waiting") % {"name": text(status, "name")}
    if waiting := text(status, "state", "waiting", "message"):
        yield Evidence("Pod", name, where, waiting)
    if last:
        said = [
            _("%(reason)s, exit code %(code)s")
            % {"reason": text(last, "reason") or "–", "code": text(last, "exitCode")},
            text(last, "message"),
        ]
        where = _("container %(name)s, last termination") % {"name": text(status, "name")}
        yield Evidence("Pod", name, where, ": ".join(part for part in said if part), text(last, "finishedAt"))


def _explain_end(
    pod: KubernetesObject, status: KubernetesObject, last: KubernetesObject, *, is_init: bool
) -> str:
    """How a container ended: by its limit of memory, or with which code, and what it said."""
    name = text(status, "name")
    words = {
        "name": _("init container %(name)s") % {"name": name}
        if is_init
        else _("container %(name)s") % {"name": name},
        "code": text(last, "exitCode"),
        "limit": find_memory_limit(pod, name),
        "message": cut(text(last, "message")),
    }
    if text(last, "reason") == "OOMKilled":
        if words["limit"]:
            return _("%(name)s was OOMKilled at its memory limit of %(limit)s") % words
        return _("%(name)s was OOMKilled; it has no memory limit of its own") % words
    if words["message"]:
        return _("%(name)s exits with code %(code)s: %(message)s") % words
    return _("%(name)s exits with code %(code)s") % words


def find_memory_limit(pod: KubernetesObject, name: str) -> str:
    """The memory limit of one container as its spec has it, or empty."""
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for one in mappings(pod, "spec", field):
            if text(one, "name") == name:
                return text(one, "resources", "limits", "memory")
    return ""


def _find_mount(pod: KubernetesObject, warnings: Objects) -> Blocker | None:
    """A pod whose containers are being created for ever: a volume or its network is not there."""
    if any(isinstance(dig(one, "state", "running"), dict) for one, _init in _list_statuses(pod)):
        return None
    for event in warnings:
        if text(event, "reason") in _MOUNTS:
            message = text(event, "message")
            detail = message.rpartition('" : ')[2] if "SetUp failed for volume" in message else message
            return Blocker(text(event, "reason"), cut(detail), "error", (quote_event(event),))
    return None


def _find_probe(pod: KubernetesObject, warnings: Objects) -> Blocker | None:
    """A pod that runs and is not ready: what its probe says, or that it has one."""
    unready = [one for one, is_init in _list_statuses(pod) if not is_init and dig(one, "ready") is not True]
    if not unready or not any(isinstance(dig(one, "state", "running"), dict) for one in unready):
        return None
    if probes := _list_probe_warnings(warnings):
        message = probes[0].text
        return Blocker("Unready", cut(message[:1].lower() + message[1:]), "error", tuple(probes[:3]))
    names = {text(one, "name") for one in unready}
    probed = [
        text(one, "name")
        for one in mappings(pod, "spec", "containers")
        if text(one, "name") in names and mapping(one, "readinessProbe")
    ]
    detail = (
        _("the readiness probe of %(name)s has not succeeded yet") % {"name": ", ".join(probed)}
        if probed
        else _("container %(name)s is not ready yet") % {"name": ", ".join(sorted(names))}
    )
    return Blocker("Unready", detail, "progress", tuple(_quote_ready(pod)))


def _find_gate(pod: KubernetesObject, warnings: Objects) -> Blocker | None:
    """Readiness gates: conditions that another controller has to set."""
    gates = [text(one, "conditionType") for one in mappings(pod, "spec", "readinessGates")]
    missing = [one for one in gates if one and not has_condition(pod, one)]
    if not missing or not has_condition(pod, "ContainersReady"):
        return None
    detail = _("readiness gates not met: %(names)s") % {"names": ", ".join(missing)}
    return Blocker("Unready", detail, "warning", tuple(_quote_ready(pod)))


def _quote_ready(pod: KubernetesObject) -> Iterator[Evidence]:
    where = _("condition %(type)s") % {"type": "Ready"}
    for one in mappings(pod, "status", "conditions"):
        if text(one, "type") == "Ready" and (text(one, "message") or text(one, "reason")):
            said = text(one, "message") or text(one, "reason")
            yield Evidence("Pod", name_of(pod), where, said, text(one, "lastTransitionTime"))


def _list_probe_warnings(warnings: Objects) -> Sequence[Evidence]:
    return [quote_event(one) for one in warnings if text(one, "reason") == "Unhealthy"]


def _list_image_warnings(warnings: Objects) -> Sequence[Evidence]:
    return [
        quote_event(one)
        for one in warnings
        if text(one, "reason") in (images.SECRET_ABSENT, "Failed", "InspectFailed")
    ][:3]
