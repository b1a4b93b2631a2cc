"""Notice: what a page says about an error, a warning or an empty list; rendered by templates/parts/notice.html."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

# How serious it is, by shape and color: `unknown` has neither, `empty` is a list in which there is nothing.
Severity = Literal["info", "success", "warning", "error", "unknown", "empty"]


@dataclass(frozen=True)
class Button:
    """A way out; `primary` is the one that solves it.

    It is a link to `href`, which opens in a new tab where `is_new_tab`; without an `href` it submits the form with the
    id `form`, and without either it dismisses the notice. `about` tells screen readers what it applies to, where
    several of them have the same label.
    """

    label: str
    href: str = ""
    primary: bool = False
    about: str = ""
    icon: str = ""
    form: str = ""
    is_new_tab: bool = False


@dataclass(frozen=True)
class Detail:
    """A line of detail; `field` is the path that it is about, such as `spec.replicas`."""

    text: str
    field: str = ""


@dataclass(frozen=True)
class Retry:
    """How the page learns that what failed works again; static/shell/again.js has the meanings.

    `probe` is the URL to ask, this page itself where it is empty; `wait` is in seconds.
    """

    probe: str = ""
    until: str = ""
    wait: int = 0


@dataclass(frozen=True)
class Notice:
    """`title` says what happened and `advice` what to do; either can be empty, not both.

    `subject` stands next to the title: the cluster or namespace that it is about, where a page shows several, or how
    long ago it happened. `field` is the path of a field that is wrong. `message` is the other side's own words, and
    `source` says whose they are. `since` is when it began, `as_of` the age of what is shown meanwhile, `retry_at` the
    next attempt. Rows of the cluster with the slug `stale_cluster` are shown as old. `is_announced`: screen readers
    read it out when it appears. `reason` is for programs: the word of the error (`exec`, `path`, `used`, ...) that
    decides which help a page shows.
    """

    title: str = ""
    advice: str = ""
    severity: Severity = "error"
    buttons: tuple[Button, ...] = ()
    is_announced: bool = False
    id: str = ""
    subject: str = ""
    field: str = ""
    message: str = ""
    source: str = ""
    details: tuple[Detail, ...] = ()
    since: datetime | None = None
    as_of: datetime | None = None
    retry_at: datetime | None = None
    stale_cluster: str = ""
    retry: Retry | None = None
    reason: str = ""

    @property
    def role(self) -> str:
        """The ARIA role, "" where it stands on the page from the beginning and is read in its order."""
        if not self.is_announced:
            return ""
        return "alert" if self.severity == "error" else "status"
