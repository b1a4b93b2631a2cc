"""Object ids (IDOR): each route answers each user as its rule says, and hides other users' objects (class 17)."""

from __future__ import annotations

from contextlib import suppress

from asgiref.sync import async_to_sync
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.html import strip_tags

from clusters.api.errors import ApiError
from tests.attacks.database_state import diff, dump
from tests.attacks.installation import PEOPLE, Installation, roll_back
from tests.attacks.recorder import Recorder
from tests.attacks.routes import METHODS, WRITING, Route, list_routes
from tests.attacks.rules import ALLOWED, FORBIDDEN, MISSING, RULES, SIGN_IN, Rule, expect_access, get_rule

EVERYBODY = ("", *PEOPLE)
FIELDS = {"clusters:approve": "cluster=harbour", "resources:secret_value": "key=password"}
EDITORS = (Rule.EDITOR, Rule.EDITOR_WRITES, Rule.STARTER)
NO_UPGRADE = "unable to upgrade the connection to websocket"
MISSING_IDS = {
    "pk": 999_999,
    "user_id": 999_999,
    "number": 999_999,
    "session_id": "0" * 32,
    "slug": "nowhere",
    "team": "nowhere",
    "cluster": "nowhere",
    "clusters": "nowhere",
}


def classify_response(answer: HttpResponse) -> str:
    """An answer as a rule says it; anything else as its status and its words. (Sign-out leads to sign-in too.)"""
    if "Clear-Site-Data" in answer:
        return ALLOWED
    if answer.status_code == 302 and answer["Location"].startswith("/people/sign-in/"):
        return SIGN_IN
    known = {
        403: FORBIDDEN,
        404: MISSING,
        200: ALLOWED,
        204: ALLOWED,
        302: ALLOWED,
        410: ALLOWED,
        422: ALLOWED,
        405: "405",
    }
    if answer.status_code == 502 and NO_UPGRADE in read_body(answer).decode():
        return ALLOWED  # the recorder in front of the API server answered, so it was sent
    return known.get(answer.status_code) or f"{answer.status_code} {_read_words(answer)}".strip()


def read_body(answer: HttpResponseBase) -> bytes:
    """All of it; of what is streamed, what came before the cluster's error."""
    if not isinstance(answer, StreamingHttpResponse):
        return answer.content if isinstance(answer, HttpResponse) else b""
    parts: list[bytes] = []

    async def collect() -> None:
        async for part in answer:
            parts.append(part)

    with suppress(ApiError):
        if answer.is_async:
            async_to_sync(collect)()
        else:
            parts.extend(answer)
    return b"".join(parts)


def _read_words(answer: HttpResponse) -> str:
    """What the page of an error says, without its markup: why a route failed is not seen again."""
    _before, _tag, main = read_body(answer).decode(errors="replace").partition("<main")
    return " ".join(strip_tags(f"<main{main}").split())[:400] if main else ""


def send_request(
    installation: Installation, who: str, method: str, route: Route, path: str = ""
) -> HttpResponse:
    """The answer to a request; what it did is undone. Fields are sent only where a view answers 404 without them."""
    fields = FIELDS.get(route.name, "") if method in WRITING else ""
    with roll_back():
        return installation.browser(who).generic(
            method,
            path or installation.address(route),
            fields,
            content_type="application/x-www-form-urlencoded",
        )


def test_every_view_has_a_rule_and_every_rule_a_view() -> None:
    for route in list_routes():
        get_rule(route)
    assert set(RULES) <= {route.name for route in list_routes()}, "a view that is gone needs no rule"


def test_every_route_answers_every_person_as_its_rule_says(installation: Installation) -> None:
    installation.demote()
    wrong = []
    for route in list_routes():
        taken = installation.methods(route)
        for method in METHODS:
            # What a view does not take, it takes from nobody, and HEAD is GET: one person is enough.
            for who in EVERYBODY if method in taken - {"HEAD"} else ("stan",):
                expected = expect_access(route, who, writes=method in WRITING) if method in taken else "405"
                found = classify_response(send_request(installation, who, method, route))
                if found != expected:
                    wrong.append(f"{method} {route} as {who or 'nobody'}: {found} instead of {expected}")
    assert not wrong, "\n".join(wrong)


def test_what_is_another_persons_looks_as_if_it_were_not_there(installation: Installation) -> None:
    installation.demote()
    leaks = []
    for route in list_routes():
        other = {name: value for name, value in MISSING_IDS.items() if name in route.arguments}
        if not other or get_rule(route) in (Rule.OPEN, Rule.SIGNED_IN):
            continue
        there, nowhere = installation.address(route), installation.address(route, **other)
        for who in EVERYBODY:
            for method in sorted(installation.methods(route) - {"HEAD"}):
                expected = expect_access(route, who, writes=method in WRITING)
                if expected == ALLOWED or (expected == FORBIDDEN and get_rule(route) in EDITORS):
                    continue  # to whom the cluster is shared, it is no secret that it is there
                one, two = (
                    send_request(installation, who, method, route, there),
                    send_request(installation, who, method, route, nowhere),
                )
                if _summarize_response(one, there) != _summarize_response(two, nowhere):
                    leaks.append(f"{method} {route} as {who}: {one.status_code} and {two.status_code}")
    assert not leaks, "\n".join(leaks)


def _summarize_response(answer: HttpResponse, path: str) -> tuple[int, int, str]:
    """What distinguishes responses, without the address itself, which the person knows."""
    text = read_body(answer).decode(errors="replace")
    for part in path.split("/"):
        text = text.replace(part, "") if len(part) > 2 else text
    return answer.status_code, text.count("<"), answer.get("Location", "").partition("?")[0]


def test_who_is_refused_changes_nothing(installation: Installation) -> None:
    installation.demote()
    before = dump()
    form = {
        "global_role": "administrator",
        "role": "editor",
        "team": "pay",
        "cluster": "harbour",
        "slug": "harbour",
    }
    for route in installation.writing_routes():
        for who in EVERYBODY:
            if expect_access(route, who, writes=True) != ALLOWED:
                installation.browser(who).post(installation.address(route), form)
    assert diff(before, dump()) == []


def test_a_cluster_in_a_list_of_clusters_is_no_way_to_one_that_is_not_shared(
    installation: Installation, recorder: Recorder
) -> None:
    """dana asks for both; dora's cluster is the same to her as one that was never there."""
    texts = []
    for other in ("island", "nowhere"):
        with recorder.record() as seen:
            page = installation.browser("dana").get(f"/c/harbour,{other}/shop/configmaps")
        assert page.status_code == 200
        assert seen.with_token(installation.token("dora")) == []
        texts.append(page.content.decode().replace(other, ""))
    assert "Island" not in texts[0]
    assert texts[0].count("not shared with you") == texts[1].count("not shared with you") > 0


def test_the_clusters_of_others_are_in_no_page_of_ours(installation: Installation) -> None:
    installation.demote()
    leaks = []
    for who in ("dana", "rene", "aude", "stan", "demi"):
        for route in list_routes():
            if "GET" not in installation.methods(route) or expect_access(route, who, writes=False) != ALLOWED:
                continue
            answer = send_request(installation, who, "GET", route, installation.address(route, owner=who))
            page = read_body(answer).decode(errors="replace").lower()  # also of what is streamed
            if "island" in page and not (who == "aude" and route.name.startswith("accounts:audit:")):
                leaks.append(f"{route} as {who}")  # (what happened, an auditor sees of everything)
    assert not leaks, "\n".join(leaks)
