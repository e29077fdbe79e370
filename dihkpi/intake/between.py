"""Rules between rows and tables: values that stand once, that another form has, or that follow on those before.

Each function yields what it finds as fault, position of the row, and the columns that the rule reads; it points at the
first of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Survey
from dihkpi.definitions.rules import Comparison, Reference, Rule
from dihkpi.definitions.survey import Form
from dihkpi.errors import UsageError, did_you_mean
from dihkpi.intake.issues import Fault
from dihkpi.intake.keys import MOST, key_text, placed_before, row_keys
from dihkpi.intake.periods import parse_period
from dihkpi.intake.text import show

if TYPE_CHECKING:
    import pandas as pd

Found = tuple[Fault, int, tuple[str, ...]]
Tables = Mapping[tuple[str, str], "pd.DataFrame"]
"""(survey, form) to typed rows."""
Amounts = npt.NDArray[np.floating[Any]]
_NEAR = 2_000
"""Among more values than these no near miss is looked for: it would take longer than the check."""


def is_looked_up(survey: Survey, form_name: str) -> bool:
    """Whether any rule of a survey looks up rows of a form that are not in the sheet at hand."""
    if any(rule.compare for rule in survey.forms[form_name].rules.values()):
        return True
    rules = (rule for form in survey.forms.values() for rule in form.rules.values())
    return any(rule.refers.to == form_name for rule in rules if rule.refers)


def rule_columns(survey: Survey, form_name: str) -> list[str]:
    """Columns of a form that rules between rows and tables read, its own rules and those of forms that refer to it."""
    names: list[str] = []
    for rule in survey.forms[form_name].rules.values():
        names += rule.unique
        names += (*rule.refers.columns, *rule.refers.within) if rule.refers else ()
        names += filter(None, (rule.compare.column, survey.forms[form_name].period)) if rule.compare else ()
        if rule.series:
            period = rule.series.span or (survey.forms[form_name].period,)
            names += filter(None, (*rule.series.of, rule.series.rises, *period))
        names += (rule.constant.column, *rule.constant.of) if rule.constant else ()
    for form in survey.forms.values():
        for rule in form.rules.values():
            if rule.refers and rule.refers.to == form_name:
                names += (*rule.refers.key, *rule.refers.within)
    return names


def referred_first(survey: Survey) -> dict[str, int]:
    """Form to its place in an order in which forms come after those that they refer to; 0 refers to none."""
    to = {name: {r.refers.to for r in form.rules.values() if r.refers} for name, form in survey.forms.items()}
    places = dict.fromkeys(to, 0)
    for _ in to:  # the longest chain has as many steps as there are forms; a circle ends here too
        places = {name: max((places[other] + 1 for other in others - {name}), default=0) for name, others in to.items()}
    return places


def check_unique(
    name: str, rule: Rule, form: Form, frame: pd.DataFrame, numbers: pd.Series, sheet: str, earlier: dict[str, str]
) -> Iterator[Found]:
    """Values that stand in several rows: each row names the others, of this sheet or of those before.

    Parameters
    ----------
    numbers : pandas.Series
        Row number of each row.
    earlier : dict of str to str
        What earlier sheets hold and where; gains what this one holds.
    """
    keys = _joined(frame, rule.unique)
    what = f"the same {' and '.join(_label(form, column) for column in rule.unique)}"
    twice = keys.notna() & keys.duplicated(keep=False)
    for _, group in numbers[twice].groupby(keys[twice], sort=False):
        known = group.head(MOST + 1).tolist()
        for index, number in group.items():
            others = tuple(other for other in known if other != number)[:MOST]
            where = ", ".join(map(str, others)) + (", …" if len(group) > MOST + 1 else "")
            message = f"{what} as in row {where}"
            yield Fault(name, message, rule.hint or "correct it, or keep one of the rows", rule.severity,
                        related=others), int(str(index)), rule.unique  # fmt: skip
    marked = (f"{name}\x1e" + keys).where(~twice)
    for i, place in placed_before(marked, sheet, numbers.to_numpy(), earlier):
        fault = Fault(name, f"{what} as in {place}", rule.hint or "correct it, or keep one of the rows", rule.severity)
        yield fault, int(frame.index[i]), rule.unique


def check_constant(
    name: str, rule: Rule, form: Form, frame: pd.DataFrame, where: Callable[[int, int], str]
) -> Iterator[Found]:
    """Rows about one thing that do not agree in a column: each that differs from the first one.

    Parameters
    ----------
    where : callable
        Position of a row, and of the first one, to the words for the value and place of the first one.
    """
    constant = rule.constant
    if constant is None or constant.column not in frame:
        return
    keys, values = _joined(frame, constant.of), _joined(frame, (constant.column,))
    told = frame.index[(keys.notna() & values.notna()).to_numpy(dtype=bool)]
    keys, values = keys[told], values[told]
    mixed = values.groupby(keys).transform("nunique") > 1
    first = keys[mixed].groupby(keys[mixed]).transform(lambda same: same.index[0])
    whose = f"of the same {' and '.join(_label(form, column) for column in constant.of)}"
    hint = rule.hint or "correct the one that is wrong"
    for index, other in zip(first.index.to_list(), first.to_list(), strict=True):
        if values[index] != values[other]:
            message = f"{_label(form, constant.column)} is '{show(str(frame.at[index, constant.column]))}'"
            words = f"{message}, and {where(index, other)} {whose}"
            yield Fault(name, words, hint, rule.severity), index, (constant.column, *constant.of)


def check_refers(
    name: str, rule: Rule, survey: Survey, frame: pd.DataFrame, sent: Iterable[pd.DataFrame], known: pd.DataFrame | None
) -> Iterator[Found]:
    """Values that the other form does not have; nothing where the other form is not known.

    Parameters
    ----------
    sent : iterable of pandas.DataFrame
        Rows of the other form in the same file, those with faults included: their faults are told there.
    known : pandas.DataFrame, optional
        Rows of the other form that are recorded or come with other files.
    """
    refers = rule.refers
    if refers is None:
        return
    own = _values(sent, (*refers.key, *refers.within))
    there = own | _values([] if known is None else [known], (*refers.key, *refers.within))
    if not there:
        return
    keys = _joined(frame, (*refers.columns, *refers.within))
    missing = keys.notna() & ~keys.isin(list(there))
    if refers.within:
        depth = len(refers.key)
        scopes = {"\x1f".join(value.split("\x1f")[depth:]) for value in there}
        missing &= _joined(frame, refers.within).isin(list(scopes))
    title = survey.forms[refers.to].title
    near: dict[str, str] = {}
    for index in frame.index[missing.to_numpy(dtype=bool)]:
        text = " / ".join(str(frame.at[index, column]) for column in refers.columns)
        if text not in near:
            near[text] = _near(text, refers, own)
        hint = near[text] or rule.hint or f"correct it, or add the row to: {title}"
        yield Fault(name, f"'{show(text)}' is not in: {title}", hint, rule.severity), int(index), refers.columns


def _near(text: str, refers: Reference, own: set[str]) -> str:
    """A near miss, only of what the sender has sent: what others have recorded is not shown."""
    if len(refers.columns) > 1 or len(own) > _NEAR:
        return ""
    found = did_you_mean(text, {value.split("\x1f")[0] for value in own}, 1)
    return f"did you mean '{found[0]}'?" if found else ""


def check_compare(
    name: str, rule: Rule, form: Form, frame: pd.DataFrame, known: pd.DataFrame | None
) -> Iterator[Found]:
    """Numbers that are implausible after those before.

    Parameters
    ----------
    known : pandas.DataFrame, optional
        Recorded rows of the form.
    """
    compare = rule.compare
    if compare is None or compare.column not in frame:
        return
    look = _recorded if compare.to == "recorded" else _previous
    before = look(form, compare, frame, known)
    now = frame[compare.column].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    was = before["value"].to_numpy(dtype=np.float64)
    label = _label(form, compare.column)
    columns = tuple(filter(None, (compare.column, form.period if compare.to == "previous" else None)))
    for i, why in _implausible(compare, now, was):
        message = f"{label} is {now[i]:,.12g}, and was {was[i]:,.12g} {before['when'].iloc[i]}: {why}"
        fault = Fault(name, message, rule.hint or "check the number, and the one before", rule.severity)
        yield fault, int(frame.index[i]), columns


def _implausible(compare: Comparison, now: Amounts, was: Amounts) -> Iterator[tuple[int, str]]:
    """Positions of implausible changes and why; zero has no multiple, so that a factor alone does not test it."""
    with np.errstate(invalid="ignore", over="ignore"):
        change = np.abs(now - was)
        fallen = (now < was) & compare.must_not_fall
        least = compare.min_change
        large = change >= (least if least is not None else 0)
        if compare.factor is not None:
            big, small = np.maximum(np.abs(now), np.abs(was)), np.minimum(np.abs(now), np.abs(was))
            other_sign = np.signbit(now) != np.signbit(was)
            beyond = (big > compare.factor * small) | (other_sign & (small > 0))
            large &= np.where(small == 0, (least is not None) & (big > 0), beyond)
        elif least is None:
            large &= False
    for i in np.flatnonzero(fallen | large):
        if fallen[i]:
            yield int(i), "it must not fall"
        elif compare.factor is not None:
            yield int(i), f"a change by more than the factor {compare.factor:g}"
        else:
            yield int(i), f"a change by {least:,.12g} or more"


def _recorded(form: Form, compare: Comparison, frame: pd.DataFrame, known: pd.DataFrame | None) -> pd.DataFrame:
    """What was recorded under the key of each row."""
    import pandas as pd

    values = pd.Series(np.nan, index=frame.index)
    if known is not None and compare.column in known:
        recorded = pd.Series(known[compare.column].astype("Float64").astype(float).to_numpy(), row_keys(form, known))
        recorded = recorded[recorded.index.notna() & ~recorded.index.duplicated(keep="last")]
        values = row_keys(form, frame).map(recorded)
    return pd.DataFrame({"value": values, "when": "as it was recorded before"}, index=frame.index)


def _previous(form: Form, compare: Comparison, frame: pd.DataFrame, known: pd.DataFrame | None) -> pd.DataFrame:
    """The number of the latest period of the same kind before each row, under the same key."""
    import pandas as pd

    period = str(form.period)
    rows = _series(form, frame, compare.column, period).assign(at=np.arange(len(frame)))
    if known is not None and {compare.column, period} <= {*known}:
        older = _series(form, known, compare.column, period).assign(at=-1)
        rows = pd.concat([older[~older["key"].isin(rows["key"])], rows])
    rows = rows.dropna().sort_values(["base", "kind", "number"], kind="stable")
    group = rows.groupby(["base", "kind"], sort=False)
    rows = rows.assign(before=group["value"].shift(), label=group["period"].shift())
    sent = rows[rows["at"] >= 0].set_index("at").reindex(range(len(frame)))
    return pd.DataFrame({"value": sent["before"].to_numpy(), "when": ("in " + sent["label"]).to_numpy()}, frame.index)


def _series(form: Form, frame: pd.DataFrame, column: str, period: str) -> pd.DataFrame:
    """Key with and without its period, kind and order of the period, and the number."""
    import pandas as pd

    places = {label: _place(label) for label in frame[period].dropna().unique()}
    place = frame[period].map(places)
    return pd.DataFrame({
        "key": row_keys(form, frame).to_numpy(), "period": frame[period].to_numpy(),
        "base": key_text(frame, tuple(name for name in form.key if name != period)).to_numpy(),
        "kind": place.str[0].to_numpy(), "number": place.str[1].to_numpy(),
        "value": frame[column].astype("Float64").astype(float).to_numpy(),
    })  # fmt: skip


def _place(label: str) -> tuple[str, int]:
    """What can be compared with a period, and its order there: quarters with quarters, `M18` with `M36`.

    Examples
    --------
    >>> _place("2026-Q3")[0] == _place("2025-Q4")[0] == "3 months"
    True
    >>> _place("M18"), _place("M36")
    (('M1 on', 18), ('M1 on', 36))
    """
    try:
        window = parse_period(label)
    except UsageError:
        return "none", 0
    if window.months:
        first, last = window.months
        return (f"M{first} on" if first == 1 else f"{last - first + 1} project months"), last
    last_day = window.last.toordinal() if window.last else 0
    if window.first is None:
        return "up to a day", last_day
    return f"{round((last_day - window.first.toordinal() + 1) / 30.44)} months", last_day


def _joined(frame: pd.DataFrame, names: Iterable[str]) -> pd.Series:
    """Values of columns as one text without letter case; missing where one of them is missing."""
    import pandas as pd

    result: pd.Series | None = None
    for name in names:
        column = frame[name] if name in frame else pd.Series(pd.NA, index=frame.index, dtype="str")
        if column.dtype.kind in "if" or str(column.dtype) in ("Int64", "Float64"):
            column = column.astype("Float64")  # 7 and 7.0 are the same
        text = column.astype("str").str.casefold()
        result = text if result is None else result + "\x1f" + text
    if result is None:
        return pd.Series(dtype="str")
    return result


def _values(tables: Iterable[pd.DataFrame], names: tuple[str, ...]) -> set[str]:
    """The different values of columns in some tables."""
    return {value for table in tables if {*names} <= {*table} for value in _joined(table, names).dropna().unique()}


def _label(form: Form, column: str) -> str:
    return (form.columns[column].label if column in form.columns else "") or column.replace("_", " ")
