"""Development server: reloads Python, templates and static files, with `DEBUG` on, on a loopback address alone.

Python is loaded anew by Django's autoreloader, in a process of its own that ends and begins again; it also empties the
cache of templates. Static files are read at each request in development. The browser is told nothing: reload the page.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.autoreload import DJANGO_AUTORELOAD_ENV, run_with_reloader

from dashboard.management.commands import serve
from dashboard.management.commands.serve import listen_address


class Command(serve.Command):
    help = "Serve Quarterdeck while you write it, until Ctrl+C. Never in production mode."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("`dev` shows its own code in errors; in production mode use `serve`.")
        address, _port = listen_address(options)
        if not is_loopback(address):
            raise CommandError(
                f"`dev` listens on a loopback address such as 127.0.0.1 only, not on {address}."
            )
        if os.environ.get(DJANGO_AUTORELOAD_ENV) == "true":
            options["no_prepare"] = True  # the first process did, and a migration may be half written
        settings.DEBUG = True  # in no other way than this one
        super().handle(*args, **options)

    def serve(self, address: str, port: int, *, signal_handlers: bool = True) -> None:
        run_with_reloader(partial(self.serve_in_thread, address, port))

    def serve_in_thread(self, address: str, port: int) -> None:
        """The main thread is the reloader's, which a SystemExit of this one would not reach."""
        try:
            super().serve(address, port, signal_handlers=False)
        except (SystemExit, CommandError) as failure:
            print(failure, file=sys.stderr, flush=True)
            os._exit(1)


def is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
