"""Does it do what it says? Every room's tests, in the room's own folder."""
