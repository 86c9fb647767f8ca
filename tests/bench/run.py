#!/usr/bin/env python3
"""Runs lstmfc and its peers side by side: pinned, interleaved, best and median; writes a report and the raw numbers beside it.

usage: run.py --lstmfc build/release/lstmfc --python VENV/bin/python [--out docs/benchmarks.md] [--quick] [--only PART,..]
              [--kann DIR] [--peer NAME=PROGRAM]

--python  the interpreter that has the Python peers (torch, keras, tensorflow, jax, optax, onnx, onnxruntime; what it lacks is skipped and said)
--kann    a folder with the sources of KANN (kann.c, kautodiff.c and their headers); its products are OpenBLAS's where that is found
--peer    a further program that speaks the protocol of peers/peer.py (may be repeated)
--quick   fewer rounds and a shorter whole job, and the report says so
--only    training, forward, large, cold, scaling (default: all)
Needs a C compiler, the library built beside lstmfc (liblstmfc_core.a) for the forward pass, oneDNN's headers for oneDNN. About 30 minutes on two cores.
With --only, the other parts are kept as they are in an earlier report at --out, and the report says so.
"""
import argparse, datetime as dt, json, os, pathlib, statistics as st, subprocess as sp, sys, tempfile, time, traceback
import report
from tools import CPUS, HERE, OURS, Peer, Refusal, Spent, build, build_kann, cpu_facts, environment, higher, peaks, pin, stripped_size
from workloads import LARGE, STEPS, W, exponent, write_csv

ROOT = HERE.parent.parent


class Bench:
    def __init__(self, a, tmp):
        self.a, self.tmp, self.spent, self.missing, self.versions = a, tmp, Spent(tmp), [], {}
        self.binary, self.peers, self.rounds = os.path.abspath(a.lstmfc), {}, 2 if a.quick else 10
        self.csv = write_csv(tmp / 'sine.csv', W['W1'].windows + STEPS)
        self.onednn, why = build(tmp / 'onednn_peer', HERE / 'peers/onednn_peer.c', '-O3', '-march=native', '-std=gnu11', libs=['-ldnnl', '-lm'])
        if not self.onednn: self.say_missing('oneDNN', f'not built: {why}')
        self.kann, why = build_kann(tmp / 'kann_peer', a.kann) if a.kann else (None, '--kann DIR is not given')
        if not self.kann: self.say_missing('KANN', why)
        core = pathlib.Path(self.binary).parent / 'liblstmfc_core.a'
        self.forward, why = build(tmp / 'forward', HERE / 'forward.c', '-O2', '-std=c11', f'-I{ROOT}/include', libs=[core, '-lcjson', '-lcsv', '-lm', '-lpthread'])
        if not self.forward: self.say_missing('lstmfc, forward only', why)

    def say_missing(self, what, why):
        self.missing.append(f'{what}: {why}')
        print(f'SKIPPED {what}: {why}', file=sys.stderr, flush=True)

    def say(self, *words):
        print(f'{time.monotonic() - START:7.1f}', *words, file=sys.stderr, flush=True)

    # ------------------------------------------------------------ peers
    def commands(self):
        py = lambda f: [self.a.python, str(HERE / 'peers' / f)]
        out = {'torch': (py('torch_peer.py'), {}), 'keras-jax': (py('keras_peer.py'), dict(KERAS_BACKEND='jax')), 'keras-tf': (py('keras_peer.py'), dict(KERAS_BACKEND='tensorflow')),
               'jax': (py('jax_peer.py'), {}), 'onnx': (py('onnx_peer.py'), {})}
        if self.onednn: out['onednn'] = [self.onednn], {}
        if self.kann: out['kann'] = [self.kann], {}
        for name, program in (p.split('=', 1) for p in self.a.peer): out[name] = [os.path.abspath(program)], {}
        return out

    def peer(self, key, threads):
        """started once for each number of threads; None where it cannot be"""
        old = self.peers.get((key, threads))
        if (key, threads) not in self.peers or old and old.p.poll() is not None:
            command, env = self.commands()[key]
            try:
                p = self.peers[key, threads] = Peer(key, command, threads, self.tmp / f'{key}-{threads}.log', **env)
                self.versions[key] = f'{p.name} {p.version}'
                self.say('started', key, self.versions[key])
            except (Refusal, OSError) as e:
                self.peers[key, threads] = None
                self.say_missing(f'{key}, {threads} thread(s)', str(e))
        return self.peers[key, threads]

    def end_peers(self):
        for p in self.peers.values():
            if p: p.end()
        self.peers = {}

    # ------------------------------------------------------------ lstmfc
    def train(self, w, threads, csv=None, isa='', epochs=2, more=()):
        """seconds of the last epoch of a fresh training; the first one warms up, as the peers do"""
        log = self.tmp / 'log'
        log.unlink(missing_ok=True)
        if max(w.units) >= 256: more = [*more, '--init', 'glorot']  # drawn faster than the orthogonal one; no part of the seconds
        command = [self.binary, 'train', csv or self.csv, '-m', self.tmp / 'm', '--preset', 'classic', '--epochs', epochs, '--threads', threads, '--log', log, '--json', *w.flags(), *more]
        p = sp.run(list(map(str, command)), stdout=sp.PIPE, stderr=sp.PIPE, env=environment(threads, **(dict(LSTMFC_ISA=isa) if isa else {})), preexec_fn=pin(threads))
        if p.returncode: raise Refusal(f"exit {p.returncode}: {p.stderr.decode(errors='replace').strip()[-160:]}")
        lines = [json.loads(l) for l in log.read_text().splitlines()]
        return lines[-1]['seconds'] * w.windows / lines[-1]['windows'], lines[-1]['loss']['train']

    # ------------------------------------------------------------ parts
    def training(self, w, threads, keys, rounds, isas=()):
        """{key: {seconds: [...], windows, note, loss}} for one workload and number of threads, round by round"""
        csv = self.csv if w.windows == W['W1'].windows else write_csv(self.tmp / 'few.csv', w.windows + STEPS)
        out, alive = {k: dict(seconds=[]) for k in [OURS, *(f'{OURS} {i}' for i in isas)]}, {}
        for key in keys:
            p = self.peer(key, threads)
            if not p: continue
            n = min(w.windows, 200) if key == 'keras-tf' and w.batch == 1 else w.windows
            try:
                note = p.ask('load ' + w.spec(n))[3:]
                alive[key], out[key] = (p, n), dict(seconds=[], windows=n, note=note)
            except Refusal as e:
                self.say_missing(f'{key}, {w.what}, {threads} thread(s)', str(e))
        for r in range(rounds):
            for key in out:
                if key in alive:
                    p, n = alive[key]
                    done = out[key]['seconds']
                    if r >= 3 and done[0] > 3: continue  # slow ones: three rounds
                    try: seconds, loss = map(float, p.ask('epoch').split())
                    except Refusal as e:
                        self.say_missing(f'{key}, {w.what}, {threads} thread(s)', str(e)); del alive[key]; out[key]['failed'] = True
                        continue
                    done.append(seconds * w.windows / n)
                elif out[key].get('failed'): continue
                else:
                    try: seconds, loss = self.train(w, threads, csv=csv, isa=key.partition(' ')[2])
                    except Refusal as e:
                        self.say_missing(f'{key}, {w.what}, {threads} thread(s)', str(e)); out[key]['failed'] = True
                        continue
                    out[key]['seconds'].append(seconds)
                out[key]['loss'] = loss
        self.say(w.what, threads, {k: f"{min(v['seconds']):.3f}" for k, v in out.items() if v['seconds']})
        return {k: v for k, v in out.items() if v['seconds']}

    def all_training(self, parts, d):
        """training and forward pass: W1's networks are built once for both"""
        isas = ['v3'] if 'avx512' in self.peak and 'avx2' in self.peak else []
        keys = [k for k in self.commands() if k != 'onnx']
        d['training'], d['forward'] = {}, {}
        for n in THREADS:
            for name, w in W.items():
                if 'training' in parts: d['training'][f'{name}/{n}'] = self.training(w, n, keys, self.rounds, isas)
                if name == 'W1' and 'forward' in parts: d['forward'].update(self.all_forward(n, loaded='training' in parts))

    def large(self):
        return {f'{n}': self.training(LARGE, n, ['torch'], 2 if self.a.quick else 3) for n in THREADS[-1:]}

    def one_forward(self, windows, threads, repeats):
        p = sp.run([self.forward, W['W1'].layers(), str(windows), str(threads), str(repeats)], stdout=sp.PIPE, env=environment(threads), preexec_fn=pin(threads), text=True)
        if p.returncode: raise Refusal('forward failed')
        return list(map(float, p.stdout.split()))[repeats // 5:]

    def all_forward(self, n, loaded):
        out, keys = {}, list(self.commands())
        for key in keys:
            p = self.peer(key, n)
            try:
                if p and (key == 'onnx' or not loaded): p.ask('load ' + W['W1'].spec(251 + 32))
            except Refusal as e: self.say_missing(f'{key}, forward', str(e))
        for windows, repeats in ((1, 100), (251, 10)):
            row = out[f'{windows}/{n}'] = {}
            for _ in range(self.rounds):
                for key in ([OURS] if self.forward else []) + keys:
                    p = None if key == OURS else self.peer(key, n)
                    if key != OURS and (not p or row.get(key) == []): continue
                    try: t = self.one_forward(windows, n, repeats) if key == OURS else list(map(float, p.ask(f'forward {windows} {repeats}').split()))
                    except Refusal as e:
                        self.say_missing(f'{key}, forward of {windows}', str(e)); row[key] = []
                        continue
                    row.setdefault(key, []).append([min(t), st.median(t)])
            self.say('forward', windows, n, {k: f'{min(x[0] for x in v) * 1e3:.3f} ms' for k, v in row.items() if v})
        return {k: {q: dict(best=min(x[0] for x in v), median=st.median(x[1] for x in v), rounds=len(v)) for q, v in row.items() if v} for k, row in out.items()}

    def cold(self):
        n, w, epochs = THREADS[-1], W['W1'], 5 if self.a.quick else 50
        model, rows = self.tmp / 'cold', write_csv(self.tmp / 'rows.csv', 3000)
        train = [self.binary, 'train', self.csv, '-m', model, '--preset', 'classic', '--epochs', epochs, '--threads', n, '-q', *w.flags()]
        predict = [self.binary, 'predict', self.csv, '-m', model, '-q']
        fresh = [self.binary, 'train', rows, '-m', self.tmp / 'fresh', '--preset', 'classic', '--epochs', 1, '--threads', n, '-q', *w.flags()]
        out, sum_of = dict(epochs=epochs, threads=n, job={}), lambda a, b: dict(seconds=a['seconds'] + b['seconds'], cpu=a['cpu'] + b['cpu'], mb=max(a['mb'], b['mb']), out=b['out'])
        jobs = {OURS: lambda: sum_of(self.spent.run(train, n), self.spent.run(predict, n))}
        for key in ('torch', 'keras-jax'):
            command, env = self.commands()[key]
            jobs[key] = lambda command=command, env=env: self.spent.run([*command, n, '--job', self.csv, epochs], n, **env)
        for key, job in jobs.items():
            try: out['job'][key] = job()
            except Refusal as e: self.say_missing(f'{key}, whole job', str(e)); continue
            self.say('whole job', key, out['job'][key])
        self.spent.run(fresh, n)  # a model of these rows: later ones would all be forecast first, to bring its intervals up to date
        runs = [self.spent.run([self.binary, 'predict', rows, '-m', self.tmp / 'fresh', '-q'], 1) for _ in range(30)]
        size, stripped = stripped_size(self.binary, self.tmp)
        out['predict'] = dict(rows=3000, runs=len(runs), seconds=[r['seconds'] for r in runs], mb=max(r['mb'] for r in runs), cpu=st.median(r['cpu'] for r in runs), binary=size, stripped=stripped)
        return out

    # ------------------------------------------------------------ scaling
    def scaled(self, units, window=STEPS, batch=32, windows=None, rounds=3, threads=1):
        w = type(W['W1'])('', 'lstm', units, [0] * len(units), [1], batch, 'adam')
        w.windows = windows or max(batch, min(20000, int(1.5e10 / w.cost(window)['both'])) // batch * batch)
        csv = write_csv(self.tmp / 'scaled.csv', w.windows + window)
        best = min(self.train(w, threads, csv=csv, more=['--window', window])[0] for _ in range(1 if self.a.quick else rounds))
        return dict(windows=w.windows, flop=w.cost(window)['both'], seconds=best, us=best / w.windows * 1e6, gflops=w.cost(window)['both'] * w.windows / best / 1e9)

    def scaling(self):
        out = {}
        def series(name, values, f):
            rows = out[name] = dict(values=list(values), points=[f(v) for v in values])
            key = 'seconds' if name == 'rows' else 'us'
            points = [(v, p[key]) for v, p in zip(rows['values'], rows['points'])]
            rows['exponent'], rows['last'] = exponent(points), exponent(points[-2:])
            if name != 'rows': rows['flop_exponent'] = exponent([(v, p['flop']) for v, p in zip(rows['values'], rows['points'])])
            self.say('scaling', name, [f"{v}: {p['us']:.1f} us" for v, p in zip(rows['values'], rows['points'])], f"exponent {rows['exponent']:.2f}")
        series('hidden size', (16, 32, 64, 128, 256, 512), lambda v: self.scaled([v]))
        series('layers', (1, 2, 4, 8), lambda v: self.scaled([50] * v))
        series('window', (10, 30, 60, 125, 250, 500), lambda v: self.scaled([50], window=v))
        series('batch', (1, 4, 10, 32, 128, 512), lambda v: self.scaled([50], batch=v, windows=2560))
        series('rows', (1000, 10000, 100000, 1000000), self.rows)
        return out

    def rows(self, n):
        """one epoch over n rows, seconds of training; the whole process through spent: CSV read, trained, saved"""
        w = type(W['W1'])('', 'lstm', [8], [0], [1], 32, 'adam', n - 10)
        csv = write_csv(self.tmp / 'scaled.csv', n)
        seconds = min(self.train(w, 1, csv=csv, epochs=1, more=['--window', 10])[0] for _ in range(1 if self.a.quick or n > 200000 else 3))
        whole = self.spent.run([self.binary, 'train', csv, '-m', self.tmp / 'm', '--preset', 'classic', '--epochs', 1, '--threads', 1, '-q', '--window', 10, *w.flags()], 1)
        return dict(windows=w.windows, seconds=seconds, us=seconds / w.windows * 1e6, whole=whole['seconds'], mb=whole['mb'], csv_mb=os.path.getsize(csv) / 2 ** 20)

    def inputs(self):
        """no input makes an epoch slow: W3 on series that make denormal numbers or saturate everything"""
        kinds = {'sine': None, 'constant': lambda k: '100', 'one step in 1e-35': lambda k: f'{1 + 1e-35 * (k % 2):.40f}'[:60], 'spike of 1e30': lambda k: '1e30' if k == 99 else f'{k % 7}', 'tiny, 1e-300': lambda k: f'{(1 + k % 5)}e-300'}
        out = {}
        for name, value in kinds.items():
            csv = write_csv(self.tmp / 'inputs.csv', 600 + STEPS, value)
            w = type(W['W3'])('', 'lstm', [50] * 2, [.3, .2], [25, 1], 10, 'adam', 600)
            try: out[name] = min(self.train(w, 1, csv=csv)[0] for _ in range(3))
            except Refusal as e: out[name] = None; self.say(name, e)
        return out

    def run(self):
        parts = self.a.only.split(',') if self.a.only else ['training', 'forward', 'large', 'cold', 'scaling']
        seconds = .1 if self.a.quick else .5
        self.peak = peaks(self.tmp, seconds)
        d = dict(date=dt.date.today().isoformat(), quick=self.a.quick, rounds=self.rounds, machine=cpu_facts(), threads=THREADS)
        version = sp.run([self.binary, '--version'], stdout=sp.PIPE, text=True, env=environment(1)).stdout.strip()
        self.versions[OURS] = version
        d['command'] = ' '.join(['tests/bench/run.py', '--lstmfc', 'build/release/lstmfc', '--python', 'VENV/bin/python', *(['--quick'] if self.a.quick else []),
                                 *(f'--only {self.a.only}'.split() if self.a.only else []), *(['--kann DIR'] if self.a.kann else []), *(f"--peer {p.split('=')[0]}=PROGRAM" for p in self.a.peer), '--out', 'docs/benchmarks.md'])
        def part(f):
            """what fails is said and left out; the rest goes on"""
            try: return f()
            except Exception as e:
                traceback.print_exc()
                self.say_missing(f.__name__, f'{type(e).__name__}: {e}')
        self.say('peaks', self.peak)
        if 'training' in parts or 'forward' in parts: self.all_training(parts, d)
        if 'large' in parts: d['large'] = part(self.large)
        self.end_peers()
        self.peak = higher(self.peak, peaks(self.tmp, seconds))
        if 'cold' in parts: d['cold'] = part(self.cold)
        if 'scaling' in parts: d['scaling'], d['inputs'] = part(self.scaling), part(self.inputs)
        d.update(peak=self.peak, versions=self.versions, missing=self.missing, minutes=(time.monotonic() - START) / 60)
        return d


def keep(d, path):
    """parts that this run did not measure, from an earlier report; the report says so"""
    if not path.exists(): return
    old = json.loads(path.read_text())
    for part in ('training', 'forward', 'large', 'cold', 'scaling', 'inputs'):
        if not d.get(part) and old.get(part):
            d[part] = old[part]
            d.setdefault('kept', {})[part] = old.get('kept', {}).get(part, old['date'])
            d['versions'] = {**old['versions'], **d['versions']}


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--lstmfc', required=True)
    p.add_argument('--python', default=sys.executable)
    p.add_argument('--out')
    p.add_argument('--quick', action='store_true')
    p.add_argument('--only', default='')
    p.add_argument('--kann', metavar='DIR')
    p.add_argument('--peer', action='append', default=[], metavar='NAME=PROGRAM')
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as t:
        bench = Bench(a, pathlib.Path(t))
        try: d = bench.run()
        finally: bench.end_peers()
    if a.out and a.only: keep(d, pathlib.Path(a.out).with_suffix('.json'))
    if a.out:
        pathlib.Path(a.out).with_suffix('.json').write_text(json.dumps(d, indent=1) + '\n')
        pathlib.Path(a.out).write_text(report.markdown(d))
    else:
        print(report.markdown(d))


START = time.monotonic()
THREADS = [n for n in (1, 2) if n <= len(CPUS)]
if __name__ == '__main__':
    main()
