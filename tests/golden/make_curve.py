"""Writes curve.json: the curve of curve.h, worked out again from its description.

    python make_curve.py        (numpy, statsmodels)

Every step solves the least squares of each candidate beside the columns chosen so far by numpy, and takes the one that leaves least.
"""
import itertools
import json
import math
import os

import numpy as np
import statsmodels.api as sm

LAGS, TERMS = 12, 32


def candidates(reach):
    near = range(1, min(reach, LAGS) + 1)
    out = [c for d in (2, 3) for c in itertools.combinations_with_replacement(near, d)]
    return out + [(i,) * d for i in range(min(reach, LAGS) + 1, reach + 1) for d in (2, 3)]


def fit(z, linear, reach):
    t = np.arange(reach, len(z))
    mean, unit = z[t].mean(), z[t].std()
    w = (z - mean) / unit
    left = z[t] - z[t - 1] - linear[t]
    base = [np.ones(len(t)), w[t - 1], linear[t]] + [w[t - i] - w[t - i - 1] for i in range(1, min(reach - 1, LAGS) + 1)]
    columns, chosen, pool = np.stack(base, 1), [], candidates(reach)
    value = {c: np.prod([w[t - i] for i in c], axis=0) for c in pool}
    while len(chosen) < TERMS:
        q = np.linalg.qr(columns)[0]
        rest = left - q @ (q.T @ left)
        all_ = np.stack([value[c] for c in pool], 1)
        fresh = all_ - q @ (q.T @ all_)
        squares, own = (fresh ** 2).sum(0), (all_ ** 2).sum(0)
        gain = np.where(squares > 1e-8 * own, (fresh.T @ rest) ** 2 / np.maximum(squares, 1e-300), 0)
        best = int(gain.argmax())
        if len(t) * math.log(rest @ rest / (rest @ rest - gain[best])) <= math.log(len(t)) + 2 * math.log(len(pool)) or len(t) <= 2 * (columns.shape[1] + 1) + 8:
            break
        chosen.append(pool[best])
        columns = np.column_stack([columns, value[pool[best]]])
    if not chosen:
        return chosen, 0, 0, 0
    b = np.linalg.lstsq(columns, left, rcond=None)[0]
    fitted = columns @ b
    low, high = fitted.min(), fitted.max()
    wide = 0.1 * (high - low)
    last = (z[::-1] - mean) / unit
    row = [1, last[0], 0.25] + [last[i] - last[i + 1] for i in range(min(reach - 1, LAGS))] + [np.prod([last[i - 1] for i in c]) for c in chosen]
    return chosen, low - wide, high + wide, float(np.clip(np.array(row) @ b, low - wide, high + wide))


def cases():
    rng = np.random.default_rng(8)
    x, y, henon = 0.1, 0.1, []
    for _ in range(400):
        x, y = 1 - 1.4 * x * x + y, 0.3 * x
        henon.append(x)
    yield "Henon's map under noise", np.array(henon[100:]) + 0.1 * rng.normal(size=300), 6
    yield "sunspots", sm.datasets.sunspots.load_pandas().data.SUNACTIVITY.values, 30
    yield "a walk", np.cumsum(rng.normal(size=300)), 20
    yield "Henon's map, few rows", np.array(henon[340:]) + 0.02 * rng.normal(size=60), 3


if __name__ == "__main__":
    out = []
    for name, z, reach in cases():
        z = np.round(z, 4)
        linear = np.concatenate([[0, 0], 0.2 * np.abs(np.diff(z)[:-1])])
        chosen, low, high, forecast = fit(z, linear, reach)
        print(name, chosen)
        out.append({"name": name, "z": z.tolist(), "reach": reach, "products": [list(c) for c in chosen], "low": low, "high": high, "forecast": forecast})
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "curve.json"), "w") as file:
        json.dump({"cases": out}, file, separators=(",", ":"))
        file.write("\n")
