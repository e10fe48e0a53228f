"""What changed, told to people and machines: feeds of changes, and lock files that a server is held against."""
