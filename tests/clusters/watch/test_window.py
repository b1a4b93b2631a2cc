"""Does a window show the right rows, in the right order, with the right columns?"""

import time

from clusters.watch.columns import seconds_of
from clusters.watch.keys import sort_key
from clusters.watch.window import Source, Window, Wish
from tests.clusters.watch.tables import event, feed, row

NOTHING = Wish()


def window(*feeds, wish=NOTHING, clusters=("harbour",)) -> Window:
    sources = [Source(clusters[i % len(clusters)], "", one) for i, one in enumerate(feeds)]
    return Window(sources, wish, with_namespaces=True)


def names(found: Window) -> list[str]:
    return [line.row.name for line in found.view().lines]


def test_it_sorts_by_namespace_and_name_at_first():
    found = window(feed(row("b", namespace="shop"), row("a", namespace="shop"), row("z", namespace="pay")))
    assert names(found) == ["z", "a", "b"]


def test_it_sorts_numbers_by_size_and_names_in_natural_order():
    one = feed(
        row("web-10", restarts="10 (5m ago)"), row("web-9", restarts="9"), row("web-2", restarts="100")
    )
    assert names(window(one, wish=Wish(sort="name"))) == ["web-2", "web-9", "web-10"]
    assert names(window(one, wish=Wish(sort="-name"))) == ["web-10", "web-9", "web-2"]


def test_it_sorts_by_age_with_the_youngest_first():
    one = feed(row("old", created="2020-01-01T00:00:00Z"), row("new", created="2026-01-01T00:00:00Z"))
    assert names(window(one, wish=Wish(sort="age"))) == ["new", "old"]
    assert names(window(one, wish=Wish(sort="-age"))) == ["old", "new"]


def test_it_keeps_rows_that_hold_all_words_wherever_they_stand():
    one = feed(row("web", node="n1", labels={"app": "Shop"}), row("db", node="n2"))
    assert names(window(one, wish=Wish(q="N1 web"))) == ["web"]
    assert names(window(one, wish=Wish(q="app=shop"))) == ["web"]
    assert names(window(one, wish=Wish(q="n1 db"))) == []


def test_it_compares_columns_by_their_title():
    one = feed(row("web", ready="1/1"), row("db", ready="0/1"))
    assert names(window(one, wish=Wish(q="ready=0/1"))) == ["db"]
    assert names(window(one, wish=Wish(q="Ready!=0/1"))) == ["web"]


def test_it_shows_wide_columns_only_where_asked():
    one = feed(row("web"))
    assert [c.title for c in window(one).view().columns] == ["Namespace", "Name", "Ready", "Restarts", "Age"]
    assert "Node" in [c.title for c in window(one, wish=Wish(wide=True)).view().columns]


def test_it_shows_labels_as_columns_beside_the_usual_ones():
    found = window(feed(row("web", labels={"app": "shop"})), wish=Wish(columns=("label:app",))).view()
    assert found.columns[-1].title == "app"
    assert found.columns[1].title == "Name"
    assert found.lines[0].cells[-1] == "shop"


def test_it_keeps_the_name_whatever_is_chosen():
    found = window(feed(row("web")), wish=Wish(columns=("ready",))).view()
    assert [c.title for c in found.columns] == ["Name", "Ready"]


def test_it_merges_several_clusters_with_a_column_for_them():
    found = window(feed(row("web")), feed(row("web")), clusters=("east", "west")).view()
    assert [line.cells[0] for line in found.lines] == ["east", "west"]
    assert len({line.id for line in found.lines}) == 2


def test_it_shows_a_part_and_counts_the_whole():
    one = feed(*(row(f"web-{i:03}") for i in range(250)))
    found = window(one, wish=Wish(offset=100, limit=100, q="web")).view()
    assert (found.total, found.matching, found.offset, len(found.lines)) == (250, 250, 100, 100)
    assert found.lines[0].row.name == "web-100"


def test_an_offset_behind_the_end_shows_the_last_part():
    found = window(feed(*(row(f"web-{i:03}") for i in range(120))), wish=Wish(offset=1000)).view()
    assert (found.offset, len(found.lines)) == (100, 20)


def test_it_follows_changes_and_deletions():
    one = feed(row("web", restarts="0"), row("db"))
    found = window(one, wish=Wish(sort="restarts"))
    assert names(found) == ["db", "web"]
    one.content.apply(event("MODIFIED", row("db", restarts="7", version=2), columns=False))
    assert names(found) == ["web", "db"]
    one.content.apply(event("DELETED", row("web", version=3), columns=False))
    assert names(found) == ["db"]


def test_annotations_never_arrive():
    assert "correct-horse" not in repr(window(feed(row("web"))).view())


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
    line = window(feed(row("web"))).view().lines[0]
    assert abs(line.arrived - time.time()) < 60
