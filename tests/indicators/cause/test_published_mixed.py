"""Mixed models of textbooks: variances, criterion and degrees of freedom as lme4 and nlme print them."""

from __future__ import annotations

import numpy as np
import pytest

from dihkpi.indicators.cause.mixed import mixed_model

# Davies (1949): yield of dye in grams, five preparations of each of six batches.
DYE = [
    1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495, 1595, 1550, 1605, 1510, 1560,
    1445, 1440, 1595, 1465, 1545, 1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445,
]  # fmt: skip
# Milliken and Johnson (1992), table 23.1: score of six workers, thrice on each of the machines A, B and C.
MACHINES = [
    52.0, 52.8, 53.1, 51.8, 52.8, 53.1, 60.0, 60.2, 58.4, 51.1, 52.3, 50.3, 50.9, 51.8, 51.4, 46.4, 44.8, 49.2,
    62.1, 62.6, 64.0, 59.7, 60.0, 59.0, 68.6, 65.8, 69.7, 63.2, 62.8, 62.2, 64.8, 65.0, 65.4, 43.7, 44.2, 43.0,
    67.5, 67.2, 66.9, 61.5, 61.7, 62.3, 70.8, 70.6, 71.0, 64.1, 66.2, 64.0, 72.1, 72.0, 71.1, 62.0, 61.4, 60.5,
]  # fmt: skip


def test_dyestuff() -> None:
    found = mixed_model(np.array(DYE, float), {"constant": np.ones(30)}, {"batch": np.repeat(list("ABCDEF"), 5)})
    assert [found.effects[0].estimate, found.effects[0].se] == pytest.approx([1527.5, 19.383], abs=1e-3)
    assert found.components[0].sd ** 2 == pytest.approx(1764.05, abs=0.05)
    assert found.sigma**2 == pytest.approx(2451.25, abs=0.05)
    assert found.criterion == pytest.approx(319.6543, abs=1e-4)
    assert found.effects[0].df == 5


def test_machines_differ_within_workers() -> None:
    """Pinheiro and Bates (2000), section 1.3: a machine is the same for a worker on it, so 18 - 6 - 2 = 10 degrees."""
    machine, worker = np.repeat(list("ABC"), 18), np.tile(np.repeat(np.arange(6), 3), 3)
    fixed = {"constant": np.ones(54), **{name: (machine == name).astype(float) for name in "BC"}}
    levels = {"worker": worker, "on": np.char.add(machine, worker.astype(str))}
    found = mixed_model(np.array(MACHINES), fixed, levels)
    numbers = [(effect.estimate, effect.se) for effect in found.effects]
    assert numbers == pytest.approx(np.array([(52.3556, 2.4858), (7.9667, 2.177), (13.9167, 2.177)]), abs=1e-4)
    assert [part.sd for part in found.components] == pytest.approx([4.781, 3.7295], abs=1e-3)
    assert found.sigma == pytest.approx(0.9616, abs=1e-4)
    assert found.criterion == pytest.approx(215.6876, abs=1e-4)
    assert [effect.df for effect in found.effects] == [5, 10, 10]


def test_support_of_whole_hubs_has_the_degrees_of_hubs() -> None:
    """Hubs in regions: not the rows, of which there may be thousands, tell how sure an effect of hubs is."""
    rng = np.random.default_rng(3)
    hub = np.repeat(np.arange(12), 20)
    region, supported = hub // 3, (hub % 2).astype(float)
    y = rng.normal(size=12)[hub] + rng.normal(size=4)[region] + rng.normal(size=240)
    found = mixed_model(y, {"constant": np.ones(240), "effect": supported}, {"region": region, "hub": hub})
    assert [effect.df for effect in found.effects] == [4 - 1, 12 - 4 - 1]
