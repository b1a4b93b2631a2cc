"""In which words do Go's own libraries complain?"""


def go_complaint(raw: bytes, failure: Exception) -> str:
    """What Go's decoder says of the same bytes."""
    text = raw.decode(errors="replace")
    position = getattr(failure, "pos", 0)
    if not text.strip() or position >= len(text.rstrip()):
        return "unexpected end of JSON input"
    letter = text[position]
    where = "looking for beginning of value" if position == 0 else "after top-level value"
    return f"invalid character {_quoted(letter)} {where}"


def _quoted(letter: str) -> str:
    return {"'": r"'\''", '"': "'\"'", "\n": r"'\n'"}.get(letter, f"'{letter}'")
