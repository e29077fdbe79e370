"""Intake: from a file as it was sent to typed rows, rows set aside, and issues.

Read in this order: `readers` (from bytes to the text of every cell), `sheet` (that text and its places), `recognise`
with `turned` and `tools` (which form it is: by a layout, or as the export of a survey tool), `submission`, `headers`;
`blocks` (some rows at a time), `typed` with `cells`, `codes`, `answers` and `several` (phase one), `columns` (phase
two), `rows` (phase three), `whole` with `keys` and `between` (phase four: what concerns several rows and tables),
`accepting` (phase five), `validate` (all of it) and `together` (several files); `answer_table` (answers one a row),
`issues` and `issue_report` (what is told).
"""
