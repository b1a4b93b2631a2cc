"""Brute force: guessing passwords is slow, and nothing reveals which usernames exist (class 24).

What the counter itself does is in tests/people/test_throttle.py; this is the attack, over the wire and in parallel.
"""

from __future__ import annotations

import re
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from django.core import signing
from django.test import Client

from dashboard.accounts.known_devices import SALT
from people import throttle
from people.models import SignInFailures, User
from tests.dashboard_server import DashboardServer
from tests.people.conftest import PASSWORD, hash_password

REFUSED, THROTTLED, BUSY, SIGNED_IN = 422, 429, 503, 302


@pytest.fixture(scope="module")
def guarded_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardServer]:
    """A server of its own: whoever guesses from this address shuts it out."""
    dashboard = DashboardServer(tmp_path_factory.mktemp("fort")).start()
    yield dashboard
    dashboard.stop()


class Guesser:
    """A browser that holds the form of the sign-in page."""

    def __init__(self, served: DashboardServer) -> None:
        self.address = f"{served.url}/people/sign-in/"
        self.session = requests.Session()
        self.session.trust_env = False
        page = self.session.get(self.address, timeout=60).text
        self.token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]

    def guess(self, name: str, password: str = "wrong-again", **headers: str) -> int:
        form = {"username": name, "password": password, "csrfmiddlewaretoken": self.token}
        return self.session.post(
            self.address, data=form, headers=headers, timeout=120, allow_redirects=False
        ).status_code


def test_many_at_once_get_no_more_guesses_than_one_after_the_other(
    guarded_dashboard: DashboardServer,
) -> None:
    """For one name; each over a connection of its own."""
    guessers = [Guesser(guarded_dashboard) for _ in range(3 * throttle.NAME_LIMIT)]
    with ThreadPoolExecutor(max_workers=len(guessers)) as pool:
        answers = Counter(pool.map(lambda one: one.guess("rene"), guessers))
    assert answers[REFUSED] + answers[BUSY] <= throttle.NAME_LIMIT, answers
    assert answers[THROTTLED] == len(guessers) - answers[REFUSED] - answers[BUSY]
    assert Guesser(guarded_dashboard).guess("rene", "sail-with-rene") == THROTTLED, (
        "the right one counts as a guess too"
    )
    assert Guesser(guarded_dashboard).guess("dana", "sail-with-dana") == SIGNED_IN, (
        "and others are not shut out"
    )


def test_an_address_cannot_be_made_up(guarded_dashboard: DashboardServer) -> None:
    """Each guess is for another name and says that it comes from elsewhere; nobody trusts this proxy."""
    guesser, answers = Guesser(guarded_dashboard), list[int]()
    for number in range(throttle.ADDRESS_LIMIT + 5):
        made_up = f"203.0.113.{number}"
        headers = {"X-Forwarded-For": made_up, "Forwarded": f"for={made_up}", "X-Real-IP": made_up}
        answers.append(guesser.guess(f"somebody-{number}", **headers))
        if answers[-1] == THROTTLED:
            break
    assert answers[-1] == THROTTLED
    assert len(answers) <= throttle.ADDRESS_LIMIT + 1


def test_no_number_of_other_names_sets_a_lock_free(db: None) -> None:
    """Counts are neither evicted nor without bound: a thousand names and addresses later it is still locked."""
    for _ in range(throttle.NAME_LIMIT):
        throttle.attempt("dana", "192.0.2.1")
    assert throttle.attempt("dana", "192.0.2.200") > 0
    for number in range(1000):
        throttle.attempt(f"name-{number}", f"10.0.{number // 250}.{number % 250}")
    assert throttle.attempt("dana", "192.0.2.201") > 0
    assert SignInFailures.objects.count() <= 2002
    longest = max(len(one) for one in SignInFailures.objects.values_list("bucket", flat=True))
    assert longest <= len("address:") + 4, "so there are at most 3 x 65,536 of them, whatever is typed"


def test_who_comes_in_sets_only_the_own_name_free(db: None) -> None:
    """The oldest way round a lock: sign in as oneself between two guesses."""
    person = User(username="mallory")
    person.set_password(PASSWORD)
    person.save()
    for _ in range(throttle.NAME_LIMIT - 1):
        throttle.attempt("dana", "192.0.2.1")
    answers = []
    for _ in range(3):
        answers.append(guess("dana", "wrong"))
        assert guess("mallory", PASSWORD) == SIGNED_IN
    assert answers == [REFUSED, THROTTLED, THROTTLED]


def guess(name: str, password: str) -> int:
    return Client().post("/people/sign-in/", {"username": name, "password": password}).status_code


# --- locking out: a stranger cannot keep those out who have been here before


def lock_out(name: str) -> None:
    """A stranger from elsewhere tries the name until it is locked."""
    stranger = Client(REMOTE_ADDR="198.51.100.66")
    for _ in range(throttle.NAME_LIMIT + 1):
        answer = stranger.post("/people/sign-in/", {"username": name, "password": "wrong"})
    assert answer.status_code == THROTTLED


def send_sign_in(browser: Client, name: str, password: str = PASSWORD) -> int:
    return browser.post("/people/sign-in/", {"username": name, "password": password}).status_code


@pytest.fixture
def known_browser(db: None) -> Client:
    """In which enid has signed in before, and signed out; ewan has never."""
    for name in ("enid", "ewan"):
        User.objects.create(username=name, password=hash_password(PASSWORD))
    browser = Client()
    assert send_sign_in(browser, "enid") == SIGNED_IN
    browser.post("/people/sign-out/")
    return browser


def test_a_browser_that_has_signed_in_before_gets_in_while_the_name_is_locked(known_browser: Client) -> None:
    lock_out("enid")
    assert send_sign_in(Client(), "enid") == THROTTLED, "whom nobody knows waits"
    assert send_sign_in(known_browser, "enid") == SIGNED_IN
    assert send_sign_in(Client(), "enid") == THROTTLED, "and the stranger got no further attempts by that"


def test_a_known_browser_is_known_for_that_person_alone(known_browser: Client) -> None:
    lock_out("ewan")
    assert send_sign_in(known_browser, "ewan") == THROTTLED


def test_a_stolen_cookie_has_a_limit_of_its_own(known_browser: Client) -> None:
    lock_out("enid")
    answers = [send_sign_in(known_browser, "enid", "wrong") for _ in range(throttle.DEVICE_LIMIT)]
    assert set(answers) == {REFUSED}
    assert send_sign_in(known_browser, "enid") == THROTTLED, "the right one counts as a guess too"


def test_the_cookie_of_a_known_browser_is_another_each_time_and_closed_to_scripts_and_sites(
    known_browser: Client, settings
) -> None:
    before = known_browser.cookies[settings.DEVICE_COOKIE_NAME]
    assert (before["httponly"], before["samesite"], before["path"]) == (True, "Strict", "/")
    assert bool(before["secure"]) is settings.SESSION_COOKIE_SECURE
    assert send_sign_in(known_browser, "enid") == SIGNED_IN
    assert known_browser.cookies[settings.DEVICE_COOKIE_NAME].value != before.value


def test_a_new_password_or_a_forged_cookie_is_no_known_browser(known_browser: Client, settings) -> None:
    lock_out("enid")
    enid, name = User.objects.get(username="enid"), settings.DEVICE_COOKIE_NAME
    for forged in (
        "",
        "x",
        known_browser.cookies[name].value[:-1],
        signing.dumps([enid.pk, "device"], salt=SALT),
        signing.dumps([enid.pk, "device", "0" * 32], salt=SALT),
        signing.dumps([enid.pk, "device", "0" * 32]),
    ):
        browser = Client()
        browser.cookies[name] = forged
        assert send_sign_in(browser, "enid") == THROTTLED, forged
    enid.set_password("another-long-password-1")
    enid.save()
    assert send_sign_in(known_browser, "enid", "another-long-password-1") == THROTTLED


def test_a_known_browser_tells_nobody_which_names_are_there(known_browser: Client, settings) -> None:
    """With the cookie of one person, other names look alike whether they are there."""
    seen = set()
    for name in ("ewan", "nobody-at-all"):
        answer = known_browser.post("/people/sign-in/", {"username": name, "password": "wrong-again"})
        page = re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]+"', "", answer.content.decode())
        assert settings.DEVICE_COOKIE_NAME not in answer.cookies
        seen.add((answer.status_code, page.replace(f'value="{name}"', "")))
    assert len(seen) == 1


# --- which names are there?


def create_users() -> dict[str, str]:
    """Kind -> user name; `nobody` is not there."""
    made = {
        "with a password": User.objects.create(username="enid"),
        "without a password": User.objects.create(username="ewan"),
        "not active": User.objects.create(username="elsa", is_active=False),
        "an administrator": User.objects.create(username="emma", global_role="administrator"),
    }
    for kind in ("with a password", "not active", "an administrator"):
        made[kind].set_password(PASSWORD)
    made["without a password"].set_unusable_password()
    for user in made.values():
        user.save()
    return {kind: user.username for kind, user in made.items()} | {"nobody": "none"}


def measure_response(name: str) -> tuple[float, int, str]:
    """Seconds on the processor, status, and the page without what is always another."""
    SignInFailures.objects.all().delete()
    began = time.thread_time()
    answer = Client().post("/people/sign-in/", {"username": name, "password": "wrong-again"})
    seconds = time.thread_time() - began
    page = re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]+"', "", answer.content.decode())
    return seconds, answer.status_code, page.replace(f'value="{name}"', "")


def test_nobody_can_tell_by_the_answer_or_its_time_who_is_there(db: None) -> None:
    names, rounds = create_users(), 5
    times: dict[str, list[float]] = {kind: [] for kind in names}
    seen = set()
    for _ in range(rounds):
        for kind, name in names.items():
            seconds, status, page = measure_response(name)
            times[kind].append(seconds)
            seen.add((status, page))
    assert len(seen) == 1
    middle = {kind: statistics.median(found) for kind, found in times.items()}
    for kind, seconds in middle.items():
        assert 0.7 < seconds / middle["nobody"] < 1.4, (kind, middle)


def test_there_is_one_kind_of_hash(settings) -> None:
    """A second one, however old, would take another time than a name that nobody has."""
    assert len(settings.PASSWORD_HASHERS) == 1


def test_a_locked_name_looks_the_same_whether_it_is_there(db: None) -> None:
    User.objects.create(username="enid")
    seen = set()
    for name in ("enid", "none"):
        for _ in range(throttle.NAME_LIMIT):
            throttle.attempt(name, "192.0.2.1")
        answer = Client().post("/people/sign-in/", {"username": name, "password": "wrong-again"})
        page = re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]+"', "", answer.content.decode())
        seen.add((answer.status_code, page.replace(f'value="{name}"', "")))
    assert len(seen) == 1
    assert next(iter(seen))[0] == THROTTLED
