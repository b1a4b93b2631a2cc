"""Fault injection: finds the product's functions that an action calls, and breaks one of them once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType

from tests.architecture.architecture_map import LAYERS, ROOT

OURS = tuple(str(ROOT / layer) + "/" for layer in LAYERS)


class InjectedError(Exception):
    """Raised where nobody expects it. Its text holds every object of ours that the function was called with."""


def trace_calls(action: Callable[[], object]) -> list[CodeType]:
    """The functions of the product that run during the call, in this thread and in those that it starts."""
    seen: dict[CodeType, None] = {}

    def note(frame: FrameType, _event: str, _argument: object) -> None:
        if is_ours(frame.f_code):
            seen.setdefault(frame.f_code)

    with _trace(note):
        action()
    return list(seen)


@contextmanager
def break_function(code: CodeType) -> Iterator[list[str]]:
    """Within the block the first call of this function fails; the list then holds what the error said."""
    said: list[str] = []

    def fail(frame: FrameType, _event: str, _argument: object) -> None:
        if frame.f_code is code and not said:
            said.append(f"sabotage of {code.co_qualname} with {_describe_objects(frame)}")
            raise InjectedError(said[0])

    with _trace(fail):
        yield said


def is_ours(code: CodeType) -> bool:
    return code.co_filename.startswith(OURS) and not code.co_name.startswith("<")


def _describe_objects(frame: FrameType) -> str:
    """What a careless error would tell: the arguments that are objects of ours, as they describe themselves."""
    held = [value for value in frame.f_locals.values() if type(value).__module__.startswith(LAYERS)]
    return ", ".join(repr(one) for one in held)


@contextmanager
def _trace(hook: Callable[[FrameType, str, object], None]) -> Iterator[None]:
    before = sys.gettrace()
    sys.settrace(hook)
    threading.settrace(hook)
    try:
        yield
    finally:
        sys.settrace(before)
        threading.settrace(before)  # type: ignore[arg-type]
