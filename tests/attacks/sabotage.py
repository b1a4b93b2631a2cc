"""What if any function of ours fails? Finds those that a deed reaches, and breaks one of them once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType

from tests.house.floor_plan import FLOORS, ROOT

OURS = tuple(str(ROOT / floor) + "/" for floor in FLOORS)


class Sabotage(Exception):
    """Raised where nobody expects it. Its text holds every object of ours that the function was called with."""


def reached(deed: Callable[[], object]) -> list[CodeType]:
    """The functions of the product that run during the deed, in this thread and in those that it starts."""
    seen: dict[CodeType, None] = {}

    def note(frame: FrameType, _event: str, _argument: object) -> None:
        if is_ours(frame.f_code):
            seen.setdefault(frame.f_code)

    with _traced(note):
        deed()
    return list(seen)


@contextmanager
def broken(code: CodeType) -> Iterator[list[str]]:
    """Within the block the first call of this function fails; the list then holds what the error said."""
    said: list[str] = []

    def fail(frame: FrameType, _event: str, _argument: object) -> None:
        if frame.f_code is code and not said:
            said.append(f"sabotage of {code.co_qualname} with {_objects(frame)}")
            raise Sabotage(said[0])

    with _traced(fail):
        yield said


def is_ours(code: CodeType) -> bool:
    return code.co_filename.startswith(OURS) and not code.co_name.startswith("<")


def _objects(frame: FrameType) -> str:
    """What a careless error would tell: the arguments that are objects of ours, as they describe themselves."""
    held = [value for value in frame.f_locals.values() if type(value).__module__.startswith(FLOORS)]
    return ", ".join(repr(one) for one in held)


@contextmanager
def _traced(hook: Callable[[FrameType, str, object], None]) -> Iterator[None]:
    before = sys.gettrace()
    sys.settrace(hook)
    threading.settrace(hook)
    try:
        yield
    finally:
        sys.settrace(before)
        threading.settrace(before)  # type: ignore[arg-type]
