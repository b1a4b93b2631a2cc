"""Screenshots of the documentation: those that `make screenshots` takes, small, none missing."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageChops

from demo.screenshots import FOLDER, LARGEST, PICTURES, THEMES, compress


def test_each_picture_is_there_in_both_themes() -> None:
    expected = {f"{one.name}-{theme}.png": one.size for one in PICTURES for theme in THEMES}
    found = {path.name: Image.open(path).size for path in FOLDER.iterdir()}
    assert found == expected
    assert max(path.stat().st_size for path in FOLDER.iterdir()) <= LARGEST


def test_a_smaller_picture_is_visually_the_same() -> None:
    """Colors of a page: a few flat ones, and the many shades at the edges of letters."""
    shades = random.Random(7)
    picture = Image.new("RGB", (200, 100), (255, 255, 255))
    for x in range(0, 200, 2):
        for y in range(100):
            grey = shades.randrange(256)
            picture.putpixel((x, y), (grey, grey, min(255, grey + 20)))
    written = io.BytesIO()
    picture.save(written, "PNG")
    taken = compress(written.getvalue())
    assert len(taken) < len(written.getvalue())
    differing = ImageChops.difference(picture, Image.open(io.BytesIO(taken)).convert("RGB"))
    assert max(most for _least, most in differing.getextrema()) <= 8
