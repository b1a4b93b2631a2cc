"""Sort orders: incremental sorting and filtering equal plain sorting, whatever changed."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from clusters.api.tables import Column, Row
from clusters.tables import orders, slices
from clusters.tables.columns import list_columns, readers, seconds_of, text_of
from clusters.tables.filters import read_filter
from clusters.tables.orders import Sort
from clusters.tables.rows import POOL, row_key
from clusters.tables.slices import SliceOrder
from clusters.tables.sort_keys import SortKeyCache, number_key, sort_key
from clusters.tables.window import Source, Window, WindowQuery, row_id
from tests.clusters.feeds.table_events import build_feed, build_row, encode_event

COLUMNS = (
    "",
    "cluster",
    "namespace",
    "name",
    "ready",
    "restarts",
    "age",
    "node",
    "label:app",
    "no such column",
)
FILTERS = (
    "",
    "web",
    "shop 1",
    "ready=1/1",
    "ready!=0/1 web",
    "name=web-7",
    "app=a",
    '"shop web"',
    '"east shop"',
    '"1 app=a"',
    "zz",
)
READY = ("1/1", "0/1", "2/2", "<none>", "")


def test_a_number_with_a_note_is_a_number():
    cells = ["12 (73m ago)", "3", "5 (73m ago)", "10", "web (5)", "7 (half"]
    assert sorted(cells, key=sort_key) == ["3", "5 (73m ago)", "10", "12 (73m ago)", "7 (half", "web (5)"]


RESTARTS = ("0", "3", "3 (5m ago)", "10", "250m", "1Ki", 7, -2, 0.5, None, True, ["a", 1])


def random_row(chance: random.Random, number: int, version: int) -> dict[str, object]:
    return build_row(
        f"{chance.choice(('web', 'Web', 'db'))}-{number}",
        namespace=("shop", "pay", "shop-2")[number % 3],
        version=version,
        created=chance.choice(
            ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", f"2026-01-01T00:00:{number % 60:02}Z")
        ),
        ready=chance.choice(READY),
        restarts=chance.choice(RESTARTS),
        node=f"10.0.{number % 3}.{chance.randrange(300)}",
        labels=chance.choice(({}, {"app": "a"}, {"app": "b", "tier": "Web"})),
    )


def sort_plainly(window: Window) -> list[tuple[str, str]]:
    """The ids and versions of the window's lines by the simplest code there is."""
    contents = [source.feed.content for source in window.sources]
    several = len({source.cluster for source in window.sources}) > 1
    every = list_columns([one.columns for one in contents], clusters=several, namespaces=True)
    query, key = window.query, window.query.sort.lstrip("-")
    column = next((one for one in (*every, *window.view().columns) if one.key == key), None)
    found = []
    for index, (source, content) in enumerate(zip(window.sources, contents, strict=True)):
        fields = dict(zip((one.key for one in every), readers(content.columns, every), strict=True))
        read = readers(content.columns, [column])[0] if column else None
        for one in content.snapshot().rows.values():
            if matches_filter(query.q, every, source.cluster, one, fields):
                value = read(source.cluster, one) if read else None
                made = (0, "") if read is None else rank_value(column, value, one)
                found.append(((made, one.namespace, one.name, index, one.uid), source.cluster, one))
    descends = query.sort.startswith("-")
    found.sort(key=lambda one: one[0], reverse=descends is not (key == "age"))
    begin = min(query.offset, max(0, len(found) - 1) // query.limit * query.limit)
    return [
        (row_id(cluster, row_key(one)), one.resource_version)
        for _rank, cluster, one in found[begin : begin + query.limit]
    ]


def list_window_rows(window: Window) -> list[tuple[str, str]]:
    return [(line.id, line.row.resource_version) for line in window.view().rows]


def rank_value(column, value, one: Row) -> tuple[int, str] | tuple[int, float]:
    if column.kind == "age":
        return (0, one.created)
    if column.kind == "since":
        seconds = seconds_of(text_of(value))
        return (1, 0.0) if seconds is None else (0, seconds - one.arrived)
    return (0, sort_key(value, is_duration=column.key == "duration"))


def matches_filter(q: str, every, cluster: str, one: Row, fields) -> bool:
    wanted = read_filter(q, every)
    cells = " ".join(text_of(cell) for cell in one.cells)
    labels = " ".join(f"{name}={value}" for name, value in one.labels.items())
    text = f"{cluster} {one.namespace} {one.name} {cells} {labels}".lower()
    equal = all(
        (text_of(fields[name](cluster, one)).lower() == value) is is_it
        for name, value, is_it in wanted.fields
    )
    return equal and all(word in text for word in wanted.terms)


def apply_changes(
    chance: random.Random, feeds: Sequence, alive: list[set[int]], version: int, changes: int, most: int = 80
) -> int:
    """Rows come, change and go, through events of a watch; now and then the whole is listed anew."""
    for _ in range(changes):
        index = chance.randrange(len(feeds))
        content, here = feeds[index].content, alive[index]
        version += 1
        if here and chance.random() < 0.3:
            gone = here.pop()
            old = next(one for one in content.snapshot().rows.values() if one.name.endswith(f"-{gone}"))
            made = build_row(old.name, namespace=old.namespace, version=version)
            content.apply(encode_event("DELETED", made, columns=False))
        else:
            number = chance.randrange(most)
            there = [one for one in content.snapshot().rows.values() if one.name.endswith(f"-{number}")]
            if there and chance.random() < 0.5:  # changed in one cell, or in none that is shown
                made = build_row(
                    there[0].name, namespace=there[0].namespace, version=version, created=there[0].created
                )
                content.apply(encode_event("MODIFIED", made, columns=False))
                continue
            for old in there:
                content.apply(
                    encode_event("DELETED", build_row(old.name, namespace=old.namespace, version=version))
                )
            content.apply(encode_event("ADDED", random_row(chance, number, version), columns=False))
            here.add(number)
    if chance.random() < 0.1:
        content = chance.choice(feeds).content
        content._replace(dict(content.snapshot().rows), "1")
    return version


@pytest.mark.parametrize("seed", range(12))
def test_it_shows_what_plain_sorting_shows(seed, monkeypatch):
    chance = random.Random(seed)
    small_slices(monkeypatch, short=chance.choice((0, 20, 5000)), spare=chance.choice((0, 2)))
    for module in (orders, slices):
        monkeypatch.setattr(
            module, "REBUILD_RATIO", chance.choice((0, 1, 5))
        )  # 0: always update what can be updated
    clusters = [("east", ""), ("west", ""), ("east", "shop")][: chance.choice((1, 1, 2, 3))]
    feeds = [build_feed(random_row(chance, 1000, 1)) for _ in clusters]
    alive: list[set[int]] = [set() for _ in clusters]
    sources = [Source(name, namespace, one) for (name, namespace), one in zip(clusters, feeds, strict=True)]
    windows = [
        Window(
            sources,
            WindowQuery(
                q=chance.choice(FILTERS), sort=chance.choice(("", "-")) + key, columns=("label:app",),
                limit=chance.choice((10, 15)), offset=chance.choice((0, 0, 20, 60)),
            ),
            with_namespaces=True,
        )
        for key in COLUMNS
    ]  # fmt: skip
    version = apply_changes(chance, feeds, alive, 1, 60)
    for _ in range(15):
        version = apply_changes(chance, feeds, alive, version, chance.choice((0, 1, 3, 10)))
        for window in windows:
            assert list_window_rows(window) == sort_plainly(window), window.query
        chance.choice(windows).renew(
            WindowQuery(q=chance.choice(FILTERS), sort=chance.choice(COLUMNS), limit=10)
        )


def small_slices(monkeypatch, *, short: int, spare: int) -> None:
    """So that what happens to ten thousand rows happens to a hundred."""
    for name, value in {
        "SHORT": short,
        "STRIDE": 20,
        "MAX_WINDOW_ROWS": 15,
        "SAMPLE": 30,
        "SPARE": spare,
    }.items():
        monkeypatch.setattr(slices, name, value)


@pytest.mark.parametrize("seed", range(6))
def test_it_shows_what_plain_sorting_shows_in_the_middle_of_many_rows(seed, monkeypatch):
    chance = random.Random(seed)
    small_slices(monkeypatch, short=0, spare=chance.choice((1, 2)))
    monkeypatch.setattr(slices, "REBUILD_RATIO", 0)
    one, alive = build_feed(random_row(chance, 1000, 1)), [set[int]()]
    version = apply_changes(chance, [one], alive, 1, 250, most=400)
    queries = [
        WindowQuery(sort=sign + key, offset=at, limit=15)
        for key in COLUMNS[2:8]
        for sign in "-"
        for at in (45, 120)
    ]
    queries += [WindowQuery(sort=key, offset=at, limit=15) for key in COLUMNS[2:8] for at in (60, 10_000)]
    windows = [Window([Source("east", "", one)], query, with_namespaces=True) for query in queries]
    for _ in range(6):
        for window in windows:
            assert list_window_rows(window) == sort_plainly(window), window.query
        version = apply_changes(chance, [one], alive, version, 20, most=400)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("spare", [0, 1])
def test_rows_that_come_just_outside_of_a_slice_of_equal_keys_are_not_held_in_it(spare, seed, monkeypatch):
    """The thirty-four rows of the slice are alike; others stand right before and right after them."""
    small_slices(monkeypatch, short=0, spare=spare)
    monkeypatch.setattr(slices, "MAX_WINDOW_ROWS", 13)
    monkeypatch.setattr(slices, "REBUILD_RATIO", 0)
    random.seed(seed)
    groups = (("a", 19), ("b", 34), ("c", 47))
    rows = [build_row(f"{key}-{at:02}", restarts=key) for key, count in groups for at in range(count)]
    one = build_feed(*rows)
    first, last = (
        Window(
            [Source("east", "", one)],
            WindowQuery(sort="restarts", offset=at, limit=limit),
            with_namespaces=True,
        )
        for at, limit in ((20, 10), (39, 13))
    )
    for changes in (
        [("DELETED", "b-05", "b"), ("ADDED", "z-1", "c"), ("DELETED", "b-06", "b"), ("ADDED", "z-2", "c")],
        [("ADDED", "a-001", "a"), ("ADDED", "a-002", "a")],
    ):
        assert list_window_rows(first) == sort_plainly(first)
        for kind, name, key in changes:
            one.content.apply(encode_event(kind, build_row(name, restarts=key, version=2), columns=False))
        assert list_window_rows(first) == sort_plainly(first)
        assert list_window_rows(last) == sort_plainly(last)


@pytest.mark.parametrize(("begin", "end"), [(0, 1200), (18_800, 20_000)])
def test_of_rows_that_are_alike_no_more_are_put_in_order_than_are_requested(begin, end):
    keys = [*(["0"] * 100), *(["1"] * 19_800), *(["2"] * 100)]
    _below, indices = SliceOrder(None, None, None, None, number=0, descends=False)._narrow_down(
        keys, begin, end
    )
    assert 1200 <= len(indices) <= 1200 + 2 * slices.SPARE


def test_changes_are_taken_in_one_by_one(monkeypatch):
    one = build_feed(*(build_row(f"web-{number:04}", restarts=str(number)) for number in range(2000)))
    window = Window([Source("harbour", "", one)], WindowQuery(sort="restarts", q="web"), with_namespaces=True)
    window.view()
    found: list[int] = []
    monkeypatch.setattr(SliceOrder, "_find", lambda _self, _rows: found.append(1))
    one.content.apply(
        encode_event("MODIFIED", build_row("web-1999", restarts="-1", version=2), columns=False)
    )
    assert window.view().rows[0].row.name == "web-1999"
    assert found == []


def test_windows_that_ask_for_the_same_share_one_order():
    one = build_feed(build_row("web"), build_row("db"))
    query = WindowQuery(sort="restarts", q="w")
    first, second = (Window([Source("harbour", "", one)], query, with_namespaces=True) for _ in range(2))
    first.view(), second.view()
    assert first._held is second._held
    assert isinstance(first._held, SliceOrder)


def test_orders_without_a_window_are_dropped():
    one = build_feed(build_row("web"))
    for number in range(50):
        Window([Source("harbour", "", one)], WindowQuery(q=f"word-{number}"), with_namespaces=True).view()
    assert len(one.content._orders) < 10


def test_a_window_that_renders_rarely_still_sees_all():
    one = build_feed(build_row("web"))
    window = Window([Source("harbour", "", one)], WindowQuery(sort="name"), with_namespaces=True)
    window.view()
    for number in range(1500):
        one.content.apply(
            encode_event("ADDED", build_row(f"pod-{number:04}", version=number + 2), columns=False)
        )
    assert window.view().matching == 1501
    assert window.view().rows[0].row.name == "pod-0000"


def test_numbers_as_texts_compare_like_numbers():
    numbers = [-(10**400), -1e300, -2.5, -1, -1e-9, 0, 1e-9, 0.5, 1, 7, 250, 2**60, 1e300, 10**400]
    keys = [number_key(number) for number in numbers]
    assert keys == sorted(keys)
    assert number_key(-0.0) == number_key(0)


def test_a_value_that_cannot_be_looked_up_is_worked_out():
    assert SortKeyCache().keys_for([["a"], "b", {"c": 1}]) == [
        sort_key(["a"]),
        sort_key("b"),
        sort_key({"c": 1}),
    ]


def test_what_is_remembered_of_values_has_a_bound():
    known = SortKeyCache(max_size=10)
    for number in range(100):
        assert known.keys_for([f"v{number}", "v"]) == [sort_key(f"v{number}"), sort_key("v")]
    assert len(known._keys) <= 11


def test_it_sorts_by_the_column_of_a_label():
    one = build_feed(
        build_row("a", labels={"app": "web-10"}), build_row("b", labels={"app": "web-9"}), build_row("c")
    )
    window = Window(
        [Source("harbour", "", one)],
        WindowQuery(sort="label:app", columns=("label:app",)),
        with_namespaces=True,
    )
    assert [line.row.name for line in window.view().rows] == ["b", "a", "c"]


def test_another_column_that_is_called_name_does_not_sort_instead_of_the_objects_name():
    columns = [Column("Name", "string", format="name"), Column("Name", "string")]
    shown = list_columns([columns], clusters=False, namespaces=False)[0]
    rows = [
        POOL.intern_row(Row("", "shop", name, "1", "", {}, (name, other)), 0.0)
        for name, other in ("az", "by")
    ]
    assert Sort(shown, "", columns).keys(rows) == [sort_key("a"), sort_key("b")]
    assert Sort(shown, "", columns[:1]).keys(rows) == [sort_key("a"), sort_key("b")]
