"""Sign-in throttle: guessing is slow, by username and by address."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from dashboard.timings import Timings
from people import throttle
from people.models import SignInFailures, User
from people.timings import PeopleTimings
from tests.people.conftest import PASSWORD, ClientFor


def fail_sign_in(browser_of: ClientFor, name: str, address: str = "192.0.2.1") -> int:
    form = {"username": name, "password": "wrong"}
    return browser_of().post("/people/sign-in/", form, REMOTE_ADDR=address).status_code


@pytest.fixture
def one_guess_left(users: dict[str, User]) -> None:
    for _ in range(throttle.NAME_LIMIT - 1):
        assert throttle.attempt("dana", "192.0.2.1") == 0


def test_it_stops_guesses_for_one_name_from_many_addresses(
    client_for: ClientFor, one_guess_left: None
) -> None:
    assert fail_sign_in(client_for, "dana", "198.51.100.1") == 422
    assert fail_sign_in(client_for, "dana", "198.51.100.2") == 429


def test_the_right_password_is_refused_too_while_it_lasts(
    client_for: ClientFor, dana_with_password: User, one_guess_left: None
) -> None:
    throttle.attempt("dana", "192.0.2.1")
    form = {"username": "dana", "password": PASSWORD}
    answer = client_for().post("/people/sign-in/", form)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= throttle.WINDOW.total_seconds()
    SignInFailures.objects.update(since=timezone.now() - throttle.WINDOW - timedelta(seconds=1))
    assert client_for().post("/people/sign-in/", form).status_code == 302


def test_other_spellings_of_a_name_are_the_same_name(one_guess_left: None) -> None:
    assert throttle.attempt("DANA", "198.51.100.1") == 0
    assert throttle.attempt("Ｄana", "198.51.100.2") > 0


def test_a_name_that_nobody_has_is_counted_alike(client_for: ClientFor, users: dict[str, User]) -> None:
    for _ in range(throttle.NAME_LIMIT):
        throttle.attempt("nobody", "192.0.2.1")
    assert fail_sign_in(client_for, "nobody") == 429


def test_it_stops_one_address_that_tries_many_names(users: dict[str, User]) -> None:
    for number in range(throttle.ADDRESS_LIMIT):
        throttle.attempt(f"name-{number}", "192.0.2.1")
    assert throttle.attempt("another", "192.0.2.1") > 0
    assert throttle.attempt("another", "192.0.2.2") == 0


def test_one_ipv6_subscriber_is_one_address(users: dict[str, User]) -> None:
    for number in range(throttle.ADDRESS_LIMIT):
        throttle.attempt(f"name-{number}", f"2001:db8:1:1::{number:x}")
    assert throttle.attempt("another", "2001:db8:1:1:ffff::1") > 0
    assert throttle.attempt("another", "2001:db8:1:2::1") == 0


def test_success_resets_the_name(
    client_for: ClientFor, dana_with_password: User, one_guess_left: None
) -> None:
    assert (
        client_for().post("/people/sign-in/", {"username": "dana", "password": PASSWORD}).status_code == 302
    )
    assert throttle.attempt("dana", "192.0.2.1") == 0


def test_the_table_is_bounded(users: dict[str, User]) -> None:
    assert len(throttle._name("x")) == len("name:") + 4
    assert len(throttle._address("192.0.2.1")) == len("address:") + 4
    for _ in range(throttle.NAME_LIMIT * 3):
        throttle.attempt("dana", "192.0.2.1")
    assert SignInFailures.objects.count() == 2


def test_the_present_password_cannot_be_guessed_on_ones_own_page_either(
    client_for: ClientFor, dana_with_password: User, one_guess_left: None
) -> None:
    client = client_for("dana")
    form = {"current": "wrong", "password": "around-the-horn-again", "again": "around-the-horn-again"}
    client.post("/people/me/password/", form)
    page = client.post("/people/me/password/", {**form, "current": PASSWORD})
    assert "Too many attempts" in page.content.decode()
    dana_with_password.refresh_from_db()
    assert dana_with_password.check_password(PASSWORD)


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_are_all_counted(users: dict[str, User]) -> None:
    waits: list[int] = []

    def guess() -> None:
        try:
            waits.append(throttle.attempt("dana", "192.0.2.1"))
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(throttle.NAME_LIMIT + 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(1 for wait in waits if wait == 0) == throttle.NAME_LIMIT


def test_a_password_waits_for_its_turn_and_then_says_so(
    client_for: ClientFor, users: dict[str, User], settings: Settings
) -> None:
    settings.TIMINGS = Timings(people=PeopleTimings(hashing_slot=0.01))
    with ExitStack() as all_slots:
        while throttle.HASHING_SLOTS.acquire(blocking=False):
            all_slots.callback(throttle.HASHING_SLOTS.release)
        answer = client_for().post("/people/sign-in/", {"username": "dana", "password": "x"})
    assert answer.status_code == 503
    assert answer["Retry-After"]
