"""What a design needs of the data, and the word that is left when they do not give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dihkpi.definitions.plan import VERDICTS, Design, Need, Verdict


@dataclass(frozen=True)
class Judgement:
    """What a result may be called.

    Attributes
    ----------
    verdict : str
    needs : str
        Every need, with what was found.
    unmet : tuple of str
        Needs that are not met, in words.
    caveats : tuple of str
        Needs that are not met and leave the verdict.
    instead : bool
        The design cannot be used at all.
    """

    verdict: Verdict
    needs: str
    unmet: tuple[str, ...]
    caveats: tuple[str, ...]
    instead: bool


def judge(design: Design, facts: Mapping[str, float]) -> Judgement:
    """Hold the facts against the needs; facts that are not known yet are passed over.

    Parameters
    ----------
    design : Design
    facts : mapping of str to float
        Counts and measures of the data.

    Examples
    --------
    >>> need = Need(fact="comparison", least=2, about="a comparison group", otherwise="descriptive")
    >>> design = Design(title="", verdict="causal under assumption", assumption="", fields=(), needs=(need,))
    >>> judge(design, {"comparison": 0}).verdict, judge(design, {"comparison": 9}).verdict
    ('descriptive', 'causal under assumption')
    """
    verdict: Verdict = design.verdict
    told, unmet, caveats, instead = [], [], [], False
    for need in design.needs:
        value = facts.get(need.fact, float("nan"))
        if value != value:
            told.append(f"{need.about}: not known")
            continue
        met = _meets(need, value)
        told.append(f"{need.about}: {value:.3g}, {'met' if met else 'not met'}")
        if met:
            continue
        words = f"needs {need.about}, found {value:.3g}"
        if need.otherwise == "caveat":
            caveats.append(words)
            continue
        unmet.append(words)
        if need.otherwise == "instead":
            instead = True
            verdict = "descriptive"
        elif VERDICTS.index(need.otherwise) < VERDICTS.index(verdict):
            verdict = need.otherwise
    return Judgement(verdict, "; ".join(told), tuple(unmet), tuple(caveats), instead)


def _meets(need: Need, value: float) -> bool:
    return (need.least is None or value >= need.least) and (need.most is None or value <= need.most)
