"""Creation blockers: why the API server refuses the pods of a rollout, or the ReplicaSet that would create them."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from dashboard.kinds.fields import KubernetesObject, mapping, mappings, name_of, text
from dashboard.kinds.rollouts.blockers import Blocker, Evidence, cut, quote_event
from dashboard.kinds.rollouts.parts import RolloutParts, RolloutPods

FAILED_CREATE = "FailedCreate"


def find_creation_blocker(parts: RolloutParts, pods: RolloutPods) -> Blocker | None:
    """Why pods that shall be there are not; None where none is missing, or nothing says why."""
    found, source = parts.found, pods.new.source
    if text(found, "kind") == "Deployment":
        proofs = [*_quote_failure("ReplicaSet", source), *_quote_stopped(found)]
    else:
        proofs = []
    if not proofs and _is_short(parts, pods):
        about = [*parts.list_warnings(source), *parts.list_warnings(found)]
        proofs = [quote_event(one) for one in about if text(one, "reason") == FAILED_CREATE][:3]
    if not proofs:
        return None
    message = proofs[0].text
    return Blocker(FAILED_CREATE, explain_denial(message), "error", (*proofs, *_quote_quota(message, parts)))


def explain_denial(message: str) -> str:
    """A clause of the API server's message: who refuses, and what for."""
    for explain in (_explain_quota, _explain_webhook, _explain_policy):
        if detail := explain(message):
            return detail
    return cut(_drop_beginning(message))


def _is_short(parts: RolloutParts, pods: RolloutPods) -> bool:
    """Whether fewer pods are there than shall be."""
    alive = [
        pod for pod in (*pods.new.pods, *pods.old_pods) if not text(pod, "metadata", "deletionTimestamp")
    ]
    if text(parts.found, "kind") == "Deployment":
        return pods.new.desired is not None and len(pods.new.pods) < pods.new.desired
    desired = mapping(parts.found, "status").get(
        "desiredNumberScheduled", mapping(parts.found, "spec").get("replicas")
    )
    return isinstance(desired, int) and len(alive) < desired


def _quote_failure(kind: str, found: KubernetesObject) -> Iterator[Evidence]:
    """The condition ReplicaFailure of a ReplicaSet."""
    for one in mappings(found, "status", "conditions"):
        if text(one, "type") == "ReplicaFailure" and text(one, "status") == "True":
            where = _("condition %(type)s") % {"type": "ReplicaFailure"}
            yield Evidence(kind, name_of(found), where, text(one, "message"), text(one, "lastTransitionTime"))


def _quote_stopped(found: KubernetesObject) -> Iterator[Evidence]:
    """A Deployment whose ReplicaSet cannot be created; the deadline is another reason."""
    for one in mappings(found, "status", "conditions"):
        if text(one, "type") == "Progressing" and text(one, "reason") == "ReplicaSetCreateError":
            where = _("condition %(type)s") % {"type": "Progressing"}
            name = name_of(found)
            yield Evidence("Deployment", name, where, text(one, "message"), text(one, "lastTransitionTime"))


def _explain_quota(message: str) -> str:
    """`exceeded quota: NAME, requested: pods=1, used: pods=2, limited: pods=2`, or `failed quota: NAME: must ...`."""
    _before, is_exceeded, rest = message.partition("exceeded quota: ")
    if is_exceeded:
        name, _comma, amounts = rest.partition(",")
        return _("quota %(name)s is exceeded (%(amounts)s)") % {
            "name": cut(name),
            "amounts": cut(amounts),
        }
    _before, is_failed, rest = message.partition("failed quota: ")
    if is_failed:
        name, _colon, demand = rest.partition(":")
        return _("quota %(name)s demands more of the pod: %(demand)s") % {
            "name": cut(name),
            "demand": cut(demand),
        }
    return ""


def _explain_webhook(message: str) -> str:
    name = message.partition('webhook "')[2].partition('"')[0]
    if not name:
        return ""
    if "failed calling webhook" in message:
        reason = message.rpartition(": ")[2]
        return _("admission webhook %(name)s cannot be reached: %(reason)s") % {
            "name": cut(name),
            "reason": cut(reason),
        }
    reason = message.partition("denied the request")[2].lstrip(": ") or message
    return _("admission webhook %(name)s denies it: %(reason)s") % {"name": cut(name), "reason": cut(reason)}


def _explain_policy(message: str) -> str:
    name = message.partition("ValidatingAdmissionPolicy '")[2].partition("'")[0]
    if not name:
        return ""
    reason = message.partition("denied request: ")[2] or message
    return _("ValidatingAdmissionPolicy %(name)s denies it: %(reason)s") % {
        "name": cut(name),
        "reason": cut(reason),
    }


def _drop_beginning(message: str) -> str:
    """Without the pod's name in front, which no other pod has: `pods "web-5f6c-" is forbidden: `."""
    beginning, is_forbidden, rest = message.partition(" is forbidden: ")
    return rest if is_forbidden and "pods" in beginning else message


def _quote_quota(message: str, parts: RolloutParts) -> Iterator[Evidence]:
    """What the quota that the message names has used now."""
    name = message.partition("quota: ")[2].partition(",")[0].partition(":")[0].strip()
    for one in parts.quotas or ():
        if name and name_of(one) == name:
            hard, used = mapping(one, "status", "hard"), mapping(one, "status", "used")
            amounts = [
                _("%(resource)s: %(used)s of %(hard)s used")
                % {"resource": key, "used": text(used, key) or "0", "hard": text(hard, key)}
                for key in sorted(hard)
            ]
            yield Evidence("ResourceQuota", name, "status", ", ".join(amounts))
