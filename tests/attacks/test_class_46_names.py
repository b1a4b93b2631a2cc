"""Names: a new username passes for no other person's, and for no program's (class 46)."""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import Client

from people import one_time_links
from people.audit.draft import draft_for_program
from people.models import GlobalRole, User
from people.usernames import RESERVED, check_new_username
from tests.audit_trail import AuditTrail
from tests.people.conftest import PASSWORD, hash_password

ONE_SCRIPT, LOOKS_LIKE, TAKEN = "of one script", "looks like one that is taken", "is taken"
PROGRAM, ENDS = "reserved for a program", "Begin and end the username with a letter or digit"
REFUSED = {
    "\u0430lice": ONE_SCRIPT,  # Cyrillic a
    "alic\u0435": ONE_SCRIPT,  # Cyrillic e
    "\u0430\u0430": LOOKS_LIKE,  # all Cyrillic, and there is a Latin aa
    "aIice": LOOKS_LIKE,  # a capital i
    "a1ice": LOOKS_LIKE,
    "b0b": LOOKS_LIKE,
    "rnarnie": LOOKS_LIKE,  # m is r and n
    "Alice": TAKEN,
    "ALICE": TAKEN,
    "\uff41lice": TAKEN,  # a full-width a: NFKC makes it the same name
    "stra\u00dfe": TAKEN,  # folded it is strasse
    "manage.py": PROGRAM,
    "MANAGE.PY": PROGRAM,
    "quarterdeck": PROGRAM,
    "..": ENDS,
    ".": ENDS,
    "a..b": ENDS,
    "-alice": ENDS,
    "alice.": ENDS,
    "@": ENDS,
    "a\u0661\u09e7": ONE_SCRIPT,  # digits of two scripts
}
ACCEPTED = (
    "bea",
    "bea.o-neil_2@example.com",
    "\u0438\u0432\u0430\u043d",
    "\u65e5\u672c\u592a\u90ce",
    "jos\u00e9",
    "x1",
    "dana-2",
    "\u05d3\u05e0\u05d4",
)


@pytest.fixture
def people(db: None) -> None:
    for name in ("alice", "aa", "bob", "mamie", "marnie", "strasse", "manage.py2"):
        User.objects.create(username=name, password="!")


def join(name: str) -> tuple[int, str]:
    """The status and page where an invited person takes this name."""
    link = one_time_links.invite(global_role=GlobalRole.MEMBER)
    form = {
        "username": name,
        "name": "Somebody",
        "password": "round-the-horn-again-1",
        "again": "round-the-horn-again-1",
    }
    answer = Client().post(f"/people/invitations/{link}/", form)
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_the_field_and_what_to_do(people: None, name: str) -> None:
    count = User.objects.count()
    status, page = join(name)
    assert status == 422
    field = page.partition('id="id_username')[0][-1500:] + page.partition('id="id_username')[2][:1500]
    assert re.search(re.escape(REFUSED[name]), field), page[:3000]
    assert User.objects.count() == count


@pytest.mark.parametrize("name", ACCEPTED)
def test_names_of_every_script_are_accepted(people: None, name: str) -> None:
    assert join(name)[0] == 302
    assert User.objects.filter(username=name).exists()


@pytest.mark.parametrize("name", ["manage.py", "..", "\u0430lice", "Alice"])
def test_who_has_such_a_name_from_before_still_signs_in(people: None, name: str) -> None:
    User.objects.create(username=name, password=hash_password(PASSWORD))
    assert Client().post("/people/sign-in/", {"username": name, "password": PASSWORD}).status_code == 302


def test_no_username_can_be_a_programs(db: None, audit_trail: AuditTrail) -> None:
    """By its characters: also a name that was there before these rules."""
    for program in (*RESERVED, "manage.py serve"):
        with pytest.raises(ValidationError):
            UnicodeUsernameValidator()(draft_for_program(program, "rotate-keys").person)
    call_command("signin_link", "root", create_administrator=True, stdout=io.StringIO(), stderr=io.StringIO())
    assert audit_trail.get_last(verb="signin-link").person == "program manage.py"


def test_the_command_for_an_administrator_refuses_such_a_name(people: None) -> None:
    for name in ("manage.py", "\u0430lice", "..", "two words"):
        with pytest.raises(CommandError, match="cannot be used"):
            call_command(
                "signin_link", name, create_administrator=True, stdout=io.StringIO(), stderr=io.StringIO()
            )
        assert not User.objects.filter(username=name).exists()


def test_of_two_who_take_names_that_look_alike_at_once_one_gets_it(transactional_db: None) -> None:
    def take(name: str) -> int:
        try:
            return join(name)[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(take, ["bill", "bi1l"]))
    connections.close_all()
    assert sorted(answers) == [302, 422]
    assert User.objects.filter(username__in=("bill", "bi1l")).count() == 1


def test_the_check_names_what_is_stored(people: None) -> None:
    assert check_new_username("\uff42ea") == "bea"
