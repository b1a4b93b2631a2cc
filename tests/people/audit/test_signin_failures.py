"""Failed sign-ins: each is recorded, at most once a minute for each address."""

from __future__ import annotations

import pytest

from dashboard.accounts.signin_failures import redact_username
from people.models import User
from tests.audit_trail import AuditTrail
from tests.people.conftest import PASSWORD, ClientFor

pytestmark = pytest.mark.usefixtures("fresh_rate_limits")


def try_sign_in(
    browser_of: ClientFor, name: str, password: str = "wrong", address: str = "203.0.113.9"
) -> int:
    form = {"username": name, "password": password}
    return browser_of().post("/people/sign-in/", form, REMOTE_ADDR=address).status_code


def test_a_wrong_password(client_for: ClientFor, dana_with_password: User, audit_trail: AuditTrail) -> None:
    assert try_sign_in(client_for, "dana") == 422
    row = audit_trail.get_last()
    assert (row.verb, row.person, row.result, row.address) == ("sign-in", "dana", "failed", "203.0.113.9")
    assert row.person_id == dana_with_password.pk
    assert row.reason == "wrong password"
    assert "wrong" not in str({**row.__dict__, "reason": ""})


def test_a_name_that_nobody_has(client_for: ClientFor, audit_trail: AuditTrail) -> None:
    assert try_sign_in(client_for, "root") == 422
    row = audit_trail.get_last()
    assert (row.person, row.person_id, row.result) == (redact_username("root"), None, "failed")


def test_a_password_in_the_wrong_field_is_not_kept(client_for: ClientFor, audit_trail: AuditTrail) -> None:
    assert try_sign_in(client_for, "correct horse battery!") == 422
    assert audit_trail.get_last().person == redact_username("correct horse battery!")


def test_who_may_not_come_in_any_more(
    client_for: ClientFor, dana_with_password: User, audit_trail: AuditTrail
) -> None:
    User.objects.filter(pk=dana_with_password.pk).update(is_active=False)
    assert try_sign_in(client_for, "dana", PASSWORD) == 422
    row = audit_trail.get_last()
    assert (row.person, row.result, row.reason) == ("dana", "denied", "the user is deactivated")


def test_too_many_attempts_are_one_row_a_minute_for_each_address(
    client_for: ClientFor, dana_with_password: User, audit_trail: AuditTrail
) -> None:
    for _ in range(14):
        try_sign_in(client_for, "dana")
    assert audit_trail.list_rows(result="failed").count() == 10
    (throttled,) = audit_trail.list_rows(result="denied")
    assert (throttled.person, throttled.status, throttled.verb) == ("dana", 429, "sign-in")
    assert try_sign_in(client_for, "dana", address="198.51.100.7") == 429
    assert audit_trail.list_rows(result="denied").count() == 2


def test_a_wrong_present_password(
    client_for: ClientFor, dana_with_password: User, audit_trail: AuditTrail
) -> None:
    form = {"current": "wrong", "password": "a-long-enough-one", "again": "a-long-enough-one"}
    assert client_for("dana").post("/people/me/password/", form).status_code == 422
    assert (audit_trail.get_last().verb, audit_trail.get_last().result) == ("password", "failed")


@pytest.mark.parametrize("name", ["a\r\nb", "\x1b[31mred", "x" * 100_000, "\ud800", "\u202eanna", "a\x00b"])
def test_any_name_may_be_written(client_for: ClientFor, audit_trail: AuditTrail, name: str) -> None:
    data = f"username={name}&password=x".encode("utf-8", "surrogatepass")
    kind = "application/x-www-form-urlencoded"
    assert client_for().post("/people/sign-in/", data, content_type=kind).status_code in (200, 400, 422)
    row = audit_trail.list_rows(verb="sign-in").last()
    assert row is None or row.person.isprintable()
