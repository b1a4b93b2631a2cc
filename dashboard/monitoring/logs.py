"""JSON logs: one object per line, redacted value by value before it is written."""

from __future__ import annotations

import logging
from typing import Any

from structlog.processors import EventRenamer, JSONRenderer, TimeStamper, format_exc_info
from structlog.stdlib import ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import EventDict

from dashboard.monitoring.log_redaction import clean
from dashboard.monitoring.request_ids import get_id_of_record


def build_json_formatter() -> logging.Formatter:
    """Keys: timestamp, level, logger, request_id, message, and exception where there is one.

    What else a record carries (`extra`) is left out: nobody has said what may be in it.
    """
    return ProcessorFormatter(
        processors=[
            TimeStamper(fmt="iso", utc=True),
            add_log_level,
            add_logger_name,
            _add_request_id,
            format_exc_info,
            EventRenamer("message"),
            ProcessorFormatter.remove_processors_meta,
            _redact_values,
            JSONRenderer(),
        ]
    )


def _add_request_id(_logger: Any, _method: str, event: EventDict) -> EventDict:
    event["request_id"] = get_id_of_record(event["_record"])
    return event


def _redact_values(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Before JSON quotes them: a rule that cut a quoted text would leave a line that is no JSON."""
    return {name: clean(str(value)) for name, value in event.items()}
