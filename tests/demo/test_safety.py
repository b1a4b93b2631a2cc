"""Safety of the demo: sign-in without a password in the demo only, on this machine only, for five users only."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.urls.exceptions import Resolver404

from demo import urls as demo_urls
from demo.options import parse_options
from demo.safety import find_unsafe_setting
from demo.users import SELECTABLE_USERS
from tests.attacks.routes import list_routes
from tests.dashboard.test_settings import PRODUCTION
from tests.demo.process import Demo, Visitor
from tests.program import ROOT

PATHS = ("/demo/", "/demo/pick/")


def run_command(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith("QUARTERDECK_")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**mine, "TMPDIR": str(folder), "QUARTERDECK_DATA": str(folder / "data"), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# --- it is nowhere else


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_it_is_not_in_the_site_map_of_the_product(path: str) -> None:
    with pytest.raises(Resolver404):
        resolve(path, urlconf="dashboard.urls")
    assert Client().get(path).status_code == 404
    assert Client().post(path, {"person": "alice"}).status_code == 404
    assert [route.name for route in list_routes() if "demo" in route.name] == []


def test_it_adds_three_routes_and_leaves_all_others_as_they_are() -> None:
    """A fourth one needs tests here: those of tests/attacks/ walk the product's site map."""
    product = get_resolver("dashboard.urls").url_patterns
    added = [one for one in demo_urls.urlpatterns if one not in product]
    assert _list_route_names(added) == ["demo_sign_in", "people", "pick"]
    assert [one for one in demo_urls.urlpatterns if one in product] == product


def _list_route_names(patterns: list[URLPattern | URLResolver]) -> list[str]:
    found: list[str] = []
    for one in patterns:
        found += _list_route_names(one.url_patterns) if isinstance(one, URLResolver) else [str(one.name)]
    return found


# --- no settings that lead to other people let it start


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QUARTERDECK_MODE", "production"),
        ("QUARTERDECK_PUBLIC_URL", "https://deck.example.com"),
        ("QUARTERDECK_TRUSTED_PROXIES", "10.0.0.0/8"),
        ("QUARTERDECK_LISTEN", "0.0.0.0:8000"),
        ("QUARTERDECK_LISTEN", "[::]:8000"),
        ("QUARTERDECK_LISTEN", "192.0.2.7:8000"),
        ("QUARTERDECK_LISTEN", "deck.example.com:8000"),
        ("QUARTERDECK_LISTEN", ":8000"),
        ("QUARTERDECK_LISTEN", "8000"),
    ],
)
def test_it_does_not_start_where_others_could_reach_it(tmp_path: Path, name: str, value: str) -> None:
    """Neither the command nor its settings; both name the variable."""
    command = run_command(tmp_path, "-m", "demo", **{name: value})
    alone = {**PRODUCTION, name: value} if name == "QUARTERDECK_MODE" else {name: value}
    settings = run_command(tmp_path, "manage.py", "check", "--settings", "demo.settings", **alone)
    assert (command.returncode, settings.returncode) == (1, 1)
    assert name in command.stderr
    assert name in settings.stderr
    assert "Traceback" not in command.stderr + settings.stderr
    assert command.stdout == ""
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("quarterdeck-demo")] == []


def test_its_settings_take_no_database_but_their_own(tmp_path: Path) -> None:
    done = run_command(
        tmp_path,
        "manage.py",
        "check",
        "--settings",
        "demo.settings",
        DATABASE_URL="postgresql://deck:secret@db.example.com/quarterdeck",
    )
    assert done.returncode == 1
    assert "DATABASE_URL" in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize("listen", ["", "127.0.0.1:8010", "127.8.9.1:80", "[::1]:8000", "localhost:8000"])
def test_it_starts_at_any_address_of_this_machine_alone(listen: str) -> None:
    assert find_unsafe_setting({"QUARTERDECK_LISTEN": listen}) == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QUARTERDECK_DEMO_SEED", "seven"),
        ("QUARTERDECK_DEMO_SPEED", "-1"),
        ("QUARTERDECK_DEMO_SPEED", "nan"),
        ("QUARTERDECK_DEMO_SPEED", "3601"),
        ("QUARTERDECK_DEMO_PODS", "1e3"),
        ("QUARTERDECK_DEMO_PODS", "100001"),
    ],
)
def test_an_unknown_option_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be"):
        parse_options({name: value})


def test_valid_options_are_passed_on() -> None:
    environment = {
        "QUARTERDECK_DEMO_SEED": "7",
        "QUARTERDECK_DEMO_SPEED": "0.5",
        "QUARTERDECK_DEMO_PODS": " 5000 ",
    }
    assert parse_options(environment) == ["--seed=7", "--speed=0.5", "--pods=5000"]
    assert parse_options({"QUARTERDECK_DEMO_SPEED": ""}) == []


# --- nobody is signed in by anything but a press of its own buttons


@pytest.mark.parametrize("host", ["deck.example.com", "127.0.0.1.example.com", "0.0.0.0", "169.254.169.254"])
def test_it_answers_to_its_own_names_alone(demo: Demo, visitor: Visitor, host: str) -> None:
    port = demo.url.rpartition(":")[2]
    for written in (host, f"{host}:{port}"):
        assert visitor.get("/demo/", headers={"Host": written}).status_code == 400


def test_nobody_is_signed_in_by_looking(visitor: Visitor) -> None:
    assert visitor.get("/demo/?person=alice").status_code == 200
    assert visitor.get("/people/sign-in/?person=alice").status_code == 200
    assert visitor.get("/demo/pick/?person=alice").status_code == 405
    assert visitor.session.head(f"{visitor.url}/demo/pick/?person=alice", timeout=30).status_code == 405
    assert visitor.session_key == ""


@pytest.mark.parametrize(
    "origin",
    [None, "null", "https://evil.example", "http://127.0.0.1", "http://127.0.0.1:1", "http://localhost"],
)
def test_no_other_page_signs_anybody_in(visitor: Visitor, origin: str | None) -> None:
    answer = visitor.post("/demo/pick/", {"person": "alice"}, origin=origin)
    assert answer.status_code == 403
    assert visitor.session_key == ""


@pytest.mark.parametrize("token", ["", "a" * 64])
def test_nobody_is_signed_in_without_the_pages_token(visitor: Visitor, token: str) -> None:
    visitor.get("/demo/")
    answer = visitor.post("/demo/pick/", {"person": "alice"}, token=token)
    assert answer.status_code == 403
    assert visitor.session_key == ""


@pytest.mark.parametrize("name", ["", "pavel", "admin", "ALICE", "alice ", "alice\x00", "1", "alice,dana"])
def test_it_is_five_people_and_nobody_else(visitor: Visitor, name: str) -> None:
    """Pavel is there, with a password and credentials, and is not among them."""
    answer = visitor.sign_in_as(name)
    assert answer.status_code == 404
    assert not visitor.is_signed_in()


def test_each_of_the_five_is_let_in(demo: Demo) -> None:
    for one in SELECTABLE_USERS:
        visitor = Visitor(demo.url)
        answer = visitor.sign_in_as(one.name)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")
        assert f"{one.full_name}" in visitor.get("/people/me/").text


def test_it_leads_to_no_other_site(visitor: Visitor) -> None:
    for next_url in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        assert visitor.sign_in_as("dana", next_url).headers["Location"] == "/"


def test_it_cannot_be_a_person_whom_an_administrator_has_locked_out(demo: Demo, visitor: Visitor) -> None:
    noah = _find_user_id("Noah Berg", demo)
    administrator = Visitor(demo.url)
    administrator.sign_in_as("alice")
    try:
        assert administrator.post(f"/people/{noah}/deactivate/", {}).status_code == 302
        answer = visitor.sign_in_as("noah")
        assert answer.status_code == 422
        assert "Noah Berg has been deactivated" in answer.text
        assert not visitor.is_signed_in()
    finally:
        assert administrator.post(f"/people/{noah}/activate/", {}).status_code == 302


def _find_user_id(name: str, demo: Demo) -> str:
    administrator = Visitor(demo.url)
    administrator.sign_in_as("alice")
    found = re.search(rf'/people/(\d+)/"[^>]*>{name}', administrator.get("/people/").text)
    assert found
    return found[1]
