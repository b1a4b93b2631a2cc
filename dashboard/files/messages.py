"""Messages of the files page: what a container could not do, in a sentence that says what to try."""

from __future__ import annotations

from django.utils.translation import gettext as _

from clusters.files import scripts
from clusters.files.access import FilesUnavailable
from dashboard.pieces.notice import Notice


def describe_unavailable(failure: FilesUnavailable, needed: str) -> Notice:
    """`needed` are the programs that it takes."""
    ending = failure.ending
    if ending.is_missing or ending.exit_code in (126, 127):
        title = _("This container lacks a program that this needs.")
        advice = _(
            "Files are read and written by %(programs)s of the container's own image. Add a debug container that has "
            "them: the files of the other container are in it below /proc/1/root."
        )
        return Notice(
            title, advice % {"programs": needed}, "warning", message=failure.stderr or ending.message
        )
    titles = {
        scripts.NOT_A_FOLDER: _("The container cannot open this folder."),
        scripts.NOT_A_FILE: _("This is not a file that can be read."),
        scripts.INCOMPLETE: _("Not all of the file arrived in the container, so nothing was changed."),
        scripts.EXISTS: _("There is something of that name already. Nothing was changed."),
        scripts.IS_A_FOLDER: _("There is a folder of that name. Nothing was changed."),
    }
    title = titles.get(ending.exit_code or 0, _("The container could not do this."))
    advice = (
        _("Choose “Replace” to put the new file in its place.") if ending.exit_code == scripts.EXISTS else ""
    )
    return Notice(title, advice, "error", message=failure.stderr or ending.message)
