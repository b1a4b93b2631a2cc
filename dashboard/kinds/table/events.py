"""Events, core and events.k8s.io: reason, object, message, count and last occurrence."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.address.links import Links
from dashboard.kinds.facts import ObjectState
from dashboard.kinds.fields import KubernetesObject, group_of, mapping, text
from dashboard.kinds.kind import Kind
from dashboard.kinds.menu import WORKLOADS, MenuSlot
from dashboard.kinds.references import Reference
from dashboard.kinds.summary import KindSummary, SummaryField, make_summary_fields
from dashboard.kinds.tones import StatusTones


def summarize_event(found: KubernetesObject, links: Links) -> KindSummary:
    """Both APIs: core Events and events.k8s.io."""
    about = mapping(found, "involvedObject") or mapping(found, "regarding")
    kind = text(found, "type")
    last = (
        text(found, "series", "lastObservedTime")
        or text(found, "lastTimestamp")
        or text(found, "deprecatedLastTimestamp")
        or text(found, "eventTime")
    )
    return KindSummary(
        [
            *make_summary_fields(
                (_("Reason"), text(found, "reason")),
                (_("Object"), f"{text(about, 'kind')} {text(about, 'name')}"),
                (_("Message"), text(found, "message") or text(found, "note")),
                (_("Count"), text(found, "series", "count") or text(found, "count")),
                (_("Source"), text(found, "reportingComponent") or text(found, "source", "component")),
            ),
            *([SummaryField(_("Last seen"), when=last)] if last else []),
        ],
        state=ObjectState("warning" if kind == "Warning" else "ok", kind) if kind else None,
    )


def find_event_objects(found: KubernetesObject) -> Iterator[Reference]:
    """What it is about, and what is related to that."""
    for target in (mapping(found, "involvedObject"), mapping(found, "regarding"), mapping(found, "related")):
        if name := text(target, "name"):
            group = group_of(text(target, "apiVersion"))
            yield Reference(_("Object"), group, text(target, "kind"), name, text(target, "namespace"))


TONES = StatusTones(words={"normal": "done"})

KINDS = (
    Kind(
        group="",
        kind="Event",
        plural="events",
        label=gettext_lazy("Events"),
        menu=MenuSlot(WORKLOADS, 100, goto="e"),
        default_sort="last seen",
        summarize=summarize_event,
        find_references=find_event_objects,
        tones=TONES,
    ),
    Kind(
        group="events.k8s.io",
        kind="Event",
        plural="events",
        default_sort="last seen",
        summarize=summarize_event,
        find_references=find_event_objects,
        tones=TONES,
    ),
)
