"""Database calls of the pass-through, in threads of their own: they wait for no page, and no page for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async

from clusters.runtime import runtime

Parameters = ParamSpec("Parameters")
Found = TypeVar("Found")


async def in_database(
    function: Callable[Parameters, Found], *arguments: Parameters.args, **named: Parameters.kwargs
) -> Found:
    """Call it in a thread that may use the database; the connection is given back afterwards."""
    call = database_sync_to_async(function, thread_sensitive=False, executor=runtime.pool("passthrough"))
    found: Found = await call(*arguments, **named)
    return found
