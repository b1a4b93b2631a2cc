"""The page of the audit trail against hostile text, other methods, and visitors without a session."""

from __future__ import annotations

import pytest

from people.audit.models import AuditEntry
from people.audit.record import AuditDraft, record
from people.models import User
from tests.audit.conftest import RecordedActions
from tests.audit.test_page import AUDIT_URL, PAGES
from tests.people.conftest import ClientFor


def test_hostile_text_is_visible_and_is_no_markup(
    monkeypatch: pytest.MonkeyPatch, client_for: ClientFor, users: dict[str, User], actions: RecordedActions
) -> None:
    """Also where the row was written past this program: what it says is drawn as it would have been kept."""
    monkeypatch.setattr("people.audit.draft.sanitize_text", lambda text, limit: str(text)[:limit])
    evil = "<img src=x onerror=alert(1)>\u202e\x1b[31m\r\n\u200b{{ 7|add:1 }}"
    fields = ("verb", "global_role", "role", "token", "address", "cluster", "credential", "identity", "group")
    fields += (
        "version",
        "resource",
        "subresource",
        "namespace",
        "name",
        "target",
        "reason",
        "audit_id",
        "session",
    )
    short = {"verb": 32, "global_role": 16, "role": 16, "session": 12, "address": 45}
    for name in fields:
        fields = {"verb": "get", name: evil[: short.get(name, 63)], "detail": {evil: evil}}
        record(AuditDraft(person_id=users["dana"].pk, person=evil, **fields))
    text = client_for("aude").get(AUDIT_URL).content.decode()
    rows = text[text.index("<tbody") : text.index("</tbody>")]
    assert "<img" not in rows
    assert not set(rows) & set("\u202e\x1b\r\u200b")
    assert rows.count("&lt;img") > len(fields)
    assert "\\u202e" in rows
    assert "\\r\\n" in rows or "\\x0d\\x0a" in rows
    assert "{{ 7|add:1 }}" in rows


@pytest.mark.parametrize("path", PAGES)
def test_it_is_closed_without_a_session_and_takes_no_other_method(
    client_for: ClientFor, actions: RecordedActions, path: str
) -> None:
    before = AuditEntry.objects.count()
    stranger = client_for()
    for method in ("get", "post", "put", "patch", "delete", "options", "head"):
        answer = getattr(stranger, method)(path)
        assert answer.status_code in (302, 405), method
        if answer.status_code == 302:
            assert answer["Location"].startswith("/people/sign-in/")
    for who in ("anna", "aude", "dana", "rene"):
        for method in ("post", "put", "patch", "delete"):
            assert getattr(client_for(who), method)(path).status_code == 405
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("path", PAGES)
def test_no_answer_is_kept_or_guessed_at(client_for: ClientFor, actions: RecordedActions, path: str) -> None:
    answer = client_for("aude").get(path)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_the_navigation_of_everybody_leads_there(client_for: ClientFor, actions: RecordedActions) -> None:
    for who in ("anna", "aude", "dana", "stan"):
        assert (
            '<a href="/people/audit/" aria-current="page" data-goto="a">'
            in client_for(who).get(AUDIT_URL).content.decode()
        )


def test_the_checkpoint_is_what_verify_audit_takes(client_for: ClientFor, actions: RecordedActions) -> None:
    last = AuditEntry.objects.last()
    assert last is not None
    for who in ("anna", "aude"):
        assert f'data-copy="{last.sequence}:{last.hash}"' in client_for(who).get(AUDIT_URL).content.decode()
