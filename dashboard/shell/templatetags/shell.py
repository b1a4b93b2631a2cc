"""Template tags of the shell: icons, ages, times, statuses, kubectl commands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django import template
from django.template.context import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clusters.api.cells import LONGEST_TIME
from dashboard.monitoring.request_ids import get_id
from dashboard.pieces.notice import Button, Detail, Notice, Severity
from dashboard.shell import outage
from dashboard.shell.bundles import bundle_urls
from dashboard.shell.navigation import Entry

register = template.Library()

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "y": 365 * 86400}
AGE_STEPS = (  # below so many seconds: the big unit, and the small one that stands beside it
    (2 * 60, "s", ""),
    (10 * 60, "m", "s"),
    (3 * 3600, "m", ""),
    (8 * 3600, "h", "m"),
    (2 * 86400, "h", ""),
    (8 * 86400, "d", "h"),
    (2 * 365 * 86400, "d", ""),
    (8 * 365 * 86400, "y", "d"),
)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing of the sprite; it is hidden from screen readers, so words stand beside it."""
    return format_html(
        '<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">'
        '<use href="{}#{}"></use></svg>',
        static("shell/icons.svg"),
        name,
    )


@register.simple_tag
def style_sheets(bundle: str) -> SafeString:
    """The links of a bundle of style sheets."""
    return format_html_join(
        "\n  ", '<link rel="stylesheet" href="{}">', ((one,) for one in bundle_urls(bundle))
    )


@register.simple_tag
def scripts(bundle: str) -> SafeString:
    """The elements of a bundle of scripts; they run once the page is read."""
    return format_html_join(
        "\n  ", '<script src="{}" defer></script>', ((one,) for one in bundle_urls(bundle))
    )


@register.filter
def age(when: datetime | str | None) -> SafeString | str:
    """`5m` as a <time> that times.js keeps fresh, with the time in UTC as its title; for a time to come `in 5m`."""
    moment = _parse_time(when)
    if moment is None:
        return ""
    utc = moment.astimezone(UTC)
    full = utc.isoformat(timespec="seconds").replace("+00:00", "Z")
    title = utc.strftime("%Y-%m-%d %H:%M:%S UTC")
    seconds = (timezone.now() - moment).total_seconds()
    if seconds >= 0:
        return format_html(
            '<time datetime="{}" title="{}" data-age>{}</time>', full, title, short_age(seconds)
        )
    words = _("in {length}")
    return format_html(
        '<time datetime="{}" title="{}" data-age="to-come" data-words="{}">{}</time>',
        full,
        title,
        words,
        words.format(length=short_age(-seconds)),
    )


@register.simple_tag
def outage_banner() -> SafeString:
    """What stands above every page while this server cannot write its database."""
    return outage.banner()


@register.filter
def clock(when: datetime | str | None) -> SafeString | str:
    """`14:03:05 UTC` as a <time>, with the whole moment in its title: what people compare with other clocks."""
    moment = _parse_time(when)
    if moment is None:
        return ""
    utc = moment.astimezone(UTC)
    full = utc.isoformat(timespec="seconds").replace("+00:00", "Z")
    title = utc.strftime("%Y-%m-%d %H:%M:%S UTC")
    return format_html('<time datetime="{}" title="{}">{} UTC</time>', full, title, utc.strftime("%H:%M:%S"))


def short_age(seconds: float) -> str:
    """The length of time as kubectl writes it (apimachinery's HumanDuration): 45s, 5m12s, 3h, 2d4h, 400d."""
    whole = int(seconds)
    for below, big, small in AGE_STEPS:
        if whole < below:
            return _units(whole, big, small)
    return _units(whole, "y", "")


@register.inclusion_tag("parts/request_id.html")
def request_id() -> dict[str, str]:
    """The ID by which the server's log has this request, on error pages."""
    return {"id": get_id()}


@register.inclusion_tag("parts/kubectl.html")
def kubectl(command: str, label: str = "kubectl") -> dict[str, str]:
    """The call behind what is shown, with a button that copies it."""
    return {"command": command, "label": label}


@register.inclusion_tag("parts/copy.html")
def copy(text: str, what: str = "") -> dict[str, str]:
    """A small button that copies `text`; `what` names it for screen readers."""
    return {"text": text, "what": what}


@register.inclusion_tag("parts/state_line.html")
def state_line(
    state: str, since: datetime | str | None = None, message: str = "", as_of: datetime | str | None = None
) -> dict[str, Any]:
    """Whether a page is live (`_state_word` has the states), and `as_of` when its content was all there is."""
    return {"state": state, "word": _state_word(state), "since": since, "message": message, "as_of": as_of}


@register.inclusion_tag("parts/notice.html")
def notice(
    severity: Severity,
    text: str = "",
    *,
    detail: str = "",
    button: Button | None = None,
    on_page: bool = False,
    **fields: Any,
) -> dict[str, Any]:
    """A notice whose words stand in a template; `text` is its advice, `fields` are other ones of `Notice`.

    `on_page`: the heading of the page is its title.
    """
    made = Notice(
        advice=text,
        severity=severity,
        buttons=(button,) if button else (),
        details=(Detail(detail),) if detail else (),
        **fields,
    )
    return {"notice": made, "on_page": on_page}


@register.simple_tag
def notice_button(label: str, **fields: Any) -> Button:
    """The button for a notice, as in `{% notice_button label href=url as again %}`; `fields` are those of `Button`."""
    return Button(label, **fields)


@register.simple_tag
def status(level: str, word: str) -> SafeString:
    """A status by shape, word and color; `level` is ok, progress, warning, error or unknown."""
    known = level if level in ("ok", "progress", "warning", "error", "unknown", "done") else "unknown"
    return format_html('<span class="status {}">{}</span>', known, word)


@register.simple_tag(takes_context=True)
def marked_clusters(context: Context) -> list[Any]:
    """The clusters whose color and marks stand above the page: `shown_clusters`, or `cluster`."""
    shown = context.get("shown_clusters")
    if shown:
        return list(shown)
    one = context.get("cluster")
    return [one] if one else []


@register.filter
def filter_denied(entries: Iterable[Entry]) -> list[Entry]:
    """The navigation entries that are not for this person."""
    return [entry for entry in entries if entry.state == "denied"]


@register.filter
def shared_reason(entries: Sequence[Entry]) -> str:
    """The reason that most of these entries have, if at least two do: it is said once above them."""
    reasons = Counter(entry.reason for entry in entries if entry.reason)
    reason, number = next(iter(reasons.most_common(1)), ("", 0))
    return reason if number > 1 else ""


@register.filter
def notice_severity(tag: str) -> str:
    """Django's message level as the severity of a notice."""
    return {"debug": "info"}.get(tag, tag or "info")


def _parse_time(when: datetime | str | None) -> datetime | None:
    """The moment in UTC; None for a text that is no time, or one that no clock of ours can show."""
    try:
        moment = parse_datetime(when[:LONGEST_TIME]) if isinstance(when, str) else when
        if moment is None:
            return None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # 0001-01-01 at an offset of +14:00 is in the year 0 of UTC
        return None


def _units(whole: int, big: str, small: str) -> str:
    rest = whole % UNITS[big] // UNITS[small] if small else 0
    return f"{whole // UNITS[big]}{big}" + (f"{rest}{small}" if rest else "")


def _state_word(state: str) -> str:
    words = {
        "loading": _("Loading"),
        "live": _("Live"),
        "polled": _("Refreshed every 15 s"),
        "behind": _("Rate limited"),
        "reconnecting": _("Reconnecting"),
        "expired": _("Reloading"),
        "unauthorized": _("Credential rejected"),
        "denied": _("No permission"),
        "rejected": _("Invalid selector"),
        "failing": _("API server errors"),
        "unreachable": _("Unreachable"),
        "paused": _("Paused"),
        "gone": _("Deleted"),
        "closed": _("Stopped"),
        "signed-out": _("Signed out"),
        "static": _("Not live"),
    }
    return words.get(state, state)
