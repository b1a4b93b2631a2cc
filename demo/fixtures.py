"""Demo fixtures: fills the database through the product's own pages.

So each thing was checked as always, and the audit trail records how it came to be.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.test import Client
from django.urls import reverse

from demo.users import ADMINISTRATOR, CLUSTERS, TEAMS, USERS, DemoCluster, DemoUser
from people import one_time_links
from people.audit.record import draft_for_program, note
from people.models import Purpose, Team, User

LINK = re.compile(r"/people/invitations/[\w-]+/")
AGENT = "make demo"


class FixtureError(Exception):
    """A page of the product did not take what the demo brought."""


@dataclass(frozen=True)
class SimulatedCluster:
    """A simulated cluster: its address, its authority (PEM), and everybody's bearer token by name."""

    slug: str
    server: str
    ca: str = field(repr=False)
    tokens: Mapping[str, str] = field(repr=False)


class Browser:
    """A browser of one person in which forms are sent; no request leaves this process but those to the clusters."""

    def __init__(self) -> None:
        self._client = Client(
            raise_request_exception=True, headers={"User-Agent": AGENT}, SERVER_NAME="127.0.0.1"
        )

    def send(self, address: str, fields: Mapping[str, object], *, status: int = 302) -> str:
        """The page that answers to a POST; FixtureError where it is another than expected."""
        response = self._client.post(address, fields)
        page = response.content.decode()
        if response.status_code != status:
            text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
            raise FixtureError(f"POST {address} was answered {response.status_code}: {text[-2000:]}")
        return page


def set_up(clusters: Sequence[SimulatedCluster]) -> None:
    """Teams, people, clusters, shares and credentials, in the order in which a company would come to them."""
    browsers = {ADMINISTRATOR.name: _create_administrator(ADMINISTRATOR)}
    administrator = browsers[ADMINISTRATOR.name]
    for slug, name in TEAMS.items():
        administrator.send(reverse("accounts:teams"), {"name": name, "slug": slug})
    for one in USERS:
        if one is not ADMINISTRATOR:
            browsers[one.name] = _invite(administrator, one)
    _join(administrator, ADMINISTRATOR)
    demo_clusters = {demo_cluster.slug: demo_cluster for demo_cluster in CLUSTERS}
    for cluster in clusters:
        _add(administrator, cluster, demo_clusters[cluster.slug])
    for one in USERS:
        for cluster in clusters:
            if cluster.slug in one.clusters:
                fields = {"way": "token", "token": cluster.tokens[one.name], "namespace": one.namespace}
                browsers[one.name].send(reverse("clusters:credential", args=[cluster.slug]), fields)
        for slug, namespace in one.opened_namespaces:
            browsers[one.name].send(reverse("resources:cluster", args=[slug]), {"namespace": namespace})
    for browser in browsers.values():
        browser.send(reverse("accounts:sign_out"), {})


def _create_administrator(one: DemoUser) -> Browser:
    """As after `make run`: by a link that the program makes. Nobody knows the password that is chosen then."""
    user = one_time_links.create_administrator(one.name)
    note(draft_for_program(AGENT, "signin-link", target=f"person {user.username}"))
    browser = Browser()
    secret = one_time_links.link_for(user, Purpose.SIGN_IN)
    browser.send(reverse("accounts:invitation", args=[secret]), {})
    browser.send(reverse("accounts:me"), {"name": one.full_name})
    browser.send(reverse("accounts:change_password"), _new_password())
    return browser


def _invite(administrator: Browser, one: DemoUser) -> Browser:
    team = Team.objects.get(slug=one.team)
    fields = {"global_role": one.global_role, "team": team.pk, "role": one.role}
    link = LINK.search(administrator.send(reverse("accounts:invite"), fields, status=200))
    if link is None:
        raise FixtureError("The page of a new invitation shows no link.")
    browser = Browser()
    browser.send(link[0], {"username": one.name, "name": one.full_name, **_new_password()})
    return browser


def _join(administrator: Browser, one: DemoUser) -> None:
    user = User.objects.get(username=one.name)
    administrator.send(reverse("accounts:add_member", args=[one.team]), {"user": user.pk, "role": one.role})


def _add(administrator: Browser, cluster: SimulatedCluster, demo_cluster: DemoCluster) -> None:
    fields = {
        "name": demo_cluster.name,
        "slug": demo_cluster.slug,
        "server": cluster.server,
        "ca": cluster.ca,
        "color": demo_cluster.color,
        "labels": "\n".join(demo_cluster.labels),
        "verify_tls": "on",
        **({"protected": "on"} if demo_cluster.is_protected else {}),
    }
    administrator.send(reverse("clusters:add"), fields)
    administrator.send(reverse("clusters:teams", args=[demo_cluster.slug]), {"team": list(TEAMS)})


def _new_password() -> dict[str, str]:
    """One that nobody knows."""
    password = secrets.token_urlsafe(32)
    return {"password": password, "again": password}
