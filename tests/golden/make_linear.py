"""Writes linear.json: the linear forecast of linear.h, worked out again from its description.

    python make_linear.py        (numpy, pandas, statsmodels)

Every small model is a least-squares problem of its own, solved by numpy's lstsq on the rows themselves; nothing is shared between models. Penalties and weights are written out here, and the
least squares of some models are checked against statsmodels' AutoReg.
"""
import json
import math
import os

import numpy as np
import statsmodels.api as sm
from statsmodels.tsa.ar_model import AutoReg

RECENT, SEASONS, LAGS, RIDGE, DECAYS, FADES = 12, 3, 60, 1e-9, (0.3, 0.5, 0.7, 0.8, 0.9), (1, 0.7, 0.4)


def columns(shape, lag):
    """lists of lags whose changes are averaged to one regressor, none twice"""
    level, recent, season, n, around, mean = shape
    sets = [(i,) for i in range(1, recent + 1)] if isinstance(recent, int) else []
    if season and mean:
        sets += [tuple(j * season + i for j in range(1, n + 1)) for i in range(around + 1)]
    elif season:
        sets += [(j * season,) for j in range(1, n + 1)] + [(season + i,) for i in range(1, around + 1)]
    sets = list(dict.fromkeys(sets))
    return sets if all(max(s) <= lag for s in sets if s) else None


def fading(d, t, q, lag):
    """q^0 d[t-1] + q^1 d[t-2] + .. over `lag` changes; those before the first are 0"""
    return sum(q ** (i - 1) * np.where(t - i >= 1, d[np.maximum(t - i, 0)], 0) for i in range(1, lag + 1))


def least_squares(z, lag, shape, sets, first):
    """on the rows from `first` on: number of rows and parameters, squares left, coefficients of 1, level and all lags. recent as a float: the decay of a fading sum"""
    q = shape[1] if isinstance(shape[1], float) else None
    d = np.concatenate([[0.0], np.diff(z)])
    t = np.arange(first, len(z))
    parts = [np.ones(len(t))] + ([z[t - 1]] if shape[0] else []) + [np.mean([d[t - i] for i in s], axis=0) for s in sets] + ([fading(d, t, q, lag)] if q else [])
    x, y = np.stack(parts, 1), d[t]
    # the ridge as rows of its own: sqrt(RIDGE) times a regressor's norm
    extra = np.diag(np.sqrt(RIDGE) * np.linalg.norm(x, axis=0))
    w = np.linalg.lstsq(np.vstack([x, extra]), np.concatenate([y, np.zeros(len(extra))]), rcond=None)[0]
    whole = np.zeros(2 + lag)
    whole[0] = w[0]
    if shape[0]:
        whole[1] = w[1]
    for a, s in zip(w[1 + shape[0]:], sets):
        for i in s:
            whole[1 + i] += a / len(s)
    if q:
        whole[2:] += w[-1] * q ** np.arange(lag)
    return len(t), x.shape[1] + 1 + (q is not None), max(y @ y - w @ (x.T @ y), 1e-12 * (y @ y)), whole


def seasons_of(i, season, fade, known, lag):
    """weights of the changes i + season, i + 2 season, .. back, as far as known and within reach; {} where there is none"""
    back = range(i + season, min(known, lag) + 1, season)
    w = [fade ** k for k in range(len(back))]
    return {j: a / sum(w) for j, a in zip(back, w)}


def departure(i, season, fade, known, lag):
    """coefficients by lag: the change i back less its mean over past seasons"""
    return {i: 1.0} | {j: -a for j, a in seasons_of(i, season, fade, known, lag).items()}


def fade_regressors(shape, known, lag):
    """a list of {lag: coefficient}: the mean, then departures or their fading sum"""
    _, recent, season, fade = shape
    out = [seasons_of(0, season, fade, known, lag)]
    if isinstance(recent, int):
        return out + [departure(i, season, fade, known, lag) for i in range(1, recent + 1)]
    total = {}
    for i in range(1, lag - season + 1):
        for j, a in departure(i, season, fade, known, lag).items():
            total[j] = total.get(j, 0) + recent ** (i - 1) * a
    return out + [total]


def solve_fade(z, lag, shape, taken):
    """as solve, for a model with a mean over seasons"""
    level, recent, season, fade = shape
    own = season + (recent if isinstance(recent, int) else 1)
    d = np.concatenate([[0.0], np.diff(z)])
    k = 2 + level + (recent if isinstance(recent, int) else 1) + 2 + (not isinstance(recent, int)) + taken

    def fit_from(first):
        rows = range(first, len(z))
        x = np.array([[1.0] + [z[t - 1]] * level + [sum(a * d[t - i] for i, a in r.items() if t - i >= 1) for r in fade_regressors(shape, t - 1, lag)] for t in rows])
        y = d[list(rows)]
        extra = np.diag(np.sqrt(RIDGE) * np.linalg.norm(x, axis=0))
        w = np.linalg.lstsq(np.vstack([x, extra]), np.concatenate([y, np.zeros(len(extra))]), rcond=None)[0]
        return w, max(y @ y - w @ (x.T @ y), 1e-12 * (y @ y))
    n = len(z) - lag - 1
    if own > lag or n < k + 8:
        return math.inf, None
    c = n * math.log(fit_from(lag + 1)[1] / n) + 8 * level + 0.5 * (2 * k + 2 * k * (k + 1) / (n - k - 1) + k * math.log(n))
    w = fit_from(own + 1)[0]
    whole = np.zeros(2 + lag)
    whole[0], whole[1] = w[0], w[1] if level else 0
    for a, r in zip(w[1 + level:], fade_regressors(shape, lag, lag)):
        for i, b in r.items():
            whole[1 + i] += a * b
    return c, whole


def solve(z, lag, shape, taken=0):
    """the criterion, from the rows that all models share, and the coefficients, from all that this one knows its lags of; taken: parameters of z itself"""
    if len(shape) == 4:
        return solve_fade(z, lag, shape, taken)
    sets = columns(shape, lag)
    if sets is None or len(z) - lag - 1 < 10 + shape[0] + len(sets) + (2 if isinstance(shape[1], float) else 0) + taken:
        return math.inf, None
    n, k, squares, _ = least_squares(z, lag, shape, sets, lag + 1)
    k += taken
    c = n * math.log(squares / n) + 8 * shape[0] + 0.5 * (2 * k + 2 * k * (k + 1) / (n - k - 1) + k * math.log(n))
    return c, least_squares(z, lag, shape, sets, 1 + max([1] + [i for s in sets for i in s]))[3]


def seasonal(level, recent, season):
    for n in range(1, SEASONS + 1):
        for around in dict.fromkeys((0, 1, recent if isinstance(recent, int) else 0)):
            yield (level, recent, season, n, around, False)
            if n > 1:
                yield (level, recent, season, n, around, True)


def probe(z, lag, season, taken):
    best = math.inf
    for level in (0, 1):
        for p in (1, 2, 3):
            n = SEASONS
            while n > 1 and season * n + p > lag:
                n -= 1
            best = min(best, solve(z, lag, (level, p, season, n, p, n > 1), taken)[0])
    return best


def average(s, lag, taken):
    """mean over models: coefficients of 1, level and lags; the least criterion; the season"""
    recents = (*range(RECENT + 1), *DECAYS)
    plain = [(level, p, 0, 0, 0, False) for p in recents for level in (0, 1)]
    least, season = min(solve(s, lag, q, taken)[0] for q in plain) - 2 * math.log(lag), 0
    for m in range(2, lag):
        c = probe(s, lag, m, taken)
        if c < least:
            least, season = c, m
    shapes = [q for p in recents for level in (0, 1) for q in [(level, p, 0, 0, 0, False)] + (list(seasonal(level, p, season)) + [(level, p, season, f) for f in FADES] if season else [])]
    fits = [f for f in (solve(s, lag, q, taken) for q in shapes) if math.isfinite(f[0])]
    c = np.array([f[0] for f in fits])
    weight = np.where(c < c.min() + 40, np.exp(0.25 * (c.min() - c)), 0)
    return (weight[:, None] * np.stack([f[1] for f in fits])).sum(0) / weight.sum(), c.min(), season


def profile_of(s, season):
    """what each place of a season adds to the level: mean changes at each place, less their mean, summed up; row t has place t % season"""
    d, place = np.diff(s), np.arange(1, len(s)) % season
    change = np.array([d[place == i].mean() for i in range(season)])
    level = np.concatenate([[0], np.cumsum((change - change.mean())[1:])])
    return level - level.mean()


def season_of(s, most):
    """the length whose profile says most of the changes, by the mean of AIC and BIC; 0: none"""
    def c(season):
        left = np.diff(s - (profile_of(s, season)[np.arange(len(s)) % season] if season else 0)) - (s[-1] - s[0]) / (len(s) - 1)
        n, k = len(s) - 1, max(season, 1)
        return n * math.log(np.sum(left ** 2) / n) + 0.5 * (2 * k + k * math.log(n))
    return min([0] + [m for m in range(2, most + 1) if 2 * m < len(s)], key=c)


def place_after(profile, z, by_levels):
    """the place of the row behind z, by least squares of changes or of levels around their mean"""
    n, season = len(z), len(profile)
    left = [z - profile[(p + np.arange(n)) % season] for p in range(season)]
    return (int(np.argmin([np.sum((x - x.mean()) ** 2) if by_levels else np.sum(np.diff(x) ** 2) for x in left])) + n) % season


def blend(w, other, q, lag):
    """the mean of the change forecast by w from z and of that by `other` from z - q: coefficients, and what is added at each place"""
    season, added = len(q), []
    for p in range(season):
        at = lambda i: q[(p - i) % season]
        added.append(at(0) - at(1) - other[1] * at(1) - sum(other[1 + i] * (at(i) - at(i + 1)) for i in range(1, lag + 1)))
    return (w + other) / 2, np.array(added) / 2


def fit(x, reach, relative):
    z = np.log(x) if relative else np.array(x)
    mean, unit = z.mean(), np.abs(np.diff(z)).mean()
    s = (z - mean) / unit
    lag = min(2 * len(z) // 5 - 1, reach - 1, LAGS)
    w, least, _ = average(s, lag, 0)
    season = season_of(s, lag - 1)
    profile, added, by_levels = [], [], False
    if season:
        q = profile_of(s, season)
        found = [np.mean([place_after(q, s[t - lag - 1:t], way) == t % season for t in range(lag + 1, len(s))]) for way in (False, True)]
        other, c, _ = average(s - q[np.arange(len(s)) % season], lag, season - 1)
        if max(found) >= 0.995 and c < least:
            w, added = blend(w, other, q, lag)
            profile, added, by_levels = (q * unit).tolist(), (added * unit).tolist(), bool(found[1] > found[0])
    return {"mean": mean, "constant": w[0] * unit, "level": w[1], "lags": w[2:], "profile": profile, "seasonal": added, "by_levels": by_levels}, season if profile else 0


def forecast(model, x, steps, relative):
    z = list(np.log(x) if relative else x)
    lag, place = len(model["lags"]), 0
    if model["profile"]:
        place = place_after(np.array(model["profile"]), np.array(z[-lag - 1:]), model["by_levels"])
    for step in range(steps):
        d = np.diff(z)[::-1]
        more = model["seasonal"][(place + step) % len(model["seasonal"])] if model["seasonal"] else 0
        z.append(z[-1] + model["constant"] + more + model["level"] * (z[-1] - model["mean"]) + float(model["lags"] @ d[:lag]))
    z = np.array(z[-steps:])
    return np.exp(z) if relative else z


def check_against_statsmodels():
    z = sm.datasets.sunspots.load_pandas().data.SUNACTIVITY.values
    ours = solve(z, 8, (1, 8, 0, 0, 0, False))[1]
    theirs = AutoReg(z, 9, trend="c").fit().params
    phi = np.zeros(9)
    phi[0] = 1 + ours[1] + ours[2]
    for i in range(1, 8):
        phi[i] = ours[2 + i] - ours[1 + i]
    phi[8] = -ours[9]
    assert np.allclose(phi, theirs[1:], atol=1e-6), (phi, theirs)


def cases():
    rng = np.random.default_rng(5)
    ar = np.zeros(400)
    for t in range(2, 400):
        ar[t] = 1.6 * ar[t - 1] - 0.8 * ar[t - 2] + rng.normal()
    season = 10 * np.sin(2 * np.pi * np.arange(300) / 12) + rng.normal(size=300)
    passengers = 100 * np.exp(0.01 * np.arange(120) + 0.2 * np.sin(2 * np.pi * np.arange(120) / 12) + 0.03 * rng.normal(size=120))
    yield "sunspots", sm.datasets.sunspots.load_pandas().data.SUNACTIVITY.values, 40, False
    yield "co2 by the month", sm.datasets.co2.load_pandas().data.co2.resample("MS").mean().interpolate().values, 40, True
    yield "AR(2)", ar, 40, False
    yield "AR(2), a short reach", ar, 6, False
    yield "a noisy season", season, 40, False
    yield "a season that grows", passengers, 40, True
    yield "few rows", ar[:40], 40, False
    yield "a long reach", season, 100, False
    yield "a walk under noise", 50 + np.cumsum(0.4 * rng.normal(size=90)) + rng.normal(size=90), 40, False
    yield "a walk", 100 + np.cumsum(rng.normal(size=500)), 40, True
    yield "the same year after year", 5 * np.sin(2 * np.pi * np.arange(200) / 12) + 3 * np.cos(2 * np.pi * np.arange(200) / 4) + rng.normal(size=200), 40, False


if __name__ == "__main__":
    check_against_statsmodels()
    out = []
    for name, x, reach, relative in cases():
        x = np.round(np.asarray(x, float), 4)
        model, found = fit(x, reach, relative)
        print(name, "season", found)
        out.append({"name": name, "relative": relative, "reach": reach, "x": x.tolist(), "mean": model["mean"], "constant": model["constant"], "level": model["level"],
                    "lags": model["lags"].tolist(), "profile": model["profile"], "seasonal": model["seasonal"], "forecast": forecast(model, x, 5, relative).tolist()})
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "linear.json"), "w") as file:
        json.dump({"cases": out}, file, separators=(",", ":"))
        file.write("\n")
