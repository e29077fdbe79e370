"""Intake: from a file as it was sent to typed rows, rows set aside, and issues.

Read in this order: `container` with `csv_file` and `xlsx_file` (text of every cell), `recognise` (which form it is),
`submission`, `headers`, `typed` with `cells` and `codes` (phase one), `columns` (phase two), `rows` (phase three),
`keys` (phase four), `validate` (all of it), `issues` and `issue_report` (what is told).
"""
