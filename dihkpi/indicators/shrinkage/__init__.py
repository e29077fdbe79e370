"""Small hubs: estimates that borrow strength from each other, beside the raw ones."""

from dihkpi.indicators.shrinkage.conjugate import BetaBinomial, GammaPoisson, shrink_cases
from dihkpi.indicators.shrinkage.from_indicators import shrink_indicators
from dihkpi.indicators.shrinkage.given import prior_of_moments, shrink_given
from dihkpi.indicators.shrinkage.normal import fay_herriot, james_stein
from dihkpi.indicators.shrinkage.result import Shrunken
from dihkpi.indicators.shrinkage.table import pooled_errors, ranked, shrink

__all__ = [
    "BetaBinomial",
    "GammaPoisson",
    "Shrunken",
    "fay_herriot",
    "james_stein",
    "pooled_errors",
    "prior_of_moments",
    "ranked",
    "shrink",
    "shrink_cases",
    "shrink_given",
    "shrink_indicators",
]
