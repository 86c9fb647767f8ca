"""What is run for each paper: a job is one fit (or one validation) that a seed decides; its figures are named numbers."""
import csv, pathlib

IBM, AAPL5, AAPL, TATA = 'IBM_2006-01-01_to_2018-01-01.csv', 'AAPL_nasdaq_2019-07-29_2024-07-26.csv', 'AAPL_yahoo_2015-01-01_2020-12-31.csv', 'NSE-TATAGLOBAL.csv'
METRICS = ('mse', 'rmse', 'mae', 'r2', 'evs')


class Fit:
    """train, then evaluate once for each named set of flags"""

    def __init__(self, file, train, **evaluations):
        self.file, self.flags, self.evaluations = file, train.split(), {k: v.split() for k, v in evaluations.items()}

    def commands(self):
        return [['train', self.file, '-m', 'MODEL', *self.flags]] + [['evaluate', self.file, '-m', 'MODEL', *f] for f in self.evaluations.values()]

    def run(self, lstmfc, data, seed, tmp):
        model, out = tmp / 'model', {}
        t = lstmfc('train', data / self.file, '-m', model, *self.flags, '--seed', seed)
        out['epochs'] = t['epochs']
        for name, flags in self.evaluations.items():
            e = lstmfc('evaluate', data / self.file, '-m', model, *flags)
            out[f'{name} n'], out[f'{name} from'], out[f'{name} to'] = e['n'], e['from'], e['to']
            out.update({f'{name} {m}': e[m] for m in METRICS} | {f'{name} naive {m}': e['naive'][m] for m in METRICS})
            out.update({f'{name} dm p': e['dm']['p'], f'{name} verdict': e['verdict']})
            out.update({f"{name} {b['name']} rmse": b['rmse'] for b in e['baselines']})
        return out


class Rise(Fit):
    """the same of the direction: scores of probabilities"""

    def run(self, lstmfc, data, seed, tmp):
        model, out = tmp / 'model', {}
        out['epochs'] = lstmfc('train', data / self.file, '-m', model, *self.flags, '--seed', seed)['epochs']
        for name, flags in self.evaluations.items():
            e = lstmfc('evaluate', data / self.file, '-m', model, *flags)
            out.update({f'{name} {k}': e[k] for k in ('n', 'from', 'to', 'accuracy', 'brier', 'log_loss', 'verdict')} | {f'{name} base {k}': v for k, v in e['base'].items()})
            out[f'{name} dm p'] = e['dm']['p']
        return out


class Next(Fit):
    """the session behind the last row used"""

    def __init__(self, file, flags):
        super().__init__(file, flags)

    def commands(self):
        return [['train', self.file, '-m', 'MODEL', *self.flags], ['predict', self.file, '-m', 'MODEL', *self.flags]]

    def run(self, lstmfc, data, seed, tmp):
        lstmfc('train', data / self.file, '-m', tmp / 'model', *self.flags, '--seed', seed)
        first = lstmfc('predict', data / self.file, '-m', tmp / 'model', *self.flags)['forecasts'][0]
        return {'date': first['date'], 'next': first['value'], 'naive next': first['naive']}


class Validate:
    """validate; with `span` the raw figures are divided by the range of the column over the whole file, which are the scaled units of a scaler that saw all of it"""

    def __init__(self, file, flags, span=None):
        self.file, self.flags, self.span = file, flags.split(), span

    def commands(self):
        return [['validate', self.file, *self.flags]]

    def run(self, lstmfc, data, seed, tmp):
        d, out = lstmfc('validate', data / self.file, *self.flags, '--seed', seed), {}
        unit = dict.fromkeys(METRICS, 1)
        if self.span:
            with open(data / self.file) as f: x = [float(r[self.span].lstrip('$')) for r in csv.DictReader(f)]
            span = max(x) - min(x)
            unit.update(mse=span ** 2, rmse=span, mae=span)
        out.update({'splits': d['splits'], 'next': d['next'], 'next date': d['next_date']})
        for part in ('train', 'val', 'naive'):
            for m in METRICS:
                s = d['summary'][part][m]
                out.update({f'{part} {m}': s['mean'] / unit[m], f'{part} {m} median': s['50%'] / unit[m]})
        return out


Y2017, PATH = '--from 2017-01-01', '--from 2017-01-01 --mode path'
SPLIT = '--target High --train-to 2016-12-31'
ROLL = '--window 60 --scheme rolling --train-size 200 --val-size 10 --step 1 --leave-last'
EVE = '--to 2024-07-25'  # the last row before the session that tennyson forecasts
TO = '--to 2020-12-30'  # the download of the article ends before its last day

JOBS = {
    'yadav-lstm': Fit(IBM, '--preset yadav-lstm', one=Y2017, path=PATH),
    'yadav-gru': Fit(IBM, '--preset yadav-gru', one=Y2017, path=PATH),
    'lahore': Fit(IBM, '--preset lahore --target High', one=Y2017, path=PATH),
    'castilla': Fit(IBM, '--preset castilla --target High --train-to 2016-12-31', one=Y2017),
    'walia': Fit(IBM, '--preset walia --target High', one=''),
    'mishra': Fit(AAPL, f'--preset mishra {TO}', one=TO),
    'mishra-last': Fit(AAPL, f'--preset mishra --val-frac 0 --patience 0 {TO}', one=TO),
    'mishra-printed': Fit(AAPL, f'--preset mishra --no-shuffle --val-frac 0 --patience 0 {TO}', one=TO),
    'ariyanto': Fit(TATA, '--preset ariyanto --train-rows 2019', one=''),
    'ganegedara': Fit(IBM, f'--preset ganegedara {SPLIT}', one=Y2017),
    'ariyanto-file-order': Fit(TATA, '--preset ariyanto --file-order --train-rows 2019', one=''),
    'castilla-direction': Rise(IBM, '--preset castilla --objective direction --target High --train-to 2016-12-31', one=Y2017),
    'tennyson': Validate(AAPL5, '--preset tennyson'),
    'tennyson-next': Validate(AAPL5, f'--preset tennyson {EVE}'),
    'tennyson-honest': Validate(AAPL5, '--preset tennyson --scale-fit train --stop-on tail --val-frac 0.1 --units raw', span='Close/Last'),
    'tennyson-expanding': Validate(AAPL5, '--preset tennyson --scheme expanding'),
    'ours-ibm': Fit(IBM, SPLIT, one=Y2017, path=PATH),
    'ours-direction': Rise(IBM, '--objective direction --target High --train-to 2016-12-31', one=Y2017),
    'ours-ibm-75': Fit(IBM, '--target High --train-frac 0.75', one=''),
    'ours-aapl': Fit(AAPL, f'--target Close --train-frac 0.8 {TO}', one=TO),
    'ours-aapl-2017': Fit(AAPL, '--target High --train-to 2016-12-31', one='--from 2017-01-01 --to 2017-12-31'),
    'ours-tata': Fit(TATA, '--target Open --train-rows 2019', one=''),
    'ours-next': Next(AAPL5, EVE),
    'ours-tennyson': Validate(AAPL5, ROLL, span='Close/Last'),
}
SEEDS = {'tennyson-expanding': 1, 'tennyson-honest': 1, 'ours-tennyson': 1}  # at most; the long ones
