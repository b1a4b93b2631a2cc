"""Error handling: no log, page or header has a secret when any function of a request fails (class 18)."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from functools import partial
from types import CodeType

from django.http import HttpResponse

from tests import canary, canary_watch
from tests.attacks.fault_injection import break_function, trace_calls
from tests.attacks.installation import Installation, roll_back
from tests.attacks.routes import list_routes
from tests.audit_trail import delete_entries
from tests.clusters.credentials.certificates import make_certificate
from tests.clusters.credentials.kubeconfigs import build_config, to_yaml

CERTIFICATE, KEY = make_certificate("canary")
FORM = {
    "username": "mallory",
    "name": "Mallory",
    "slug": "mallory",
    "server": "https://canary.example.com",
    "global_role": "member",
    "role": "viewer",
    "team": "shop",
    "password": "canary-of-a-password-1",
    "again": "canary-of-a-password-1",
    "current": "canary-of-a-password-2",
    "token": "canary-of-a-token",
    "certificate": CERTIFICATE,
    "key": KEY,
    "kubeconfig": to_yaml(build_config(user={"token": "canary-of-a-kubeconfig"})),
    "carry-out": "yes",
    "context-chosen": "0:shop",
}
SECRETS = ("canary-of-a", KEY.splitlines()[1])
EMPTIED_EVERY = (
    25  # visits; each page of the audit trail and each export would read all that was recorded before
)
HANDLER = "LimitedHandler.emit"  # logging calls it outside of any handling; what it calls may fail
WAYS = ("token", "certificate", "kubeconfig")


class Visit:
    """One request by one person, with canaries wherever a person may put a secret."""

    def __init__(
        self, installation: Installation, who: str, method: str, path: str, form: dict[str, str]
    ) -> None:
        self.installation, self.who, self.method, self.path, self.form = installation, who, method, path, form

    def __call__(self) -> HttpResponse:
        """The answer; what was done is undone."""
        with roll_back():
            return self.send()

    def prepare(self) -> Visit:
        """A browser of its own whose middleware stands already: only what answers the request may fail."""
        browser = self.installation.browser(self.who)
        browser.handler.load_middleware()
        self.send = (
            partial(browser.get, self.path)
            if self.method == "GET"
            else partial(browser.post, self.path, self.form)
        )
        return self

    def __str__(self) -> str:
        return f"{self.method} {self.path} as {self.who or 'nobody'}"


def list_visits(installation: Installation) -> Iterator[Visit]:
    """Every route by each method that it takes."""
    for route in list_routes():
        who = "" if route.name in ("accounts:sign_in", "accounts:invitation") else "ada"
        path = installation.address(route)
        if "POST" in installation.methods(route):
            ways = WAYS if "credential" in route.name else WAYS[:1]
            form = FORM | ({"key": "password"} if route.name == "resources:secret_value" else {})
            for way in ways:
                yield Visit(installation, who, "POST", path, form | {"way": way})
        if "GET" in installation.methods(route):
            yield Visit(installation, who, "GET", path, {})


def find_cheapest_visits(installation: Installation) -> dict[CodeType, Visit]:
    """Every function of ours that a request reaches, and the quickest visit to it; one with a form goes first."""
    found: dict[CodeType, tuple[bool, float, Visit]] = {}
    for visit in list_visits(installation):
        visit.prepare()
        began = time.perf_counter()
        codes = trace_calls(visit)
        price = (visit.method == "GET", time.perf_counter() - began, visit)
        for code in codes:
            if code.co_qualname == HANDLER:
                continue
            found[code] = min(found.get(code, price), price, key=lambda one: one[:2])
    return {code: visit for code, (_method, _seconds, visit) in found.items()}


def test_an_error_anywhere_leaks_no_secret(installation: Installation) -> None:
    leaks, broke = [], 0
    for number, (code, visit) in enumerate(find_cheapest_visits(installation).items()):
        if number % EMPTIED_EVERY == 0:
            delete_entries()
        visit.prepare()
        with break_function(code) as said:
            visit()
        broke += len(said)  # what runs once in a process is not reached again: its result is kept
        log = canary_watch.check_own_log()
        if any(secret in log for secret in SECRETS):
            leaks.append(f"a secret stands in the log of {visit} when {code.co_qualname} fails")
        leaks += [f"{one} ({visit} when {code.co_qualname} fails)" for one in canary.findings]
        canary.findings.clear()
    gc.collect()  # generators that broke off end here, where the database is still there
    assert not leaks, "\n".join(leaks)
    assert broke > 400, "far fewer functions than there were were reached"
