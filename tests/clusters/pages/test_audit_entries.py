"""Audit entries of clusters, shares, requests and credentials: each change is recorded or refused."""

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
from clusters.credentials.binding import destination_of
from clusters.credentials.store import Owner, save_credential
from clusters.credentials.verification import WhoAmI
from clusters.models import Cluster, ClusterRequest, Credential, Share
from dashboard.clusters.urls import urlpatterns
from people.audit.record import AuditTrailUnavailable
from people.models import Team, User
from tests.audit_trail import AuditTrail, delete_entries
from tests.clusters.pages.conftest import ClientFor
from tests.simulated_cluster import SimulatedCluster

CANARY = "canary-in-a-stored-token"
WHO = WhoAmI("dana", "", ("team-shop",), {}, None)


@dataclass(frozen=True)
class Change:
    """A form that somebody sends, and the rows it leaves: verb and target."""

    route: str
    path: str
    rows: tuple[tuple[str, str], ...]
    form: dict[str, Any] = field(default_factory=dict)
    username: str = "ada"
    detail: dict[str, Any] = field(default_factory=dict)


CLUSTER_FORM = {
    "name": "Dark",
    "slug": "dark",
    "server": "https://127.0.0.1:1",
    "color": "red",
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
    "name_lifters": "",
    "color": "red",
}
HARBOUR = {**NEW, "name": "Harbour", "slug": "harbour", "server": "{server}", "color": "slate"}
REQUESTED = {"name": "new", "server": "https://new.example.com"}
STORED = {"kind": "token", "read only": True, "until": None, "groups": ["team-shop"]}
TRIED = {**STORED, "groups": ["team-shop", "system:authenticated"]}
EDITED = {"ca": "changed", "color": ["slate", "red"], "credentials suspended": 2}
MOVED = {**STORED, "server": ["https://127.0.0.1:1", "https://127.0.0.1:2"]}
CHANGES = (
    Change(
        "add",
        "add/",
        (("cluster-add", "cluster new"),),
        {**CLUSTER_FORM, "slug": "new", "name": "New", "verify_tls": "on"},
        detail=NEW,
    ),
    Change(
        "add",
        "add/",
        (("cluster-add", "cluster new"), ("request-approve", "request {request} of dana")),
        {**CLUSTER_FORM, "slug": "new", "name": "New", "verify_tls": "on", "request": "{request}"},
        detail=NEW,
    ),
    Change(
        "edit",
        "dark/edit/",
        (("cluster-edit", "cluster dark"),),
        {**CLUSTER_FORM, "verify_tls": "on", "proxy_url": "http://canary-of-a-proxy.example.com:3128"},
        detail={**EDITED, "proxy_url": "changed"},
    ),
    Change(
        "edit",
        "dark/edit/",
        (("cluster-edit", "cluster dark"),),
        {**CLUSTER_FORM, "verify_tls": "on", "labels": "env=production"},
        detail={**EDITED, "labels": "changed"},
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
        username="dana",
        detail=STORED,
    ),
    Change(
        "confirm_credential",
        "moved/credential/confirm/",
        (("credential-confirm", "person dana"),),
        {"shown": "{digest}"},
        username="dana",
        detail=MOVED,
    ),
    Change(
        "confirm_team_credential",
        "moved/teams/shop/credential/confirm/",
        (("credential-confirm", "team shop"),),
        {"shown": "{digest}"},
        detail=MOVED,
    ),
    Change(
        "credential",
        "lit/credential/",
        (("credential-set", "person dana"),),
        {"way": "token", "token": "{token}", "namespace": "shop"},
        username="dana",
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
        username="dora",
        detail={"name": "controlplane", "server": "{server}"},
    ),
    Change(
        "approve",
        "requests/{request}/approve/",
        (("request-approve", "request {request} of dana"),),
        {"cluster": "dark"},
        detail={**REQUESTED, "cluster": "dark"},
    ),
    Change(
        "decline",
        "requests/{request}/decline/",
        (("request-decline", "request {request} of dana"),),
        detail=REQUESTED,
    ),
    Change(
        "withdraw",
        "requests/{request}/withdraw/",
        (("request-withdraw", "request {request} of dana"),),
        username="dana",
        detail=REQUESTED,
    ),
)  # fmt: skip
READ_ONLY = {"clusters", "credentials", "requests"}
NAMES = [f"{number} {change.path}" for number, change in enumerate(CHANGES)]


@pytest.fixture
def path_values(
    unreachable_cluster: Cluster,
    reachable_cluster: Cluster,
    users: dict[str, User],
    simulated_cluster: SimulatedCluster,
) -> dict[str, Any]:
    """What the paths and forms name. `lit` goes where the form wants to bring in that cluster as a new one."""
    shop, identity = Team.objects.get(slug="shop"), Identity(token=CANARY)
    own = save_credential(unreachable_cluster, Owner(user=users["dana"]), identity, WHO)
    save_credential(unreachable_cluster, Owner(team=shop), identity, WHO)
    moved = Cluster.objects.create(slug="moved", name="Moved", server="https://127.0.0.1:1")
    Share.objects.create(cluster=moved, team=shop)
    save_credential(moved, Owner(user=users["dana"]), identity, WHO)
    save_credential(moved, Owner(team=shop), identity, WHO, actor=users["ada"])
    moved.server = "https://127.0.0.1:2"
    moved.save()
    cluster_request = ClusterRequest.objects.create(
        user=users["dana"], name="new", server="https://new.example.com"
    )
    kubeconfig = simulated_cluster.kubeconfig("ada").read_text()
    context = kubeconfig.partition("current-context: ")[2].split()[0]
    return {
        "own": own.pk,
        "request": cluster_request.pk,
        "next": cluster_request.pk + 1,
        "token": simulated_cluster.token("dana"),
        "kubeconfig": kubeconfig,
        "tick": f"0:{context}",
        "digest": destination_of(moved).digest,
        "server": simulated_cluster.server,
    }


def send(change: Change, browser_of: ClientFor, known: dict[str, Any]) -> HttpResponse:
    if change.route == "import":
        Cluster.objects.filter(slug="lit").delete()
    form = {name: fill_value(value, known) for name, value in change.form.items()}
    return browser_of(change.username).post(f"/clusters/{change.path.format(**known)}", form)


def fill_value(value: Any, known: dict[str, Any]) -> Any:
    return value.format(**known) if isinstance(value, str) and value.startswith("{") else value


def dump_state() -> list[Any]:
    models = (Cluster, Share, Credential, ClusterRequest)
    return [serializers.serialize("python", model.objects.order_by("pk")) for model in models]


@pytest.mark.parametrize("change", CHANGES, ids=NAMES)
def test_it_is_recorded(
    change: Change,
    client_for: ClientFor,
    path_values: dict[str, Any],
    users: dict[str, User],
    audit_trail: AuditTrail,
) -> None:
    before = len(audit_trail.list_outcomes())
    answer = send(change, client_for, path_values)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    rows = audit_trail.list_outcomes()[before:]
    wanted = [(verb, target.format(**path_values)) for verb, target in change.rows]
    assert [(row.verb, row.target) for row in rows] == wanted
    assert {row.phase for row in rows} == {"outcome"}, "each was announced, and has its result"
    for row in rows:
        assert (row.person, row.person_id, row.result) == (change.username, users[change.username].pk, "ok")
    assert rows[0].detail == {name: fill_value(value, path_values) for name, value in change.detail.items()}
    text = "".join(str(row.__dict__) for row in rows)
    assert path_values["token"] not in text
    assert "canary" not in text
    assert "PRIVATE" not in text


@pytest.mark.parametrize("change", CHANGES, ids=NAMES)
def test_without_the_audit_trail_it_is_refused_and_nothing_is_changed(
    change: Change, client_for: ClientFor, path_values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_row: object) -> None:
        raise AuditTrailUnavailable("disk full")

    if change.route == "import":
        Cluster.objects.filter(slug="lit").delete()
    before = dump_state()
    monkeypatch.setattr("people.audit.writer.Writer.put", full)
    answer = send(change, client_for, path_values)
    assert answer.status_code == (422 if change.route == "import" else 503)
    assert "audit trail is not writable" in answer.content.decode()
    assert dump_state() == before
    assert path_values["token"] not in answer.content.decode()


def test_every_route_that_changes_something_is_among_them() -> None:
    assert {str(one.name) for one in urlpatterns} - READ_ONLY == {change.route for change in CHANGES}


def test_what_a_credential_is_stands_in_its_row(
    client_for: ClientFor, path_values: dict[str, Any], reachable_cluster: Cluster, audit_trail: AuditTrail
) -> None:
    change = next(one for one in CHANGES if one.route == "credential")
    send(change, client_for, path_values)
    row = audit_trail.get_last(verb="credential-set", cluster="lit")
    stored = Credential.objects.get(cluster=reachable_cluster)
    assert (row.credential_id, row.credential, row.identity) == (stored.pk, "own token", "dana")
    assert (row.cluster_id, row.namespace) == (reachable_cluster.pk, "shop")
    assert row.detail["groups"] == ["team-shop", "system:authenticated"]


def test_commands_are_recorded(
    users: dict[str, User], simulated_cluster: SimulatedCluster, audit_trail: AuditTrail, tmp_path: Path
) -> None:
    file = tmp_path / "config"
    file.write_text(simulated_cluster.kubeconfig("dana").read_text())
    call_command("import_kubeconfig", str(file), owner="dana", team="shop", share=True, stdout=StringIO())
    call_command("rotate_keys", stdout=StringIO())
    call_command("signin_link", "dana", stdout=StringIO(), stderr=StringIO())
    rows = audit_trail.list_outcomes()
    assert [row.verb for row in rows] == ["cluster-add", "share-add", "credential-set", "signin-link"]
    assert {(row.person, row.person_id) for row in rows} == {("program manage.py", None)}
    assert rows[2].target == "person dana"


def test_keys_that_are_rotated(
    users: dict[str, User],
    path_values: dict[str, Any],
    audit_trail: AuditTrail,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fresh = "bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmU="
    monkeypatch.setattr(settings, "SEALING_KEYS", [fresh, *settings.SEALING_KEYS])
    call_command("rotate_keys", stdout=StringIO())
    row = audit_trail.get_last(verb="rotate-keys")
    assert row.detail["sealed again"] == 4
    assert fresh not in str(row.__dict__)
    delete_entries()  # no other test has the key of these rows


def test_without_the_audit_trail_commands_change_nothing_but_give_sign_in_links(
    users: dict[str, User],
    simulated_cluster: SimulatedCluster,
    path_values: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_row: object) -> None:
        raise AuditTrailUnavailable("disk full")

    Cluster.objects.filter(slug="lit").delete()
    before = dump_state()
    monkeypatch.setattr("people.audit.writer.Writer.put", full)
    monkeypatch.setattr(settings, "SEALING_KEYS", ["bmV3" * 10 + "bmU=", *settings.SEALING_KEYS])
    with pytest.raises(CommandError, match="audit trail"):
        call_command("import_kubeconfig", str(simulated_cluster.kubeconfig("dana")), stdout=StringIO())
    with pytest.raises(CommandError, match="audit trail"):
        call_command("rotate_keys", stdout=StringIO())
    assert dump_state() == before
    output = StringIO()
    call_command("signin_link", "dana", stdout=output, stderr=StringIO())
    assert "/people/invitations/" in output.getvalue()
