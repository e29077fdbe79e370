"""Errors of scores from answers: of one respondent, of a hub, a region, a network; of changes and differences."""
