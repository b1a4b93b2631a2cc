"""Which fixtures do the tests of live pages share?"""

from tests.live.pages import open_as

__all__ = ["open_as"]
