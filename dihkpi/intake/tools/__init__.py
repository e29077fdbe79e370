"""Results that other survey tools export: which tool wrote a file, and what each of its columns is.

Read in this order: `export` (what a tool tells of its file), one module per tool, `targets` (what a form looks for),
`fit` (columns to items), `find` (all tools).
"""
