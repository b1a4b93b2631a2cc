"""Archive filter: who unpacks what comes through has nothing outside the folder, whatever a container's tar wrote."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from clusters.files.archives import LEFT_OUT, MAX_HEADER, ArchiveFilter, BadArchive

FORMATS = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)


def build(*members: tuple[str, bytes, str, bytes], format: int = tarfile.PAX_FORMAT) -> bytes:
    """Name, type, link target, content of each."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as archive:
        for name, kind, link, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size, info.mode = kind, link, len(content), 0o6755
            info.uid, info.uname = 1000, "somebody"
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def file(name: str, content: bytes = b"x") -> tuple[str, bytes, str, bytes]:
    return name, tarfile.REGTYPE, "", content


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[str, bytes, str, bytes]:
    return name, kind, target, b""


def filter_archive(content: bytes, step: int = 700) -> bytes:
    archive = ArchiveFilter()
    parts = [
        part for start in range(0, len(content), step) for part in archive.feed(content[start : start + step])
    ]
    return b"".join([*parts, *archive.finish()])


def read(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {
            one.name: extracted.read() if one.isfile() and (extracted := archive.extractfile(one)) else b""
            for one in archive.getmembers()
        }


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("step", [1, 511, 512, 513, 100_000])
def test_files_come_through_byte_by_byte(format, step):
    long = "folder/" * 20 + "n" * 60
    members = [file("./a", b"A" * 1500), file("empty", b""), file("b" * 99, b"B" * 512), link("to-a", "./a")]
    members += [file(long, b"L")] if format != tarfile.USTAR_FORMAT else []
    members.append(("folder", tarfile.DIRTYPE, "", b""))
    found = read(filter_archive(build(*members, format=format), step))
    assert set(found) == {name.removeprefix("./") if name != "./a" else "./a" for name, *_ in members}
    assert found["./a"] == b"A" * 1500
    assert format == tarfile.USTAR_FORMAT or found[long] == b"L"


HOSTILE = [
    file("../up"),
    file("/etc/passwd"),
    file("a/../../up"),
    file("\x1b]0;title\x07/../../x"),
    file("n" * 200 + "/../../x"),
    link("out", "/etc/passwd"),
    link("out", "../x"),
    link("a/out", "../../x"),
    link("out", "x/../../y"),
    link("out", "/etc/passwd", tarfile.LNKTYPE),
    link("out", "../x", tarfile.LNKTYPE),
    link("device", "", tarfile.CHRTYPE),
    link("device", "", tarfile.BLKTYPE),
    link("pipe", "", tarfile.FIFOTYPE),
]


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_what_leads_out_is_left_out_and_named(format):
    content = filter_archive(build(*HOSTILE, file("good"), format=format))
    found = read(content)
    assert set(found) == {"good", LEFT_OUT}
    assert len(found[LEFT_OUT].splitlines()) == len(HOSTILE)
    assert b"\x1b" not in found[LEFT_OUT]


def test_nothing_is_written_through_a_link_by_the_most_trusting_tar(tmp_path):
    """Links that are harmless each by itself, and lead out together."""
    chains = [
        link("x", "."),
        link("y", "x/x/../.."),
        file("y/through"),
        link("d", "a/b"),
        file("d/through"),
        link("hard", "d/through", tarfile.LNKTYPE),
        link("z", "d/../../.."),
        file("z/through"),
    ]
    inside = tmp_path / "inside"
    with tarfile.open(fileobj=io.BytesIO(filter_archive(build(*chains, file("good"))))) as archive:
        archive.extractall(inside, filter="fully_trusted")
    through = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("through"))
    assert through == ["inside/y/through", "inside/z/through"]  # their links were left out: these are folders
    assert [path for path in tmp_path.iterdir() if path != inside] == []
    for path in inside.rglob("*"):
        assert Path(path).resolve().is_relative_to(inside) or not path.exists()
    assert (inside / "good").stat().st_mode & 0o7000 == 0


def test_it_breaks_off_where_it_cannot_be_sure():
    whole = build(file("a", b"x" * 5000))
    with pytest.raises(BadArchive, match="ended too early"):
        filter_archive(whole[:2048])
    with pytest.raises(BadArchive, match="no tar archive"):
        filter_archive(b"tar: sh: not found\n" * 100)
    with pytest.raises(BadArchive, match="too long"):
        filter_archive(build(file("n" * (MAX_HEADER + 1))))
    sparse = tarfile.TarInfo("sparse")
    sparse.type, sparse.size = tarfile.GNUTYPE_SPARSE, 10**15
    with pytest.raises(BadArchive, match="kind that is not passed on"):
        filter_archive(sparse.tobuf())
    folder = tarfile.TarInfo("folder")
    folder.type, folder.size = tarfile.DIRTYPE, 512
    with pytest.raises(BadArchive, match="has content"):
        filter_archive(folder.tobuf() + bytes(1536))


def test_a_huge_file_is_passed_on_without_being_held():
    info = tarfile.TarInfo("huge")
    info.size = 64 * 1024 * 1024
    archive = ArchiveFilter()
    passed = sum(len(part) for part in archive.feed(info.tobuf()))
    piece, largest = bytes(64 * 1024), 0
    for _ in range(info.size // len(piece)):
        passed += sum(len(part) for part in archive.feed(piece))
        largest = max(largest, len(archive._waiting))
    assert passed == info.size + 512
    assert largest <= len(piece)
