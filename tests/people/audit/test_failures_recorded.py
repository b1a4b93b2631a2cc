"""Is every attempt to come in on record that failed, whoever it was and however many there were?"""

from __future__ import annotations

import pytest

from people.audit.seldom import Seldom
from people.models import User
from tests.people.conftest import PASSWORD, Browser
from tests.trail import Trail


def try_in(browser_of: Browser, name: str, password: str = "wrong", address: str = "203.0.113.9") -> int:
    form = {"username": name, "password": password}
    return browser_of().post("/people/sign-in/", form, REMOTE_ADDR=address).status_code


@pytest.fixture(autouse=True)
def a_new_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("people.failures._throttled", Seldom(60.0, 100))


def test_a_wrong_password(browser_of: Browser, dana_with_password: User, trail: Trail) -> None:
    assert try_in(browser_of, "dana") == 422
    row = trail.last()
    assert (row.verb, row.person, row.result, row.address) == ("sign-in", "dana", "failed", "203.0.113.9")
    assert row.person_id == dana_with_password.pk
    assert row.reason == "wrong password"
    assert "wrong" not in str({**row.__dict__, "reason": ""})


def test_a_name_that_nobody_has(browser_of: Browser, trail: Trail) -> None:
    assert try_in(browser_of, "root") == 422
    row = trail.last()
    assert (row.person, row.person_id, row.result) == ("root", None, "failed")


def test_a_password_in_the_wrong_field_is_not_kept(browser_of: Browser, trail: Trail) -> None:
    assert try_in(browser_of, "correct horse battery!") == 422
    assert trail.last().person == "(22 characters, not a valid username)"


def test_who_may_not_come_in_any_more(browser_of: Browser, dana_with_password: User, trail: Trail) -> None:
    User.objects.filter(pk=dana_with_password.pk).update(is_active=False)
    assert try_in(browser_of, "dana", PASSWORD) == 422
    row = trail.last()
    assert (row.person, row.result, row.reason) == ("dana", "denied", "the user is deactivated")


def test_too_many_attempts_are_one_row_a_minute_for_each_address(
    browser_of: Browser, dana_with_password: User, trail: Trail
) -> None:
    for _ in range(14):
        try_in(browser_of, "dana")
    assert trail.rows(result="failed").count() == 10
    (throttled,) = trail.rows(result="denied")
    assert (throttled.person, throttled.status, throttled.verb) == ("dana", 429, "sign-in")
    assert try_in(browser_of, "dana", address="198.51.100.7") == 429
    assert trail.rows(result="denied").count() == 2


def test_a_wrong_present_password(browser_of: Browser, dana_with_password: User, trail: Trail) -> None:
    form = {"current": "wrong", "password": "a-long-enough-one", "again": "a-long-enough-one"}
    assert browser_of("dana").post("/people/me/password/", form).status_code == 422
    assert (trail.last().verb, trail.last().result) == ("password", "failed")


@pytest.mark.parametrize("name", ["a\r\nb", "\x1b[31mred", "x" * 100_000, "\ud800", "\u202eanna", "a\x00b"])
def test_any_name_may_be_written(browser_of: Browser, trail: Trail, name: str) -> None:
    data = f"username={name}&password=x".encode("utf-8", "surrogatepass")
    kind = "application/x-www-form-urlencoded"
    assert browser_of().post("/people/sign-in/", data, content_type=kind).status_code in (200, 400, 422)
    row = trail.rows(verb="sign-in").last()
    assert row is None or row.person.isprintable()
