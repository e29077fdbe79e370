"""Disclosure control: what tells about fewer than a handful, and what would give that away, is hidden."""
