#!/usr/bin/env python3
"""Runs the systems of the source papers and our recipe on the same rows, and makes docs/papers.md from the logs.

usage: run.py LSTMFC DATA [--seeds 5] [--only JOB,..] [--redo]     runs what has no log yet; one small JSON file a job and seed
       run.py --page [--check]                                     makes docs/papers.md from the logs alone (--check: only says whether it is up to date)
       run.py --list

DATA has the papers' files (names in jobs.py); a job whose file is absent is skipped and said. Logs go to docs/papers/ (--logs elsewhere). Standard library only.
"""
import argparse, json, os, pathlib, subprocess as sp, sys, tempfile, time
import page
from jobs import JOBS, SEEDS

ROOT = pathlib.Path(__file__).resolve().parents[2]


def runner(binary):
    def lstmfc(*words):
        p = sp.run([binary, *map(str, words), '--json'], stdout=sp.PIPE, stderr=sp.PIPE)
        if p.returncode: raise RuntimeError(f"exit {p.returncode}: {p.stderr.decode(errors='replace').strip()[-300:]}")
        return json.loads(p.stdout)
    return lstmfc


def run(name, seed, binary, data, path):
    job, start = JOBS[name], time.monotonic()
    with tempfile.TemporaryDirectory() as tmp:
        figures = job.run(runner(binary), data, seed, pathlib.Path(tmp))
    version = sp.run([binary, '--version'], stdout=sp.PIPE, text=True).stdout.strip()
    log = dict(job=name, seed=seed, version=version, commands=[' '.join(['lstmfc', *c]) for c in job.commands()], seconds=round(time.monotonic() - start, 1), figures=figures)
    part = path.with_suffix('.part')
    part.write_text(json.dumps(log, indent=1) + '\n')
    os.replace(part, path)
    return log


def run_all(a):
    names = a.only.split(',') if a.only else list(JOBS)
    unknown = [n for n in names if n not in JOBS]
    if unknown: sys.exit(f'no such job: {unknown}; there are {list(JOBS)}')
    data, bad = pathlib.Path(a.data), 0
    a.logs.mkdir(parents=True, exist_ok=True)
    for name in names:
        if not (data / JOBS[name].file).exists():
            print(f'SKIPPED {name}: no {JOBS[name].file} in {data}', file=sys.stderr)
            continue
        for seed in range(1, min(a.seeds, SEEDS.get(name, a.seeds)) + 1):
            path = a.logs / f'{name}-{seed}.json'
            if path.exists() and not a.redo: continue
            try: log = run(name, seed, os.path.abspath(a.lstmfc), data, path)
            except RuntimeError as e:
                print(f'FAILED {name} {seed}: {e}', file=sys.stderr)
                bad += 1
                continue
            print(name, seed, f"{log['seconds']} s", {k: round(v, 4) for k, v in log['figures'].items() if k in ('one rmse', 'path rmse', 'val rmse', 'train r2', 'one naive rmse')}, flush=True)
    return bad


def make_page(a):
    text, path = page.make(a.logs), ROOT / 'docs' / 'papers.md'
    if not a.check:
        path.write_text(text)
        return 0
    same = path.exists() and path.read_text() == text
    print('docs/papers.md is ' + ('what the logs say' if same else 'not what the logs say: run.py --page makes it anew'))
    return not same


def main():
    p = argparse.ArgumentParser(usage=__doc__.split('\n\n')[1])
    p.add_argument('lstmfc', nargs='?')
    p.add_argument('data', nargs='?')
    p.add_argument('--seeds', type=int, default=5)
    p.add_argument('--only')
    p.add_argument('--redo', action='store_true')
    p.add_argument('--logs', type=pathlib.Path, default=ROOT / 'docs' / 'papers')
    p.add_argument('--page', action='store_true')
    p.add_argument('--check', action='store_true')
    p.add_argument('--list', action='store_true')
    a = p.parse_args()
    if a.list: return print('\n'.join(f"{n}: {'; '.join(' '.join(['lstmfc', *c]) for c in j.commands())}" for n, j in JOBS.items()))
    if a.page: return make_page(a)
    if not a.data: p.error('LSTMFC and DATA are wanted')
    return run_all(a)


if __name__ == '__main__':
    sys.exit(main())
