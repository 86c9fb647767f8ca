"""Writes indicators.json: technical indicators as TA-Lib computes them.

    python make_indicators.py        (numpy, TA-Lib)

A walk with a stretch that does not move, a steady rise and rows without volume. Values are written with their NaN (null) in front; `bollinger` and `weekday` are worked out here.
"""
import datetime as dt
import json
import os

import numpy as np
import talib

rng = np.random.default_rng(20241122)
N = 160
close = 50 * np.exp(np.cumsum(rng.normal(0, 0.02, N)))
close[60:85] = close[60]
close[100:120] = close[100] * 1.01 ** np.arange(20)
high = close * (1 + rng.uniform(0, 0.02, N))
low = close * (1 - rng.uniform(0, 0.02, N))
volume = np.round(rng.uniform(1e5, 1e6, N))
volume[[40, 41, 77]] = 0
days, day = [], dt.date(2020, 1, 1)
while len(days) < N:
    if day.weekday() < 5:
        days.append(day)
    day += dt.timedelta(1)

upper, middle, lower = talib.BBANDS(close, 20, 2, 2, 0)
width = upper - lower
with np.errstate(invalid="ignore", divide="ignore"):
    position = np.where(width > 1e-9, (close - lower) / width, np.where(np.isnan(width), np.nan, 0.5))
macd, signal, histogram = talib.MACD(close, 12, 26, 9)
columns = {
    "return:1": talib.ROCP(close, 1), "return:5": talib.ROCP(close, 5), "sma:20": talib.SMA(close, 20), "sma:2": talib.SMA(close, 2), "ema:20": talib.EMA(close, 20),
    "ema:5": talib.EMA(close, 5), "rsi:14": talib.RSI(close, 14), "rsi:2": talib.RSI(close, 2), "macd": macd, "macd-signal": signal, "macd-histogram": histogram,
    "bollinger-upper:20": upper, "bollinger-lower:20": lower, "bollinger:20": position, "atr:14": talib.ATR(high, low, close, 14), "atr:1": talib.ATR(high, low, close, 1),
    "obv": talib.OBV(close, volume), "volatility:20": talib.STDDEV(talib.ROCP(close, 1)[1:], 20), "volume-change:1": talib.ROCP(volume, 1),
    "volume-change:3": talib.ROCP(volume, 3), "weekday": np.array([float(d.weekday()) for d in days]),
}
columns["volatility:20"] = np.concatenate([[np.nan], columns["volatility:20"]])


def plain(x):
    return [None if np.isnan(v) else float(v) for v in x]


out = {"made_by": f"TA-Lib {talib.__version__}, numpy {np.__version__}", "dates": [d.isoformat() for d in days], "close": plain(close), "high": plain(high), "low": plain(low),
       "volume": plain(volume), "columns": [{"name": k, "values": plain(v)} for k, v in columns.items()]}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "indicators.json"), "w") as f:
    json.dump(out, f, separators=(",", ":"))
    f.write("\n")
