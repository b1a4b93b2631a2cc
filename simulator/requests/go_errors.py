"""Error messages of Go's JSON decoder, reproduced for the same bytes."""


def go_error_message(raw: bytes, error: Exception) -> str:
    """What Go's decoder says of the same bytes."""
    text = raw.decode(errors="replace")
    position = getattr(error, "pos", 0)
    if not text.strip() or position >= len(text.rstrip()):
        return "unexpected end of JSON input"
    letter = text[position]
    where = "looking for beginning of value" if position == 0 else "after top-level value"
    return f"invalid character {_quote(letter)} {where}"


def _quote(letter: str) -> str:
    return {"'": r"'\''", '"': "'\"'", "\n": r"'\n'"}.get(letter, f"'{letter}'")
