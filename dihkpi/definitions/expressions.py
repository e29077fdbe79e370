"""The small language of rules: names, numbers, texts, arithmetic, comparisons, ``and or not in``.

Nothing else parses: no calls, no attributes, no indexing, no powers. Missing values follow three-valued logic, so that
a comparison with a missing value is neither true nor false; ``x == None`` asks whether ``x`` is missing. What is
divided by zero is missing. Whether the types of the columns fit is told by :mod:`dihkpi.definitions.expression_types`.
"""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MAX_LENGTH = 500
MAX_DEPTH = 20
MAX_NUMBER = 10**15
"""Whole numbers up to this are exact in floating point."""

_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
_ALLOWED = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.Compare, ast.BinOp, ast.Name,
    ast.Load, ast.Constant, ast.Tuple, ast.List, ast.In, ast.NotIn, ast.Is, ast.IsNot, ast.Div, *_COMPARE, *_ARITHMETIC,
)  # fmt: skip


@dataclass(frozen=True)
class Expression:
    """A parsed rule; build it with :func:`parse`."""

    text: str
    names: tuple[str, ...]
    tree: ast.expr

    def evaluate(self, columns: Mapping[str, pd.Series], index: pd.Index) -> pd.Series:
        """Value of the expression for every row.

        Parameters
        ----------
        columns : mapping of str to pandas.Series
            Typed columns, all with ``index``.
        index : pandas.Index
            The rows.

        Returns
        -------
        pandas.Series
            ``boolean`` with missing values for a condition, ``Float64`` for an amount.
        """
        import pandas as pd

        value = _Evaluator(columns, index).visit(self.tree)
        return value if isinstance(value, pd.Series) else pd.Series(value, index=index)


def parse(text: str) -> Expression:
    """Parse a rule.

    Raises
    ------
    ValueError
        When the text is too long or too deep, or uses anything outside the language.

    Examples
    --------
    >>> parse("aid <= price and status != 'planned'").names
    ('aid', 'price', 'status')
    >>> parse("__import__('os')")
    Traceback (most recent call last):
    ValueError: a call is not allowed in a rule
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(f"a rule has at most {MAX_LENGTH} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python thinks of the style of a rule
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"not a rule: {text!r}") from None
    names: list[str] = []
    _check(tree, 0, names)
    return Expression(text, tuple(dict.fromkeys(names)), tree)


def _check(node: ast.AST, depth: int, names: list[str]) -> None:
    if depth > MAX_DEPTH:
        raise ValueError(f"a rule is at most {MAX_DEPTH} levels deep")
    if not isinstance(node, _ALLOWED):
        raise ValueError(f"a {type(node).__name__.lower()} is not allowed in a rule")
    if isinstance(node, ast.Constant):
        _check_constant(node.value)
    if isinstance(node, ast.BinOp) and any(
        isinstance(side, ast.Constant) and isinstance(side.value, str) for side in (node.left, node.right)
    ):
        raise ValueError("texts cannot be added or multiplied in a rule")
    if isinstance(node, ast.Tuple | ast.List):
        raise ValueError("a list stands only behind 'in', at the end of a rule's comparison")
    if isinstance(node, ast.Compare) and isinstance(node.comparators[-1], ast.Tuple | ast.List):
        _check_options(node.ops[-1], node.comparators[-1])
        children: list[ast.AST] = [node.left, *node.ops, *node.comparators[:-1]]
    else:
        children = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Name):
        names.append(node.id)
    for child in children:
        _check(child, depth + 1, names)


def _check_constant(value: object) -> None:
    if not isinstance(value, int | float | str | type(None)):
        raise ValueError(f"{value!r} is not allowed in a rule")
    if isinstance(value, int | float) and abs(value) > MAX_NUMBER:
        raise ValueError(f"numbers of a rule go up to {MAX_NUMBER:,}")


def _check_options(op: ast.cmpop, options: ast.Tuple | ast.List) -> None:
    """A list of texts or numbers behind ``in``."""
    if not isinstance(op, ast.In | ast.NotIn):
        raise ValueError("a list stands only behind 'in', at the end of a rule's comparison")
    if not options.elts:
        raise ValueError("the list behind 'in' is empty, so that the rule never holds")
    for option in options.elts:
        if not isinstance(option, ast.Constant) or option.value is None:
            raise ValueError("the list behind 'in' holds texts in quotes or numbers, nothing else, in a rule")
        _check_constant(option.value)


class _Evaluator(ast.NodeVisitor):
    def __init__(self, columns: Mapping[str, pd.Series], index: pd.Index) -> None:
        self.columns, self.index = columns, index

    def visit_Name(self, node: ast.Name) -> Any:
        return self.columns[node.id]

    def visit_Constant(self, node: ast.Constant) -> Any:
        return node.value

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        value = self.visit(node.operand)
        return -self._amount(value) if isinstance(node.op, ast.USub) else ~self._condition(value)

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        left, right = self.visit(node.left), self.visit(node.right)
        if _is_date(left) and _is_date(right) and isinstance(node.op, ast.Sub):
            return (left - right).dt.days.astype("Float64")
        left, right = self._amount(left), self._amount(right)
        if isinstance(node.op, ast.Div):
            return left / right.mask(right == 0)
        return _ARITHMETIC[type(node.op)](left, right)

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        parts = [self._condition(self.visit(value)) for value in node.values]
        result = parts[0]
        for part in parts[1:]:
            result = result & part if isinstance(node.op, ast.And) else result | part
        return result

    def visit_Compare(self, node: ast.Compare) -> Any:
        left, result = self.visit(node.left), None
        for op, right_node in zip(node.ops, node.comparators, strict=True):
            part = self._compare(op, left, right_node)
            result = part if result is None else result & part
            if right_node is not node.comparators[-1]:
                left = self.visit(right_node)
        return result

    def _compare(self, op: ast.cmpop, left: Any, right_node: ast.expr) -> Any:
        if isinstance(op, ast.In | ast.NotIn):
            inside = self._contains(left, right_node)
            return ~inside if isinstance(op, ast.NotIn) else inside
        right = self.visit(right_node)
        if left is None or right is None or isinstance(op, ast.Is | ast.IsNot):
            missing = (right if left is None else left).isna().astype("boolean")
            return missing if isinstance(op, ast.Eq | ast.Is) else ~missing
        result = self._condition(_COMPARE[type(op)](left, right))
        for side in (left, right):
            if _is_date(side):  # dates know no three-valued logic of their own
                result = result.mask(side.isna())
        return result

    def _contains(self, left: Any, right_node: ast.expr) -> Any:
        """``column in ('a', 'b')``, or ``'a' in column`` where the column holds several codes."""
        import re

        if isinstance(right_node, ast.Tuple | ast.List):
            options = [self.visit(element) for element in right_node.elts]
            return left.isin(options).astype("boolean").mask(left.isna())
        column = self.visit(right_node)
        pattern = rf"(?:^|\|){re.escape(str(left))}(?:=|\||$)"
        return column.str.contains(pattern, regex=True, na=False).astype("boolean").mask(column.isna())

    def _amount(self, value: Any) -> pd.Series:
        """Numbers with missing values; whole numbers too become floating, since 64 bits overflow in silence."""
        import pandas as pd

        if isinstance(value, pd.Series):
            return value if value.dtype == "Float64" else value.astype("Float64")
        return pd.Series(float(value), index=self.index, dtype="Float64")

    def _condition(self, value: Any) -> pd.Series:
        import pandas as pd

        if isinstance(value, pd.Series):
            return value if value.dtype == "boolean" else value.astype("boolean")
        return pd.Series(bool(value), index=self.index, dtype="boolean")


def _is_date(value: Any) -> bool:
    return getattr(getattr(value, "dtype", None), "kind", "") == "M"


def nullable(column: pd.Series) -> pd.Series:
    """The column in a type with three-valued logic."""
    if str(column.dtype) in ("boolean", "Float64", "Int64", "string"):
        return column
    match column.dtype.kind:
        case "M":
            return column
        case "f":
            return column.astype("Float64")
        case "i":
            return column.astype("Int64")
        case "b":
            return column.astype("boolean")
        case _:
            return column.astype("string")
