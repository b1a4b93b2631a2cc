"""Does every change of clusters, shares, requests and credentials go on record, or is it refused?"""

from __future__ import annotations

from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import serializers
from django.core.management import CommandError, call_command
from django.http import HttpResponse

from clusters.api.connection import Identity
from clusters.credentials.stored import Owner, keep
from clusters.credentials.trial import WhoAmI
from clusters.models import Cluster, ClusterRequest, Credential, Share
from clusters.urls import urlpatterns
from people.audit.record import TrailUnavailable
from people.models import Team, User
from tests.clusters.pages.conftest import Browser
from tests.simulated import Simulated
from tests.trail import Trail

CANARY = "canary-in-a-stored-token"
WHO = WhoAmI("dana", "", ("team-shop",), {}, None)


@dataclass(frozen=True)
class Change:
    """A form that somebody sends, and the rows it leaves: verb and subject."""

    route: str
    path: str
    rows: tuple[tuple[str, str], ...]
    form: dict[str, Any] = field(default_factory=dict)
    by: str = "ada"
    detail: dict[str, Any] = field(default_factory=dict)


DARK = {
    "name": "Dark",
    "slug": "dark",
    "server": "https://127.0.0.1:1",
    "colour": "red",
    "save_anyway": "yes",
}
NEW = {
    "name": "New",
    "slug": "new",
    "server": "https://127.0.0.1:1",
    "verify_tls": True,
    "system_cas": False,
    "tls_server_name": "",
    "protected": False,
    "colour": "red",
}
HARBOUR = {**NEW, "name": "Harbour", "slug": "harbour", "server": "{server}", "colour": "slate"}
WISH = {"name": "wish", "server": "https://wish.example.com"}
STORED = {"kind": "token", "read only": True, "until": None, "groups": ["team-shop"]}
TRIED = {**STORED, "groups": ["team-shop", "system:authenticated"]}
CHANGES = (
    Change(
        "add",
        "add/",
        (("cluster-add", "cluster new"),),
        {**DARK, "slug": "new", "name": "New", "verify_tls": "on"},
        detail=NEW,
    ),
    Change(
        "add",
        "add/",
        (("cluster-add", "cluster new"), ("request-approve", "request {asked} of dana")),
        {**DARK, "slug": "new", "name": "New", "verify_tls": "on", "request": "{asked}"},
        detail=NEW,
    ),
    Change(
        "edit",
        "dark/edit/",
        (("cluster-edit", "cluster dark"),),
        {**DARK, "verify_tls": "on", "proxy_url": "http://canary-of-a-proxy.example.com:3128"},
        detail={"ca": "changed", "colour": ["slate", "red"], "proxy_url": "changed"},
    ),
    Change(
        "edit",
        "dark/edit/",
        (("cluster-edit", "cluster dark"),),
        {**DARK, "verify_tls": "on", "labels": "env=production"},
        detail={"ca": "changed", "colour": ["slate", "red"], "labels": "changed"},
    ),
    Change(
        "delete",
        "dark/delete/",
        (("cluster-delete", "cluster dark"),),
        {"slug": "dark"},
        detail={"server": "https://127.0.0.1:1", "teams": ["shop"], "credentials": 2},
    ),
    Change(
        "teams",
        "dark/teams/",
        (("credential-remove", "team shop"), ("share-add", "team pay"), ("share-remove", "team shop")),
        {"team": ["pay"]},
        detail=STORED,
    ),
    Change(
        "remove_team_credential",
        "dark/teams/shop/credential/remove/",
        (("credential-remove", "team shop"),),
        detail=STORED,
    ),
    Change(
        "remove_credential",
        "credentials/{own}/remove/",
        (("credential-remove", "person dana"),),
        by="dana",
        detail=STORED,
    ),
    Change(
        "credential",
        "lit/credential/",
        (("credential-set", "person dana"),),
        {"way": "token", "token": "{token}", "namespace": "shop"},
        by="dana",
        detail={**TRIED, "read only": False},
    ),
    Change(
        "team_credential",
        "lit/teams/shop/credential/",
        (("credential-set", "team shop"),),
        {"way": "token", "token": "{token}"},
        detail=TRIED,
    ),
    Change(
        "import",
        "import/",
        (("cluster-add", "cluster harbour"), ("share-add", "team pay"), ("credential-set", "person ada")),
        {"kubeconfig": "{kubeconfig}", "carry-out": "yes", "context-chosen": "{tick}", "team": "pay",
         "slug-0": "harbour", "name-0": "Harbour"},
        detail=HARBOUR,
    ),
    Change(
        "import",
        "import/",
        (("request-make", "request {next} of dora"),),
        {"kubeconfig": "{kubeconfig}", "carry-out": "yes", "context-chosen": "{tick}"},
        by="dora",
        detail={"name": "controlplane", "server": "{server}"},
    ),
    Change(
        "approve",
        "requests/{asked}/approve/",
        (("request-approve", "request {asked} of dana"),),
        {"cluster": "dark"},
        detail={**WISH, "cluster": "dark"},
    ),
    Change(
        "decline",
        "requests/{asked}/decline/",
        (("request-decline", "request {asked} of dana"),),
        detail=WISH,
    ),
    Change(
        "withdraw",
        "requests/{asked}/withdraw/",
        (("request-withdraw", "request {asked} of dana"),),
        by="dana",
        detail=WISH,
    ),
)  # fmt: skip
READ_ONLY = {"clusters", "credentials", "requests"}
NAMES = [f"{number} {change.path}" for number, change in enumerate(CHANGES)]


@pytest.fixture
def known(dark: Cluster, lit: Cluster, cast: dict[str, User], simulated: Simulated) -> dict[str, Any]:
    """What the paths and forms name. `lit` goes where the form wants to bring in that cluster as a new one."""
    shop, identity = Team.objects.get(slug="shop"), Identity(token=CANARY)
    own = keep(dark, Owner(user=cast["dana"]), identity, WHO)
    keep(dark, Owner(team=shop), identity, WHO)
    asked = ClusterRequest.objects.create(user=cast["dana"], name="wish", server="https://wish.example.com")
    kubeconfig = simulated.kubeconfig("ada").read_text()
    context = kubeconfig.partition("current-context: ")[2].split()[0]
    return {
        "own": own.pk,
        "asked": asked.pk,
        "next": asked.pk + 1,
        "token": simulated.token("dana"),
        "kubeconfig": kubeconfig,
        "tick": f"0:{context}",
        "server": simulated.server,
    }


def send(change: Change, browser_of: Browser, known: dict[str, Any]) -> HttpResponse:
    if change.route == "import":
        Cluster.objects.filter(slug="lit").delete()
    form = {name: filled(value, known) for name, value in change.form.items()}
    return browser_of(change.by).post(f"/clusters/{change.path.format(**known)}", form)


def filled(value: Any, known: dict[str, Any]) -> Any:
    return value.format(**known) if isinstance(value, str) and value.startswith("{") else value


def state() -> list[Any]:
    models = (Cluster, Share, Credential, ClusterRequest)
    return [serializers.serialize("python", model.objects.order_by("pk")) for model in models]


@pytest.mark.parametrize("change", CHANGES, ids=NAMES)
def test_it_is_recorded(
    change: Change, browser_of: Browser, known: dict[str, Any], cast: dict[str, User], trail: Trail
) -> None:
    before = trail.rows().count()
    answer = send(change, browser_of, known)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    rows = list(trail.rows())[before:]
    wanted = [(verb, subject.format(**known)) for verb, subject in change.rows]
    assert [(row.verb, row.subject) for row in rows] == wanted
    for row in rows:
        assert (row.person, row.person_id, row.result) == (change.by, cast[change.by].pk, "ok")
    assert rows[0].detail == {name: filled(value, known) for name, value in change.detail.items()}
    text = "".join(str(row.__dict__) for row in rows)
    assert known["token"] not in text
    assert "canary" not in text
    assert "PRIVATE" not in text


@pytest.mark.parametrize("change", CHANGES, ids=NAMES)
def test_without_the_trail_it_is_refused_and_nothing_is_changed(
    change: Change, browser_of: Browser, known: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_row: object) -> None:
        raise TrailUnavailable("disk full")

    if change.route == "import":
        Cluster.objects.filter(slug="lit").delete()
    before = state()
    monkeypatch.setattr("people.audit.writer.Writer.put", full)
    answer = send(change, browser_of, known)
    assert answer.status_code == (422 if change.route == "import" else 503)
    assert "audit trail cannot be written" in answer.content.decode()
    assert state() == before
    assert known["token"] not in answer.content.decode()


def test_every_route_that_changes_something_is_among_them() -> None:
    assert {str(one.name) for one in urlpatterns} - READ_ONLY == {change.route for change in CHANGES}


def test_what_a_credential_is_stands_in_its_row(
    browser_of: Browser, known: dict[str, Any], lit: Cluster, trail: Trail
) -> None:
    change = next(one for one in CHANGES if one.route == "credential")
    send(change, browser_of, known)
    row = trail.last(verb="credential-set", cluster="lit")
    stored = Credential.objects.get(cluster=lit)
    assert (row.credential_id, row.credential, row.identity) == (stored.pk, "own token", "dana")
    assert (row.cluster_id, row.namespace) == (lit.pk, "shop")
    assert row.detail["groups"] == ["team-shop", "system:authenticated"]


def test_what_the_operator_does_on_the_machine(
    cast: dict[str, User], simulated: Simulated, trail: Trail, tmp_path: Path
) -> None:
    file = tmp_path / "config"
    file.write_text(simulated.kubeconfig("dana").read_text())
    call_command("import_kubeconfig", str(file), owner="dana", team="shop", share=True, stdout=StringIO())
    call_command("rotate_keys", stdout=StringIO())
    call_command("signin_link", "dana", stdout=StringIO(), stderr=StringIO())
    rows = list(trail.rows())
    assert [row.verb for row in rows] == ["cluster-add", "share-add", "credential-set", "signin-link"]
    assert {(row.person, row.person_id) for row in rows} == {("manage.py", None)}
    assert rows[2].subject == "person dana"


def test_keys_that_are_rotated(
    cast: dict[str, User], known: dict[str, Any], trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = "bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmU="
    monkeypatch.setattr(settings, "SEALING_KEYS", [fresh, *settings.SEALING_KEYS])
    call_command("rotate_keys", stdout=StringIO())
    row = trail.last(verb="rotate-keys")
    assert row.detail["sealed again"] == 2
    assert fresh not in str(row.__dict__)


def test_without_the_trail_the_operator_changes_nothing_but_comes_in(
    cast: dict[str, User], simulated: Simulated, known: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_row: object) -> None:
        raise TrailUnavailable("disk full")

    Cluster.objects.filter(slug="lit").delete()
    before = state()
    monkeypatch.setattr("people.audit.writer.Writer.put", full)
    monkeypatch.setattr(settings, "SEALING_KEYS", ["bmV3" * 10 + "bmU=", *settings.SEALING_KEYS])
    with pytest.raises(CommandError, match="audit trail"):
        call_command("import_kubeconfig", str(simulated.kubeconfig("dana")), stdout=StringIO())
    with pytest.raises(CommandError, match="audit trail"):
        call_command("rotate_keys", stdout=StringIO())
    assert state() == before
    said = StringIO()
    call_command("signin_link", "dana", stdout=said, stderr=StringIO())
    assert "/people/invitations/" in said.getvalue()
