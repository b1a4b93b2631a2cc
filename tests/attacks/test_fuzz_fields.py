"""Fuzzing of form fields: 10,000 values get at most a form with an error message."""

from __future__ import annotations

from itertools import islice

from django.http import HttpResponse
from hypothesis import given
from hypothesis import strategies as st

from tests.attacks.cluster_requests import list_visits
from tests.attacks.forms import parse_forms
from tests.attacks.fuzz import Mutations, batch_settings, limit_time
from tests.attacks.fuzz_cases import FIELDS
from tests.attacks.installation import Installation, roll_back
from tests.canary_watch import SECRET_FIELDS
from tests.controlplane.hostile import TEXTS
from tests.lanes import short_and_long

VALUES = (
    *(
        "dana",
        "Dana",
        "shop",
        "harbour",
        "https://127.0.0.1:9",
        "http://127.0.0.1:9",
        "on",
        "token",
        "1",
        "0:shop",
        "editor",
    ),
    *(
        "member",
        "a" * 150,
        "2026-01-01",
        "/c/harbour/",
        "a=b",
        "round-the-horn-again-1",
        "-----BEGIN CERTIFICATE-----\nAA==\n",
    ),
    *TEXTS.values(),
    *FIELDS,
)
SIGNS = (
    *(
        "\x00",
        "\r\n",
        "\t",
        "\x1b",
        "\u202e",
        "\u200b",
        "\u0130",
        "\U0001f600",
        "'",
        '"',
        "<",
        "&",
        "%",
        "{{",
        "--",
        ";",
        "\\",
    ),
    *(
        "/",
        "//",
        "..",
        ":",
        "@",
        "[::1]",
        "127.0.0.1",
        "9" * 40,
        "-1",
        "1e999",
        "x" * 400,
        "=1+1",
        " ",
        "https://",
        "#",
        "?",
    ),
)
BATCH = 100  # values; several are in one request
COMMON_FIELDS = ("username", "password", "again", "current", "name", "slug", "next", "token", "pk", "key")


def check_response(answer: HttpResponse) -> None:
    """The database is as it was afterwards: each request is undone."""
    assert answer.status_code < 500 or answer.status_code in (502, 503, 504), answer.status_code
    if answer.status_code >= 500:
        assert answer.get("Retry-After") or answer.status_code != 503
    assert answer.get("Location", "/").startswith("/")
    assert not answer.get("Location", "/").startswith("//")
    assert b"Traceback" not in answer.content


def list_fields(installation: Installation) -> list[tuple[str, str, list[str]]]:
    """Who posts what to where: the fields that the page's own forms have, and some that others have."""
    found: dict[str, list[str]] = {}
    for visit in list_visits(installation):
        path = installation.address(visit.route, owner="ada")
        if visit.method == "GET":
            for form in parse_forms(path, visit.answer(installation, "ada").content.decode()):
                if form.method == "POST":
                    found.setdefault(form.action.partition("?")[0], []).extend(form.fields)
        else:
            found.setdefault(path, [])
    secret = "csrfmiddlewaretoken"
    return [
        ("ada", path, sorted({*names, *COMMON_FIELDS} - {secret})) for path, names in sorted(found.items())
    ]


@short_and_long("inputs", 1000, 10_000)
def test_no_value_gets_more_than_a_form_with_a_sentence(
    offline_installation: Installation, inputs: int
) -> None:
    """In every field of every form, as the administrator, who may post to most of them."""
    targets, values = list_fields(offline_installation), Mutations(VALUES, SIGNS)
    assert len(targets) > 25
    tried = 0

    @batch_settings(inputs, BATCH)
    @given(st.integers(0, 2**64))
    def try_them(seed: int) -> None:
        nonlocal tried
        batch = values.batch(seed, BATCH)
        number = seed
        while chosen := list(islice(batch, 20)):
            who, path, names = targets[number % len(targets)]
            pairs = ((names[(number + offset) % len(names)], value) for offset, value in enumerate(chosen))
            # what is secret is a word of its own, so that the middleware can tell whether it comes back
            form = {name: f"typed-{value}" if name in SECRET_FIELDS else value for name, value in pairs}
            number += 1
            tried += len(chosen)
            with limit_time((path, form)), roll_back():
                check_response(offline_installation.browser(who).post(path, form))

    try_them()
    assert tried == inputs
