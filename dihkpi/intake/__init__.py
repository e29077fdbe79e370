"""Intake: from a file as it was sent to typed rows, rows set aside, and issues.

Read in this order: `container` with `csv_file`, `xlsx_file`, `ods_file`, `json_file`, `parquet_file`, `spss_file` and
`eusurvey_xml` (text of every cell; `rectangle` and `xml_events` serve several), `recognise` (which form it is; `tools`:
as the export of which survey tool), `submission`, `headers`, `typed` with `cells`, `codes` and `several` (phase one),
`columns` (phase two), `rows` (phase three), `keys` (phase four), `validate` (all of it), `answer_table` (answers one a
row), `issues` and `issue_report` (what is told).
"""
