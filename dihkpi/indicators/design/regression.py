"""Calibration to known sums of numbers, such as all turnover of the population: the regression estimator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from dihkpi.errors import UsageError, hint_for
from dihkpi.indicators.design.margins import Regression
from dihkpi.indicators.design.raking import Totals, class_margins, effective_n
from dihkpi.indicators.design.sample import Sample, Vector, numbers


def calibrate(
    sample: Sample, *, sums: Mapping[str, float], totals: Totals | None = None, size: float | None = None
) -> tuple[Sample, Regression]:
    """Weights nearest to the old ones that meet known sums of columns, and margins of classes beside them.

    Parameters
    ----------
    sample : Sample
        Not calibrated yet.
    sums : mapping of str to float
        Column of numbers to its sum over the population.
    totals : mapping, optional
        Margins of classes as for :func:`rake`; they hold the size of the population too.
    size : float, optional
        Number of units of the population, where there are no margins.

    Returns
    -------
    sample : Sample
        With the new weights; its errors are those of the residuals of the regression. With a weight of 0 or less its
        estimates have the status ``u``.
    Regression
        What was met; ``str`` tells the range of the factors.

    Raises
    ------
    UsageError
        Columns that are unknown, incomplete or say the same twice; classes as for :func:`rake`.

    Notes
    -----
    w = d (1 + x'λ), λ = (Σ d x x')⁻¹ (T - Σ d x): the linear method of Deville and Särndal (1992), JASA 87, the
    generalised regression estimator of Särndal, Swensson and Wretman (1992), chapter 6.

    Examples
    --------
    >>> import pandas as pd
    >>> from dihkpi.definitions import load_definitions
    >>> from dihkpi.indicators.design import Design, prepare, total
    >>> rows = pd.DataFrame({"w": 10.0, "staff": [2.0, 4, 6], "visits": [1.0, 2, 3]})
    >>> sample, report = calibrate(prepare(rows, Design(weight="w"), load_definitions()), sums={"staff": 150}, size=30)
    >>> total(sample, "staff")["value"].round(6).tolist(), total(sample, "visits")["value"].round(6).tolist()
    ([150.0], [75.0])
    """
    if sample.calibration is not None:
        raise UsageError("the weights are calibrated already\n  give all margins and sums in one call")
    if not sums and not totals and size is None:
        raise UsageError("a calibration needs a sum, a margin or a size of the population")
    margins = class_margins(sample, totals or {})
    columns = [*(margin.matrix() for margin in margins), *(_column(sample, name)[:, None] for name in sums)]
    wanted = [*(margin.totals for margin in margins), np.array(list(sums.values()), float)]
    names = [f"{margin.name}={label}" for margin in margins for label in margin.labels] + list(sums)
    if size is not None and not margins:
        columns, wanted, names = [np.ones((len(sample.frame), 1)), *columns], [np.array([size]), *wanted], ["", *names]
    how = Regression(np.hstack(columns), np.concatenate(wanted), tuple(names))
    new, _, miss = how.fit(sample.design_weights[:, None])
    at = int(np.argmax(np.abs(miss[:, 0])))
    if abs(miss[at, 0]) > how.tolerance:
        raise UsageError(
            f"no weights meet '{names[at]}' together with the rest\n  it says the same as others twice over"
        )
    how = replace(how, factors=(float((new[:, 0] / sample.design_weights).min()),
                                float((new[:, 0] / sample.design_weights).max())))  # fmt: skip
    how = replace(how, effective_n=(effective_n(sample.design_weights), effective_n(new[:, 0])))
    doubt = "" if how.factors[0] > 0 else f"a weight is 0 or less: {how}"
    return replace(sample, weights=new[:, 0], calibration=how, doubt=doubt), how


def _column(sample: Sample, name: str) -> Vector:
    if name not in sample.frame:
        raise UsageError(f"the sum of an unknown column '{name}'\n  {hint_for(name, map(str, sample.frame.columns))}")
    values = numbers(sample.frame[name])
    if lost := int((~np.isfinite(values)).sum()):
        raise UsageError(f"{lost} respondents have no '{name}', so the weights cannot be brought to its sum")
    return values
