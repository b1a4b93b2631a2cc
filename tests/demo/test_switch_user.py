"""Switching users: a new session, the end of the old one, and audit entries."""

from __future__ import annotations

import json

import pytest

from tests.demo.process import Demo, Visitor


def test_it_begins_a_new_session_and_ends_the_one_before(visitor: Visitor, demo: Demo) -> None:
    visitor.sign_in_as("alice")
    first = visitor.session_key
    assert visitor.is_signed_in()
    visitor.sign_in_as("dana")
    assert visitor.session_key not in ("", first)
    assert "Dana Lind" in visitor.get("/people/me/").text
    before = Visitor(demo.url)
    before.session.cookies.set("quarterdeck-demo-session", first)
    assert not before.is_signed_in()


def test_a_token_of_the_session_before_is_worth_nothing(visitor: Visitor) -> None:
    old = visitor.token()
    visitor.sign_in_as("alice")
    assert visitor.post("/demo/pick/", {"person": "dana"}, token=old).status_code == 403


@pytest.mark.parametrize("path", ["/clusters/", "/c/staging/shop/pods?q=web&sort=-age", "/people/audit/"])
def test_it_stays_on_the_page_on_which_the_user_is_switched(visitor: Visitor, path: str) -> None:
    visitor.sign_in_as("alice")
    visitor.session.headers["Referer"] = visitor.url + path
    answer = visitor.post("/demo/pick/", {"person": "olga"})
    assert answer.headers["Location"] == path


@pytest.mark.parametrize(
    "referer", ["", "/demo/", "/people/sign-in/?next=/clusters/", "https://evil.example/clusters/"]
)
def test_it_goes_to_the_start_where_there_is_no_page_to_stay_on(visitor: Visitor, referer: str) -> None:
    visitor.sign_in_as("alice")
    token = visitor.token()
    visitor.session.headers["Referer"] = visitor.url + referer if referer.startswith("/") else referer
    assert visitor.post("/demo/pick/", {"person": "olga"}, token=token).headers["Location"] == "/"


def test_whoever_is_not_signed_in_lands_on_the_page_and_is_led_on(visitor: Visitor) -> None:
    answer = visitor.get("/clusters/?from=a-colleague")
    assert "Choose a demo user" in answer.text
    assert 'name="next" value="/clusters/?from=a-colleague"' in answer.text
    assert (
        visitor.sign_in_as("dana", "/clusters/?from=a-colleague").headers["Location"].endswith("a-colleague")
    )


def test_signing_out_leads_to_the_page(visitor: Visitor) -> None:
    visitor.sign_in_as("dana")
    visitor.post("/people/sign-out/", {})
    assert not visitor.is_signed_in()
    assert "Choose a demo user" in visitor.get("/").text


def test_the_audit_trail_shows_how_everything_came_to_be(visitor: Visitor) -> None:
    """The sign-ins through the demo among it, and all that was put in while it started."""
    visitor.sign_in_as("dana")
    visitor.sign_in_as("alice")
    lines = visitor.get("/people/audit/export/trail.jsonl").text.splitlines()
    found = [json.loads(line) for line in lines]
    ways = {(one["person"], one["verb"], one["detail"].get("way")) for one in found}
    assert {("dana", "sign-in", "the demo"), ("dana", "sign-out", "the demo")} <= ways
    count = {verb: sum(one["verb"] == verb for one in found) for verb in {one["verb"] for one in found}}
    assert count["cluster-add"] == 3
    assert count["share-add"] == 15
    assert count["team-create"] == 5
    assert count["credential-set"] == 16
    assert {one["result"] for one in found if one["verb"] == "credential-set"} == {"ok"}


def test_who_is_invited_in_the_demo_signs_in_by_password(demo: Demo) -> None:
    """The product's own sign-in is still there; it is the other half of the page's address."""
    stranger = Visitor(demo.url)
    assert "Password" in stranger.get("/people/sign-in/?password").text
    answer = stranger.post("/people/sign-in/", {"username": "pavel", "password": "a-wrong-one"})
    assert answer.status_code == 422
