"""Sample pages for looking at the shell; no product route leads here."""
