"""How things are said: escaped text, rounded numbers with their unit, days and periods in words."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
_QUARTERS = {"1": "first", "2": "second", "3": "third", "4": "fourth"}
PERCENT = ("percent", "%")
_FEW = 100
"""Below so many euros per something cents are told."""
_SPACES = re.compile(r"[^\S\N{NO-BREAK SPACE}]+")  # that space is ours: it keeps a number and its unit on one line
_MINUS, _NARROW = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"


def visible(text: object) -> str:
    """Text on one line, with control characters and changes of direction shown by their code point.

    So are the two that no XML may hold: a drawing with one of them would not be shown at all.

    Examples
    --------
    >>> visible("a\\x00b\\u202ec")
    'a‹U+0000›b‹U+202E›c'
    """
    given = "" if text is None else _SPACES.sub(" ", str(text)).strip()
    hidden = {"Cc", "Cf", "Cs"}
    return "".join(
        f"‹U+{ord(c):04X}›" if unicodedata.category(c) in hidden or c in "\ufffe\uffff" else c for c in given
    )


def esc(text: object) -> str:
    """The one way by which foreign text enters a page.

    Examples
    --------
    >>> esc('<img src=x onerror="hit()">')
    '&lt;img src=x onerror=&quot;hit()&quot;&gt;'
    """
    return html.escape(visible(text), quote=True)


def number(value: float, decimals: int = 0, sign: bool = False) -> str:
    """A number rounded half up, with thousands separated.

    Examples
    --------
    >>> number(1234567.5), number(-0.04, 1), number(7.25, 1, sign=True)
    ('1,234,568', '0.0', '+7.3')
    """
    step = Decimal(1).scaleb(-decimals)
    rounded = Decimal(repr(float(value))).quantize(step, rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,}"
    if rounded < 0:
        return _MINUS + text
    return "+" + text if sign and rounded > 0 else text


def amount(value: float, unit: str = "", sign: bool = False, decimals: int = 1) -> str:
    """A number as its unit asks: whole per cent and euros, means with decimals, counts as they are.

    Examples
    --------
    >>> amount(2.345, "EUR per EUR"), amount(1234.5, "EUR per organisation")
    ('€2.35', '€1,235')
    >>> amount(41.5, "percent"), amount(1128186.17, "EUR"), amount(7.04, "points", sign=True), amount(12.0)
    ('42\xa0%', '€1,128,186', '+7.0', '12')
    """
    if unit in PERCENT:
        return number(value, sign=sign) + _NARROW + "%"
    if unit.startswith("EUR"):  # euros, or euros per something: with cents where that is a few euros
        text = number(abs(value), 2 if unit != "EUR" and abs(value) < _FEW else 0)
        return (_MINUS if value < 0 and text != "0" else "") + "€" + text
    return number(value, decimals if unit == "points" or not float(value).is_integer() else 0, sign)


def short_amount(value: float, unit: str = "", sign: bool = False, decimals: int = 1) -> str:
    """As `amount`, with millions of euros in words, for large type.

    Examples
    --------
    >>> short_amount(2645000, "EUR"), short_amount(54600, "EUR")
    ('€2.6\xa0million', '€54,600')
    """
    if unit == "EUR" and abs(value) >= 1_000_000:
        return (_MINUS if value < 0 else "") + f"€{number(abs(value) / 1_000_000, 1)}{_NARROW}million"
    return amount(value, unit, sign, decimals)


def percent(share: float | None) -> str:
    """A share between 0 and 1 as whole per cent; a dash when there is none.

    Examples
    --------
    >>> percent(0.635), percent(None)
    ('64\xa0%', '–')
    """
    return "–" if share is None else number(Decimal(repr(share)).scaleb(2).__float__()) + _NARROW + "%"


def interval(lo: float, hi: float, unit: str = "", sign: bool = False, decimals: int = 1) -> str:
    """Both ends of an interval.

    Examples
    --------
    >>> interval(4.9, 9.5, "points")
    '4.9 to 9.5'
    """
    return f"{amount(lo, unit, sign, decimals)} to {amount(hi, unit, sign, decimals)}"


def day(text: str) -> str:
    """An ISO day in words.

    Examples
    --------
    >>> day("2026-06-30")
    '30 June 2026'
    """
    when = date.fromisoformat(text)
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def period_words(period: str) -> str:
    """A period as it stands in a sentence.

    Examples
    --------
    >>> [period_words(period) for period in ("2026", "2026-Q3", "2026-09")]
    ['in 2026', 'in the third quarter of 2026', 'in September 2026']
    >>> period_words("2026-H1")
    'in the first half of 2026'
    >>> [period_words(period) for period in ("M18", "../2026-12-31")]
    ['up to month 18 of the grant', 'up to 31 December 2026']
    """
    if period.startswith("../"):
        return f"up to {day(period[3:])}"
    if period.startswith("M"):
        first, _, last = period[1:].partition("-M")
        return f"in months {first} to {last} of the grant" if last else f"up to month {first} of the grant"
    year, _, part = period.partition("-")
    if part.startswith("Q"):
        return f"in the {_QUARTERS.get(part[1:], part)} quarter of {year}"
    if part.startswith("H"):
        return f"in the {_QUARTERS.get(part[1:], part)} half of {year}"
    return f"in {MONTHS[int(part) - 1]} {year}" if part.isdigit() else f"in {period}"


def plural(count: float, one: str, many: str = "") -> str:
    """A count with its noun.

    Examples
    --------
    >>> plural(1, "hub"), plural(1200, "hub"), plural(0, "country", "countries")
    ('1 hub', '1,200 hubs', '0 countries')
    """
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def listing(words: Iterable[str]) -> str:
    """Words joined as in a sentence.

    Examples
    --------
    >>> listing(["a", "b", "c"]), listing(["a"])
    ('a, b and c', 'a')
    """
    *head, last = list(words) or [""]
    return f"{', '.join(head)} and {last}" if head else last


def capital(sentence: str) -> str:
    """The first letter as a capital, the rest untouched."""
    return sentence[:1].upper() + sentence[1:]
