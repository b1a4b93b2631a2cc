"""Log limits: of lines that repeat, the first ones are written and the others counted, in both formats."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path

import pytest
import requests

from dashboard.monitoring.log_limits import LimitedHandler, LogLimits
from dashboard.monitoring.log_redaction import RedactingFormatter
from dashboard.monitoring.logs import build_json_formatter
from tests.serve_process import run_server


class Log:
    """A logger of one test, with a clock that the test moves."""

    def __init__(self, formatter: logging.Formatter | None = None, **limits: int) -> None:
        self.now = 0.0
        self.handler = LimitedHandler(limits=LogLimits(**limits), timer=lambda: self.now)
        self.handler.setFormatter(formatter or logging.Formatter("%(levelname)s %(message)s"))
        self.handler.stream = io.StringIO()
        self.logger = logging.Logger("tests", logging.DEBUG)
        self.logger.addHandler(self.handler)

    def lines(self) -> list[str]:
        return self.handler.stream.getvalue().splitlines()

    def fail(self, number: int) -> None:
        """Log so many tracebacks that are alike."""
        for each in range(number):
            try:
                raise OSError(f"no database for {each}")
            except OSError:
                self.logger.exception("Request %d failed", each)


def test_the_first_are_written_and_the_rest_is_counted() -> None:
    log = Log(lines=3)
    for number in range(1237):
        log.logger.warning("Not found: /%d", number)
    assert log.lines() == [f"WARNING Not found: /{number}" for number in range(3)]
    log.now = 10.0
    log.logger.error("Something else")
    assert log.lines()[3:] == [
        "WARNING ... and 1,234 more like it in 10 s. The last one: Not found: /1236",
        "ERROR Something else",
    ]
    log.logger.warning("Not found: /%d", 1237)
    assert len(log.lines()) == 6


def test_what_was_counted_is_written_at_the_end_of_the_process() -> None:
    log = Log(lines=1)
    for _ in range(3):
        log.logger.warning("again")
    log.handler.close()
    assert log.lines() == ["WARNING again", "WARNING ... and 2 more like it in 1 s. The last one: again"]


def test_lines_of_another_line_of_code_level_or_status_are_others() -> None:
    log = Log(lines=1)
    for _ in range(5):
        for status in (404, 503):
            log.logger.warning("here", extra={"status_code": status})
        log.logger.warning("there")
    assert log.lines() == ["WARNING here", "WARNING here", "WARNING there"]


def test_lines_that_somebody_turned_on_are_all_written() -> None:
    log = Log(lines=1)
    for _ in range(5):
        log.logger.info("here")
    assert log.lines() == ["INFO here"] * 5


def test_a_traceback_is_written_once() -> None:
    log = Log(lines=3)
    log.fail(100)
    text = "\n".join(log.lines())
    assert text.count("Traceback") == 1
    assert "ERROR Request 1 failed (its traceback is the same as one of the last 10 s)" in text
    assert "Request 3" not in text


def test_it_remembers_no_more_kinds_than_it_may() -> None:
    log = Log(lines=1, kinds=10)
    code = "\n".join("log.warning('of its own line')" for _ in range(100))
    for _ in range(3):
        exec(code, {"log": log.logger})
    assert len(log.handler._kinds) == 10


@pytest.mark.parametrize("formatter", [RedactingFormatter, build_json_formatter])
def test_both_formats_write_the_summary(formatter) -> None:
    log = Log(formatter(), lines=1)
    log.fail(3)
    log.handler.close()
    last = log.lines()[-1]
    message = json.loads(last)["message"] if last.startswith("{") else last
    assert message == "... and 2 more like it in 1 s. The last one: Request 2 failed"


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_scanner_writes_a_bounded_log(tmp_path: Path, log_format: str) -> None:
    """Each request with a foreign host is a line of a kilobyte without a limit."""
    with run_server(tmp_path, QUARTERDECK_LOG_FORMAT=log_format) as server, requests.Session() as client:
        client.trust_env = False
        url = server.url()
        for number in range(300):
            host = {"Host": f"host-{number}.example"}
            assert client.get(f"{url}/people/sign-in/", headers=host, timeout=20).status_code == 400
        assert server.end() == 0
    assert "more like it" in server.output
    assert 0 < server.output.count("host-") < 100
    assert len(server.output) < 60_000
