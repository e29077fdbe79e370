"""Figures as SVG.

`figures` is what sections call; a `sheet` in points, a `scale` and the `lettering` are what it draws with.
"""
