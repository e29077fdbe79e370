"""Readers: from the bytes of a file to the text of every cell with its place, within bounds.

`container` tells what kind of file it is and picks the reader. CSV has two, a careful and a fast one; `encodings`
says how text is to be decoded, `sheet_facts` what a workbook hides, `rectangle` and `xml_events` serve several
readers.
"""
