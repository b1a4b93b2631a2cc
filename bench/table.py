"""Benchmark tables: real Table pages of the API server, multiplied to 100,000 rows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import msgspec

from bench.cluster import Api
from clusters.api.connection import Connection, Identity, Server
from clusters.api.streams import Streams
from clusters.discovery import Resource
from clusters.feeds.feed import Feed
from clusters.tables.page_reader import PAGE
from clusters.tables.table_content import TableContent, TableQuery

PODS = Resource(
    "", "v1", "pods", "Pod", namespaced=True, verbs=frozenset({"get", "list", "watch"}), preferred=True
)
CONNECTION = Connection("harbour", Server("https://127.0.0.1:1"), Identity(token="none"), "bench", "1")
ACCEPT = "application/json;as=Table;v=v1;g=meta.k8s.io"


class Pages(Streams):
    """Answers the pages of a list from memory, so that a table is loaded by its own code and without a network."""

    def __init__(self, pages: Sequence[bytes]) -> None:
        super().__init__()
        self._left = list(pages)

    async def get(self, *_arguments: Any, **_named: Any) -> bytes:
        return self._left.pop(0)


def real_pages(api: Api) -> list[bytes]:
    """All pods of the cluster as Tables, page by page, byte for byte."""
    pages, token = [], ""
    while True:
        continue_query = f"&continue={quote(token)}" if token else ""
        pages.append(api("GET", f"/api/v1/pods?limit={PAGE}{continue_query}", Accept=ACCEPT))
        token = msgspec.json.decode(pages[-1])["metadata"].get("continue", "")
        if not token:
            return pages


def multiply_rows(pages: Sequence[bytes], rows: int) -> list[bytes]:
    """As many rows as asked for: the same again under other names, uids and addresses, in the order of their names."""
    tables = [msgspec.json.decode(page) for page in pages]
    patterns = [row for table in tables for row in table["rows"]]
    times = max(1, -(-rows // len(patterns)))
    copies = sorted((_copy_row(row, number) for row in patterns for number in range(times)), key=_sort_key)[
        :rows
    ]
    result = []
    for begin in range(0, len(copies), PAGE):
        is_last = begin + PAGE >= len(copies)
        metadata = {"resourceVersion": "1", **({} if is_last else {"continue": "more"})}
        result.append(
            msgspec.json.encode({**tables[0], "metadata": metadata, "rows": copies[begin : begin + PAGE]})
        )
    return result


def load_table(pages: Sequence[bytes]) -> TableContent:
    """A table that has loaded these pages."""
    content = TableContent(TableQuery(PODS))

    async def load() -> None:
        async for _progress in content.load(Pages(pages), CONNECTION):
            pass

    with ThreadPoolExecutor(max_workers=1) as thread:  # Playwright has a loop in this one
        thread.submit(asyncio.run, load()).result()
    return content


def feed(content: TableContent) -> Feed[TableContent]:
    """A feed that holds the table; nothing runs it."""
    return Feed(CONNECTION, content)


def _copy_row(row: dict[str, Any], number: int) -> dict[str, Any]:
    metadata = {key: value for key, value in row["object"]["metadata"].items() if key != "managedFields"}
    name = f"{metadata['name']}{number}"
    metadata |= {"name": name, "uid": f"{metadata['uid'][:-3]}{number:03}"}
    cells = [_other(cell, number) for cell in row["cells"]]
    return {"cells": [name, *cells[1:]], "object": {**row["object"], "metadata": metadata}}


def _other(cell: Any, number: int) -> Any:
    """Another address for another pod."""
    if isinstance(cell, str) and cell.count(".") == 3:
        return f"{10 + number}.{cell.partition('.')[2]}"
    return cell


def _sort_key(row: dict[str, Any]) -> tuple[str, str]:
    return row["object"]["metadata"]["namespace"], row["object"]["metadata"]["name"]
