"""Cause: estimators of effects, what each of them needs, and the words that its result may be told in."""
