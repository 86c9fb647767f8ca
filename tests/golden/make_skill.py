"""Writes skill.json: Clark-West, Pesaran-Timmermann, lags, quantiles, volatility and scores of intervals.

    python make_skill.py        (numpy, scipy, scikit-learn, statsmodels, properscoring)

Clark-West is statsmodels' regression on a constant with HAC errors (uniform kernel, n/(n-1)); Pesaran-Timmermann is worked out here from the
formulas of the paper, and checked against n/(n-1) times the correlation; CRPS by properscoring and by integration.
"""
import json
import math
import os

import numpy as np
import properscoring
import scipy.integrate
import scipy.stats
import sklearn
import statsmodels
import statsmodels.api as sm
from sklearn.metrics import mean_pinball_loss

rng = np.random.default_rng(20240608)


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


def clark_west(y, f1, f2, h):
    f = (y - f1) ** 2 - ((y - f2) ** 2 - (f1 - f2) ** 2)
    fit = sm.OLS(f, np.ones(len(f))).fit(cov_type="HAC", cov_kwds={"maxlags": h - 1, "kernel": "uniform", "use_correction": True})
    if h == 1:
        assert abs(fit.tvalues[0] - f.mean() / (f.std(ddof=1) / math.sqrt(len(f)))) < 1e-12 * abs(fit.tvalues[0])
    return {"e1": y - f1, "e2": y - f2, "h": h, "statistic": fit.tvalues[0], "p": scipy.stats.norm.sf(fit.tvalues[0])}


def clark_wests():
    cases = []
    for n in (20, 100, 300):
        for h in (1, 2, 5):
            shock = np.convolve(rng.normal(size=n + h - 1), np.ones(h), "valid")
            signal = 0.3 * rng.normal(size=n)
            y = shock + signal
            cases.append(clark_west(y, np.zeros(n), signal + 0.2 * rng.normal(size=n), h))
            cases.append(clark_west(y, np.zeros(n), 0.4 * rng.normal(size=n), h))
    return [c for c in cases if not math.isnan(c["statistic"])]


def pesaran_timmermann(actual, forecast, last):
    y, x = np.asarray(actual) - last, np.asarray(forecast) - last
    keep = (y != 0) & (x != 0)
    y, x = y[keep] > 0, x[keep] > 0
    n = len(y)
    hit, py, px = np.mean(y == x), y.mean(), x.mean()
    star = py * px + (1 - py) * (1 - px)
    v = star * (1 - star) / n
    w = ((2 * py - 1) ** 2 * px * (1 - px) / n + (2 * px - 1) ** 2 * py * (1 - py) / n + 4 * py * px * (1 - py) * (1 - px) / n**2)
    statistic = (hit - star) / math.sqrt(v - w)
    assert abs(statistic - np.corrcoef(x, y)[0, 1] * n / math.sqrt(n - 1)) < 1e-9 * max(1, abs(statistic))
    return {"actual": actual, "forecast": forecast, "last": last, "n": n, "hit": hit, "base": max(py, 1 - py), "expected": star,
            "statistic": statistic, "p": scipy.stats.norm.sf(statistic)}


def directions():
    cases = []
    for n, skill, drift in ((30, 0.0, 0.0), (250, 0.3, 0.05), (252, 0.0, 0.8), (500, 0.15, 0.0), (200, -0.4, 0.0)):
        last = 100 + np.cumsum(rng.normal(size=n))
        change = np.round(rng.normal(size=n) + drift, 1)  # some are 0
        cases.append(pesaran_timmermann(last + change, last + np.round(skill * change + 0.6 * rng.normal(size=n) + drift, 1), last))
    return cases


def lag(name, forecast, actual, h):
    c = [np.corrcoef(forecast[10:], actual[10 - k: len(actual) - k])[0, 1] for k in range(11)]
    f, y = forecast[h:] - actual[:-h], actual[h:] - actual[:-h]
    product = (f - f.mean()) * (y - y.mean())
    if np.ptp(f) == 0:
        change, p = 0.0, 1.0
    else:
        change = np.corrcoef(f, y)[0, 1]
        g = product - product.mean()
        n = len(g)
        variance = (np.dot(g, g) + 2 * sum(np.dot(g[k:], g[:-k]) for k in range(1, h))) / n**2
        p = scipy.stats.t.sf(product.mean() / math.sqrt(variance), n - 1)
    return {"name": name, "forecast": forecast, "actual": actual, "h": h, "correlation": c, "lag": int(np.argmax(c)), "change": change, "p": p}


def lags():
    n = 200
    walk = 100 + np.cumsum(rng.normal(size=n + 3))
    y, before, before3 = walk[3:], walk[2:-1], walk[:-3]
    ar = np.zeros(n + 1)
    for i in range(1, n + 1):
        ar[i] = 0.5 * ar[i - 1] + rng.normal()
    return [lag("noisy copy of the last value", before + 0.1 * rng.normal(size=n), y, 1),
            lag("smoothed copy", np.convolve(walk, [0.2, 0.5, 0.3])[2: n + 2], y, 1),
            lag("three steps old", before3 + 0.2 * rng.normal(size=n), y, 3),
            lag("knows half the change", before + 0.5 * (y - before) + 0.3 * rng.normal(size=n), y, 1),
            lag("the best forecast of an AR(1)", 0.5 * ar[:-1], ar[1:], 1),
            lag("nearly exact", y + 0.01 * rng.normal(size=n), y, 1)]


def quantiles():
    p = np.concatenate([[1e-300, 1e-100, 1e-20, 1e-10, 1e-5, 1e-3, 0.0749, 0.075, 0.0751, 0.5, 0.925, 0.975, 0.99, 1 - 1e-6, 1 - 1e-12],
                        rng.random(60)])
    return {"p": p, "x": scipy.stats.norm.ppf(p)}


def volatility():
    changes = 0.01 * rng.standard_t(5, size=120)
    sigma = [math.nan] * 20
    variance = np.mean(changes[:20] ** 2)
    sigma.append(math.sqrt(variance))
    for c in changes[20:]:
        variance = 0.84 * variance + 0.16 * c * c
        sigma.append(math.sqrt(variance))
    return {"changes": changes, "sigma": sigma}


def crps_gaussian():
    cases = []
    for actual, mean, sigma in ((0.0, 0.0, 1.0), (3.0, 1.0, 0.5), (-7.0, 2.0, 1.0), (100.5, 100.0, 2.0), (1e-3, 0.0, 1e-3), (30.0, 0.0, 1.0)):
        closed = float(properscoring.crps_gaussian(actual, mean, sigma))
        cdf = lambda x: scipy.stats.norm.cdf(x, mean, sigma)
        below = scipy.integrate.quad(lambda x: cdf(x) ** 2, min(mean - 12 * sigma, actual), actual, points=None, limit=500)[0]
        above = scipy.integrate.quad(lambda x: (1 - cdf(x)) ** 2, actual, max(mean + 12 * sigma, actual), limit=500)[0]
        assert abs(below + above - closed) < 1e-7 * max(1e-3, closed), (below + above, closed)
        cases.append({"actual": actual, "mean": mean, "sigma": sigma, "crps": closed})
    return cases


def crps_quantiles():
    cases = []
    for n in (1, 2, 9, 50):
        x = np.sort(rng.normal(size=n))
        actual = rng.normal()
        cases.append({"actual": actual, "tau": (np.arange(n) + 0.5) / n, "quantile": x, "crps": float(properscoring.crps_ensemble(actual, x))})
    return cases


def pinball():
    actual, quantile = rng.normal(size=20), rng.normal(size=20)
    tau = rng.random(20)
    return {"actual": actual, "quantile": quantile, "tau": tau,
            "loss": [mean_pinball_loss([a], [q], alpha=t) for a, q, t in zip(actual, quantile, tau)]}


def conformal():
    """numpy's quantile of kind 'inverted_cdf' at ceil((n + 1) level) / n is the value of that rank."""
    cases = []
    for n, level in ((9, 0.9), (19, 0.95), (99, 0.99), (50, 0.8), (250, 0.9), (250, 0.95), (20, 0.5), (8, 0.9), (18, 0.95), (98, 0.99)):
        scores = np.abs(rng.normal(size=n))
        rank = math.ceil(round((n + 1) * level, 9))
        cases.append({"scores": scores, "level": level, "quantile": math.nan if rank > n else float(np.sort(scores)[rank - 1])})
    return cases


def interval_scores():
    n, level = 150, 0.9
    actual = np.cumsum(rng.normal(size=n))
    centre = np.concatenate([[0.0], actual[:-1]])
    half = 1.3 + 0.5 * rng.random(n)
    lower, upper = centre - half, centre + half
    lower[[3, 70]] = math.nan
    actual[100] = math.nan
    keep = ~(np.isnan(lower) | np.isnan(upper) | np.isnan(actual))
    a, lo, up = actual[keep], lower[keep], upper[keep]
    inside = (a >= lo) & (a <= up)
    winkler = (up - lo) + 2 / (1 - level) * (np.maximum(lo - a, 0) + np.maximum(a - up, 0))
    return {"actual": actual, "lower": lower, "upper": upper, "level": level, "n": len(a), "coverage": inside.mean(),
            "worst": np.convolve(inside, np.ones(60), "valid").min() / 60, "width": (up - lo).mean(), "winkler": winkler.mean()}


out = {"versions": {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__, "statsmodels": statsmodels.__version__},
       "clark_west": clark_wests(), "direction": directions(), "lag": lags(), "quantile": quantiles(), "volatility": volatility(),
       "crps_gaussian": crps_gaussian(), "crps_quantiles": crps_quantiles(), "pinball": pinball(), "conformal": conformal(),
       "interval_score": interval_scores()}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "skill.json"), "w", encoding="ascii") as f:
    json.dump(plain(out), f, indent=None, separators=(",", ":"), allow_nan=False)
    f.write("\n")
