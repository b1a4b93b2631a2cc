"""Command `serve`: prepares the database, starts Daphne, prints the first sign-in link."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

from channels.routing import get_default_application
from daphne.endpoints import build_endpoint_description_strings
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from clusters.runtime import runtime
from dashboard.assets.versions import share_assets
from dashboard.data_folder import close_to_others
from dashboard.lifecycle.preparation import prepare_database
from dashboard.lifecycle.server import CANNOT_READ, QuarterdeckServer
from dashboard.lifecycle.shutdown import Shutdown, leave
from dashboard.lifecycle.start_checks import check_surroundings
from dashboard.live.inbound import MAX_FRAME
from dashboard.monitoring.listener import listen
from people import one_time_links
from people.audit import checkpoints
from people.audit.checks import check_triggers
from people.audit.integrity.checkpoint_saver import CheckpointSaver
from people.audit.integrity.reading import find_end
from people.audit.integrity.start_check import ADVICE, find_fault
from people.audit.record import draft_for_program, note
from people.audit.writer import writer
from people.storage import find_damage

HTTP_TIMEOUT = 120  # seconds for one answer; what lasts longer streams over a socket
HANDSHAKE_TIMEOUT = 20  # seconds until a socket is accepted


class Command(BaseCommand):
    help = "Run the Quarterdeck server (Daphne) until interrupted with Ctrl+C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--address", help="the address to listen on (QUARTERDECK_LISTEN)")
        parser.add_argument("--port", type=int, help="the port to listen on (QUARTERDECK_LISTEN)")
        parser.add_argument(
            "--no-prepare",
            action="store_true",
            help="skip database migrations; another process has applied them",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        address, port = listen_address(options)
        close_to_others(settings.DATA_DIR)
        check_surroundings()
        damage = find_damage()
        if damage:
            raise CommandError(damage)
        if not options["no_prepare"]:
            prepare_database()
        self.serve(address, port)

    def serve(self, address: str, port: int, *, signal_handlers: bool = True) -> None:
        """Serve until Ctrl+C; without signal handlers in a thread other than the main one."""
        close_to_others(settings.DATA_DIR)  # what the preparation made, too
        _check_databases()
        if settings.PRODUCTION:
            share_assets()
        saver = CheckpointSaver(writer)
        saver.start()
        if settings.METRICS_LISTEN is not None:
            listen(settings.METRICS_LISTEN)
        server = QuarterdeckServer(
            get_default_application(),
            endpoints=build_endpoint_description_strings(host=address, port=port),
            http_timeout=HTTP_TIMEOUT,
            websocket_handshake_timeout=HANDSHAKE_TIMEOUT,
            websocket_max_message_size=MAX_FRAME,
            websocket_max_frame_size=MAX_FRAME,
            server_name="quarterdeck",
            signal_handlers=signal_handlers,
            welcome=_welcome,
        )
        if signal_handlers:
            Shutdown(server, timeout=settings.SHUTDOWN_TIMEOUT, grace=settings.SHUTDOWN_GRACE).install()
        try:
            with suppress(KeyboardInterrupt):
                server.run()
        finally:
            runtime.shutdown()
            writer.stop()
            saver.stop()
        if server.failure:
            sys.exit(server.failure)
        if server.is_cut_off:
            leave(1)  # Python would wait for their threads, which wait for an event loop that is no more


def listen_address(options: dict[str, Any]) -> tuple[str, int]:
    address, _colon, port = settings.LISTEN.rpartition(":")
    if not address or not port.isdigit() or int(port) > 65535:
        raise ImproperlyConfigured(
            f"QUARTERDECK_LISTEN must look like 127.0.0.1:8000, not {settings.LISTEN!r}."
        )
    address = options["address"] or address.strip("[]")
    return address, int(port) if options["port"] is None else options["port"]


def _check_databases() -> None:
    """The audit trail is append-only and the expected one; CommandError where not."""
    for wrong in check_triggers(["audit"]):
        raise CommandError(f"{wrong.msg} {wrong.hint}")
    try:
        fault = find_fault()
        if fault:
            raise CommandError(f"{fault} {ADVICE}")
        end = find_end()
        checkpoints.save(end)
    except DatabaseError as error:
        raise CommandError(CANNOT_READ.format(error)) from error
    checkpoints.publish(end)


def _welcome(address: str, port: int) -> str:
    shown = f"[{address}]" if ":" in address else address
    here = settings.PUBLIC_URL.url if settings.PUBLIC_URL else f"http://{shown}:{port}"
    lines = [f"Quarterdeck is running at {here}/ (press Ctrl+C to stop)"]
    user = one_time_links.first_administrator()
    if user is not None:
        secret = one_time_links.add_sign_in_link(user)
        note(draft_for_program("manage.py serve", "signin-link", target=f"person {user.username}"))
        lines.append(
            "No administrator account has a password yet. Use this one-time link to sign in (valid "
            "for 15 minutes):"
        )
        lines.append(one_time_links.link_url(secret, here=here))
    return "\n".join(lines)
