"""Words of terminals: what they are called, and why one ended, as sentences."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.terminal.session import EndReason, TerminalEnding, TerminalSession

REASONS: Mapping[EndReason, str | Promise] = {
    "exited": gettext_lazy("The process ended."),
    "closed": gettext_lazy("You ended this terminal."),
    "unwatched": gettext_lazy("Ended: nobody had looked at it for 15 minutes."),
    "signed-out": gettext_lazy("Ended: you signed out."),
    "changed": gettext_lazy("Ended: your credential or your role for this cluster has changed."),
    "denied": gettext_lazy("Ended: Kubernetes or your role does not permit it."),
    "stopping": gettext_lazy("Ended: this server is restarting. Start another one."),
    "failed": gettext_lazy("The terminal could not be opened."),
    "no-shell": gettext_lazy("There is no shell in this container."),
    "lost": gettext_lazy("The connection to the container ended."),
}


def describe_ending(ending: TerminalEnding) -> str:
    """Why it ended, with the exit code where there is one."""
    words = str(REASONS[ending.reason])
    if ending.exit_code is not None:
        words = _("The process ended with exit code %(code)d.") % {"code": ending.exit_code}
    return words


def describe_command(terminal: TerminalSession) -> str:
    """What runs in it."""
    if terminal.launch.mode == "attach":
        return _("attached")
    if terminal.launch.mode == "command":
        return " ".join(terminal.launch.words)
    if terminal.request is not None and terminal.request.command:
        return terminal.request.command[-1]
    return _("shell")
