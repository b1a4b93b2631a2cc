"""Log query: what the URL of a log page says, read and checked."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import QueryDict
from django.utils.translation import gettext as _

from clusters.api.paths import is_dns_label
from clusters.logs.lines import SECOND
from clusters.logs.options import MAX_TAIL, LogOptions
from dashboard.address.paths import MAX_CLUSTERS, BadAddress

TAILS = (100, 500, 1_000, 5_000, 20_000, MAX_TAIL)
AGES = (60, 300, 900, 3_600, 6 * 3_600, 24 * 3_600)  # seconds
TIMES = ("relative", "local", "utc", "none")
LEVELS = ("error", "warning", "info", "debug")
TEXT_LINES = 500  # of a page without a script
MAX_WORDS = 500  # characters of a search
MAX_SINCE = 10 * 365 * 24 * 3_600
MAX_CONTAINERS = 50
DOWNLOADS = ("text", "jsonl")
AROUND = 60 * SECOND  # nanoseconds before and after a line that is linked to
MAX_AT = 2**62


@dataclass(frozen=True)
class LogQuery:
    """A log page's query. `previous` is None where the URL leaves it to the page.

    `times`, `is_wrapped`, `has_numbers`, `has_columns`: how lines are shown. `include`, `exclude`, `level`, `is_regex`:
    which lines. `also`: other clusters in which the same workload is. `is_text`: the last lines as text, without a
    script. `at`: the timestamp of a line that is linked to. `download`: all lines as a file, `text` or `jsonl`.
    """

    containers: tuple[str, ...] = ()
    previous: bool | None = None
    follow: bool = True
    since: int | None = None
    tail: int = 500
    times: str = "local"
    is_wrapped: bool = False
    has_numbers: bool = False
    has_columns: bool = False
    include: str = ""
    exclude: str = ""
    level: str = ""
    is_regex: bool = False
    also: tuple[str, ...] = ()
    is_text: bool = False
    at: int | None = None
    download: str = ""

    def build_options(self, *, is_previous: bool) -> LogOptions:
        """How the logs are read."""
        if self.at is not None:
            return LogOptions(
                containers=self.containers,
                follow=False,
                previous=is_previous,
                since=self.at - AROUND,
                until=self.at + AROUND,
                is_whole=True,
            )
        return LogOptions(
            containers=self.containers,
            follow=self.follow and not is_previous,
            previous=is_previous,
            tail=self.tail,
            since_seconds=self.since,
        )


def read_query(query: QueryDict) -> LogQuery:
    """Raises BadAddress, which names the parameter, for what it cannot be."""
    return LogQuery(
        containers=_read_names(query, "container", MAX_CONTAINERS),
        previous={"1": True, "0": False}.get(query.get("previous", "")),
        follow=query.get("follow") != "0",
        since=_read_number(query, "since", MAX_SINCE),
        tail=_read_number(query, "tail", MAX_TAIL) or LogQuery.tail,
        times=_read_word(query, "times", TIMES) or LogQuery.times,
        is_wrapped=query.get("wrap") == "1",
        has_numbers=query.get("numbers") == "1",
        has_columns=query.get("columns") == "1",
        include=_read_text(query, "q"),
        exclude=_read_text(query, "exclude"),
        level=_read_word(query, "level", LEVELS),
        is_regex=query.get("regex") == "1",
        also=_read_names(query, "also", MAX_CLUSTERS - 1),
        is_text=query.get("text") == "1",
        at=_read_number(query, "at", MAX_AT),
        download=_read_word(query, "download", DOWNLOADS),
    )


def resume(options: LogOptions, window: str) -> LogOptions:
    """`window` is what the page says that it shows: `s` and the nanoseconds from which it may miss something."""
    since = window.removeprefix("s")
    if not (window.startswith("s") and since.isascii() and since.isdigit() and len(since) <= 19):
        return options
    return replace(options, since=int(since), since_seconds=None, tail=None)


def _read_number(query: QueryDict, name: str, most: int) -> int | None:
    text = query.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and 1 <= int(text) <= most):
        raise BadAddress(name, _("Give a whole number from 1 to %(most)d.") % {"most": most})
    return int(text)


def _read_word(query: QueryDict, name: str, words: tuple[str, ...]) -> str:
    text = query.get(name, "")
    if text and text not in words:
        raise BadAddress(name, _("Give one of: %(words)s.") % {"words": ", ".join(words)})
    return text


def _read_text(query: QueryDict, name: str) -> str:
    text = query.get(name, "")
    if len(text) > MAX_WORDS:
        raise BadAddress(name, _("At most %(most)d characters are allowed here.") % {"most": MAX_WORDS})
    return text


def _read_names(query: QueryDict, name: str, most: int) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(one for one in query.getlist(name) if one))
    if len(names) > most:
        raise BadAddress(name, _("At most %(limit)d names are allowed here.") % {"limit": most})
    for one in names:
        if not is_dns_label(one):
            message = _("“%(name)s” is not a valid name: use lowercase letters, digits and hyphens.")
            raise BadAddress(name, message % {"name": one[:100]})
    return names
