"""Process group of a control plane: ports, logs, signals and a watchdog."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from tests.controlplane import watchdog

PREFIX = "quarterdeck-controlplane-"
LOCK = "owner.lock"
PATIENCE = 30  # seconds for a program to come up or to go


class NotStarted(Exception):
    """A program of the control plane ended or did not answer; the text carries the end of its log."""


def wait_until(
    condition: Callable[[], bool], what: str, *, seconds: float = PATIENCE, step: float = 0.02
) -> None:
    """Ask again and again until it is true; raises NotStarted with what was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise NotStarted(f"{what}: not within {seconds:.0f} s.")
        time.sleep(step)


class Port:
    """A free port of 127.0.0.1, kept from everybody else for as long as this object lives.

    The socket is bound and never listens: Linux then lets a program that sets SO_REUSEADDR (Go's do) listen
    on the port, restarts included, while no other bind to port 0 and no outgoing connection is given it.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.number: int = self._socket.getsockname()[1]
        if sys.platform != "linux":
            self._socket.close()

    def __str__(self) -> str:
        return str(self.number)

    def release(self) -> None:
        self._socket.close()

    def answers(self) -> bool:
        """Whether somebody listens on it now."""
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.number)) == 0


class Processes:
    """The programs of one control plane, in one process group and one directory, watched by one watchdog."""

    def __init__(self) -> None:
        remove_stale()
        self.directory = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._group: int | None = None
        self._watchdog = self._start_watchdog()

    def _start_watchdog(self) -> "subprocess.Popen[bytes]":
        with (self.directory / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # It inherits the locked file; ours is closed, so the lock lives exactly as long as the watchdog.
            return subprocess.Popen(
                [sys.executable, "-S", "-E", watchdog.__file__, str(self.directory), str(os.getpid())],
                stdin=subprocess.PIPE,
                pass_fds=[lock.fileno()],
                cwd="/",
                process_group=0,  # a Ctrl-C at the terminal goes to the owner alone
            )

    def start(self, name: str, program: Path, arguments: Sequence[str]) -> None:
        """Start one; its output goes to `<name>.log`. The first is the leader of the group: it stays."""
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(
                [str(program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                env={"PATH": os.environ.get("PATH", ""), "HOME": str(self.directory), "LANG": "C.UTF-8"},
                process_group=self._group or 0,
            )
        self._running[name] = process
        if self._group is None:
            self._group = process.pid
            self._send_to_watchdog(f"{process.pid}\n")

    def log(self, name: str) -> Path:
        return self.directory / f"{name}.log"

    def pid(self, name: str) -> int:
        return self._running[name].pid

    @property
    def watchdog_pid(self) -> int:
        return self._watchdog.pid

    def signal(self, name: str, number: signal.Signals) -> None:
        self._running[name].send_signal(number)

    def wait(self, name: str, *, seconds: float) -> None:
        """Until the program has ended; raises subprocess.TimeoutExpired."""
        self._running[name].wait(seconds)

    def is_running(self, name: str) -> bool:
        return name in self._running and self._running[name].poll() is None

    def wait_until(self, name: str, true: Callable[[], bool], *, seconds: float = PATIENCE) -> None:
        """Until it is true; raises NotStarted with the end of its log where the program ends before."""

        def true_or_dead() -> bool:
            return true() or not self.is_running(name)

        try:
            wait_until(true_or_dead, f"{name} is not ready", seconds=seconds)
        except NotStarted as failure:
            raise NotStarted(f"{failure}\n{self._end_of_log(name)}") from None
        if not self.is_running(name):
            raise NotStarted(f"{name} ended with {self._running[name].returncode}:\n{self._end_of_log(name)}")

    def _end_of_log(self, name: str) -> str:
        return "\n".join(self.log(name).read_text(errors="replace").splitlines()[-8:])

    def stop(self) -> None:
        """No process and no file is left when this returns."""
        with suppress(BrokenPipeError):  # where somebody killed the watchdog
            self._send_to_watchdog("stop\n")
        self._watchdog.wait(PATIENCE)
        if self.directory.exists():
            watchdog.clean([self._group] if self._group else [], self.directory)
        for process in self._running.values():
            process.wait(PATIENCE)
        with suppress(BrokenPipeError):
            _pipe(self._watchdog).close()
        if self.directory.exists():
            raise NotStarted(f"{self.directory} could not be removed.")

    def _send_to_watchdog(self, text: str) -> None:
        pipe = _pipe(self._watchdog)
        pipe.write(text.encode())
        pipe.flush()


def _pipe(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    if process.stdin is None:
        raise AssertionError("the watchdog is started with a pipe")
    return process.stdin


def remove_stale() -> None:
    """What a power cut or a killed watchdog left behind: directories whose lock nobody holds."""
    for directory in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        try:
            lock = (directory / LOCK).open("r+")
        except OSError:
            continue  # somebody else's, being made, or going at this moment
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if _is_young(directory):
                continue
            for number in watchdog.find_processes(directory):
                watchdog.kill(number)
            shutil.rmtree(directory, ignore_errors=True)


def _is_young(directory: Path) -> bool:
    """Between the making of the lock file and its lock is a moment; five seconds are far beyond it."""
    try:
        return time.time() - (directory / LOCK).stat().st_mtime < 5
    except FileNotFoundError:
        return True
