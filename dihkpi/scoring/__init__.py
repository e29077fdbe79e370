"""Scoring: answers to items to dimensions to the overall score."""
