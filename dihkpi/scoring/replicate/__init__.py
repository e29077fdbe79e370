"""Composites of numbers scored many times over: errors of the data, choices of method, and what each moves."""
