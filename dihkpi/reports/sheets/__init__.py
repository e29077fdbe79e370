"""Pages as PDF: `pdf` chooses the engine; `tree`, `columns` and `typeset` are for Typst, `printing` for the others."""
