"""The sections of a page: each takes an extract and gives a block."""
