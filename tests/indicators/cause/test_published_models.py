"""Mixed models and regressions held against the figures printed in textbooks."""

from __future__ import annotations

import numpy as np
import pytest

from dihkpi.indicators.cause.mixed import mixed_model

# Davies and Goldsmith (1972), Statistical Methods in Research and Production: yield of dyestuff, six batches of five.
DYESTUFF = [
    1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495, 1595, 1550, 1605, 1510, 1560,
    1445, 1440, 1595, 1465, 1545, 1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445,
]  # fmt: skip
# Box and Tiao (1973), Bayesian Inference in Statistical Analysis, table 5.1.4: made so that no variance is visible.
GENERATED = [
    7.298, 3.846, 2.434, 9.566, 7.990, 5.220, 6.556, 0.608, 11.788, -0.892, 0.110, 10.386, 13.434, 5.510, 8.166,
    2.212, 4.852, 7.092, 9.288, 4.980, 0.282, 9.014, 4.458, 9.446, 7.198, 1.722, 4.782, 8.106, 0.758, 3.758,
]  # fmt: skip
# Pinheiro and Bates (2000), section 1.3: three scores of each of six workers on machines A, B and C.
MACHINES = [
    52.0, 52.8, 53.1, 51.8, 52.8, 53.1, 60.0, 60.2, 58.4, 51.1, 52.3, 50.3, 50.9, 51.8, 51.4, 46.4, 44.8, 49.2,
    62.1, 62.6, 64.0, 59.7, 60.0, 59.0, 68.6, 65.8, 69.7, 63.2, 62.8, 62.2, 64.8, 65.0, 65.4, 43.7, 44.2, 43.0,
    67.5, 67.2, 66.9, 61.5, 61.7, 62.3, 70.8, 70.6, 71.0, 64.1, 66.2, 64.0, 72.1, 72.0, 71.1, 62.0, 61.4, 60.5,
]  # fmt: skip
# Potthoff and Roy (1964), Biometrika 51: distance in the skull of 16 boys and 11 girls at ages 8, 10, 12 and 14.
BOYS = [
    26, 25, 29, 31, 21.5, 22.5, 23, 26.5, 23, 22.5, 24, 27.5, 25.5, 27.5, 26.5, 27, 20, 23.5, 22.5, 26, 24.5, 25.5, 27,
    28.5, 22, 22, 24.5, 26.5, 24, 21.5, 24.5, 25.5, 23, 20.5, 31, 26, 27.5, 28, 31, 31.5, 23, 23, 23.5, 25, 21.5, 23.5,
    24, 28, 17, 24.5, 26, 29.5, 22.5, 25.5, 25.5, 26, 23, 24.5, 26, 30, 22, 21.5, 23.5, 25,
]  # fmt: skip
GIRLS = [
    21, 20, 21.5, 23, 21, 21.5, 24, 25.5, 20.5, 24, 24.5, 26, 23.5, 24.5, 25, 26.5, 21.5, 23, 22.5, 23.5, 20, 21, 21,
    22.5, 21.5, 22.5, 23, 25, 23, 23, 23.5, 24, 20, 21, 22, 21.5, 16.5, 19, 19, 19.5, 24.5, 25, 28, 28,
]  # fmt: skip


def test_a_variance_between_batches():
    found = mixed_model(np.array(DYESTUFF, float), {"mean": np.ones(30)}, {"batch": np.repeat(np.arange(6), 5)})
    mean, batch = found.effects[0], found.components[0]
    assert [mean.estimate, mean.se] == pytest.approx([1527.50, 19.38], abs=0.005)
    assert [batch.sd, found.sigma, found.criterion] == pytest.approx([42.00, 49.51, 319.6543], abs=0.005)


def test_no_variance_between_batches_is_said():
    found = mixed_model(np.array(GENERATED), {"mean": np.ones(30)}, {"batch": np.repeat(np.arange(6), 5)})
    assert (found.status, found.components[0].at_zero) == ("u", True)
    assert [found.effects[0].estimate, found.sigma, found.criterion] == pytest.approx(
        [5.6656, 3.7157, 161.8283], abs=5e-5
    )


def test_growth_of_boys_and_girls():
    y, age = np.array([*BOYS, *GIRLS], float), np.tile([8.0, 10, 12, 14], 27)
    girl, child = np.repeat([0.0, 1.0], [64, 44]), np.repeat(np.arange(27), 4)
    plain = mixed_model(y, {"constant": np.ones(108), "age": age, "girl": girl}, {"child": child})
    printed = [(17.7067, 0.8339), (0.6602, 0.0616), (-2.3210, 0.7614)]
    assert [(effect.estimate, effect.se) for effect in plain.effects] == [pytest.approx(b, abs=5e-5) for b in printed]
    assert [effect.df for effect in plain.effects[1:]] == [80, 25]
    assert [plain.components[0].sd, plain.sigma] == pytest.approx([1.8074, 1.4316], abs=5e-5)
    sloped = mixed_model(y, {"constant": np.ones(108), "age": age}, {"child": child}, slopes={"age": age})
    assert np.sqrt(np.diag(sloped.slopes)) == pytest.approx([2.3270, 0.2264], abs=5e-4)
    assert sloped.slopes[0, 1] / np.sqrt(sloped.slopes[0, 0] * sloped.slopes[1, 1]) == pytest.approx(-0.609, abs=1e-3)
    assert [sloped.sigma, sloped.criterion] == pytest.approx([1.3100, 442.6367], abs=5e-4)


def test_what_differs_inside_a_worker_but_not_inside_a_pairing_has_the_df_of_the_pairings():
    y = np.array(MACHINES)
    machine, worker = np.repeat(["A", "B", "C"], 18), np.tile(np.repeat(np.arange(6), 3), 3)
    levels = {"worker": worker, "pairing": [f"{w} {m}" for w, m in zip(worker, machine, strict=True)]}
    fixed = {"constant": np.ones(54), "B": (machine == "B").astype(float), "C": (machine == "C").astype(float)}
    found = mixed_model(y, fixed, levels)
    printed = [(52.35556, 2.4858), (7.96667, 2.1770), (13.91667, 2.1770)]
    assert [(effect.estimate, effect.se) for effect in found.effects] == [pytest.approx(b, abs=5e-5) for b in printed]
    assert [part.sd for part in found.components] == pytest.approx([4.7811, 3.7294], abs=3e-4)
    assert found.sigma == pytest.approx(0.9616, abs=5e-5)
    assert [effect.df for effect in found.effects[1:]] == [10, 10]
    assert [effect.p for effect in found.effects[1:]] == pytest.approx([0.0044, 0.0001], abs=5e-5)


def minus_twice_restricted(y, x, group, spread, sigma):
    """-2 log restricted likelihood of a slope per group, from its definition."""
    v = x @ spread @ x.T * (group[:, None] == group) + sigma**2 * np.eye(len(y))
    inverse = np.linalg.inv(v)
    inner = x.T @ inverse @ x
    rest = y - x @ np.linalg.solve(inner, x.T @ inverse @ y)
    free = len(y) - x.shape[1]
    return np.linalg.slogdet(v)[1] + np.linalg.slogdet(inner)[1] + rest @ inverse @ rest + free * np.log(2 * np.pi)


@pytest.mark.parametrize("seed", [11, 102])
def test_the_top_of_the_likelihood_where_l_bfgs_stops_halfway(seed):
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(24), 8)
    x = rng.normal(size=192) * rng.choice([1, 5])
    y = 12 + 2 * x + rng.normal(size=24)[group] * 3 + rng.normal(size=24)[group] * x * 0.5 + rng.normal(size=192) * 6
    found = mixed_model(y, {"constant": np.ones(192), "x": x}, {"group": group}, slopes={"x": x})
    columns = np.column_stack([np.ones(192), x])
    here = minus_twice_restricted(y, columns, group, found.slopes, found.sigma)
    assert found.criterion == pytest.approx(here, abs=1e-3)
    for step in np.random.default_rng(1).normal(size=(40, 3)) * 0.2:
        root = np.linalg.cholesky(found.slopes + 1e-9 * np.eye(2)) + np.array([[step[0], 0], [step[1], step[2]]])
        assert minus_twice_restricted(y, columns, group, root @ root.T, found.sigma) > here - 0.02
