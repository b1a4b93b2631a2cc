"""Traffic beside a fault: people who open pages, and people who change something and count what was acknowledged."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import requests

from bench.replicas.pages import LIST

PROBES = ("/", LIST, "/people/sign-in/")
SECONDS = 100.0  # of one request: longer than nginx waits
PAUSE = 0.1  # between the requests of one prober


@dataclass
class Outcome:
    """`bad` counts answers from 500 on and connections that failed; `slowest` is in seconds."""

    answers: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    last_bad: float = 0.0
    acknowledged: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)  # no answer came: done or not, the page does not say


class Traffic:
    """Threads that send requests until `stop`. Probers open pages, writers create teams."""

    def __init__(self, url: str, session: str, *, writers: int) -> None:
        self._url, self._session = url, session
        self._over, self._lock = threading.Event(), threading.Lock()
        self.probes, self.writes = Outcome(), Outcome()
        self._threads = [threading.Thread(target=self._probe, args=(path,), daemon=True) for path in PROBES]
        self._threads += [threading.Thread(target=self._write, daemon=True) for _ in range(writers)]

    def start(self) -> None:
        for one in self._threads:
            one.start()

    def stop(self) -> None:
        self._over.set()
        for one in self._threads:
            one.join(SECONDS + 5)

    def _probe(self, path: str) -> None:
        client = self._client()
        while not self._over.wait(PAUSE):
            self._send(self.probes, client, "GET", path)

    def _write(self) -> None:
        client = self._client()
        while not self._over.wait(PAUSE):
            name = f"team-{secrets.token_hex(6)}"
            fields = {"name": name, "slug": name, "csrfmiddlewaretoken": client.cookies["quarterdeck-csrf"]}
            answer = self._send(self.writes, client, "POST", "/people/teams/", data=fields)
            with self._lock:
                if answer is not None and answer.status_code == 302:
                    self.writes.acknowledged.append(name)
                elif answer is None or answer.status_code in (502, 504):
                    self.writes.undecided.append(name)

    def _client(self) -> requests.Session:
        client = requests.Session()
        client.trust_env = False
        client.cookies.set("quarterdeck-session", self._session, domain="127.0.0.1")
        client.cookies.set("quarterdeck-csrf", secrets.token_hex(16), domain="127.0.0.1")
        client.headers["Origin"] = self._url
        return client

    def _send(
        self, outcome: Outcome, client: requests.Session, method: str, path: str, **options: Any
    ) -> requests.Response | None:
        began = time.monotonic()
        answer, word = None, ""
        try:
            answer = client.request(
                method, self._url + path, timeout=SECONDS, allow_redirects=False, **options
            )
            word = str(answer.status_code) if answer.status_code >= 500 else ""
        except requests.RequestException as error:
            word = type(error).__name__
        with self._lock:
            outcome.answers += 1
            outcome.slowest = max(outcome.slowest, time.monotonic() - began)
            if word:
                outcome.bad[word] += 1
                outcome.last_bad = time.monotonic()
        return answer
