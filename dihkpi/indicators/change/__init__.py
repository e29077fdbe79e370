"""Change over time on the same respondents: pairs, intervals, who left, and what would have come without any effect."""
