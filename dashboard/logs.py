"""What must not stand in a log? The secrets of one-time links, which are part of a path."""

from __future__ import annotations

import logging
import re

LINK = re.compile(r"(/invitations/)[^/\s?]+")


class NoLinks(logging.Filter):
    """Takes the secret out of each line before it is written."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if "/invitations/" in message:
            record.msg, record.args = LINK.sub(r"\1***", message), ()
        return True
