"""Action page: what one action's confirm page says, asks for and sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from clusters.actions.change import Change
from clusters.actions.dependents import Dependents
from clusters.api.errors import ApiError
from dashboard.actions.forms import ActionForm, PlainForm
from dashboard.actions.subject import Subject
from dashboard.kinds.kind import Action
from dashboard.objects.kind_pages import find_rollout_path
from dashboard.pieces.notice import Notice

Values = Mapping[str, Any]  # the cleaned values of an action's form


def describe_nothing(subject: Subject) -> Sequence[Notice]:
    """Nothing stands above the form."""
    return ()


def needs_no_name(subject: Subject) -> bool:
    """The name is typed in protected clusters alone."""
    return False


def find_no_blocker(subject: Subject) -> str:
    """It can be done in whatever state the object is."""
    return ""


def find_object_url(subject: Subject, answer: object) -> str:
    """The object's page, which shows what becomes of it."""
    return subject.address.path()


def find_rollout_url(subject: Subject, answer: object) -> str:
    """The page on which the rollout that begins is followed, of kinds that have one."""
    return find_rollout_path(subject.opened.kind, subject.address)


def delay_nothing(subject: Subject, values: Values) -> Values | None:
    """It can be undone: it is sent at once, in protected clusters too."""
    return None


def explain_nothing(error: ApiError) -> Notice | None:
    """Every error has the ordinary page."""
    return None


@dataclass(frozen=True, kw_only=True)
class ActionPage:
    """One action. `heading`, `sentence` and `done` are filled in with the object's `name`.

    `build` makes the change of the form's valid values, `command` the equivalent one of kubectl of whatever values
    there are. `find_blocker` says why it cannot be done now, or nothing. `search` finds what depends on the object,
    where that is shown. `next_url` is where the browser goes then, by the API server's answer. `explain_error`
    makes a notice on this page of an error that says something about the action, and None of any other. `delay` gives
    the values of the bulk action of the same name where this cannot be undone: in a protected cluster that is run,
    after the undo window, instead of `build`.
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
    find_blocker: Callable[[Subject], str] = find_no_blocker
    next_url: Callable[[Subject, object], str] = find_object_url
    explain_error: Callable[[ApiError], Notice | None] = explain_nothing
    delay: Callable[[Subject, Values], Values | None] = delay_nothing
