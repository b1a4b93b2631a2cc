"""Words of log notices: what happened to the log of a container, as a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from clusters.logs.events import Notice, NoticeKind

WORDS: Mapping[NoticeKind, str | Promise] = {
    "joined": gettext_lazy("Began while this page was open."),
    "ended": gettext_lazy("Ended:"),
    "gone": gettext_lazy("The pod was deleted."),
    "broken": gettext_lazy("Connection lost; opening it again."),
    "resumed": gettext_lazy("Connected again; nothing is missing or repeated unless the next line says so."),
    "rotated": gettext_lazy("The log was rotated or truncated in that time; lines may be missing here."),
    "failed": gettext_lazy("This log cannot be read."),
    "denied": gettext_lazy("You have no permission to read this log any more."),
    "limit": gettext_lazy(
        "More containers match than one page follows at once; the others are left out. Narrow it down."
    ),
}


def describe_notice(notice: Notice) -> str:
    """The sentence, and what Kubernetes says."""
    words = str(WORDS[notice.kind])
    return f"{words} {notice.text}".strip()


def list_words() -> Mapping[str, str]:
    """The sentence of each kind, for the script of the page."""
    return {kind: str(words) for kind, words in WORDS.items()}
