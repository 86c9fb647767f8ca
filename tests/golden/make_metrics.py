"""Writes metrics.json: scores, summaries, scalers, tests and distributions by scikit-learn, pandas and scipy.

    python make_metrics.py        (numpy, scipy, pandas, scikit-learn)

Diebold-Mariano is worked out here, independently, from the formulas of R's forecast::dm.test with power 2 and
varestimator "acf" (divisor n for every autocovariance), its t distribution from scipy.
"""
import json
import math
import os
import warnings

import numpy as np
import pandas as pd
import scipy.stats
import sklearn
from sklearn import metrics
from sklearn.preprocessing import MinMaxScaler, StandardScaler

warnings.simplefilter("ignore")
rng = np.random.default_rng(20240607)


def plain(x):
    """JSON has no NaN or infinity: null and strings."""
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple, np.ndarray)):
        return [plain(v) for v in x]
    if isinstance(x, (float, np.floating)):
        x = float(x)
        return None if math.isnan(x) else ("inf" if x > 0 else "-inf") if math.isinf(x) else x
    return int(x) if isinstance(x, np.integer) else x


def defined(actual, value):
    return value if np.ptp(actual) > 0 else math.nan


def score(name, actual, forecast, scale_range=1.0):
    a, f = np.asarray(actual, float), np.asarray(forecast, float)

    def five(a, f):
        return {
            "mse": metrics.mean_squared_error(a, f),
            "rmse": metrics.root_mean_squared_error(a, f),
            "mae": metrics.mean_absolute_error(a, f),
            "r2": defined(a, metrics.r2_score(a, f, force_finite=False)),
            "evs": defined(a, metrics.explained_variance_score(a, f, force_finite=False)),
        }

    return {"name": name, "actual": a, "forecast": f, "score": five(a, f), "range": scale_range,
            "scaled": five((a - a.min()) / scale_range, (f - a.min()) / scale_range)}


def scores():
    walk = 100 + np.cumsum(rng.normal(size=90))
    return [
        score("walk", walk, walk + rng.normal(size=90), 37.5),
        score("naive walk", walk[1:], walk[:-1], 0.25),
        score("useless", rng.normal(size=40), rng.normal(size=40) * 3, 2.0),
        score("perfect", [1.5, 2.5, 4.0], [1.5, 2.5, 4.0]),
        score("biased", [1.0, 2.0, 3.0, 4.0], [3.0, 4.0, 5.0, 6.0], 8.0),
        score("constant actuals", [0.1] * 7, rng.normal(size=7)),
        score("constant both", [0.1] * 7, [0.1] * 7),
        score("constant forecasts", rng.normal(size=9), [0.3] * 9),
        score("one", [2.0], [2.5]),
        score("two", [2.0, 3.0], [2.5, 2.25], 4.0),
        score("large", 1e6 + rng.normal(size=80), 1e6 + rng.normal(size=80), 512.0),
        score("tiny", 1e-9 * rng.normal(size=50), 1e-9 * rng.normal(size=50), 1e-9),
        score("long tails", rng.standard_cauchy(size=120), rng.standard_cauchy(size=120), 100.0),
    ]


def describe():
    nan = math.nan
    inputs = [
        rng.normal(size=101), rng.normal(size=100), rng.normal(size=4) * 1e8, [1.0], [1.0, 2.0], [nan, 3.0, nan, 1.0, 2.0, nan, 10.0],
        [nan, nan], [], [nan, 5.0], [0.1] * 11, np.where(rng.random(60) < 0.3, nan, rng.standard_cauchy(60)), 1e6 + rng.random(33),
    ]
    return [{"values": v, "summary": pd.Series(v, dtype=float).describe().to_dict()} for v in inputs]


def diebold_mariano(e1, e2, h):
    d = np.asarray(e1) ** 2 - np.asarray(e2) ** 2
    n = len(d)
    c = d - d.mean()
    gamma = [float(np.dot(c[k:], c[: n - k])) / n for k in range(h)]
    variance = (gamma[0] + 2 * sum(gamma[1:])) / n
    bartlett = variance <= 0 and h > 1
    if bartlett:
        variance = (gamma[0] + 2 * sum((1 - k / h) * gamma[k] for k in range(1, h))) / n
    statistic = d.mean() / math.sqrt(variance) * math.sqrt((n + 1 - 2 * h + h / n * (h - 1)) / n)
    return {"e1": e1, "e2": e2, "h": h, "statistic": statistic, "p": 2 * scipy.stats.t.sf(abs(statistic), n - 1), "bartlett": bartlett}


def tests():
    cases = []
    for n, h in ((8, 1), (8, 2), (8, 5), (20, 1), (20, 2), (20, 5), (120, 1), (120, 2), (120, 5), (400, 5)):
        ma = np.convolve(rng.normal(size=n + 5), np.ones(h), "valid")[:n]
        cases.append(diebold_mariano(ma * 1.1 + 0.05 * rng.normal(size=n), ma + 0.1 * rng.normal(size=n), h))
        cases.append(diebold_mariano(rng.normal(size=n), 1.6 * rng.normal(size=n), h))
    up_down = np.where(np.arange(30) % 2 == 0, 1.0, 2.0) + 0.01 * rng.normal(size=30)
    cases.append(diebold_mariano(up_down, np.full(30, 1.4), 2))
    assert any(c["bartlett"] for c in cases) and not all(c["bartlett"] for c in cases if c["h"] > 1)
    return cases


def distributions():
    # No x below 1e-3: scipy 1.17 gives exactly 0.5 for t with 1 degree of freedom at 1e-9; the C test has closed forms there.
    xs = [0.0, 1e-3, 0.1, 0.5, 1.0, 1.5, 1.96, 1.999, 2.0, 2.5, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0, -0.5, -2.0, -6.0]
    vs = [0.5, 1.0, 2.0, 3.0, 5.0, 9.5, 19.0, 29.0, 30.5, 100.0, 249.0, 999.0, 5000.0, 100000.0]
    return {"normal": [{"x": x, "upper": float(scipy.stats.norm.sf(x))} for x in xs + [37.0]],
            "t": [{"x": x, "v": v, "upper": float(scipy.stats.t.sf(x, v))} for v in vs for x in xs]}


def scalers():
    cases = []
    for x in (50 + np.cumsum(rng.normal(size=200)), rng.normal(size=3) * 1e-5, [4.0] * 6, [0.1] * 6, [7.0], 1e7 * rng.random(50)):
        column = np.asarray(x, float).reshape(-1, 1)
        later = np.array([[column[0, 0] * 1.7 - 1.0], [column.max() + 3.0]])
        minmax, standard = MinMaxScaler().fit(column), StandardScaler().fit(column)
        cases.append({"values": column.ravel(), "later": later.ravel(),
                      "minmax": {"offset": minmax.data_min_[0], "scale": 1 / minmax.scale_[0], "later": minmax.transform(later).ravel()},
                      "standard": {"offset": standard.mean_[0], "scale": standard.scale_[0], "later": standard.transform(later).ravel()}})
    return cases


out = {"versions": {"numpy": np.__version__, "pandas": pd.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__},
       "score": scores(), "describe": describe(), "diebold_mariano": tests(), "distribution": distributions(), "scaler": scalers()}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "metrics.json"), "w", encoding="ascii") as f:
    json.dump(plain(out), f, indent=None, separators=(",", ":"), allow_nan=False)
    f.write("\n")
