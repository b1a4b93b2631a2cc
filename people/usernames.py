"""Usernames: rules for new ones, by which no name can pass for another person's or for a program's.

Unicode Technical Standard 39: one script for a name ("highly restrictive"), and no name whose letters look like those
of a name that is there. Names of earlier versions stay, and their people sign in by them; new names are checked.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from confusable_homoglyphs import categories, confusables
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _

from people.models import User

# Actors of the audit trail before programs were written as `program ...`; rows of that time still have these names.
RESERVED = ("manage.py", "manage.py serve", "make demo", "quarterdeck")
ANY_SCRIPT = frozenset({"COMMON", "INHERITED"})
TOGETHER = (  # scripts that one writing uses side by side (UTS 39, 5.2)
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)
LOCK = 7_244_091_566_120_348_019  # PostgreSQL's advisory lock of who takes a name


def check_new_username(username: str) -> str:
    """The name as it is stored (NFKC). ValidationError says what to change."""
    name = str(User.normalize_username(username))
    if not name or not (name[0].isalnum() and name[-1].isalnum()) or ".." in name:
        raise ValidationError(
            _("Begin and end the username with a letter or digit, and put no two dots side by side.")
        )
    if not _is_one_script(name):
        raise ValidationError(
            _("Write the username in letters and digits of one script, such as Latin only or Cyrillic only.")
        )
    _check_taken(name)
    return name


def lock_names() -> None:
    """Within a transaction: of two who take a name at once, the second sees the first. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def skeleton(name: str) -> str:
    """Equal for names that look alike, whatever their case; shown to nobody."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(map(_map_character, "".join(map(_map_character, folded)).casefold()))


def _check_taken(name: str) -> None:
    wanted, folded = skeleton(name), name.casefold()
    if wanted in map(skeleton, RESERVED):
        raise ValidationError(_("This username is reserved for a program. Choose another."))
    for other in User.objects.values_list("username", flat=True).iterator():
        if other.casefold() == folded:
            raise ValidationError(_("This username is taken. Choose another."))
        if skeleton(other) == wanted:
            raise ValidationError(_("This username looks like one that is taken. Choose another."))


def _is_one_script(name: str) -> bool:
    scripts = {categories.alias(character) for character in name} - ANY_SCRIPT
    digits = {
        ord(one) - unicodedata.decimal(one) for one in name if unicodedata.decimal(one, None) is not None
    }
    return len(digits) <= 1 and (len(scripts) <= 1 or any(scripts <= some for some in TOGETHER))


@lru_cache(maxsize=4096)
def _map_character(character: str) -> str:
    """The letter that stands for all that look like this one, or the letters where one looks like several."""
    similar = _find_similar(character)
    if similar and all(len(one) > 1 for one in similar):
        return min(similar)  # m looks like rn
    wider = {character, *similar, *(found for one in similar for found in _find_similar(one))}
    single = [one for one in wider if len(one) == 1]
    return min(single, key=lambda one: (not one.isalpha(), one))


def _find_similar(text: str) -> list[str]:
    found = confusables.is_confusable(text, greedy=True) if len(text) == 1 else False
    return [one["c"].strip("\u200e") for one in found[0]["homoglyphs"]] if isinstance(found, list) else []
