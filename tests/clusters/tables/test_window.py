"""Windows: rows, order and columns of one page of a table."""

import time

from clusters.tables.columns import seconds_of
from clusters.tables.sort_keys import sort_key
from clusters.tables.window import Source, Window, WindowQuery
from tests.clusters.feeds.table_events import build_feed, build_row, encode_event

DEFAULT_QUERY = WindowQuery()


def build_window(*feeds, query=DEFAULT_QUERY, clusters=("harbour",)) -> Window:
    sources = [Source(clusters[i % len(clusters)], "", one) for i, one in enumerate(feeds)]
    return Window(sources, query, with_namespaces=True)


def list_names(found: Window) -> list[str]:
    return [line.row.name for line in found.view().rows]


def test_it_sorts_by_namespace_and_name_at_first():
    found = build_window(
        build_feed(
            build_row("b", namespace="shop"),
            build_row("a", namespace="shop"),
            build_row("z", namespace="pay"),
        )
    )
    assert list_names(found) == ["z", "a", "b"]


def test_it_sorts_numbers_by_size_and_names_in_natural_order():
    one = build_feed(
        build_row("web-10", restarts="10 (5m ago)"),
        build_row("web-9", restarts="9"),
        build_row("web-2", restarts="100"),
    )
    assert list_names(build_window(one, query=WindowQuery(sort="name"))) == ["web-2", "web-9", "web-10"]
    assert list_names(build_window(one, query=WindowQuery(sort="-name"))) == ["web-10", "web-9", "web-2"]


def test_it_sorts_by_age_with_the_youngest_first():
    one = build_feed(
        build_row("old", created="2020-01-01T00:00:00Z"), build_row("new", created="2026-01-01T00:00:00Z")
    )
    assert list_names(build_window(one, query=WindowQuery(sort="age"))) == ["new", "old"]
    assert list_names(build_window(one, query=WindowQuery(sort="-age"))) == ["old", "new"]


def test_it_keeps_rows_that_hold_all_words_wherever_they_stand():
    one = build_feed(build_row("web", node="n1", labels={"app": "Shop"}), build_row("db", node="n2"))
    assert list_names(build_window(one, query=WindowQuery(q="N1 web"))) == ["web"]
    assert list_names(build_window(one, query=WindowQuery(q="app=shop"))) == ["web"]
    assert list_names(build_window(one, query=WindowQuery(q="n1 db"))) == []


def test_it_compares_columns_by_their_title():
    one = build_feed(build_row("web", ready="1/1"), build_row("db", ready="0/1"))
    assert list_names(build_window(one, query=WindowQuery(q="ready=0/1"))) == ["db"]
    assert list_names(build_window(one, query=WindowQuery(q="Ready!=0/1"))) == ["web"]


def test_it_shows_wide_columns_only_when_selected():
    one = build_feed(build_row("web"))
    assert [c.title for c in build_window(one).view().columns] == [
        "Namespace",
        "Name",
        "Ready",
        "Restarts",
        "Age",
    ]
    assert "Node" in [c.title for c in build_window(one, query=WindowQuery(wide=True)).view().columns]


def test_it_shows_labels_as_columns_beside_the_usual_ones():
    found = build_window(
        build_feed(build_row("web", labels={"app": "shop"})), query=WindowQuery(columns=("label:app",))
    ).view()
    assert found.columns[-1].title == "app"
    assert found.columns[1].title == "Name"
    assert found.rows[0].cells[-1] == "shop"


def test_it_keeps_the_name_whatever_is_chosen():
    found = build_window(build_feed(build_row("web")), query=WindowQuery(columns=("ready",))).view()
    assert [c.title for c in found.columns] == ["Name", "Ready"]


def test_it_merges_several_clusters_with_a_column_for_them():
    found = build_window(
        build_feed(build_row("web")), build_feed(build_row("web")), clusters=("east", "west")
    ).view()
    assert [line.cells[0] for line in found.rows] == ["east", "west"]
    assert len({line.id for line in found.rows}) == 2


def test_it_shows_a_part_and_counts_the_whole():
    one = build_feed(*(build_row(f"web-{i:03}") for i in range(250)))
    found = build_window(one, query=WindowQuery(offset=100, limit=100, q="web")).view()
    assert (found.total, found.matching, found.offset, len(found.rows)) == (250, 250, 100, 100)
    assert found.rows[0].row.name == "web-100"


def test_an_offset_behind_the_end_shows_the_last_part():
    found = build_window(
        build_feed(*(build_row(f"web-{i:03}") for i in range(120))), query=WindowQuery(offset=1000)
    ).view()
    assert (found.offset, len(found.rows)) == (100, 20)


def test_it_follows_changes_and_deletions():
    one = build_feed(build_row("web", restarts="0"), build_row("db"))
    found = build_window(one, query=WindowQuery(sort="restarts"))
    assert list_names(found) == ["db", "web"]
    one.content.apply(encode_event("MODIFIED", build_row("db", restarts="7", version=2), columns=False))
    assert list_names(found) == ["web", "db"]
    one.content.apply(encode_event("DELETED", build_row("web", version=3), columns=False))
    assert list_names(found) == ["db"]


def test_annotations_never_arrive():
    assert "correct-horse" not in repr(build_window(build_feed(build_row("web"))).view())


def test_quantities_and_durations_sort_by_what_they_mean():
    assert sort_key("250m") < sort_key("1") < sort_key("1Ki") < sort_key("1Gi")
    assert (
        sort_key("59s", is_duration=True)
        < sort_key("2m", is_duration=True)
        < sort_key("1d2h", is_duration=True)
    )
    assert sort_key("zebra") < sort_key("<none>")


def test_a_time_that_the_server_printed_goes_on_counting_from_when_it_came():
    assert seconds_of("2m5s") == 125
    assert seconds_of("3d") == 3 * 86_400
    assert seconds_of("web-5d") is None
    assert seconds_of("5d ago") is None
    line = build_window(build_feed(build_row("web"))).view().rows[0]
    assert abs(line.arrived - time.time()) < 60
