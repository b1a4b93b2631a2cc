"""Summary of an Event: reason, object, message, count and last occurrence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from dashboard.address.links import Links
from dashboard.kinds.facts import ObjectState
from dashboard.kinds.fields import mapping, text
from dashboard.kinds.kind import KindSummary, SummaryField, make_summary_fields


def summarize_event(found: Mapping[str, Any], links: Links) -> KindSummary:
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
