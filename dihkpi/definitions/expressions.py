"""The small language of rules: names, numbers, texts, arithmetic, comparisons, ``and or not in``.

Nothing else parses: no calls, no attributes, no indexing, no powers. Missing values follow three-valued logic, so that
a comparison with a missing value is neither true nor false; ``x == None`` asks whether ``x`` is missing.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MAX_LENGTH = 500
MAX_DEPTH = 20

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
    ast.Div: operator.truediv,
}
_ALLOWED = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.Compare, ast.BinOp, ast.Name,
    ast.Load, ast.Constant, ast.Tuple, ast.List, ast.In, ast.NotIn, ast.Is, ast.IsNot, *_COMPARE, *_ARITHMETIC,
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
    if isinstance(node, ast.Constant) and not isinstance(node.value, int | float | str | type(None)):
        raise ValueError(f"{node.value!r} is not allowed in a rule")
    if isinstance(node, ast.BinOp) and any(
        isinstance(side, ast.Constant) and isinstance(side.value, str) for side in (node.left, node.right)
    ):
        raise ValueError("texts cannot be added or multiplied in a rule")
    if isinstance(node, ast.Name):
        names.append(node.id)
    for child in ast.iter_child_nodes(node):
        _check(child, depth + 1, names)


class _Evaluator(ast.NodeVisitor):
    def __init__(self, columns: Mapping[str, pd.Series], index: pd.Index) -> None:
        self.columns, self.index = columns, index

    def visit_Name(self, node: ast.Name) -> Any:
        return self.columns[node.id]

    def visit_Constant(self, node: ast.Constant) -> Any:
        return node.value

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        value = self.visit(node.operand)
        return -value if isinstance(node.op, ast.USub) else ~self._condition(value)

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        return _ARITHMETIC[type(node.op)](self.visit(node.left), self.visit(node.right))

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
            if not isinstance(right_node, ast.Tuple | ast.List):
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
        for side in (left, right):  # dates know no three-valued logic of their own
            if getattr(getattr(side, "dtype", None), "kind", "") == "M":
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

    def _condition(self, value: Any) -> pd.Series:
        import pandas as pd

        if isinstance(value, pd.Series):
            return value if value.dtype == "boolean" else value.astype("boolean")
        return pd.Series(bool(value), index=self.index, dtype="boolean")


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
