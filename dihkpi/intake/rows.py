"""Phase three: rules between the cells of a row, and columns derived from others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions, Survey
from dihkpi.definitions.expressions import Expression, nullable, parse
from dihkpi.definitions.rules import Rule
from dihkpi.definitions.survey import Form
from dihkpi.intake.issues import Fault

if TYPE_CHECKING:
    import pandas as pd

_ROUNDING = 1e-9
Report = Callable[[Fault, int, tuple[str, ...]], None]
"""Called with a fault, the position of its row, and the columns it reads: it points at the first of them."""


def derive(form: Form, frame: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """The frame with the derived columns of its form."""
    import pandas as pd

    added: dict[str, Any] = {}
    for name, derived in form.derived.items():
        if derived.attribute:
            column, _, attribute = derived.attribute.partition(".")
            values: dict[str, str] = {}
            for listed in form.columns[column].codes:
                values |= definitions.codelists[listed].attribute(attribute)
            found = frame[column].map(values)
            flags = set(values.values()) <= {"true", "false"}
            added[name] = found.map({"true": True, "false": False}).astype("boolean") if flags else found.astype("str")
        elif derived.days:
            added[name] = ((frame["end"] - frame["start"]).dt.days + 1).astype("Float64").astype(float)
        elif derived.expression:
            columns = {**frame, **added}
            expression = parse(derived.expression)
            added[name] = expression.evaluate({n: nullable(columns[n]) for n in expression.names}, frame.index)
    return pd.concat([frame, pd.DataFrame(added, index=frame.index)], axis=1) if added else frame


def check_rows(survey: Survey, form: Form, frame: pd.DataFrame, today: date, report: Report) -> None:
    """Apply every rule of a form to its rows."""
    for name, rule in form.rules.items():
        if rule.check:
            _check(name, rule, form, frame, today, report)
        elif rule.exclusive:
            _exclusive(name, rule, form, frame, report)
        elif rule.unanswered:
            _unanswered(name, rule, survey, form, frame, report)
        elif rule.straight_lining:
            _straight_lining(name, rule, survey, form, frame, report)
        elif rule.agrees:
            _agrees(name, rule, survey, form, frame, report)
        elif rule.totals:
            _totals(name, rule, survey, frame, report)


def check_sequence(form: Form, frame: pd.DataFrame, report: Report) -> None:
    """Apply the rules about the order of waves, which concern rows from all over a table."""
    for name, rule in form.rules.items():
        if rule.sequence:
            _sequence(name, rule, form, frame, report)


def _fault(name: str, rule: Rule, message: str) -> Fault:
    return Fault(name, message, rule.hint, rule.severity)


def _check(name: str, rule: Rule, form: Form, frame: pd.DataFrame, today: date, report: Report) -> None:
    expression = parse(rule.check or "")
    broken = _where(expression, False, frame, today)
    read = tuple(n for n in expression.names if n in frame)
    labels = {n: (form.columns[n].label if n in form.columns else "") or n.replace("_", " ") for n in read}
    for i in np.flatnonzero(broken):
        shown = ", ".join(f"{labels[n]}: {_shown(frame[n].iloc[i])}" for n in read)[:160]
        report(_fault(name, rule, f"this does not hold: {rule.brief} ({shown})"), int(i), (*rule.cells, *read))


def _where(expression: Expression, value: bool, frame: pd.DataFrame, today: date) -> npt.NDArray[np.bool_]:
    """Rows in which a condition has a value; none where a column is not there."""
    import pandas as pd

    columns = {n: nullable(frame[n]) for n in expression.names if n in frame}
    if "today" in expression.names:
        columns["today"] = pd.Series(pd.Timestamp(today), index=frame.index)
    if set(expression.names) - set(columns):
        return np.zeros(len(frame), dtype=bool)
    return expression.evaluate(columns, frame.index).eq(value).fillna(False).to_numpy(dtype=bool)


def check_required(form: Form, frame: pd.DataFrame, today: date, titles: Mapping[str, str], report: Report) -> None:
    """Cells that are empty although a condition over their row asks for them."""
    for name, column in form.columns.items():
        if not column.required_when or name not in titles or name not in frame:
            continue
        expression = parse(column.required_when)
        empty = _where(expression, True, frame, today) & frame[name].isna().to_numpy(dtype=bool)
        for i in np.flatnonzero(empty):
            message = f"'{titles[name]}' is empty, but required when {column.required_when}"
            report(Fault("required", message, "fill it in"), int(i), (name, *expression.names))


def _shown(value: Any) -> str:
    import pandas as pd

    if pd.isna(value):
        return "empty"
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def _matrix(frame: pd.DataFrame, codes: list[str]) -> Any:
    """Positions of the answers, -1 where there is none; shape (rows, items)."""
    return np.column_stack([frame[code].cat.codes.to_numpy() for code in codes])


def _exclusive(name: str, rule: Rule, form: Form, frame: pd.DataFrame, report: Report) -> None:
    alone = rule.exclusive or ""
    question = next(item.question for item in form.items if item.code == alone)
    others = [i.code for i in form.items if i.question == question and i.code != alone and i.code in frame]
    if alone not in frame or not others:
        return
    both = (frame[alone].cat.codes.to_numpy() > 0) & (_matrix(frame, others) > 0).any(axis=1)
    for i in np.flatnonzero(both):
        report(_fault(name, rule, f"this does not hold: {rule.brief}"), int(i), (alone,))


def _unanswered(name: str, rule: Rule, survey: Survey, form: Form, frame: pd.DataFrame, report: Report) -> None:
    for question, items in form.questions().items():
        codes = [item.code for item in items if item.code in frame]
        if not codes:
            continue
        empty = (_matrix(frame, codes) < 0).all(axis=1)
        text = survey.questions.get(question, question)
        for i in np.flatnonzero(empty):
            report(_fault(name, rule, f"question {question} ({text}) has no answer at all"), int(i), (codes[0],))


def _straight_lining(name: str, rule: Rule, survey: Survey, form: Form, frame: pd.DataFrame, report: Report) -> None:
    for answer_type in rule.straight_lining:
        codes = [item.code for item in form.items if item.type == answer_type and item.code in frame]
        if len(codes) < 2:
            continue
        answers = _matrix(frame, codes)
        suspicious = (answers == answers[:, :1]).all(axis=1) & (answers[:, 0] > 0)
        label = survey.answer_types[answer_type].label
        for i in np.flatnonzero(suspicious):
            message = f"all {len(codes)} answers of the type {label} are the same"
            report(_fault(name, rule, message), int(i), (codes[0],))


def _sequence(name: str, rule: Rule, form: Form, frame: pd.DataFrame, report: Report) -> None:
    """Dates of one respondent against the order of the waves; a gap outside its bounds is a warning."""
    if not form.wave or not form.date or rule.sequence is None:
        return
    known = frame[["respondent", form.wave, form.date]].set_axis(["respondent", "wave", "date"], axis=1)
    known = known.assign(at=np.arange(len(frame))).dropna().sort_values(["respondent", "wave"], kind="stable")
    before = known.groupby("respondent", sort=False)[["wave", "date"]].shift()
    months = (known["date"] - before["date"]).dt.days / 30.4375
    other_wave = known["wave"] != before["wave"]  # a doubled wave is a doubled key
    wrong = (known["date"] <= before["date"]) & other_wave
    low, high = rule.sequence.min_months, rule.sequence.max_months
    odd = ~wrong & other_wave & (months.lt(low or 0) | (months.gt(high) if high else False))
    for is_error, mask in ((True, wrong), (False, odd)):
        for i in np.flatnonzero(mask.to_numpy(dtype=bool)):
            wave, day, at = known["wave"].iloc[i], known["date"].iloc[i], int(known["at"].iloc[i])
            earlier, earlier_day = before["wave"].iloc[i], before["date"].iloc[i]
            if is_error:
                message = f"{wave} is dated {_shown(day)}, not after {earlier} of {_shown(earlier_day)}"
                report(_fault(name, rule, message), at, (form.date,))
            else:
                message = f"{months.iloc[i]:.0f} months lie between {earlier} and {wave}; {low} to {high} are expected"
                report(Fault(f"{name}_gap", message, rule.hint, "warning"), at, (form.date,))


def _agrees(name: str, rule: Rule, survey: Survey, form: Form, frame: pd.DataFrame, report: Report) -> None:
    """Points that a file states beside an answer against those of the scoring; a missing answer earns none."""
    facet, tables = rule.agrees or "", survey.scoring().item_points
    for item in form.items:
        stated = f"{item.code}@{facet}"
        if stated not in frame or item.code not in frame or item.code not in tables:
            continue
        due, most = _due(frame[item.code], tables[item.code])
        given = frame[stated].to_numpy(dtype=float)
        for i in np.flatnonzero((given < 0) | (given > most)):
            message = f"{given[i]:g} points are stated, but 0 to {most:g} can be earned ({item.label})"
            hint = "correct them; the points of the rule count"
            report(Fault("points_range", message, hint), int(i), (stated, item.code))
        for i in np.flatnonzero((given >= 0) & (given <= most) & (given != due)):
            answer = _shown(frame[item.code].iloc[i])
            label = survey.answer_types[item.type].codes.get(answer, answer)
            message = f"{given[i]:g} points are stated, but the rule gives {due[i]:g} for '{label}' ({item.label})"
            report(_fault(name, rule, message), int(i), (stated, item.code))


def _due(answers: pd.Series, points: Mapping[str, float]) -> tuple[npt.NDArray[np.float64], float]:
    """Points that the rule gives for each answer, none where there is no answer, and the most that can be earned."""
    codes = [points.get(code, 0.0) for code in answers.cat.categories]
    return np.array([*codes, 0.0])[answers.cat.codes.to_numpy()], max(points.values())


def _totals(name: str, rule: Rule, survey: Survey, frame: pd.DataFrame, report: Report) -> None:
    """Stated totals against the sums of the points stated beside the answers below their nodes."""
    nodes = survey.scoring().nodes

    def below(node: str) -> list[str]:
        items = nodes[node].items
        return [*(items.code if items else ()), *(code for child in nodes[node].of for code in below(child))]

    tables = survey.scoring().item_points
    for column, node in rule.totals.items():
        codes = [code for code in below(node) if code in frame and code in tables]
        if column not in frame or not codes:
            continue
        points = np.column_stack([_stated(frame, f"{code}@{rule.facet}") for code in codes])
        filled = np.isnan(points)
        points = np.where(filled, np.column_stack([_due(frame[code], tables[code])[0] for code in codes]), points)
        total = points.sum(axis=1)
        stated = frame[column].to_numpy(dtype=float)
        for i in np.flatnonzero(np.abs(stated - total) > _ROUNDING):
            blank = f"; for {filled[i].sum()} questions without points the rule counts" if filled[i].any() else ""
            message = f"{stated[i]:g} is stated for {nodes[node].label}, but the points add up to {total[i]:g}{blank}"
            report(_fault(name, rule, message), int(i), (column,))


def _stated(frame: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    return frame[column].to_numpy(dtype=float) if column in frame else np.full(len(frame), np.nan)


def respondents(form: Form, frame: pd.DataFrame) -> pd.Series:
    """Who a row is about: the identifier of the register, else the registration number, else the name."""
    import pandas as pd

    who = form.respondent
    result = pd.Series(pd.NA, index=frame.index, dtype="str")
    if who is None:
        return result
    for column in filter(None, (who.id, who.registration, who.name)):
        if column in frame:
            result = result.fillna(frame[column])
    return result
