"""Writes scores.json: scores of intervals, quantiles and directions by implementations that are not ours.

    python make_scores.py        (numpy, scipy, scoringrules)

Winkler's interval score, quantile (pinball) loss and CRPS by scoringrules; the Pesaran-Timmermann statistic by way of Pearson's chi-square test of independence of the two
directions, n phi^2, as scipy has it: the statistic's square is that times n / (n - 1).
"""
import json
import math
import os

import numpy as np
import scipy
import scipy.stats
import scoringrules

rng = np.random.default_rng(20240917)


def winkler():
    cases = []
    for level in (0.5, 0.8, 0.9, 0.95):
        actual, center, half = rng.normal(size=40), rng.normal(size=40), rng.exponential(size=40)
        score = scoringrules.interval_score(actual, center - half, center + half, 1 - level)
        cases.append({"level": level, "actual": actual.tolist(), "lower": (center - half).tolist(), "upper": (center + half).tolist(), "score": np.asarray(score).tolist()})
    return cases


def pinball():
    actual, quantile, tau = rng.normal(size=60), rng.normal(size=60), rng.uniform(0.01, 0.99, size=60)
    loss = [float(scoringrules.quantile_score(a, q, t)) for a, q, t in zip(actual, quantile, tau)]
    return {"actual": actual.tolist(), "quantile": quantile.tolist(), "tau": tau.tolist(), "loss": loss}


def crps():
    cases = []
    for n in (3, 19, 99):
        tau, quantile, actual = (np.arange(n) + 0.5) / n, np.sort(rng.normal(size=n)), float(rng.normal())
        cases.append({"actual": actual, "tau": tau.tolist(), "quantile": quantile.tolist(), "crps": float(scoringrules.crps_quantile(actual, quantile, tau))})
    return cases


def crps_normal():
    cases = []
    for _ in range(8):
        actual, mean, sigma = float(rng.normal(scale=3)), float(rng.normal()), float(rng.exponential())
        cases.append({"actual": actual, "mean": mean, "sigma": sigma, "crps": float(scoringrules.crps_normal(actual, mean, sigma))})
    return cases


def direction():
    cases = []
    for n, share in ((40, 0.5), (250, 0.6), (1000, 0.55)):
        actual = rng.normal(size=n) + 0.1
        forecast = np.where(rng.random(n) < share, actual, -actual) * rng.random(n)
        up, up_forecast = actual > 0, forecast > 0
        table = [[int(np.sum((up == a) & (up_forecast == f))) for f in (True, False)] for a in (True, False)]
        chi2 = scipy.stats.chi2_contingency(table, correction=False)[0]
        hit = np.mean((actual > 0) == (forecast > 0))
        expected = np.mean(actual > 0) * np.mean(forecast > 0) + np.mean(actual < 0) * np.mean(forecast < 0)
        statistic = math.copysign(math.sqrt(chi2 * n / (n - 1)), hit - expected)
        cases.append({"actual": actual.tolist(), "forecast": forecast.tolist(), "hit": float(hit), "statistic": statistic, "p": float(scipy.stats.norm.sf(statistic))})
    return cases


out = {"versions": {"numpy": np.__version__, "scipy": scipy.__version__, "scoringrules": scoringrules.__version__},
       "winkler": winkler(), "pinball": pinball(), "crps": crps(), "crps_normal": crps_normal(), "direction": direction()}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "scores.json"), "w", encoding="ascii") as f:
    json.dump(out, f, separators=(",", ":"), allow_nan=False)
    f.write("\n")
