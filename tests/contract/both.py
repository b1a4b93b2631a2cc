"""Comparison of two servers' responses: the same request to both, normalized, then a diff."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.contract.contenders import Contender
from tests.contract.differences import HEADERS
from tests.contract.normalization import normalize, normalize_output, normalize_text
from tests.simulator.caller import Caller, Reply


@dataclass(frozen=True)
class Both:
    """The simulator and the real one."""

    simulator: Contender
    kubernetes: Contender

    def same(self, request: Callable[[Caller], Any], *, person: str = "admin") -> Any:
        """Sends it to both and fails where the responses differ; the real one's, as it was compared.

        `request` returns a Reply, a list of them, or any value (of events, of cells).
        """
        with ThreadPoolExecutor(2) as pool:
            found, expected = pool.map(
                lambda one: normalize_response(request(one.caller(person))), (self.simulator, self.kubernetes)
            )
        compare(found, expected)
        return expected

    def same_request(
        self, method: str, path: str, body: Any = None, *, person: str = "admin", **same: Any
    ) -> Any:
        return self.same(lambda caller: caller.call(method, path, body, **same), person=person)

    def same_kubectl(
        self, *arguments: str, person: str = "admin", input: str | None = None, is_sorted: bool = True
    ) -> Any:
        """Exit code, standard output, standard error: kubectl's own words about both.

        Not `is_sorted` where kubectl asks for several things at once and prints them as they come.
        """
        with ThreadPoolExecutor(2) as pool:
            ran = pool.map(lambda one: one.kubectl(*arguments, person=person, input=input), self._both())
            arranged = list if is_sorted else sorted
            found, expected = (
                [code, *(arranged(normalize_output(text)) for text in texts)] for code, *texts in ran
            )
        compare(found, expected)
        return expected

    def _both(self) -> tuple[Contender, Contender]:
        return self.simulator, self.kubernetes


def compare(found: Any, expected: Any) -> None:
    """Fails with what differs, line by line."""
    if found == expected:
        return
    texts = (
        json.dumps(one, indent=1, sort_keys=True, ensure_ascii=False).splitlines()
        for one in (found, expected)
    )
    lines = difflib.unified_diff(*texts, "the simulator", "Kubernetes", lineterm="", n=2)
    raise AssertionError("\n".join(lines))


def normalize_response(value: Any) -> Any:
    """What of an answer is compared."""
    if isinstance(value, Reply):
        headers = {name: normalize_text(value.headers[name]) for name in HEADERS if name in value.headers}
        body = _body(value) if value.json is not None else normalize_text(value.body.decode(errors="replace"))
        return {"status": value.status, "headers": headers, "warnings": value.warnings, "body": body}
    return [normalize_response(one) for one in value] if isinstance(value, list) else normalize(value)


def _body(reply: Reply) -> Any:
    """Several causes are compared as a set: their order is not Go's (differences.py)."""
    body = normalize(reply.json)
    causes = (body.get("details") or {}).get("causes") or [] if isinstance(body, dict) else []
    if len(causes) > 1 and body.get("reason") in ("Invalid", "Conflict"):
        unique = sorted({json.dumps(one, sort_keys=True) for one in causes})
        body["details"]["causes"] = [json.loads(one) for one in unique]
        if len(unique) > 1 and body["reason"] == "Invalid":
            body["message"] = body["message"].partition(" is invalid")[0]
    return body
