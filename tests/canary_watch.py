"""Canary middleware and log handler: each response, the DEBUG log in both formats and the metrics are searched.

Loaded by tests/conftest.py. What is found fails the test that did it, at its end.
"""

from __future__ import annotations

import gzip
import io
import logging
import re
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from dashboard.monitoring.log_limits import LogLimits
from tests import canary
from tests.canary import Canary
from tests.controlplane.users import USERS
from tests.controlplane.world import SECRET_VALUE

if TYPE_CHECKING:  # pytest reads this file before Django is set up
    from django.http import HttpRequest, HttpResponse

# What people type into these fields, by its name in the form, and what of a kubeconfig is secret.
SECRET_FIELDS = ("password", "again", "current", "token", "key", "kubeconfig")
IN_KUBECONFIG = re.compile(
    r"^\s*(?:- )?(?:token|client-key-data|password):\s*['\"]?([^\s'\"]+)", re.MULTILINE
)
SESSION = re.compile(r"[a-z0-9]{32}")
SHORTEST = 10  # characters of what is typed; shorter ones are words that pages have anyway
LINK = re.compile(r"/invitations/([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])")
FORM = re.compile(
    r'(<textarea[^>]*name="(?:kubeconfig|token|certificate|key)"[^>]*>).*?(</textarea>)', re.DOTALL
)

# Where a secret stands with good reason: view -> why. A view that is not named here shows none.
SHOWS_ITS_SECRET = {
    "accounts:invite": "the administrator who made a link is shown it once, to hand it on",
    "accounts:new_password_link": "the administrator who made a link is shown it once, to hand it on",
    "accounts:invitation": "who opens a link has it already: it is the page's own address",
    "resources:secret_value": "an editor requested this one value",
}
# POST -> why what was typed stands in the answer, in its own field.
SHOWS_WHAT_WAS_TYPED = {
    "clusters:credential": "a form that was refused keeps what was typed in it, for who typed it",
    "clusters:team_credential": "a form that was refused keeps what was typed in it, for who typed it",
    "clusters:import": "its second step, in which contexts are chosen, sends the same file again",
}

UNLIMITED = LogLimits(level=logging.CRITICAL + 1)
_log = io.StringIO()
_json_log = io.StringIO()
_own: dict[str, Canary] = {}  # what the requests of the running test carried


def pytest_configure(config: pytest.Config) -> None:
    """Each answer passes our middleware; the secrets that are there from the beginning are known."""
    settings.MIDDLEWARE.insert(0, "tests.canary_watch.canary_middleware")
    canary.plant("SECRET_KEY", settings.SECRET_KEY)
    for key in settings.SEALING_KEYS:
        canary.plant("a sealing key", key)
    for one in USERS:
        canary.plant(f"the password of {one.name}", f"sail-with-{one.name}")
    canary.plant("the value of a Secret", SECRET_VALUE, is_shown=True)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """The product's own handler writes into our log, at DEBUG. (Loading dashboard.asgi sets logging up anew.)"""
    root = logging.getLogger()
    root.setLevel(logging.DEBUG)
    for handler in root.handlers:
        if isinstance(handler, logging.StreamHandler) and handler.get_name() == "console":
            handler.setStream(_log)
            handler._limits = UNLIMITED  # type: ignore[attr-defined] # each line is looked at
    if not any(handler.get_name() == "json" for handler in root.handlers):
        root.addHandler(_build_json_handler())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    from tests.cleanup import clean_up_after_test  # only now: before the first test Django is not set up

    clean_up_after_test()
    yield
    check_own_log()
    if nextitem is None or nextitem.path != item.path:  # they only grow, and looking at them takes a while
        check_metrics()
    _own.clear()
    canary.assert_no_findings()


def check_own_log() -> str:
    """Look at what this process has logged since the last look, in both formats, and return it as text."""
    for stream, where in ((_json_log, "the JSON log of this process"), (_log, "the log of this process")):
        written = stream.getvalue()
        stream.seek(0)
        stream.truncate()
        canary.report(canary.find_canaries(written, _own.values()), where)
        canary.check_log(written, where)
    return written


def check_metrics() -> None:
    """Look at what Prometheus would be given now."""
    from dashboard.monitoring import metrics  # Django is set up by now

    canary.check_log(metrics.render().decode(), "the metrics of this process")


def _build_json_handler() -> logging.Handler:
    """What a server with QUARTERDECK_LOG_FORMAT=json writes."""
    from dashboard.monitoring.logs import build_json_formatter

    handler = logging.StreamHandler(_json_log)
    handler.set_name("json")
    handler.setFormatter(build_json_formatter())
    return handler


def canary_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Looks at each answer for what its request carried and for every secret of the tests."""

    def with_canaries(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        match = request.resolver_match
        view = match.view_name if match else ""
        if view:
            for one in list_request_secrets(request, view):
                _own[one.spellings[0]] = one
        check_response(request, response, view)
        return response

    return with_canaries


def check_response(request: HttpRequest, response: HttpResponse, view: str) -> None:
    known = [one for one in (*canary.list_planted(), *_own.values()) if not one.is_shown]
    where = f"{request.method} {view or request.path}"
    head = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    head += "\n".join(
        f"{name}={one.value}"
        for name, one in response.cookies.items()
        if name != settings.SESSION_COOKIE_NAME
    )
    canary.report(canary.find_canaries(head, known), f"the headers of {where}")
    if response.streaming or view in SHOWS_ITS_SECRET:
        if view in SHOWS_ITS_SECRET:
            _note_links(response.content.decode(response.charset, "replace"))
        return
    content = response.content
    if response.get("Content-Encoding") == "gzip":
        content = gzip.decompress(content)
    body = content.decode(response.charset, "replace")
    if request.method == "POST" and view in SHOWS_WHAT_WAS_TYPED:
        body = FORM.sub(r"\1\2", body)
    canary.report(canary.find_canaries(body, known), f"the page of {where} ({response.status_code})")


def list_request_secrets(request: HttpRequest, view: str) -> list[Canary]:
    """The secrets of this request: its session, what was typed into secret fields, a one-time link."""
    session = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    found = {"the session of the request": [session] if SESSION.fullmatch(session) else []}
    if request.method == "POST" and view != "resources:secret_value":
        shown = "\n".join(value for field, value in request.POST.items() if field not in SECRET_FIELDS)
        for field in SECRET_FIELDS:
            typed = request.POST.get(field, "")
            typed = "" if typed in shown else typed  # a test that fills all fields with one text
            found[f"what was typed as {field}"] = (
                IN_KUBECONFIG.findall(typed) if field == "kubeconfig" else [typed]
            )
    links = [
        Canary("a one-time link", canary.list_spellings(link), is_shown=True)
        for link in LINK.findall(request.path)
    ]
    return links + [  # who requested a page knows its address
        canary.canary(what, secret)
        for what, secrets in found.items()
        for secret in secrets
        if len(secret) >= SHORTEST
    ]


def _note_links(text: str) -> None:
    for link in LINK.findall(text):
        _own[link] = canary.canary("a one-time link", link)
