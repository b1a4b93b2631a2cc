"""Audit page: entries, filters, pagination, and what each user can see."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from clusters.models import Cluster, Share
from dashboard.audit import cursors
from dashboard.timings import AuditTimings, Timings
from people.audit.models import AuditEntry
from people.audit.record import PendingEntry, draft_for_user, record
from people.audit.routing import ALIAS
from people.models import Team, User
from tests.audit.conftest import RecordedActions
from tests.audit.recording import record_write
from tests.audit_trail import AuditTrail
from tests.people.conftest import ClientFor

AUDIT_URL = "/people/audit/"
PAGES = [AUDIT_URL, f"{AUDIT_URL}export/", f"{AUDIT_URL}export/trail.csv", f"{AUDIT_URL}export/trail.jsonl"]
HASH_LINK = re.compile(r'data-copy="([0-9]+:)?([0-9a-f]{64})"[^>]*title="Copy the hash of this entry')


def list_hashes(client: Client, query: str = "") -> list[str]:
    """The hashes of the last rows of the actions that a page shows, newest first."""
    answer = client.get(f"{AUDIT_URL}?{query}")
    assert answer.status_code == 200, answer.content.decode()
    return [found[1] for found in HASH_LINK.findall(answer.content.decode())]


def expected_hashes(actions: RecordedActions, *names: str) -> list[str]:
    """The hashes that a page shows for these actions."""
    found = []
    for name in names:
        first = AuditEntry.objects.get(pk=actions[name])
        found.append((AuditEntry.objects.filter(request=first.pk).first() or first).hash)
    return found


ALL = ("read", "unknown", "team", "failed", "other", "denied", "patch", "sign-in")
DANAS = ("read", "unknown", "denied", "patch", "sign-in")


def test_it_shows_one_row_for_each_action_newest_first(
    client_for: ClientFor, actions: RecordedActions
) -> None:
    for who in ("aude", "anna"):
        assert list_hashes(client_for(who)) == expected_hashes(actions, *ALL)
    text = client_for("aude").get(AUDIT_URL).content.decode()
    rows = re.findall(r'<tr role="row" id="d[0-9a-f]{20}" class="action is-(\w+)">', text)
    assert rows == ["ok", "unknown", "ok", "failed", "ok", "denied", "ok", "ok"]
    for text_part in (
        "dana",
        "Editor",
        "harbour",
        "shop/db",
        "403",
        "deployments.apps is forbidden",
        "a0a0-1111",
    ):
        assert text_part in text
    assert "it is unknown whether the cluster applied this" in text


@pytest.mark.parametrize(
    ("stored", "label"), [("reader", "Viewer"), ("operator", "Editor"), ("viewer", "Viewer")]
)
def test_old_entries_are_shown_with_the_names_of_today_and_filtered_by_their_own(
    client_for: ClientFor, users: dict[str, User], empty_audit_trail: AuditTrail, stored: str, label: str
) -> None:
    record(draft_for_user(users["dana"], "standing", role=stored, target="person stan"))
    text = client_for("aude").get(f"{AUDIT_URL}?verb=standing").content.decode()
    assert len(HASH_LINK.findall(text)) == 1
    assert f'<span class="soft">{label}</span>' in text
    assert f"<dd>{label}</dd>" in text
    assert '<option value="standing">' in text


def test_everybody_else_sees_their_own_alone(client_for: ClientFor, actions: RecordedActions) -> None:
    assert list_hashes(client_for("dana")) == expected_hashes(actions, *DANAS)
    assert list_hashes(client_for("rene")) == expected_hashes(actions, "failed", "other")
    assert list_hashes(client_for("stan")) == []
    for query in ("person=rene", "cluster=island", "verb=team-create", "result=failed", "name=settings"):
        assert list_hashes(client_for("dana"), query) == []
        assert "settings" not in client_for("dana").get(f"{AUDIT_URL}?result=failed").content.decode()


def test_nothing_reveals_to_one_user_how_much_others_do(
    client_for: ClientFor, users: dict[str, User], actions: RecordedActions
) -> None:
    """Row numbers, the hash before, the checkpoint, names to choose from, and the places in addresses."""
    rows = list(AuditEntry.objects.all())
    client = client_for("dana")
    for query in ("", "result=denied", f"before={cursors.write(users['dana'], actions['unknown'])}"):
        text = client.get(f"{AUDIT_URL}?{query}").content.decode()
        own = {row.hash for row in rows if row.person_id == users["dana"].pk}
        assert set(re.findall(r"\b[0-9a-f]{64}\b", text)) <= own
        assert "Checkpoint" not in text
        assert "Previous hash" not in text
        assert "rene" not in text
        places = re.findall(r"(?:before|after)=([^\"&#]+)", text)
        assert places
        assert all(len(place) > 90 for place in places)


def test_a_cursor_of_another_user_is_invalid(
    client_for: ClientFor, users: dict[str, User], actions: RecordedActions
) -> None:
    theirs = cursors.write(users["rene"], actions["read"])
    for place in (theirs, "7", "x", "9" * 30, "\x00", "%ED%A0%80"):
        for name in ("before", "after"):
            answer = client_for("dana").get(AUDIT_URL, {name: place})
            assert answer.status_code == 400
            assert "does not match an entry in your audit trail" in answer.content.decode()
            assert not HASH_LINK.findall(answer.content.decode())
    assert client_for("aude").get(AUDIT_URL, {"before": "9" * 30}).status_code == 400


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("person=rene", ("failed", "other")),
        ("cluster=harbour", ("read", "unknown", "failed", "denied", "patch")),
        ("verb=delete", ("unknown", "denied")),
        ("kind=Deployment", ("failed", "denied", "patch")),
        ("kind=deployments.apps&namespace=shop&person=dana", ("denied", "patch")),
        ("kind=deployments.extensions", ()),
        ("namespace=shop&verb=get", ("read",)),
        ("name=db", ("denied",)),
        ("name=team pay", ("team",)),
        ("result=ok", ("read", "team", "other", "patch", "sign-in")),
        ("result=denied", ("denied",)),
        ("result=failed", ("failed",)),
        ("result=unknown", ("unknown",)),
        ("from=1h", ALL),
        ("to=1h", ()),
        ("from=2h&to=1h&result=ok", ()),
        ("from=today&to=today&result=denied", ("denied",)),
    ],
)
def test_it_filters(
    client_for: ClientFor, actions: RecordedActions, query: str, names: tuple[str, ...]
) -> None:
    assert list_hashes(client_for("aude"), query) == expected_hashes(actions, *names)
    own = [name for name in names if name in DANAS]
    assert list_hashes(client_for("dana"), query) == expected_hashes(actions, *own)


def test_a_wrong_filter_is_named_kept_and_answered_by_no_rows(
    client_for: ClientFor, actions: RecordedActions
) -> None:
    answer = client_for("aude").get(f"{AUDIT_URL}?verb=<DELETE>&result=maybe&person=dana")
    text = answer.content.decode()
    assert answer.status_code == 400
    assert not HASH_LINK.findall(text)
    assert re.search(r'name="verb" value="&lt;DELETE&gt;"[^>]* aria-invalid="true"', text)
    assert "Enter one verb in lowercase" in text
    assert "The result must be ok, denied, failed or unknown." in text
    assert '<option value="maybe" selected>' in text
    assert 'value="dana"' in text


def test_times_are_found_where_the_clock_was_set_back(
    users: dict[str, User], client_for: ClientFor, actions: RecordedActions
) -> None:
    """Rows stand in the order in which they were written, whatever their times."""
    noon = datetime(2026, 3, 5, 12, tzinfo=UTC)
    for hours in (0, 5, -3, 2, -20, 1):
        record(draft_for_user(users["dana"], "get", name=f"at{hours}", at=noon + timedelta(hours=hours)))

    def names(query: str) -> list[str]:
        text = client_for("aude").get(f"{AUDIT_URL}?{query}").content.decode()
        return re.findall(r"Details: get (at-?\d+)<", text)

    assert names("from=2026-03-05 11:00&to=2026-03-05 13:30") == ["at1", "at0"]
    assert names("from=2026-03-04&to=2026-03-05 09:00") == ["at-20", "at-3"]
    assert names("from=2026-03-05 12:00&to=2026-03") == ["at1", "at2", "at5", "at0"]
    assert names("from=2026-03-06&to=2026-03-31") == []


def test_an_actions_time_is_that_of_its_request(
    users: dict[str, User], client_for: ClientFor, actions: RecordedActions
) -> None:
    row = AuditEntry.objects.get(pk=actions["denied"])
    result_entry = AuditEntry.objects.get(request=row.pk)
    assert result_entry.at > row.at
    exact = f"{row.at:%Y-%m-%dT%H:%M:%S.%fZ}"
    assert list_hashes(client_for("aude"), f"result=denied&from={exact}&to={exact}") == expected_hashes(
        actions, "denied"
    )
    later = f"{result_entry.at:%Y-%m-%dT%H:%M:%S.%fZ}"
    assert list_hashes(client_for("aude"), f"result=denied&from={later}") == []


def test_a_result_of_another_user_is_never_joined(
    client_for: ClientFor, users: dict[str, User], actions: RecordedActions
) -> None:
    """No writer of ours makes such a row; where one stands, it is not shown to whose request it names."""
    PendingEntry(actions["unknown"], draft_for_user(users["rene"], "delete")).close(
        "failed", 500, reason="of rene alone"
    )
    text = client_for("dana").get(AUDIT_URL).content.decode()
    assert "of rene alone" not in text
    assert "action is-unknown" in text


def list_pages(client: Client, query: str, rel: str) -> list[str]:
    """All pages from the one of a query on, by the links to what is older (next) or newer (prev)."""
    found: list[str] = []
    for _ in range(20):
        text = client.get(f"{AUDIT_URL}?{query}").content.decode()
        here = [one[1] for one in HASH_LINK.findall(text)]
        found = found + here if rel == "next" else here + found
        link = re.search(rf'href="\?([^"]*)" rel="{rel}"', text)
        if link is None:
            return found
        query = link[1].replace("&amp;", "&")
    raise AssertionError("there is no end")


@pytest.mark.parametrize("who", ["aude", "dana"])
def test_it_goes_page_by_page_there_and_back(
    monkeypatch: pytest.MonkeyPatch,
    client_for: ClientFor,
    users: dict[str, User],
    actions: RecordedActions,
    who: str,
) -> None:
    monkeypatch.setattr("dashboard.audit.views.ROWS", 2)
    names = ALL if who == "aude" else DANAS
    client = client_for(who)
    assert list_pages(client, "", "next") == expected_hashes(actions, *names)
    fit = [name for name in names if name in ("unknown", "failed", "denied", "read", "patch")]
    assert list_pages(client, "cluster=harbour", "next") == expected_hashes(actions, *fit)
    assert len(list_hashes(client)) == 2
    oldest = cursors.write(users[who], 0)
    assert list_pages(client, f"after={oldest}", "prev") == expected_hashes(actions, *names)
    assert list_hashes(client, f"before={cursors.write(users[who], actions['denied'])}") == expected_hashes(
        actions, "patch", "sign-in"
    )


def test_only_the_newest_page_is_live(
    client_for: ClientFor, users: dict[str, User], actions: RecordedActions
) -> None:
    def is_live(query: str) -> bool:
        return "data-live" in client_for("aude").get(f"{AUDIT_URL}?{query}").content.decode()

    assert is_live("")
    assert is_live("result=denied&from=1h")
    assert is_live("to=2999-01")
    assert not is_live("before=5")
    assert not is_live("after=5")
    assert not is_live("to=1h")
    assert not is_live("result=maybe")


def test_it_says_how_far_it_has_looked(
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    client_for: ClientFor,
    actions: RecordedActions,
) -> None:
    """The time limit ends a search that hardly matches anything, and the next page goes on from there."""
    monkeypatch.setattr("dashboard.audit.pagination.FIRST_RANGE", 2)
    settings.TIMINGS = Timings(audit=AuditTimings(page_search=-1.0, quick_range=-1.0))
    text = client_for("aude").get(f"{AUDIT_URL}?verb=sign-in").content.decode()
    assert "Searched back to 20" in text
    assert "Search further back" in text
    assert list_pages(client_for("aude"), "verb=sign-in", "next") == expected_hashes(actions, "sign-in")


def test_no_query_of_the_page_scans_the_whole_audit_trail(
    client_for: ClientFor, users: dict[str, User], actions: RecordedActions
) -> None:
    queries = [
        "",
        "result=unknown",
        "from=1h",
        "to=2026-01",
        "from=2026-01&to=2026-02",
        "name=a b",
        "before=9",
    ]
    queries += [f"{name}=x" for name in ("person", "cluster", "verb", "kind", "namespace", "name")]
    queries += [f"result={result}" for result in ("ok", "denied", "failed")]
    connection = connections[ALIAS]
    for who in ("aude", "dana"):
        client = client_for(who)
        for query in queries:
            with CaptureQueriesContext(connection) as asked:
                client.get(f"{AUDIT_URL}?{query}")
            statements = [one["sql"] for one in asked.captured_queries if "audit_entry" in one["sql"]]
            assert statements or (who, query) == ("dana", "before=9")
            for statement in statements:
                assert _list_full_scans(connection, statement) == [], (who, query, statement)


def _list_full_scans(connection: Any, statement: str) -> list[str]:
    """Steps of the plan that go through all rows; the last row of all is none of them."""
    if connection.vendor != "sqlite" or not statement.startswith("SELECT") or "WHERE" not in statement:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
        return [row[3] for row in cursor.fetchall() if row[3].startswith("SCAN")]


def test_one_persons_rows_are_found_by_the_person_alone(
    client_for: ClientFor, actions: RecordedActions
) -> None:
    """An index of all rows would answer in a time that tells how much others did there."""
    connection = connections[ALIAS]
    if connection.vendor != "sqlite":
        return
    for query in ("cluster=harbour", "result=denied", "verb=get", "person=rene", "name=web", "kind=pods"):
        with CaptureQueriesContext(connection) as asked:
            client_for("dana").get(f"{AUDIT_URL}?{query}")
        own = [one["sql"] for one in asked.captured_queries if '"person_id" = ' in one["sql"]]
        assert own
        for statement in own:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
                plan = " ".join(row[3] for row in cursor.fetchall())
            assert "audit_person" in plan, plan


def test_objects_lead_to_their_pages_where_the_cluster_is_shared(
    client_for: ClientFor, users: dict[str, User], actions: RecordedActions
) -> None:
    harbour = Cluster.objects.create(
        slug="harbour", name="Harbour", server="https://127.0.0.1:1", color="teal"
    )
    Share.objects.create(cluster=harbour, team=Team.objects.get())
    here = {"cluster_id": harbour.pk}
    record_write(users["dana"], **here)
    record_write(users["dana"], resource="nodes", group="", namespace="", name="worker-1", **here)
    record_write(users["dana"], "create", resource="pods", group="", name="", **here)
    record_write(users["dana"], name="../../people/", **here)
    record_write(users["dana"], name="elsewhere", cluster_id=harbour.pk + 1)
    text = client_for("dana").get(AUDIT_URL).content.decode()
    links = re.findall(r'href="(/c/[^"]*)"', text.partition("<tbody")[2])
    assert links == [
        "/c/harbour/shop/deployments.apps",
        "/c/harbour/shop/pods",
        "/c/harbour/_cluster/nodes/worker-1",
        "/c/harbour/shop/deployments.apps/web",
    ]
    assert "color-teal" in text
    seen = client_for("aude").get(AUDIT_URL).content.decode()  # reads all of the audit trail, is in no team
    assert "color-teal" in seen
    assert "/c/harbour/shop" not in seen
    Share.objects.all().delete()
    gone = client_for("dana").get(AUDIT_URL).content.decode().partition("<tbody")[2]
    assert "color-teal" not in gone
    assert "/c/harbour/" not in gone
