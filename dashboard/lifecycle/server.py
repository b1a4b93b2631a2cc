"""HTTP server: Daphne, which says where it listens, fails where it cannot, and knows what is still under way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from daphne.http_protocol import WebRequest
from daphne.server import Server
from django.conf import settings
from django.db import DatabaseError
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from dashboard.connections import ConnectionLimiter, ConnectionLimits, raise_file_limit
from dashboard.live.inbound import LimitedSocket
from dashboard.request_bodies import BoundedFactory

CANNOT_READ = "Quarterdeck cannot read its database: {}"
CANCEL_SECONDS = 1.0  # for requests that are cut off to end; a thread that waits for something never does


class QuarterdeckServer(Server):  # type: ignore[misc] # daphne has no types
    """`welcome` gives what is printed once the server listens, of its address and port.

    `failure` says why it does not listen; `is_cut_off` is set where requests were still under way at the end.
    """

    failure = ""
    is_cut_off = False

    def __init__(self, application: Any, *, welcome: Callable[[str, int], str], **options: Any) -> None:
        super().__init__(application, **options)
        self._welcome = welcome
        self._ports: list[Any] = []

    @property
    def http_factory(self) -> ConnectionLimiter:
        return self._limiter

    @http_factory.setter
    def http_factory(self, _daphnes_own: object) -> None:
        """Daphne makes its factory where nothing can be passed in: ours takes its place."""
        limits = ConnectionLimits(
            settings.QUARTERDECK_MAX_CONNECTIONS, raise_file_limit(), exempt=tuple(settings.TRUSTED_PROXIES)
        )
        self._bounded = BoundedFactory(self)
        self._limiter = ConnectionLimiter(
            self._bounded, limits, lambda: settings.TIMINGS.connections, reactor
        )

    @property
    def ws_factory(self) -> Any:
        return self._sockets

    @ws_factory.setter
    def ws_factory(self, factory: Any) -> None:
        factory.protocol = LimitedSocket
        self._sockets = factory

    def start_application(self, protocol: Any, scope: dict[str, Any], receive: Any) -> None:
        """As Daphne does, with a `receive` that makes the client wait."""
        answer = self.application(scope, receive, partial(self.handle_reply, protocol))
        self.connections[protocol]["application_instance"] = asyncio.ensure_future(answer)

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self._ports.append(port)
        # Read from the database before the event loop runs, said once ctrl-C is answered in good order.
        text = self._welcome(port.getHost().host, port.getHost().port)
        loop: Any = reactor  # twisted's types do not say which reactor it is
        loop.callWhenRunning(lambda: print(f"{text}\n", end="", flush=True))

    def listen_error(self, failure: Any) -> None:
        """What fails in `listen_success` comes here too: the database that it reads."""
        why = failure.getErrorMessage()
        self.failure = (
            CANNOT_READ.format(why)
            if failure.check(DatabaseError)
            else f"Quarterdeck cannot listen: {why} Set QUARTERDECK_LISTEN to a different address or port."
        )
        self.stop()

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """A response in parts waits until its client has read those before, which stops what it is read from."""
        await super().handle_reply(protocol, message)
        pace = getattr(protocol, "pace", None)
        if pace is not None:
            await pace.wait()

    def close_listeners(self) -> None:
        """Refuse new connections from now on; those that are open stay."""
        for port in self._ports:
            port.stopListening()

    def close_idle_connections(self, *, with_unfinished: bool) -> int:
        """As `BoundedFactory` does."""
        return self._bounded.close_idle_connections(with_unfinished=with_unfinished)

    def list_requests(self) -> list[str]:
        """Requests and sockets whose work is not done, also those whose client is gone: `GET /c/harbour/`."""
        return [_describe(protocol) for protocol, _work in self._list_work()]

    def _list_work(self) -> list[tuple[Any, asyncio.Future[Any]]]:
        found = ((one, details.get("application_instance")) for one, details in self.connections.items())
        return [(one, work) for one, work in found if work is not None and not work.done()]

    def kill_all_applications(self) -> Deferred[Any]:
        """Cancel what is still under way. Daphne waits for its end, which may never come."""
        waiting = [work for _protocol, work in self._list_work()]
        for work in waiting:
            work.cancel()
        return Deferred.fromFuture(asyncio.ensure_future(self._wait_for(waiting)))

    async def _wait_for(self, waiting: list[asyncio.Future[Any]]) -> None:
        if waiting:
            _done, pending = await asyncio.wait(waiting, timeout=CANCEL_SECONDS)
            self.is_cut_off = bool(pending)


def _describe(protocol: Any) -> str:
    if not isinstance(protocol, WebRequest):
        return "an open page"
    return f"{protocol.method.decode('ascii', 'replace')} {protocol.path.decode('ascii', 'replace')}"
