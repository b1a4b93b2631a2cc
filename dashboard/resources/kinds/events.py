"""What does an event show beyond any object? What happened to what, how often and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from dashboard.resources.facts import State
from dashboard.resources.fields import mapping, text
from dashboard.resources.kinds.special import Fact, Special, facts
from dashboard.resources.links import Links


def special(found: Mapping[str, Any], links: Links) -> Special:
    """Both APIs: core Events and events.k8s.io."""
    about = mapping(found, "involvedObject") or mapping(found, "regarding")
    kind = text(found, "type")
    last = (
        text(found, "series", "lastObservedTime")
        or text(found, "lastTimestamp")
        or text(found, "deprecatedLastTimestamp")
        or text(found, "eventTime")
    )
    return Special(
        [
            *facts(
                (_("Reason"), text(found, "reason")),
                (_("Object"), f"{text(about, 'kind')} {text(about, 'name')}"),
                (_("Message"), text(found, "message") or text(found, "note")),
                (_("Count"), text(found, "series", "count") or text(found, "count")),
                (_("Source"), text(found, "reportingComponent") or text(found, "source", "component")),
            ),
            *([Fact(_("Last seen"), when=last)] if last else []),
        ],
        state=State("warning" if kind == "Warning" else "ok", kind) if kind else None,
    )
