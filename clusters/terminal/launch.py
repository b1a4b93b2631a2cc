"""Terminal launch: which commands are tried for a shell, how its processes are marked, and what ends them.

Container runtimes leave a shell with a terminal running when its connection ends. So all its processes have a mark in
their environment, and a watchdog waits next to them in the container: a `sh` without a terminal that reads one line. It
gets one when the terminal is ended, and the end of its input when this server or the network is gone; either way it
ends what has the mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from clusters.exec.ending import ExecEnding
from clusters.exec.request import ExecRequest

SHELLS = ("bash", "sh", "ash", "cmd")  # in the order in which they are looked for
TERM = "TERM=xterm-256color"
MARK = "QUARTERDECK_TERMINAL"
STAND_DOWN = b"stay\n"  # to a watchdog whose shell has ended by itself
WATCHDOG = (
    'read -r word; [ "$word" = stay ] && exit 0; for signal in HUP KILL; do for one in /proc/[0-9]*; do '
    'case "$(cat "$one/environ" 2>/dev/null)" in *"$0"*) kill -$signal "${one#/proc/}" 2>/dev/null;; esac; done; '
    "[ $signal = HUP ] && sleep 1; done"
)
NOT_FOUND = (126, 127)  # exit codes of `env`, and of some runtimes, for a program that is not there
Mode = Literal["shell", "command", "attach"]


@dataclass(frozen=True)
class TerminalLaunch:
    """What is opened where. `words` are the command, or the shell that was chosen; no shell is whichever is there.

    `mark` is in the environment of the processes; it opens nothing.
    """

    namespace: str
    pod: str
    container: str
    mode: Mode = "shell"
    words: Sequence[str] = field(default_factory=tuple)
    mark: str = ""

    def list_requests(self) -> list[ExecRequest]:
        """What is tried, one after the other, until one is there.

        First by `env`, which sets the mark; an image without it is most likely one without a shell.
        """
        if self.mode == "attach":
            return [self._build((), "attach")]
        if self.mode == "command":
            return [self._build(self.words)]
        shells = self.words or SHELLS
        marked = [self._build(("env", f"{MARK}={self.mark}", TERM, one)) for one in shells if one != "cmd"]
        return [*marked, *(self._build((one,)) for one in shells)]

    def build_watchdog(self) -> ExecRequest:
        words = ("sh", "-c", WATCHDOG, f"{MARK}={self.mark}")
        return ExecRequest(self.namespace, self.pod, self.container, words, stdin=True)

    def _build(self, words: Sequence[str], subresource: Literal["exec", "attach"] = "exec") -> ExecRequest:
        return ExecRequest(
            self.namespace,
            self.pod,
            self.container,
            tuple(words),
            stdin=True,
            tty=True,
            subresource=subresource,
        )


def is_marked(request: ExecRequest) -> bool:
    """Whether a watchdog would find its processes."""
    return request.command[:1] == ("env",)


def is_not_there(ending: ExecEnding | None, typed: int) -> bool:
    """Whether the program was not there, so that the next one is tried: it ended before anything was typed."""
    if ending is None or typed:
        return False
    return ending.is_missing or ending.exit_code in NOT_FOUND


def skip_without_env(ending: ExecEnding | None, request: ExecRequest) -> bool:
    """Whether it was `env` itself that was not there."""
    return ending is not None and ending.is_missing and is_marked(request) and '"env"' in ending.message
