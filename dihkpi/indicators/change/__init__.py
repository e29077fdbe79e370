"""Change over time on the same respondents: pairs, intervals, who left, and what would have come without any effect."""

from dihkpi.indicators.change.direct import paired_change, paired_shares

__all__ = ["paired_change", "paired_shares"]
