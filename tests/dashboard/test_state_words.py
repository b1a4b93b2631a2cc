"""The state line of a live page: one capitalised wording for each state."""

from __future__ import annotations

import re

import pytest
from django.template import Context, Template

from clusters.feeds.states import State

STATES = [*(one.value for one in State), "static", "paused", "signed-out"]


def line(state: str) -> str:
    page = Template("{% load shell %}{% state_line state %}").render(Context({"state": state}))
    (word,) = re.findall(r'class="state-word">([^<]*)<', page)
    return word


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_a_word_with_a_capital(state: str) -> None:
    assert line(state)[:1].isupper()


def test_different_states_have_different_words() -> None:
    assert len({line(state) for state in STATES}) == len(STATES)
