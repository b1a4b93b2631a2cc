"""Does the page of the trail show what was done, to whom it may be shown, as it is asked for?"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clusters.models import Cluster, Share
from people.audit import cursors
from people.audit.models import Entry
from people.audit.record import Fact, Intent, by, record
from people.audit.routing import ALIAS
from people.models import Team, User
from tests.people.audit.conftest import Deeds
from tests.people.audit.deeds import wrote
from tests.people.conftest import Browser

TRAIL = "/people/audit/"
PAGES = [TRAIL, f"{TRAIL}export/", f"{TRAIL}export/trail.csv", f"{TRAIL}export/trail.jsonl"]
PROOF = re.compile(r'data-copy="([0-9]+:)?([0-9a-f]{64})"[^>]*title="Copy the hash of this entry')


def shown(client: Client, query: str = "") -> list[str]:
    """The hashes of the last rows of the deeds that a page shows, newest first."""
    answer = client.get(f"{TRAIL}?{query}")
    assert answer.status_code == 200, answer.content.decode()
    return [found[1] for found in PROOF.findall(answer.content.decode())]


def hashes(deeds: Deeds, *names: str) -> list[str]:
    """What `shown` gives for these deeds."""
    found = []
    for name in names:
        first = Entry.objects.get(pk=deeds[name])
        found.append((Entry.objects.filter(intent=first.pk).first() or first).hash)
    return found


ALL = ("read", "unknown", "team", "failed", "other", "denied", "patch", "sign-in")
DANAS = ("read", "unknown", "denied", "patch", "sign-in")


def test_it_shows_one_line_for_each_deed_newest_first(browser_of: Browser, deeds: Deeds) -> None:
    for who in ("aude", "anna"):
        assert shown(browser_of(who)) == hashes(deeds, *ALL)
    text = browser_of("aude").get(TRAIL).content.decode()
    rows = re.findall(r'<tr role="row" id="d[0-9a-f]{20}" class="deed is-(\w+)">', text)
    assert rows == ["ok", "unknown", "ok", "failed", "ok", "denied", "ok", "ok"]
    for told in (
        "dana",
        "operator",
        "harbour",
        "shop/db",
        "403",
        "deployments.apps is forbidden",
        "a0a0-1111",
    ):
        assert told in text
    assert "it is unknown whether the cluster applied this" in text


def test_everybody_else_sees_their_own_alone(browser_of: Browser, deeds: Deeds) -> None:
    assert shown(browser_of("dana")) == hashes(deeds, *DANAS)
    assert shown(browser_of("rene")) == hashes(deeds, "failed", "other")
    assert shown(browser_of("stan")) == []
    for query in ("person=rene", "cluster=island", "verb=team-create", "result=failed", "name=settings"):
        assert shown(browser_of("dana"), query) == []
        assert "settings" not in browser_of("dana").get(f"{TRAIL}?result=failed").content.decode()


def test_nothing_tells_one_person_how_much_others_do(
    browser_of: Browser, cast: dict[str, User], deeds: Deeds
) -> None:
    """Row numbers, the hash before, the head, names to choose from, and the places in addresses."""
    rows = list(Entry.objects.all())
    client = browser_of("dana")
    for query in ("", "result=denied", f"before={cursors.write(cast['dana'], deeds['unknown'])}"):
        text = client.get(f"{TRAIL}?{query}").content.decode()
        own = {row.hash for row in rows if row.person_id == cast["dana"].pk}
        assert set(re.findall(r"\b[0-9a-f]{64}\b", text)) <= own
        assert "Checkpoint" not in text
        assert "Previous hash" not in text
        assert "rene" not in text
        places = re.findall(r"(?:before|after)=([^\"&#]+)", text)
        assert places
        assert all(len(place) > 90 for place in places)


def test_a_place_of_somebody_else_is_no_place(
    browser_of: Browser, cast: dict[str, User], deeds: Deeds
) -> None:
    theirs = cursors.write(cast["rene"], deeds["read"])
    for place in (theirs, "7", "x", "9" * 30, "\x00", "%ED%A0%80"):
        for name in ("before", "after"):
            answer = browser_of("dana").get(TRAIL, {name: place})
            assert answer.status_code == 400
            assert "does not match an entry in your audit trail" in answer.content.decode()
            assert not PROOF.findall(answer.content.decode())
    assert browser_of("aude").get(TRAIL, {"before": "9" * 30}).status_code == 400


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
def test_it_filters(browser_of: Browser, deeds: Deeds, query: str, names: tuple[str, ...]) -> None:
    assert shown(browser_of("aude"), query) == hashes(deeds, *names)
    own = [name for name in names if name in DANAS]
    assert shown(browser_of("dana"), query) == hashes(deeds, *own)


def test_a_wrong_filter_is_named_kept_and_answered_by_no_rows(browser_of: Browser, deeds: Deeds) -> None:
    answer = browser_of("aude").get(f"{TRAIL}?verb=<DELETE>&result=maybe&person=dana")
    text = answer.content.decode()
    assert answer.status_code == 400
    assert not PROOF.findall(text)
    assert re.search(r'name="verb" value="&lt;DELETE&gt;"[^>]* aria-invalid="true"', text)
    assert "Enter one verb in lowercase" in text
    assert "The result must be ok, denied, failed or unknown." in text
    assert '<option value="maybe" selected>' in text
    assert 'value="dana"' in text


def test_times_are_found_where_the_clock_was_set_back(
    cast: dict[str, User], browser_of: Browser, deeds: Deeds
) -> None:
    """Rows stand in the order in which they were written, whatever their times."""
    noon = datetime(2026, 3, 5, 12, tzinfo=UTC)
    for hours in (0, 5, -3, 2, -20, 1):
        record(by(cast["dana"], "get", name=f"at{hours}", at=noon + timedelta(hours=hours)))

    def names(query: str) -> list[str]:
        text = browser_of("aude").get(f"{TRAIL}?{query}").content.decode()
        return re.findall(r"Details: get (at-?\d+)<", text)

    assert names("from=2026-03-05 11:00&to=2026-03-05 13:30") == ["at1", "at0"]
    assert names("from=2026-03-04&to=2026-03-05 09:00") == ["at-20", "at-3"]
    assert names("from=2026-03-05 12:00&to=2026-03") == ["at1", "at2", "at5", "at0"]
    assert names("from=2026-03-06&to=2026-03-31") == []


def test_a_deeds_time_is_that_of_its_intent(cast: dict[str, User], browser_of: Browser, deeds: Deeds) -> None:
    row = Entry.objects.get(pk=deeds["denied"])
    outcome = Entry.objects.get(intent=row.pk)
    assert outcome.at > row.at
    exact = f"{row.at:%Y-%m-%dT%H:%M:%S.%fZ}"
    assert shown(browser_of("aude"), f"result=denied&from={exact}&to={exact}") == hashes(deeds, "denied")
    later = f"{outcome.at:%Y-%m-%dT%H:%M:%S.%fZ}"
    assert shown(browser_of("aude"), f"result=denied&from={later}") == []


def test_an_outcome_of_somebody_else_is_never_joined(
    browser_of: Browser, cast: dict[str, User], deeds: Deeds
) -> None:
    """No writer of ours makes such a row; where one stands, it is not shown to whose intent it names."""
    Intent(deeds["unknown"], by(cast["rene"], "delete")).close("failed", 500, reason="of rene alone")
    text = browser_of("dana").get(TRAIL).content.decode()
    assert "of rene alone" not in text
    assert "deed is-unknown" in text


def pages(client: Client, query: str, rel: str) -> list[str]:
    """All pages from the one of a query on, by the links to what is older (next) or newer (prev)."""
    found: list[str] = []
    for _ in range(20):
        text = client.get(f"{TRAIL}?{query}").content.decode()
        here = [one[1] for one in PROOF.findall(text)]
        found = found + here if rel == "next" else here + found
        link = re.search(rf'href="\?([^"]*)" rel="{rel}"', text)
        if link is None:
            return found
        query = link[1].replace("&amp;", "&")
    raise AssertionError("there is no end")


@pytest.mark.parametrize("who", ["aude", "dana"])
def test_it_goes_page_by_page_there_and_back(
    monkeypatch: pytest.MonkeyPatch, browser_of: Browser, cast: dict[str, User], deeds: Deeds, who: str
) -> None:
    monkeypatch.setattr("people.audit.pages.ROWS", 2)
    names = ALL if who == "aude" else DANAS
    client = browser_of(who)
    assert pages(client, "", "next") == hashes(deeds, *names)
    fit = [name for name in names if name in ("unknown", "failed", "denied", "read", "patch")]
    assert pages(client, "cluster=harbour", "next") == hashes(deeds, *fit)
    assert len(shown(client)) == 2
    oldest = cursors.write(cast[who], 0)
    assert pages(client, f"after={oldest}", "prev") == hashes(deeds, *names)
    assert shown(client, f"before={cursors.write(cast[who], deeds['denied'])}") == hashes(
        deeds, "patch", "sign-in"
    )


def test_only_the_newest_page_is_live(browser_of: Browser, cast: dict[str, User], deeds: Deeds) -> None:
    def is_live(query: str) -> bool:
        return "data-live" in browser_of("aude").get(f"{TRAIL}?{query}").content.decode()

    assert is_live("")
    assert is_live("result=denied&from=1h")
    assert is_live("to=2999-01")
    assert not is_live("before=5")
    assert not is_live("after=5")
    assert not is_live("to=1h")
    assert not is_live("result=maybe")


def test_it_says_how_far_it_has_looked(
    monkeypatch: pytest.MonkeyPatch, browser_of: Browser, deeds: Deeds
) -> None:
    """A filter that hardly anything fits, in a trail of millions: patience ends, and the page goes on from there."""
    monkeypatch.setattr("people.audit.walk.FIRST_STRETCH", 2)
    monkeypatch.setattr("people.audit.walk.QUICK", -1.0)
    monkeypatch.setattr("people.audit.walk.PATIENCE", -1.0)
    text = browser_of("aude").get(f"{TRAIL}?verb=sign-in").content.decode()
    assert "Searched back to 20" in text
    assert "Search further back" in text
    assert pages(browser_of("aude"), "verb=sign-in", "next") == hashes(deeds, "sign-in")


def test_no_query_of_the_page_goes_through_the_whole_trail(
    browser_of: Browser, cast: dict[str, User], deeds: Deeds
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
        client = browser_of(who)
        for query in queries:
            with CaptureQueriesContext(connection) as asked:
                client.get(f"{TRAIL}?{query}")
            statements = [one["sql"] for one in asked.captured_queries if "audit_entry" in one["sql"]]
            assert statements or (who, query) == ("dana", "before=9")
            for statement in statements:
                assert _scans(connection, statement) == [], (who, query, statement)


def _scans(connection: Any, statement: str) -> list[str]:
    """Steps of the plan that go through all rows; the last row of all is none of them."""
    if connection.vendor != "sqlite" or not statement.startswith("SELECT") or "WHERE" not in statement:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
        return [row[3] for row in cursor.fetchall() if row[3].startswith("SCAN")]


def test_one_persons_rows_are_found_by_the_person_alone(browser_of: Browser, deeds: Deeds) -> None:
    """An index of all rows would answer in a time that tells how much others did there."""
    connection = connections[ALIAS]
    if connection.vendor != "sqlite":
        return
    for query in ("cluster=harbour", "result=denied", "verb=get", "person=rene", "name=web", "kind=pods"):
        with CaptureQueriesContext(connection) as asked:
            browser_of("dana").get(f"{TRAIL}?{query}")
        own = [one["sql"] for one in asked.captured_queries if '"person_id" = ' in one["sql"]]
        assert own
        for statement in own:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
                plan = " ".join(row[3] for row in cursor.fetchall())
            assert "audit_person" in plan, plan


def test_objects_lead_to_their_pages_where_the_cluster_is_shared(
    browser_of: Browser, cast: dict[str, User], deeds: Deeds
) -> None:
    harbour = Cluster.objects.create(
        slug="harbour", name="Harbour", server="https://127.0.0.1:1", colour="teal"
    )
    Share.objects.create(cluster=harbour, team=Team.objects.get())
    here = {"cluster_id": harbour.pk}
    wrote(cast["dana"], **here)
    wrote(cast["dana"], resource="nodes", group="", namespace="", name="worker-1", **here)
    wrote(cast["dana"], "create", resource="pods", group="", name="", **here)
    wrote(cast["dana"], name="../../people/", **here)
    wrote(cast["dana"], name="elsewhere", cluster_id=harbour.pk + 1)
    text = browser_of("dana").get(TRAIL).content.decode()
    links = re.findall(r'href="(/c/[^"]*)"', text.partition("<tbody")[2])
    assert links == [
        "/c/harbour/shop/deployments.apps",
        "/c/harbour/shop/pods",
        "/c/harbour/_cluster/nodes/worker-1",
        "/c/harbour/shop/deployments.apps/web",
    ]
    assert "colour-teal" in text
    seen = browser_of("aude").get(TRAIL).content.decode()  # reads all of the trail, is in no team
    assert "colour-teal" in seen
    assert "/c/harbour/shop" not in seen
    Share.objects.all().delete()
    gone = browser_of("dana").get(TRAIL).content.decode().partition("<tbody")[2]
    assert "colour-teal" not in gone
    assert "/c/harbour/" not in gone


def test_hostile_text_is_visible_and_is_no_markup(
    monkeypatch: pytest.MonkeyPatch, browser_of: Browser, cast: dict[str, User], deeds: Deeds
) -> None:
    """Also where the row was written past this program: what it says is drawn as it would have been kept."""
    monkeypatch.setattr("people.audit.fact.plain", lambda text, limit: str(text)[:limit])
    evil = "<img src=x onerror=alert(1)>\u202e\x1b[31m\r\n\u200b{{ 7|add:1 }}"
    fields = ("verb", "standing", "role", "token", "address", "cluster", "credential", "identity", "group")
    fields += (
        "version",
        "resource",
        "subresource",
        "namespace",
        "name",
        "subject",
        "reason",
        "audit_id",
        "session",
    )
    short = {"verb": 32, "standing": 16, "role": 16, "session": 12, "address": 45}
    for name in fields:
        told = {"verb": "get", name: evil[: short.get(name, 63)], "detail": {evil: evil}}
        record(Fact(person_id=cast["dana"].pk, person=evil, **told))
    text = browser_of("aude").get(TRAIL).content.decode()
    rows = text[text.index("<tbody") : text.index("</tbody>")]
    assert "<img" not in rows
    assert not set(rows) & set("\u202e\x1b\r\u200b")
    assert rows.count("&lt;img") > len(fields)
    assert "\\u202e" in rows
    assert "\\r\\n" in rows or "\\x0d\\x0a" in rows
    assert "{{ 7|add:1 }}" in rows


@pytest.mark.parametrize("path", PAGES)
def test_it_is_closed_without_a_session_and_takes_no_other_method(
    browser_of: Browser, deeds: Deeds, path: str
) -> None:
    before = Entry.objects.count()
    stranger = browser_of()
    for method in ("get", "post", "put", "patch", "delete", "options", "head"):
        answer = getattr(stranger, method)(path)
        assert answer.status_code in (302, 405), method
        if answer.status_code == 302:
            assert answer["Location"].startswith("/people/sign-in/")
    for who in ("anna", "aude", "dana", "rene"):
        for method in ("post", "put", "patch", "delete"):
            assert getattr(browser_of(who), method)(path).status_code == 405
    assert Entry.objects.count() == before


@pytest.mark.parametrize("path", PAGES)
def test_no_answer_is_kept_or_guessed_at(browser_of: Browser, deeds: Deeds, path: str) -> None:
    answer = browser_of("aude").get(path)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_the_navigation_of_everybody_leads_there(browser_of: Browser, deeds: Deeds) -> None:
    for who in ("anna", "aude", "dana", "stan"):
        assert (
            '<a href="/people/audit/" aria-current="page" data-goto="a">'
            in browser_of(who).get(TRAIL).content.decode()
        )


def test_the_head_is_what_verify_audit_takes(browser_of: Browser, deeds: Deeds) -> None:
    last = Entry.objects.last()
    assert last is not None
    for who in ("anna", "aude"):
        assert f'data-copy="{last.sequence}:{last.hash}"' in browser_of(who).get(TRAIL).content.decode()
