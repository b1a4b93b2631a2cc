"""Log redaction: removes secrets and control characters from every log line."""

from __future__ import annotations

import logging
import re

from dashboard.monitoring.request_ids import get_id_of_record

# What is a secret by its shape alone. The first group, where there is one, stays.
# What begins with a name comes first: the rule for any word would cut pieces out of a key, and the rest would stay.
SECRETS = (
    re.compile(r"(-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----)[A-Za-z0-9+/=\s\\]+"),
    re.compile(r"()\bLS0tLS1CRUdJTi[A-Za-z0-9+/=]{20,}"),  # PEM in base64, as a kubeconfig holds it
    re.compile(r"(\bbearer\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE),
    # A JSON Web Token. Looked for once for each run of its characters, and only where two more parts follow the run:
    # `eyJ-eyJ-…` would else be read to its end from each of its words.
    re.compile(r"(?<![\w-])(?=[\w-]{11,}+\.[\w-]{8,}+\.)([\w-]*?\b)eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),
    re.compile(r"(/invitations/)[^/\s?\"'<>\\]+"),
    # Any word as long and as mixed as a link's secret: a link may be mistyped before it.
    re.compile(r"()(?<![A-Za-z0-9_-])(?=[a-z0-9_-]*[A-Z])(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{43,}"),
)
LONGEST_LINE = (
    32_000  # characters of a line, or of a value in JSON, that are written; a long traceback has 20,000
)
# Controls but tab and line break, and what turns or hides writing (the audit trail's pages show the same as text).
UNSAFE_CHARACTERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)


class RedactingFormatter(logging.Formatter):
    """Redacts the whole line, a traceback too; a message is one line, so that nobody can forge a second.

    `{request_id}` is the ID of the request that the line belongs to, `-` for none.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.request_id = get_id_of_record(record) or "-"
        record.message = record.message.replace("\r", "\\r").replace("\n", "\\n")
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        return clean(super().format(record))


def clean(text: str) -> str:
    """The text redacted, with controls and what turns or hides writing escaped; a longer one is cut."""
    if len(text) > LONGEST_LINE:
        text = f"{text[:LONGEST_LINE]}… ({len(text) - LONGEST_LINE:,} more characters)"
    return redact(UNSAFE_CHARACTERS.sub(_escape, text))


def redact(text: str) -> str:
    """The text with `***` in place of each secret that its shape gives away."""
    for secret in SECRETS:
        text = secret.sub(r"\1***", text)
    return text


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
