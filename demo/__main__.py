"""Demo launcher (`make demo`): starts the simulated clusters and the dashboard, and stops both.

This process holds no secret and serves nothing. It starts two others, the simulated clusters and the dashboard, in a
temporary folder, and ends both on a signal or when one of them ends.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from queue import Empty

from demo.browsing import open_browser
from demo.options import parse_options
from demo.processes import Child, ChildMessage, MessageQueue
from demo.safety import find_unsafe_setting, parse_listen_address

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
START_TIMEOUT = 180.0  # seconds for the start
CLUSTERS, DASHBOARD = "The cluster simulator", "The dashboard"
ADDRESS_PATTERN = re.compile(r"Quarterdeck is running at (http://\S+)/ ")
OWN_KEYS = ("QUARTERDECK_SECRET_KEY", "QUARTERDECK_SEALING_KEYS")
EXTERNAL_SETTINGS = ("DATABASE_URL", "QUARTERDECK_REDIS_URL", "QUARTERDECK_DATA", "DJANGO_SETTINGS_MODULE")


class DemoStopped(Exception):
    """The demo is over; the text, if there is one, says why."""


def main() -> int:
    """0 after Ctrl-C and SIGTERM; 1, with a sentence, where something did not go well."""
    try:
        options = parse_options(os.environ)
        why = find_unsafe_setting(os.environ) or _explain_port_in_use(*parse_listen_address(os.environ))
    except ValueError as wrong:
        why = str(wrong)
    if why:
        print(why, file=sys.stderr)
        return 1
    messages: MessageQueue = MessageQueue()
    for number in SIGNALS:
        signal.signal(number, lambda _number, _frame: messages.put(ChildMessage("", None)))
    folder = Path(tempfile.mkdtemp(prefix="quarterdeck-demo-"))
    children: list[Child] = []
    try:
        why = _run(folder, options, children, messages)
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.stop()
        shutil.rmtree(folder, ignore_errors=True)
    if why:
        print(why, file=sys.stderr)
    return 1 if why else 0


def _run(folder: Path, options: list[str], children: list[Child], messages: MessageQueue) -> str:
    """Until it is over; why that is, "" at a signal."""
    try:
        _start(folder, options, children, messages)
        while True:
            _next_message(children, messages)
    except DemoStopped as end:
        return str(end)


def _start(folder: Path, options: list[str], children: list[Child], messages: MessageQueue) -> None:
    """It is there, and the address was said, when this returns."""
    print("Starting the demo: three simulated clusters and the dashboard…", flush=True)
    until = time.monotonic() + START_TIMEOUT
    kubeconfig = folder / "kubeconfig.yaml"
    environment = _environment(os.environ, folder)
    simulating = ["-m", "demo.clusters", "--kubeconfig", str(kubeconfig), *options]
    serving = ["-m", "django", "demo_serve"]
    for name, arguments in ((CLUSTERS, simulating), (DASHBOARD, serving)):
        children.append(Child(name, arguments, environment, folder / f"{len(children)}.log", messages))
    clusters, dashboard = children
    dashboard.write_line(_read_line(clusters, children, messages, until))
    while not (match := ADDRESS_PATTERN.match(_read_line(dashboard, children, messages, until))):
        pass
    print(_welcome(match[1], kubeconfig), flush=True)
    open_browser(f"{match[1]}/demo/", os.environ)


def _read_line(child: Child, children: list[Child], messages: MessageQueue, until: float) -> str:
    """The next line that this one says; DemoStopped where something else happens."""
    while True:
        message = _next_message(children, messages, until)
        if message.name == child.name and message.line is not None:
            return message.line


def _next_message(children: list[Child], messages: MessageQueue, until: float | None = None) -> ChildMessage:
    """What a process says next; DemoStopped where one has ended, at a signal, and where nothing comes for too long."""
    try:
        message = messages.get(timeout=None if until is None else max(0.0, until - time.monotonic()))
    except Empty:
        raise DemoStopped(f"The demo did not start within {START_TIMEOUT:.0f} seconds.") from None
    if not message.name:
        raise DemoStopped
    if message.line is None:
        words = next(child.log_tail() for child in children if child.name == message.name)
        raise DemoStopped(f"{message.name} stopped unexpectedly, so the demo is stopping.\n{words}")
    return message


def _environment(ours: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The caller's, with nothing in it that leads to another database, key or folder than the demo's own."""
    inherited = {
        name: value
        for name, value in ours.items()
        if name.removesuffix("_FILE") not in (*OWN_KEYS, *EXTERNAL_SETTINGS)
    }
    return {**inherited, "QUARTERDECK_DATA": str(folder / "data"), "DJANGO_SETTINGS_MODULE": "demo.settings"}


def _explain_port_in_use(address: str, port: int) -> str:
    """Why nobody can listen there, "" where one can."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        socket.create_server((address, port), family=family).close()
    except OSError as error:
        return (
            f"The demo cannot listen at {address}:{port}: {error.strerror}. Stop whatever is listening "
            "there, or set QUARTERDECK_LISTEN to another port: QUARTERDECK_LISTEN=127.0.0.1:8010 make demo"
        )
    return ""


def _welcome(url: str, kubeconfig: Path) -> str:
    return (
        f"\n  {url}/demo/\n\n"
        "Choose a demo user there; you can switch at any time. To use kubectl as the administrator:\n"
        f"  export KUBECONFIG={kubeconfig}; kubectl config get-contexts\n"
        "Press Ctrl+C to stop the demo. Nothing is left behind."
    )


if __name__ == "__main__":
    sys.exit(main())
