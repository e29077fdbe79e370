"""Reliability and structure of scales, and the item quality card of a survey.

Read in this order: `moments` (covariances with values missing), `alpha` and `omega` (how reliable a scale is), `items`
(how an item goes with its scale), `factors` (how many things a scale measures), then `board` (the values of a survey,
laid out) and `card` with `judge` (the table ``quality``).
"""
