"""Protected clusters: names are typed, by hand-made requests too; who may lift that; what waits to be called back."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from clusters.bulk.starting import MAX_KEPT
from clusters.models import BulkRun, Cluster, NameLift
from people.audit.models import AuditEntry
from people.models import User
from tests import database_fixtures
from tests.simulated_cluster import SimulatedCluster

OBJECT = "/c/harbour/shop/configmaps/guarded"
PATH = f"{OBJECT}/delete"
LIFT = "/c/harbour/_typed-names"
QUESTION = "Type guarded to confirm"


@pytest.fixture
def guarded(simulated_cluster: SimulatedCluster, db: None) -> str:
    """The UID of a ConfigMap in a protected cluster."""
    database_fixtures.create_all(simulated_cluster)
    Cluster.objects.update(protected=True)
    metadata = {"name": "guarded", "namespace": "shop"}
    path = "/api/v1/namespaces/shop/configmaps/guarded"
    if simulated_cluster.admin.call("GET", path).status == 404:
        simulated_cluster.create([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}])
    found = simulated_cluster.admin.call("GET", path)
    return str((found.json or {})["metadata"]["uid"])


def sign_in(name: str) -> Client:
    client = Client()
    client.cookies["quarterdeck-session"] = database_fixtures.create_session(name)
    return client


def is_there(simulated_cluster: SimulatedCluster) -> bool:
    return simulated_cluster.admin.call("GET", "/api/v1/namespaces/shop/configmaps/guarded").status == 200


def test_nothing_is_deleted_before_the_name_is_typed_and_then_it_waits(
    guarded: str, simulated_cluster: SimulatedCluster
) -> None:
    client = sign_in("dana")
    page = client.get(PATH).content.decode()
    assert QUESTION in page
    assert "You can call it back for 5 seconds." in page
    fields = {"uid": guarded, "propagation": "Foreground"}
    for typed in ("", "Guarded", "guarded2"):
        answer = client.post(PATH, {**fields, "typed": typed})
        assert answer.status_code == 422
        assert "This does not match the object" in answer.content.decode()
    assert not BulkRun.objects.exists()
    answer = client.post(PATH, {**fields, "typed": "guarded"})
    run = BulkRun.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/bulk/{run.pk}/"
    assert is_there(simulated_cluster)
    assert run.starts_at - run.created_at == timedelta(seconds=5)
    assert run.values == {"propagation": "Foreground", "grace_seconds": None}
    assert [one.uid for one in run.items.all()] == [guarded]
    entry = AuditEntry.objects.filter(verb="bulk-start", target=f"run {run.pk}: delete")[0]
    assert entry.detail["object"] == OBJECT


def test_a_form_without_a_uid_deletes_nothing(guarded: str, simulated_cluster: SimulatedCluster) -> None:
    client = sign_in("dana")
    answer = client.post(PATH, {"propagation": "Background", "typed": "guarded"})
    assert answer.status_code == 422
    assert not BulkRun.objects.exists()
    assert is_there(simulated_cluster)


def test_a_form_that_is_sent_twice_begins_one_run_and_nobody_has_too_many(guarded: str) -> None:
    client = sign_in("dana")
    run_id = "00000000-0000-4000-8000-000000000007"
    fields = {"uid": guarded, "propagation": "Background", "typed": "guarded"}
    for _time in range(2):
        answer = client.post(PATH, {**fields, "run": run_id})
        assert answer["Location"] == f"/bulk/{run_id}/"
    assert BulkRun.objects.count() == 1
    assert sign_in("ada").post(PATH, {**fields, "run": run_id}).status_code == 404
    for _time in range(19):
        assert client.post(PATH, fields).status_code == 302
    answer = client.post(PATH, fields)
    assert answer.status_code == 409
    assert "20 of your bulk actions are not over yet" in answer.content.decode()
    assert BulkRun.objects.count() == 20


def test_old_runs_are_deleted_by_number_and_by_age(guarded: str) -> None:
    client = sign_in("dana")
    fields = {"uid": guarded, "propagation": "Background", "typed": "guarded"}
    client.post(PATH, fields)
    dana, ada = BulkRun.objects.get().user, User.objects.get(username="ada")
    make_run(dana, 89)
    make_run(ada, 91)
    make_run(ada, 91, renewed=1)
    for _time in range(MAX_KEPT):
        make_run(dana, 2)
    assert client.post(PATH, fields).status_code == 302
    kept = BulkRun.objects.exclude(finished_at=None)
    assert kept.filter(user=dana).count() == MAX_KEPT - 1
    oldest = timezone.now() - timedelta(days=3)
    assert not kept.filter(user=dana, created_at__lt=oldest).exists()
    assert [one.renewed_at is not None for one in kept.filter(user=ada)] == [True]


def make_run(user: User, days: int, renewed: int = 0) -> None:
    """One that was over so many days ago, or was tried again since."""
    now = timezone.now()
    then = now - timedelta(days=days)
    again = now - timedelta(days=renewed) if renewed else None
    BulkRun.objects.create(
        id=uuid.uuid4(),
        user=user,
        action="delete",
        resource="configmaps",
        created_at=then,
        starts_at=then,
        renewed_at=again,
        finished_at=then,
    )


def lift(client: Client, change: str = "lift") -> str:
    """What the page that one comes back to says."""
    answer = client.post(LIFT, {"change": change, "next": PATH}, follow=True)
    assert answer.redirect_chain == [(PATH, 302)]
    return answer.content.decode()


def test_who_may_lift_typed_names_is_the_administrators_setting(guarded: str) -> None:
    dana, other, ada = sign_in("dana"), sign_in("dana"), sign_in("ada")
    fields = {"uid": guarded, "propagation": "Background"}
    page = lift(dana)
    assert "No administrator allowed you" in page
    assert QUESTION in page
    assert LIFT not in page
    set_lifters(ada, "administrators")
    assert QUESTION in lift(dana)
    assert LIFT in ada.get(PATH).content.decode()
    page = lift(ada)
    assert QUESTION not in page
    assert "You lifted typed names in this cluster until" in page
    set_lifters(ada, "editors")
    assert QUESTION not in lift(dana)
    assert dana.post(PATH, fields).status_code == 302
    assert QUESTION in other.get(PATH).content.decode()  # of another session
    assert QUESTION in lift(dana, "require")
    assert dana.post(PATH, fields).status_code == 422
    assert QUESTION not in lift(dana)
    NameLift.objects.update(until=timezone.now())
    assert QUESTION in dana.get(PATH).content.decode()
    assert QUESTION not in lift(dana)
    set_lifters(ada, "")
    assert QUESTION in dana.get(PATH).content.decode()
    verbs = AuditEntry.objects.filter(verb__in=("names-lift", "names-require"), request=None)
    found = [(one.person, one.verb, one.cluster) for one in verbs.order_by("sequence")][-5:]
    assert found[0] == ("ada", "names-lift", "harbour")
    assert found[1:] == [("dana", f"names-{one}", "harbour") for one in ("lift", "require", "lift", "lift")]
    assert sign_in("rita").post(LIFT, {"change": "lift"}).status_code == 403
    answer = dana.post(LIFT, {"change": "lift", "next": "https://elsewhere.example.com/"})
    assert answer["Location"] == "/"


def set_lifters(client: Client, value: str) -> None:
    """By the form of the cluster's settings; the audit trail has from what to what."""
    cluster = Cluster.objects.get()
    before = cluster.name_lifters
    fields = {name: getattr(cluster, name) for name in ("name", "slug", "server", "ca", "color")}
    values = {**fields, "protected": "on", "verify_tls": "on", "name_lifters": value}
    answer = client.post("/clusters/harbour/edit/", values)
    assert answer.status_code == 302, answer.content.decode()
    cluster.refresh_from_db()
    assert cluster.name_lifters == value
    entry = AuditEntry.objects.filter(verb="cluster-edit").order_by("-sequence")[0]
    assert entry.detail["name_lifters"] == [before, value]
