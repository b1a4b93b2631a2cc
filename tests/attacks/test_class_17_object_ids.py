"""Does each route answer each person as its rule says, and hide whether what is another's is there? (Class 17.)"""

from __future__ import annotations

from django.http import HttpResponse

from tests.attacks.house import PEOPLE, House, undone
from tests.attacks.routes import METHODS, WRITING, Route, routes
from tests.attacks.rules import FORBIDDEN, IN, MISSING, RULES, SIGN_IN, Rule, expected, rule_of
from tests.attacks.state import changes, dump
from tests.attacks.upstream import Recorder

EVERYBODY = ("", *PEOPLE)
FIELDS = {"clusters:approve": "cluster=harbour", "resources:secret_value": "key=password"}
NOWHERE = {
    "pk": 999_999,
    "user_id": 999_999,
    "session_id": "0" * 32,
    "slug": "nowhere",
    "team": "nowhere",
    "cluster": "nowhere",
    "clusters": "nowhere",
}


def answered(answer: HttpResponse) -> str:
    """An answer as a rule says it; anything else as its status. (Who signs out is led to sign-in too.)"""
    if "Clear-Site-Data" in answer:
        return IN
    if answer.status_code == 302 and answer["Location"].startswith("/people/sign-in/"):
        return SIGN_IN
    known = {403: FORBIDDEN, 404: MISSING, 200: IN, 204: IN, 302: IN, 410: IN, 422: IN}
    return known.get(answer.status_code, str(answer.status_code))


def asked(house: House, who: str, method: str, route: Route, path: str = "") -> HttpResponse:
    """The answer to a request; what it did is undone. Fields are sent only where a view answers 404 without them."""
    fields = FIELDS.get(route.name, "") if method in WRITING else ""
    with undone():
        return house.browser(who).generic(
            method, path or house.address(route), fields, content_type="application/x-www-form-urlencoded"
        )


def test_every_view_has_a_rule_and_every_rule_a_view() -> None:
    for route in routes():
        rule_of(route)
    assert set(RULES) <= {route.name for route in routes()}, "a view that is gone needs no rule"


def test_every_route_answers_every_person_as_its_rule_says(house: House) -> None:
    house.demote()
    wrong = []
    for route in routes():
        taken = house.methods(route)
        for method in METHODS:
            # What a view does not take, it takes from nobody, and HEAD is GET: one person is enough.
            for who in EVERYBODY if method in taken - {"HEAD"} else ("stan",):
                wanted = expected(route, who, writes=method in WRITING) if method in taken else "405"
                found = answered(asked(house, who, method, route))
                if found != wanted:
                    wrong.append(f"{method} {route} as {who or 'nobody'}: {found} instead of {wanted}")
    assert not wrong, "\n".join(wrong)


def test_what_is_another_persons_looks_as_if_it_were_not_there(house: House) -> None:
    house.demote()
    told = []
    for route in routes():
        other = {name: value for name, value in NOWHERE.items() if name in route.arguments}
        if not other or rule_of(route) in (Rule.OPEN, Rule.SIGNED_IN):
            continue
        there, nowhere = house.address(route), house.address(route, **other)
        for who in EVERYBODY:
            for method in sorted(house.methods(route) - {"HEAD"}):
                wanted = expected(route, who, writes=method in WRITING)
                if wanted == IN or (wanted == FORBIDDEN and rule_of(route) is Rule.OPERATOR):
                    continue  # to whom the cluster is shared, it is no secret that it is there
                one, two = asked(house, who, method, route, there), asked(house, who, method, route, nowhere)
                if _shape(one, there) != _shape(two, nowhere):
                    told.append(f"{method} {route} as {who}: {one.status_code} and {two.status_code}")
    assert not told, "\n".join(told)


def _shape(answer: HttpResponse, path: str) -> tuple[int, int, str]:
    """What can be told apart, without the address itself, which the person knows."""
    text = answer.content.decode()
    for part in path.split("/"):
        text = text.replace(part, "") if len(part) > 2 else text
    return answer.status_code, text.count("<"), answer.get("Location", "").partition("?")[0]


def test_who_is_refused_changes_nothing(house: House) -> None:
    house.demote()
    before = dump()
    form = {
        "standing": "administrator",
        "role": "operator",
        "team": "pay",
        "cluster": "harbour",
        "slug": "harbour",
    }
    for route in house.writing():
        for who in EVERYBODY:
            if expected(route, who, writes=True) != IN:
                house.browser(who).post(house.address(route), form)
    assert changes(before, dump()) == []


def test_a_cluster_in_a_list_of_clusters_is_no_way_to_one_that_is_not_shared(
    house: House, recorder: Recorder
) -> None:
    """dana asks for both; dora's cluster is the same to her as one that was never there."""
    texts = []
    for other in ("island", "nowhere"):
        with recorder.watched() as seen:
            page = house.browser("dana").get(f"/c/harbour,{other}/shop/configmaps")
        assert page.status_code == 200
        assert seen.said_by(house.token("dora")) == []
        texts.append(page.content.decode().replace(other, ""))
    assert "Island" not in texts[0]
    assert texts[0].count("not shared with you") == texts[1].count("not shared with you") > 0


def test_the_clusters_of_others_are_in_no_page_of_ours(house: House) -> None:
    house.demote()
    told = []
    for who in ("dana", "rene", "aude", "stan", "demi"):
        for route in routes():
            if "GET" not in house.methods(route) or expected(route, who, writes=False) != IN:
                continue
            page = asked(house, who, "GET", route, house.address(route, owner=who)).content.decode().lower()
            if "island" in page and not (who == "aude" and route.name.startswith("people:audit:")):
                told.append(f"{route} as {who}")  # (what happened, an auditor sees of everything)
    assert not told, "\n".join(told)
