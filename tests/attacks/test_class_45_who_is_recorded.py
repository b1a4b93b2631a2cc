"""Who is recorded: who looks now, and never a password that was typed as a username (class 45)."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from clusters.api.connection import Identity
from clusters.api.errors import Forbidden
from clusters.credentials.store import Owner, save_credential
from clusters.credentials.verification import WhoAmI
from clusters.discovery import Resource
from clusters.feeds.states import State
from clusters.gateway import secret_reads
from clusters.gateway.connect import ClusterSession, connect
from clusters.gateway.hub import hub
from clusters.models import Credential
from clusters.tables.table_content import TableQuery
from dashboard.accounts.signin_failures import redact_username
from people.models import Team
from tests.attacks.installation import Installation, get_token
from tests.audit_trail import AuditTrail
from tests.dashboard_server import wait_for

pytestmark = pytest.mark.usefixtures("fresh_rate_limits")
PODS = Resource("", "v1", "pods", "Pod", namespaced=True, verbs=frozenset({"list", "watch"}), preferred=True)
SECRETS = secret_reads.SECRETS
PASSWORDS = ("MyS3cret.Passw0rd_2026", "correct horse battery!", "hunter2", "пароль-2026", "a b", "x" * 140)


@pytest.fixture
def shared(committed_installation: Installation) -> Iterator[Installation]:
    """dana and rene see the cluster by the team's credential alone, so they share its feeds."""
    Credential.objects.filter(user__isnull=False).delete()
    team = Owner(team=Team.objects.get(slug="shop"))
    identity, who = (
        Identity(token=get_token(committed_installation.plane, "dana")),
        WhoAmI("dana", "", (), {}, None),
    )
    save_credential(committed_installation.clusters["harbour"], team, identity, who, read_only=False)
    yield committed_installation
    hub.drop(lambda _connection: True, "over")


def join(installation: Installation, name: str) -> ClusterSession:
    return connect(installation.users[name], "harbour")


def refuse(feed, namespace: str = "shop") -> None:
    """The cluster refuses what the feed asks for, as it does after a permission was taken away."""
    feed.connection.error_callback(
        "GET", f"/api/v1/namespaces/{namespace}/pods", (), Forbidden("not any more", status=403)
    )


def find_denied(audit_trail: AuditTrail, namespace: str) -> list[str]:
    rows = audit_trail.list_rows(result="denied", namespace=namespace)
    return sorted(rows.values_list("person", flat=True))


def wait_for_rows(audit_trail: AuditTrail, namespace: str, people: list[str]) -> None:
    wait_for(
        lambda: find_denied(audit_trail, namespace) == people,
        message=str(find_denied(audit_trail, namespace)),
    )


def test_a_denial_of_a_shared_feed_is_recorded_for_who_looks_now(
    shared: Installation, audit_trail: AuditTrail
) -> None:
    dana, rene = join(shared, "dana"), join(shared, "rene")
    feed = dana.table(TableQuery(PODS, "shop"))
    assert rene.table(TableQuery(PODS, "shop")) is feed
    dana.release(feed)
    refuse(feed, "left-by-dana")
    wait_for_rows(audit_trail, "left-by-dana", ["rene"])


def test_it_is_recorded_for_each_who_looks(shared: Installation, audit_trail: AuditTrail) -> None:
    dana, rene = join(shared, "dana"), join(shared, "rene")
    feed = dana.table(TableQuery(PODS, "shop"))
    rene.table(TableQuery(PODS, "shop"))
    refuse(feed, "seen-by-both")
    wait_for_rows(audit_trail, "seen-by-both", ["dana", "rene"])


def test_where_nobody_looks_any_more_it_is_nobodys(shared: Installation, audit_trail: AuditTrail) -> None:
    dana, rene = join(shared, "dana"), join(shared, "rene")
    feed = dana.table(TableQuery(PODS, "shop"))
    wait_for(lambda: feed.state.state is not State.LOADING)
    dana.release(feed)
    refuse(feed, "seen-by-nobody")
    assert rene.table(TableQuery(PODS, "shop")) is feed
    refuse(feed, "seen-by-rene")
    wait_for_rows(audit_trail, "seen-by-rene", ["rene"])
    assert find_denied(audit_trail, "seen-by-nobody") == []


def test_who_left_before_the_first_answer_is_recorded(
    committed_installation: Installation, audit_trail: AuditTrail
) -> None:
    """The request was sent for them, whether they wait for its answer or not."""
    dana = join(committed_installation, "dana")
    dana.release(dana.table(TableQuery(PODS, "pay")))
    wait_for_rows(audit_trail, "pay", ["dana"])


def test_who_joins_a_feed_that_is_denied_is_denied_too(shared: Installation, audit_trail: AuditTrail) -> None:
    """No request is sent for the second viewer, who is refused all the same."""
    dana, rene = join(shared, "dana"), join(shared, "rene")
    feed = dana.table(TableQuery(PODS, "pay"))
    wait_for_rows(audit_trail, "pay", ["dana"])
    dana.release(feed)
    assert rene.table(TableQuery(PODS, "pay")) is feed
    wait_for_rows(audit_trail, "pay", ["dana", "rene"])


def test_who_left_before_a_secret_came_has_not_read_it(shared: Installation, audit_trail: AuditTrail) -> None:
    dana = join(shared, "dana")
    feed = dana.table(TableQuery(PODS, "shop"))
    looks = [True]

    class Content:
        """A content whose object comes later."""

        object = None

        def snapshot(self) -> Content:
            return self

    feed.content = Content()
    secret_reads.note_when_read(feed, dana.audit_draft, lambda: looks[0])
    looks[0], Content.object = False, {"kind": "Secret"}
    for listener in tuple(feed._listeners):
        listener()
    looks[0] = True
    assert not feed._listeners, "and it does not wait any longer"
    assert not audit_trail.list_rows(person="dana", cluster="harbour", phase="event", result="ok").exists()


@pytest.mark.parametrize("typed", PASSWORDS)
def test_a_password_typed_as_a_username_is_nowhere(
    installation: Installation, audit_trail: AuditTrail, caplog: pytest.LogCaptureFixture, typed: str
) -> None:
    """Neither in the audit trail, its page and export, nor in the log: also where it could be a name."""
    with caplog.at_level(logging.DEBUG):
        for _ in range(12):  # the last ones are throttled, and recorded as that
            installation.browser().post("/people/sign-in/", {"username": typed, "password": "x"})
    rows = list(audit_trail.list_rows(verb="sign-in"))
    assert {row.result for row in rows} >= {"failed"}
    browser = installation.browser("aude")
    pages = [
        browser.get(f"/people/audit/{page}").content.decode()
        for page in ("", "export/trail.csv", "export/trail.jsonl")
    ]
    for text in (*pages, caplog.text, *(str(row.__dict__) for row in rows)):
        assert typed not in text
        assert typed[:4] not in text or len(typed) < 4
    assert {row.person for row in rows} == {redact_username(typed)}


def test_the_same_name_gives_the_same_text_and_only_with_the_key(
    monkeypatch: pytest.MonkeyPatch, settings
) -> None:
    before = redact_username("MyS3cret.Passw0rd_2026")
    assert before == redact_username("MyS3cret.Passw0rd_2026")
    assert before.startswith("My\N{HORIZONTAL ELLIPSIS} (unknown username, ")
    assert before != redact_username("MyS3cret.Passw0rd_2027")
    settings.SEALING_KEYS = ("bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmU=",)
    assert before != redact_username("MyS3cret.Passw0rd_2026")


def test_a_known_username_is_recorded_as_it_is(installation: Installation, audit_trail: AuditTrail) -> None:
    installation.browser().post("/people/sign-in/", {"username": "dana", "password": "wrong-again"})
    row = audit_trail.get_last(verb="sign-in")
    assert (row.person, row.person_id) == ("dana", installation.users["dana"].pk)
