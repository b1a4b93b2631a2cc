"""Action page: what one action's confirm page says, asks for and sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from clusters.actions.change import Change
from clusters.actions.dependents import Dependents
from dashboard.actions.forms import ActionForm, PlainForm
from dashboard.actions.subject import Subject
from dashboard.kinds.kind import Action
from dashboard.pieces.notice import Notice

Values = Mapping[str, Any]  # the cleaned values of an action's form


def describe_nothing(subject: Subject) -> Sequence[Notice]:
    """Nothing stands above the form."""
    return ()


def needs_no_name(subject: Subject) -> bool:
    """The name is typed in protected clusters alone."""
    return False


@dataclass(frozen=True, kw_only=True)
class ActionPage:
    """One action. `heading`, `sentence`, `done` and `command` are filled in with the object's `name`.

    `build` makes the change of the form's values; it raises `CannotBuild` for what the form cannot know.
    `search` finds what depends on the object, where that is shown. `stays` says by the API server's answer whether
    the object still has a page.
    """

    action: Action
    heading: Promise
    sentence: Promise
    button: Promise
    done: Promise
    build: Callable[[Subject, Values], Change]
    command: Callable[[Subject, Values], str]
    form: type[ActionForm] = PlainForm
    describe: Callable[[Subject], Sequence[Notice]] = describe_nothing
    needs_name: Callable[[Subject], bool] = needs_no_name
    search: Callable[[Subject], Dependents] | None = None
    stays: Callable[[object], bool] = lambda _answer: True
