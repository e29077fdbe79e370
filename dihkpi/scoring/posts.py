"""Goalposts, targets, references and edges of items, on the scale that their values have at the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.composite import NumericItem
from dihkpi.scoring.faults import UnfitError

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Posts:
    """What items are measured against, on the scale of their values; NaN where the definition names none.

    Parameters
    ----------
    low, high : numpy.ndarray, shape (items,)
        Goalposts: the worst and the best, once the signs are turned.
    target, reference : numpy.ndarray, shape (items,)
    clip : numpy.ndarray of bool, shape (items,)
        Whether a value beyond a goalpost counts as the goalpost.
    edges : tuple of numpy.ndarray
        Edges between bands, per item.
    """

    low: Vector
    high: Vector
    target: Vector
    reference: Vector
    clip: npt.NDArray[np.bool_]
    edges: tuple[Vector, ...]

    @classmethod
    def of(cls, items: Sequence[NumericItem]) -> Posts:
        """The posts of items as they are defined, in natural units.

        Examples
        --------
        >>> posts = Posts.of([NumericItem(low="0", high="10"), NumericItem(target="5")])
        >>> posts.low.tolist(), posts.target.tolist()
        ([0.0, nan], [nan, 5.0])
        """
        given = {
            name: np.array([np.nan if getattr(i, name) is None else getattr(i, name) for i in items], dtype=float)
            for name in ("low", "high", "target", "reference")
        }
        clip = np.array([item.clip for item in items], dtype=bool)
        return cls(**given, clip=clip, edges=tuple(np.array(item.edges, dtype=float) for item in items))

    @classmethod
    def single(cls, **fields: str) -> Posts:
        """The posts of one item, from its fields as a file writes them."""
        return cls.of([NumericItem.model_validate(fields)])

    def turned(self, signs: Vector) -> Posts:
        """With the sign of items turned where less is better; the lower goalpost is then the worse one again.

        Examples
        --------
        >>> posts = Posts.single(low="0", high="10").turned(np.array([-1.0]))
        >>> posts.low.tolist(), posts.high.tolist()
        ([-10.0], [-0.0])
        """
        low, high = np.where(signs < 0, (-self.high, -self.low), (self.low, self.high))
        edges = tuple(np.sort(sign * edges) for sign, edges in zip(signs, self.edges, strict=True))
        return replace(
            self, low=low, high=high, target=signs * self.target, reference=signs * self.reference, edges=edges
        )

    def bent(self, item: int, bend: Callable[[Vector], Vector]) -> Posts:
        """With one item's posts on the scale that a transformation gives its values."""

        def one(posts: Vector) -> Vector:
            result = posts.copy()
            with np.errstate(invalid="ignore", divide="ignore"):
                result[item] = bend(posts[item : item + 1])[0]
            if not np.isnan(posts[item]) and not np.isfinite(result[item]):
                raise UnfitError(item, f"the goalpost {posts[item]:g} has no place on the transformed scale")
            return result

        edges = tuple(bend(e) if at == item else e for at, e in enumerate(self.edges))
        return Posts(one(self.low), one(self.high), one(self.target), one(self.reference), self.clip, edges)

    def at(self, items: npt.NDArray[np.intp]) -> Posts:
        """The posts of some items."""
        edges = tuple(self.edges[i] for i in items)
        return Posts(
            self.low[items], self.high[items], self.target[items], self.reference[..., items], self.clip[items], edges
        )
