"""Node and pod actions: cordon, uncordon, evict."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.actions import cordon, eviction
from clusters.api.errors import ApiError
from clusters.api.paths import resource_path
from dashboard.actions.action_page import ActionPage, Values
from dashboard.actions.subject import Subject
from dashboard.address import kubectl
from dashboard.kinds import actions
from dashboard.kinds.fields import mappings, text
from dashboard.pieces.notice import Notice


def _describe_controller(subject: Subject) -> Sequence[Notice]:
    """Whether there will be another pod in its place."""
    for one in mappings(subject.found, "metadata", "ownerReferences"):
        if one.get("controller") is True:
            words = {"kind": text(one, "kind"), "name": text(one, "name")}
            sentence = _("%(kind)s %(name)s controls this pod and may create another one.") % words
            return [Notice(advice=sentence, severity="info")]
    return [Notice(_("Nothing controls this pod: no other one is created in its place."), severity="warning")]


def _explain_budget(error: ApiError) -> Notice | None:
    message = eviction.find_blocking_budget(error)
    if not message:
        return None
    return Notice(
        _("A PodDisruptionBudget does not allow it. The pod was not evicted."),
        _(
            "Wait until more of its pods are ready, or ask whoever owns the budget. Deleting the pod ignores it."
        ),
        message=message,
        source=_("The API server returned %(status)s") % {"status": error.status},
        is_announced=True,
    )


def _evict_command(subject: Subject, values: Values) -> str:
    """kubectl has no command for one eviction; this sends the same request."""
    change = eviction.evict(subject.thing)
    path = resource_path(change.attributes)
    body = (
        f'{{"apiVersion":"policy/v1","kind":"Eviction","metadata":{{"name":"{subject.name}",'
        f'"namespace":"{subject.namespace}"}}}}'
    )
    create = ["kubectl", "--context", subject.address.cluster, "create", "--raw", path, "-f", "-"]
    return f"echo {shlex.quote(body)} | {shlex.join(create)}"


PAGES = (
    ActionPage(
        action=actions.CORDON,
        heading=gettext_lazy("Cordon %(name)s"),
        sentence=gettext_lazy("No new pods are scheduled on it. Pods that run there go on."),
        button=gettext_lazy("Cordon"),
        done=gettext_lazy("%(name)s is cordoned."),
        build=lambda subject, values: cordon.cordon(subject.thing),
        command=lambda subject, values: kubectl.node_command(subject.address, "cordon"),
        find_blocker=lambda subject: (
            "" if actions.CORDON.applies(subject.found) else _("It is cordoned already.")
        ),
    ),
    ActionPage(
        action=actions.UNCORDON,
        heading=gettext_lazy("Uncordon %(name)s"),
        sentence=gettext_lazy("New pods can be scheduled on it again."),
        button=gettext_lazy("Uncordon"),
        done=gettext_lazy("%(name)s is uncordoned."),
        build=lambda subject, values: cordon.uncordon(subject.thing),
        command=lambda subject, values: kubectl.node_command(subject.address, "uncordon"),
        find_blocker=lambda subject: (
            "" if actions.UNCORDON.applies(subject.found) else _("It is not cordoned.")
        ),
    ),
    ActionPage(
        action=actions.EVICT,
        heading=gettext_lazy("Evict %(name)s"),
        sentence=gettext_lazy("The pod is deleted as far as its PodDisruptionBudgets allow it."),
        button=gettext_lazy("Evict"),
        done=gettext_lazy("%(name)s is being evicted."),
        build=lambda subject, values: eviction.evict(subject.thing),
        command=_evict_command,
        describe=_describe_controller,
        explain_error=_explain_budget,
        delay=lambda subject, values: {},
    ),
)
