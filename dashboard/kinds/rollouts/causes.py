"""Rollout causes: why a rollout does not go on, each in one sentence with its evidence, the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.kinds.fields import KubernetesObject, dig, mapping, mappings, name_of, number, text, texts
from dashboard.kinds.pod_status import has_condition
from dashboard.kinds.rollout_status import (
    ON_DELETE,
    ROLLING_UPDATE,
    RolloutStatus,
    has_exceeded_deadline,
    read_rollout_status,
)
from dashboard.kinds.rollouts.blockers import Blocker, Evidence, find_blocker
from dashboard.kinds.rollouts.budgets import quote_budgets
from dashboard.kinds.rollouts.creation import find_creation_blocker
from dashboard.kinds.rollouts.parts import Objects, RolloutParts, RolloutPods
from dashboard.kinds.tones import Level

MAX_EVIDENCE = 8  # of one cause
# Reasons that a container changes between while one blocker lasts.
_CRASHES = ("CrashLoopBackOff", "Error", "OOMKilled", "StartError", "ContainerCannotRun", "RunContainerError")
_PULLS = ("ImagePullBackOff", "ErrImagePull")
_WORST: Sequence[Level] = ("error", "warning", "progress")


@dataclass(frozen=True)
class Cause:
    """`word` is Kubernetes' own reason; `level` says whether it needs somebody (error) or only time (progress)."""

    word: str
    sentence: str
    level: Level
    evidence: tuple[Evidence, ...]


def list_causes(parts: RolloutParts, pods: RolloutPods, now: datetime) -> Sequence[Cause]:
    """Why a rollout is not at its end, the worst first; nothing where it is, or where all is on its way."""
    status = read_rollout_status(parts.found)
    if (
        status is None
        or dig(parts.found, "metadata", "deletionTimestamp")
        or is_complete(status, parts, pods)
    ):
        return []
    causes = [
        *_list_creation_causes(parts, pods),
        *_list_pod_causes(parts, pods),
        *_list_waits(parts, pods, now),
    ]
    causes.sort(key=lambda one: _WORST.index(one.level) if one.level in _WORST else len(_WORST))
    return _add_deadline(parts, pods, causes)


def is_complete(status: RolloutStatus, parts: RolloutParts, pods: RolloutPods) -> bool:
    """At kubectl's end; of a strategy that kubectl does not follow, with no old pod left and all available."""
    if status.state != "untracked":
        return status.state == "done"
    return not pods.old_pods and all(has_condition(pod, "Ready") for pod in pods.new.pods)


def _list_creation_causes(parts: RolloutParts, pods: RolloutPods) -> Iterator[Cause]:
    blocker = find_creation_blocker(parts, pods)
    if blocker is None:
        return
    total = pods.new.desired or 0
    missing = max(0, total - len(pods.new.pods))
    words = {"detail": blocker.detail, "total": total, "count": missing}
    if missing:
        sentence = _("%(count)s of %(total)s new pods cannot be created: %(detail)s.") % words
    else:
        sentence = _("New pods cannot be created: %(detail)s.") % words
    yield Cause(blocker.word, sentence, blocker.level, blocker.evidence[:MAX_EVIDENCE])


def _list_pod_causes(parts: RolloutParts, pods: RolloutPods) -> Iterator[Cause]:
    """Of new pods; of old ones where they hold up the new, as in a StatefulSet."""
    for members, is_new in ((pods.new.pods, True), (pods.old_pods, False)):
        if not is_new and text(parts.found, "kind") == "Deployment":
            continue  # it scales down what is not available first
        blockers = [
            blocker for pod in members if (blocker := find_blocker(pod, parts.list_warnings(pod))) is not None
        ]
        by_key: dict[str, list[Blocker]] = {}
        for blocker in blockers:
            by_key.setdefault(_find_key(blocker), []).append(blocker)
        for same in sorted(by_key.values(), key=len, reverse=True):
            yield _build_pod_cause(same, _name_group(len(members), is_new=is_new, is_known=pods.is_known))


def _find_key(blocker: Blocker) -> str:
    if blocker.word in _CRASHES:
        return _CRASHES[0]
    return _PULLS[0] if blocker.word in _PULLS else f"{blocker.word} {blocker.level}"


def _name_group(total: int, *, is_new: bool, is_known: bool) -> str:
    """The beginning of a sentence about some of so many pods."""
    if not is_known:
        words = ngettext("%(count)s of %(total)s pod", "%(count)s of %(total)s pods", total)
    elif is_new:
        words = ngettext("%(count)s of %(total)s new pod", "%(count)s of %(total)s new pods", total)
    else:
        words = ngettext(
            "%(count)s of %(total)s old pod holds up the new",
            "%(count)s of %(total)s old pods hold up the new",
            total,
        )
    return words.replace("%(total)s", str(total))


def _build_pod_cause(same: Sequence[Blocker], subject: str) -> Cause:
    first = min(same, key=lambda one: one.word not in (_CRASHES[0], _PULLS[0]))
    words = {"subject": subject % {"count": len(same)}, "word": first.word, "detail": first.detail}
    sentence = (
        _("%(subject)s: %(word)s, %(detail)s.") if first.detail else _("%(subject)s: %(word)s.")
    ) % words
    evidence = [
        proof for blocker in (first, *(one for one in same if one is not first)) for proof in blocker.evidence
    ]
    return Cause(first.word, sentence, first.level, tuple(evidence[:MAX_EVIDENCE]))


def _list_waits(parts: RolloutParts, pods: RolloutPods, now: datetime) -> Iterator[Cause]:
    """What holds a rollout up although no pod is broken."""
    found = parts.found
    if dig(found, "spec", "paused") is True:
        proof = Evidence("Deployment", name_of(found), "spec.paused", "true")
        yield Cause("Paused", _("The rollout is paused until somebody resumes it."), "warning", (proof,))
    if text(found, "spec", "updateStrategy", "type") == ON_DELETE and pods.old_pods:
        yield _build_on_delete(parts, pods)
    yield from _find_stuck_terminations([*pods.new.pods, *pods.old_pods], now)
    yield from _find_used_up_budget(parts, pods)
    yield from _find_min_ready(parts, pods)


def _build_on_delete(parts: RolloutParts, pods: RolloutPods) -> Cause:
    """OnDelete: old pods stay until they are deleted or evicted, and a budget may forbid the eviction."""
    old = pods.old_pods
    budgets = quote_budgets(parts.budgets or (), old)
    words = {"count": len(old), "names": ", ".join(dict.fromkeys(one.name for one in budgets))}
    if budgets:
        sentence = ngettext(
            "%(count)s old pod stays until somebody deletes it (OnDelete), and PodDisruptionBudget %(names)s "
            "allows no eviction now.",
            "%(count)s old pods stay until somebody deletes them (OnDelete), and PodDisruptionBudget %(names)s "
            "allows no eviction now.",
            len(old),
        )
        return Cause("DisruptionBudget", sentence % words, "error", tuple(budgets[:MAX_EVIDENCE]))
    sentence = ngettext(
        "%(count)s old pod stays until somebody deletes it (update strategy OnDelete).",
        "%(count)s old pods stay until somebody deletes them (update strategy OnDelete).",
        len(old),
    )
    proof = Evidence(text(parts.found, "kind"), name_of(parts.found), "spec.updateStrategy.type", ON_DELETE)
    return Cause(ON_DELETE, sentence % words, "warning", (proof,))


def _find_stuck_terminations(pods: Objects, now: datetime) -> Iterator[Cause]:
    """Pods that should have been gone when their grace period ended."""
    late = []
    for pod in pods:
        until = parse_datetime(text(pod, "metadata", "deletionTimestamp") or "none")
        if until is not None and until.tzinfo is not None and until < now:
            late.append(pod)
    if not late:
        return
    names = ", ".join(dict.fromkeys(name for pod in late for name in texts(pod, "metadata", "finalizers")))
    words = {
        "count": len(late),
        "names": names,
        "nodes": ", ".join(sorted({text(one, "spec", "nodeName") for one in late})),
    }
    if names:
        sentence = ngettext(
            "%(count)s pod is still being deleted: finalizers %(names)s hold it.",
            "%(count)s pods are still being deleted: finalizers %(names)s hold them.",
            len(late),
        )
    else:
        sentence = ngettext(
            "%(count)s pod should have ended by now: node %(nodes)s has not confirmed it.",
            "%(count)s pods should have ended by now: node %(nodes)s has not confirmed it.",
            len(late),
        )
    proofs = [
        Evidence(
            "Pod", name_of(one), "metadata.deletionTimestamp", text(one, "metadata", "deletionTimestamp")
        )
        for one in late
    ]
    yield Cause("Terminating", sentence % words, "warning", tuple(proofs[:MAX_EVIDENCE]))


def _find_used_up_budget(parts: RolloutParts, pods: RolloutPods) -> Iterator[Cause]:
    """A DaemonSet replaces no ready pod while maxUnavailable others are not available."""
    strategy = mapping(parts.found, "spec", "updateStrategy")
    if (
        text(parts.found, "kind") != "DaemonSet"
        or text(strategy, "type") != ROLLING_UPDATE
        or not pods.old_pods
    ):
        return
    missing = number(parts.found, "status", "numberUnavailable") or 0
    limit = text(strategy, "rollingUpdate", "maxUnavailable")
    if limit.isascii() and limit.isdigit() and 0 < int(limit[:9]) <= missing:
        words = {"missing": missing, "limit": limit, "old": len(pods.old_pods)}
        sentence = _(
            "%(old)s old pods wait: %(missing)s pods are not available, and the strategy allows %(limit)s "
            "(maxUnavailable)."
        )
        proof = Evidence("DaemonSet", name_of(parts.found), "status.numberUnavailable", str(missing))
        yield Cause("MaxUnavailable", sentence % words, "warning", (proof,))


def _find_min_ready(parts: RolloutParts, pods: RolloutPods) -> Iterator[Cause]:
    """Pods that are ready and count as available only after minReadySeconds."""
    seconds = number(parts.found, "spec", "minReadySeconds") or 0
    ready = [pod for pod in pods.new.pods if has_condition(pod, "Ready")]
    available = (
        number(
            parts.found,
            "status",
            "availableReplicas",
        )
        or number(parts.found, "status", "numberAvailable")
        or 0
    )
    if (
        seconds
        and ready
        and len(ready) > available - sum(has_condition(pod, "Ready") for pod in pods.old_pods)
    ):
        words = {"count": len(ready), "total": len(pods.new.pods), "seconds": seconds}
        sentence = _(
            "%(count)s of %(total)s new pods are ready, and count as available after %(seconds)s s "
            "(minReadySeconds)."
        )
        proof = Evidence(
            text(parts.found, "kind"), name_of(parts.found), "spec.minReadySeconds", str(seconds)
        )
        yield Cause("MinReadySeconds", sentence % words, "progress", (proof,))


def _add_deadline(parts: RolloutParts, pods: RolloutPods, causes: Sequence[Cause]) -> Sequence[Cause]:
    """The deadline is evidence of what broke; by itself it is the cause where nothing else is known."""
    if not has_exceeded_deadline(parts.found):
        return causes
    proofs = tuple(_quote_deadline(parts.found))
    if causes and causes[0].level == "error":
        first = causes[0]
        return [Cause(first.word, first.sentence, first.level, (*first.evidence, *proofs)), *causes[1:]]
    words = {
        "seconds": number(parts.found, "spec", "progressDeadlineSeconds") or 600,
        "count": sum(not has_condition(pod, "Ready") for pod in pods.new.pods),
        "total": len(pods.new.pods),
    }
    sentence = _(
        "No progress within %(seconds)s s (progressDeadlineSeconds): %(count)s of %(total)s new pods are not ready."
    )
    more = causes[0].evidence if causes else ()
    return [
        Cause("ProgressDeadlineExceeded", sentence % words, "error", (*proofs, *more)[:MAX_EVIDENCE]),
        *causes,
    ]


def _quote_deadline(found: KubernetesObject) -> Iterator[Evidence]:
    where = _("condition %(type)s") % {"type": "Progressing"}
    for one in mappings(found, "status", "conditions"):
        if text(one, "type") == "Progressing":
            yield Evidence(
                "Deployment", name_of(found), where, text(one, "message"), text(one, "lastUpdateTime")
            )
