"""Two lists of the same organisations, one beside the other."""
