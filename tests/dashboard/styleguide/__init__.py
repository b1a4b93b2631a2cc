"""Style guide: sample pages of the shell; no product route leads here."""
