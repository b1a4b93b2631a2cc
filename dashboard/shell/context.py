"""Context processor of the shell: user, clusters, navigation and theme."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from clusters.sharing import visible_clusters
from clusters.terminal.service import terminal_service
from clusters.terminal.session import TerminalOwner
from dashboard.shell.navigation import Entry, Group
from people.decorators import get_session_id
from people.models import User

THEMES = ("light", "dark")
THEME_COOKIE = settings.THEME_COOKIE_NAME


@dataclass(frozen=True)
class ClusterChoice:
    """A cluster in the switcher."""

    slug: str
    name: str
    color: str
    protected: bool
    href: str


class Shell:
    """What the frame shows; each part is looked up only when a template asks for it."""

    def __init__(self, request: HttpRequest, person: User | None) -> None:
        self._request = request
        self._person = person

    @property
    def theme(self) -> str:
        """`light`, `dark`, or empty for the system's."""
        chosen = self._request.COOKIES.get(THEME_COOKIE, "")
        return chosen if chosen in THEMES else ""

    @property
    def home(self) -> str:
        return page_url("home") or page_url("clusters:clusters") or self.sign_in_href or "/"

    @property
    def sign_in_href(self) -> str:
        return page_url("accounts:sign_in")

    @property
    def sign_out_href(self) -> str:
        return page_url("accounts:sign_out")

    @property
    def session_check_href(self) -> str:
        """What a page asks whether its session still lives."""
        return page_url("accounts:here")

    @property
    def clusters_href(self) -> str:
        return page_url("clusters:clusters")

    @property
    def credentials_href(self) -> str:
        return page_url("clusters:credentials")

    @cached_property
    def clusters(self) -> list[ClusterChoice]:
        """The clusters that the person's teams share (an administrator's: all), by name."""
        if self._person is None:
            return []
        return [
            ClusterChoice(one.slug, one.name, one.color, one.protected, cluster_home(one.slug))
            for one in visible_clusters(self._person)
        ]

    @cached_property
    def terminals(self) -> list[Entry]:
        """The person's terminals in this browser that run, for the top bar."""
        if self._person is None:
            return []
        owner = TerminalOwner(self._person.pk, get_session_id(self._request))
        return [
            Entry(f"{one.launch.pod} / {one.launch.container}", page_url("terminal:terminal", one.id))
            for one in terminal_service.list(owner)
            if one.is_running
        ]

    @property
    def audit(self) -> list[Entry]:
        """The audit trail: one's own actions, or everybody's for auditors and administrators."""
        return _drop_missing(
            Entry(_("Audit trail"), page_url("accounts:audit:trail"), icon="audit", goto="a")
        )

    @cached_property
    def account_entries(self) -> list[Entry]:
        """The pages about oneself, in the person's menu."""
        return _drop_missing(
            Entry(_("My credentials"), self.credentials_href, icon="key"),
            Entry(_("My drafts"), page_url("resources:drafts"), icon="edit"),
            Entry(_("My bulk actions"), page_url("bulk:runs"), icon="play"),
            Entry(_("My account"), page_url("accounts:me"), icon="person"),
            Entry(_("My sessions"), page_url("accounts:sessions"), icon="screen"),
            Entry(_("Personal tokens"), page_url("personal_tokens:tokens"), icon="key"),
        )

    @cached_property
    def pages(self) -> list[Group]:
        """The navigation where a page gives none of its own."""
        if self._person is None:
            return []
        groups = [
            Group(
                "",
                _drop_missing(
                    Entry(_("Overview"), page_url("home"), icon="home"),
                    Entry(_("Clusters"), self.clusters_href, icon="cluster", goto="c"),
                    *self.audit,
                ),
            ),
            Group(_("My account"), self.account_entries),
        ]
        if self._person.is_administrator:
            groups.append(
                Group(
                    _("Administration"),
                    _drop_missing(
                        Entry(_("Cluster requests"), page_url("clusters:requests"), icon="plus"),
                        Entry(_("People"), page_url("accounts:people"), icon="people"),
                        Entry(_("Teams"), page_url("accounts:teams"), icon="team"),
                    ),
                )
            )
        return [_mark_current(group, self._request.path) for group in groups if group.entries]


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `person`, `shell`, and `navigation` unless the page brings its own."""
    user = getattr(request, "user", None)  # absent where a request is refused before it is known whose it is
    person = user if user is not None and user.is_authenticated else None
    frame = Shell(request, person)
    return {"person": person, "shell": frame, "navigation": _LazyNavigation(frame)}


def page_url(name: str, *args: str) -> str:
    """The path of a named page, or empty where that package has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def cluster_home(slug: str) -> str:
    """Where a cluster's pages begin."""
    return page_url("resources:cluster", slug) or f"/c/{slug}/"


class _LazyNavigation:
    """The groups of a shell, built when the template walks them, so that a page with its own pays nothing."""

    def __init__(self, frame: Shell) -> None:
        self._frame = frame

    def __iter__(self) -> Iterator[Group]:
        return iter(self._frame.pages)


def _drop_missing(*entries: Entry) -> list[Entry]:
    return [entry for entry in entries if entry.href]


def _mark_current(group: Group, path: str) -> Group:
    return replace(group, entries=[replace(entry, current=entry.href == path) for entry in group.entries])
