"""What an expression gives, told from the types of its columns: mixed types are problems of the definition.

A rule that compares a text with a number would never hold, or stop the program at the first file that it meets.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Literal

from dihkpi.definitions.expressions import Expression

Kind = Literal["number", "text", "codes", "date", "condition", "nothing", "unknown"]
"""``codes`` is a text with several codes; ``nothing`` is ``None``; ``unknown`` fits everywhere."""

_SAID: Mapping[Kind, str] = {
    "number": "a number", "text": "a text", "codes": "a list of codes", "date": "a date",
    "condition": "a condition", "nothing": "None", "unknown": "unknown",
}  # fmt: skip
_OF_CELLS: Mapping[str, Kind] = {
    "integer": "number", "decimal": "number", "money": "number", "percent": "number", "date": "date",
    "datetime": "date", "boolean": "condition", "codes": "codes", "rated_codes": "codes",
}  # fmt: skip


def kind_of(cell_type: str) -> Kind:
    """What the cells of a type are in an expression.

    Examples
    --------
    >>> kind_of("money"), kind_of("period"), kind_of("rated_codes")
    ('number', 'text', 'codes')
    """
    return _OF_CELLS.get(cell_type, "text")


def type_problems(
    expression: Expression, kinds: Mapping[str, Kind], wanted: Iterable[Kind] = ()
) -> tuple[Kind, list[str]]:
    """What an expression gives, and what in it does not fit together.

    Parameters
    ----------
    expression : Expression
        A parsed rule.
    kinds : mapping of str to Kind
        What each name is; a name without an entry fits everywhere.
    wanted : iterable of Kind
        What the expression as a whole must be, if that matters.

    Examples
    --------
    >>> from dihkpi.definitions.expressions import parse
    >>> type_problems(parse("price > 'a'"), {"price": "number"})
    ('condition', ["price > 'a': compares a number with a text"])
    >>> type_problems(parse("wave + 1"), {"wave": "text"}, ["condition"])[1]
    ['wave + 1: wave is a text, and only numbers can be calculated with', 'wave + 1: is a number, not a condition']
    """
    typing = _Typing(kinds)
    kind = typing.visit(expression.tree)
    allowed = set(wanted)
    if allowed and kind not in (*allowed, "unknown"):
        typing.tell(expression.tree, f"is {_SAID[kind]}, not {' or '.join(_SAID[k] for k in sorted(allowed))}")
    return kind, typing.problems


class _Typing:
    """Walks over a tree and notes what does not fit."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self.kinds, self.problems = kinds, list[str]()

    def tell(self, node: ast.AST, what: str) -> None:
        self.problems.append(f"{ast.unparse(node)}: {what}")

    def visit(self, node: ast.expr) -> Kind:
        visits: dict[type[ast.expr], Callable[..., Kind]] = {
            ast.Name: lambda name: self.kinds.get(name.id, "unknown"),
            ast.Constant: _constant,
            ast.UnaryOp: self._unary,
            ast.BinOp: self._calculation,
            ast.BoolOp: self._combination,
            ast.Compare: self._comparison,
        }
        return visits[type(node)](node)

    def _unary(self, node: ast.UnaryOp) -> Kind:
        if isinstance(node.op, ast.USub):
            self._numbers(node, node.operand)
            return "number"
        self._conditions(node, node.operand)
        return "condition"

    def _calculation(self, node: ast.BinOp) -> Kind:
        if isinstance(node.op, ast.Sub) and (self._quiet(node.left), self._quiet(node.right)) == ("date", "date"):
            return "number"  # days between them
        self._numbers(node, node.left, node.right)
        if isinstance(node.op, ast.Div) and isinstance(node.right, ast.Constant) and node.right.value == 0:
            self.tell(node, "divides by zero")
        return "number"

    def _combination(self, node: ast.BoolOp) -> Kind:
        self._conditions(node, *node.values)
        return "condition"

    def _comparison(self, node: ast.Compare) -> Kind:
        left = node.left
        for op, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(op, ast.In | ast.NotIn):
                self._inside(node, left, right)
            elif isinstance(op, ast.Is | ast.IsNot) and "nothing" not in (self._quiet(left), self._quiet(right)):
                self.tell(node, "'is' only asks for None; write ==")
            else:
                self._pair(node, op, left, right)
            left = right
        return "condition"

    def _pair(self, node: ast.Compare, op: ast.cmpop, left: ast.expr, right: ast.expr) -> None:
        kinds = self.visit(left), self.visit(right)
        equality = isinstance(op, ast.Eq | ast.NotEq | ast.Is | ast.IsNot)
        if "nothing" in kinds:
            if not equality:
                self.tell(node, "None has no order; write == None or != None")
            elif not any(isinstance(side, ast.Name) for side in (left, right)):
                self.tell(node, "only a column can be compared with None")
            return
        if "unknown" in kinds or (_day(left, kinds[1]) or _day(right, kinds[0])):
            return
        if kinds[0] != kinds[1]:
            self.tell(node, f"compares {_SAID[kinds[0]]} with {_SAID[kinds[1]]}{_codes_hint(kinds)}")
        elif not equality and kinds[0] not in ("number", "date"):
            self.tell(node, f"{_SAID[kinds[0]]} has no order; only numbers and dates are more or less than others")

    def _inside(self, node: ast.Compare, left: ast.expr, right: ast.expr) -> None:
        kind = self.visit(left)
        if isinstance(right, ast.Tuple | ast.List):
            if not isinstance(left, ast.Name):
                self.tell(node, "only a column can be in a list")
            others = {self.visit(option) for option in right.elts} - {"unknown"}
            if kind in ("date", "condition", "codes"):
                self.tell(node, f"{_SAID[kind]} cannot be looked for in a list")
            elif kind != "unknown" and others - {kind}:
                self.tell(node, f"looks for {_SAID[kind]} among others than {_SAID[kind]}")
        elif not isinstance(left, ast.Constant) or kind != "text":
            self.tell(node, "only a text in quotes can be looked for in a column")
        elif self.visit(right) not in ("text", "codes", "unknown"):
            self.tell(node, f"{_SAID[self.visit(right)]} holds no codes")

    def _numbers(self, node: ast.AST, *sides: ast.expr) -> None:
        for side in sides:
            kind = self.visit(side)
            if kind not in ("number", "unknown"):
                what = f"{ast.unparse(side)} is {_SAID[kind]}"
                self.tell(node, f"{what}, and only numbers can be calculated with")

    def _conditions(self, node: ast.AST, *sides: ast.expr) -> None:
        for side in sides:
            kind = self.visit(side)
            if kind not in ("condition", "unknown"):
                self.tell(node, f"{ast.unparse(side)} is {_SAID[kind]}, not a condition")

    def _quiet(self, node: ast.expr) -> Kind:
        """The kind of a side, without telling its problems."""
        return _Typing(self.kinds).visit(node)


def _constant(node: ast.Constant) -> Kind:
    if node.value is None:
        return "nothing"
    if isinstance(node.value, bool):
        return "condition"
    return "text" if isinstance(node.value, str) else "number"


def _day(side: ast.expr, other: Kind) -> bool:
    """Whether a text stands for a day beside a date."""
    if other != "date" or not isinstance(side, ast.Constant) or not isinstance(side.value, str):
        return False
    try:
        return date.fromisoformat(side.value).isoformat() == side.value
    except ValueError:
        return False


def _codes_hint(kinds: tuple[Kind, Kind]) -> str:
    return "; write 'code' in column" if set(kinds) == {"text", "codes"} else ""
