"""The raw numbers of run.py as a report. By itself: report.py docs/benchmarks.json > docs/benchmarks.md"""
import json, statistics as st, sys
from workloads import LARGE, W

OURS = 'lstmfc'
NAMES = {'torch': 'PyTorch', 'keras-jax': 'Keras on JAX', 'keras-tf': 'Keras on TensorFlow', 'jax': 'JAX, whole epoch jitted', 'onnx': 'onnxruntime', 'onednn': 'oneDNN primitives', 'kann': 'KANN',
         OURS: '**lstmfc**', OURS + ' v3': 'lstmfc, AVX2 forced'}
PYTHON = ('torch', 'keras-jax', 'keras-tf', 'jax')
name = lambda k: NAMES.get(k, k)


def pair(best, median):
    """median True: not known"""
    return f'{best:.3f}' if median is True else f'{best:.3f} / {median:.3f}'


def table(head, rows):
    line = lambda cells: '| ' + ' | '.join(map(str, cells)) + ' |'
    return [line(head), '|' + '---|' * len(head), *map(line, rows), '']


def limits(peak):
    """the machine's best: every figure from whichever vector width has it"""
    return {k: max(p[k] for p in peak.values()) for k in ('fma', 'l1', 'l2', 'tanh')}


def bounds(d, w, threads, isa=None, **how):
    return w.bound(d['peak'][isa] if isa else limits(d['peak']), **how) / threads


def machine(d):
    m, v = d['machine'], d['versions']
    p = d['peak']
    out = ['## Machine and versions', '', f"{m['cpu']} ({m.get('model', '')}), {m['processors']} processors, {m.get('instructions', '')}; caches {m.get('caches', '?')}; {m.get('memory', '?')}; "
           f"{m.get('os', m['system'])}; {m['compiler']}. {d['date']}.", '', '; '.join(f'{name(k).strip("*")}: {t}' for k, t in v.items()) + '.', '', f"Command: `{d['command']}` ({d['minutes']:.0f} minutes).", '']
    if d['quick']: out += ['**A quick run**: fewer rounds and a shorter whole job than the report asks for.', '']
    when = 'an hour before this run' if d.get('note') else 'in this same run'
    out += [f'What one core can do, measured {when} (`tests/bench/peak.c`; the best of before and after), and each core while all work at once:', '']
    rows = [[dict(avx512='AVX-512', avx2='AVX2').get(k, k), f"{q['fma']:.0f}", ' + '.join(f"{c['fma']:.0f}" for c in q['cores']), f"{q['l1']:.0f}", f"{q['l2']:.0f}", f"{q['tanh']:.2f}"] for k, q in p.items()]
    return out + table(['', 'FMA, GFLOP/s', 'all cores at once', 'operand from L1', 'operand from L2', 'rational tanh, G/s'], rows)


def training(d):
    t, out = d['training'], []
    out += ['## Training', '', '; '.join(f'**{k}** {w.what}' for k, w in W.items()) + '.', '',
            f"Windows of 60 rows of one column (a sine), 2709 an epoch, float32, MSE, shuffled. Seconds an epoch, best / median of {d['rounds']} rounds (three where an epoch takes over 3 s), one epoch a round, "
            'round after round over all programs, each pinned to the same processors and stopped while others run; every program warmed up (and compiled) before. lstmfc: last epoch of a fresh `train` of two. '
            'PyTorch: the fastest of a module a layer or one for the stack, plain or fused optimizer. Keras on TensorFlow runs W4 on 200 windows, scaled to 2709. oneDNN: its primitives with a minimal trainer around them.', '']
    for n in d['threads']:
        keys = list(dict.fromkeys(k for w in W for k in t[f'{w}/{n}']))
        cell = lambda w, k: (lambda r: pair(min(r['seconds']), r.get('best_only') or st.median(r['seconds'])) if r else '-')(t[f'{w}/{n}'].get(k))
        out += [f"### {n} thread{'s' if n > 1 else ''}", ''] + table(['s an epoch', *W], [[name(k), *(cell(w, k) for w in W)] for k in keys])
        best = lambda w, k: min(t[f'{w}/{n}'][k]['seconds']) if k in t[f'{w}/{n}'] else None
        times = lambda w, k: f"{best(w, k) / best(w, OURS):.1f}" if best(w, k) and best(w, OURS) else '-'
        rows = [[f'{name(k)}', *(times(w, k) for w in W)] for k in keys if not k.startswith(OURS)]
        fastest = lambda w: min((best(w, k) for k in PYTHON if best(w, k)), default=None)
        rows.append(['best of PyTorch, Keras, JAX', *(f'**{fastest(w) / best(w, OURS):.1f}**' if fastest(w) and best(w, OURS) else '-' for w in W)])
        out += ['Times faster lstmfc is (best against best):', ''] + table(['against', *W], rows)
        share = lambda b, s: f'{b / s:.0%}' if s else '-'
        rows = [['bound, s', *(f'{bounds(d, W[w], n):.3f}' for w in W), f"{bounds(d, W['W4'], n, l2=True):.3f}"],
                ['share of it, lstmfc', *(share(bounds(d, W[w], n), best(w, OURS)) for w in W), share(bounds(d, W['W4'], n, l2=True), best('W4', OURS))]]
        if any(best(w, OURS + ' v3') for w in W) and 'avx2' in d['peak']:
            rows.append(["share of AVX2's own bound, AVX2 forced", *(share(bounds(d, W[w], n, 'avx2'), best(w, OURS + ' v3')) for w in W), share(bounds(d, W['W4'], n, 'avx2', l2=True), best('W4', OURS + ' v3'))])
        out += table(['', *W, 'W4, weights from L2'], rows)
    if len(d['threads']) > 1:
        gain = lambda w, k: f"{min(t[f'{w}/1'][k]['seconds']) / min(t[f'{w}/2'][k]['seconds']):.2f}" if k in t[f'{w}/1'] and k in t[f'{w}/2'] else '-'
        out += ['What the second core gives (1 thread / 2 threads; minutes apart, so that more than 2 means a machine that changed its speed):', ''] + table(['', *W], [[name(k), *(gain(w, k) for w in W)] for k in dict.fromkeys(k for r in t.values() for k in r)])
    return out + ['Bound: FLOP over the FMA peak plus transcendentals over the tanh rate of one core, divided by the threads; FLOP a step 2*4H(I+H) for LSTM and 2*3H(I+H) for GRU, three times that with backward, less '
                  "the first layer's input gradient; transcendentals 5H and 3H. W4 (batch 1) also with the two products by the recurrent weights at the rate with an operand from L2, since they do not fit L1.", '']


def forward(d):
    f, out = d['forward'], ['## Forward pass', '', "W1's network, one window of 60 rows, and 251 at once; milliseconds, best / median. lstmfc through `tests/bench/forward.c`: gathering windows and making buffers included.", '']
    columns = [c for c in ('1/1', '1/2', '251/1', '251/2') if c in f]
    keys = list(dict.fromkeys(k for c in columns for k in f[c]))
    title = lambda c: '{} window{}, {} thread{}'.format(c.split('/')[0], '' if c[:2] == '1/' else 's', c.split('/')[1], '' if c.endswith('/1') else 's')
    cell = lambda c, k: (lambda r: pair(r['best'] * 1e3, r['median'] is None or r['median'] * 1e3) if r else '-')(f[c].get(k))
    rows = [[name(k), *(cell(c, k) for c in columns)] for k in keys]
    limit = lambda c: bounds(d, W['W1'], int(c.split('/')[1]), windows=int(c.split('/')[0]), forward=True, l2=c.startswith('1/'))
    rows.append(['bound', *(f'{limit(c) * 1e3:.3f}' for c in columns)])
    if OURS in keys: rows.append(['share of it, lstmfc', *(f"{limit(c) / f[c][OURS]['best']:.0%}" if OURS in f[c] else '-' for c in columns)])
    return out + table(['ms', *map(title, columns)], rows) + ['The bound of one window takes the products by the recurrent weights at the rate with an operand from L2 (40 kB a layer, one row to use them on).', '']


def large(d):
    out = ['## A large network', '', f'{LARGE.what}, {LARGE.windows} windows an epoch: the size at which a BLAS is at home. Seconds an epoch, best / median.', '']
    rows = [[name(k), n, f"{min(r['seconds']):.2f} / {st.median(r['seconds']):.2f}", f"{bounds(d, LARGE, int(n)) / min(r['seconds']):.0%}"] for n, row in d['large'].items() for k, r in row.items()]
    return out + table(['', 'threads', 's an epoch', 'share of the bound'], rows)


def cold(d):
    c = d['cold']
    p, times = c['predict'], sorted(c['predict']['seconds'])
    out = ['## Whole job, cold', '', f"Train {c['epochs']} epochs of W1 and predict the next value, from the start of the first process to the end of the last, {c['threads']} threads. lstmfc: `train`, then `predict`, two processes. "
           'The others: one script, imports included, no pandas.', '']
    out += table(['', 'seconds', 'CPU seconds', 'peak memory, MB'], [[name(k), f"{r['seconds']:.1f}", f"{r['cpu']:.1f}", f"{r['mb']:.0f}"] for k, r in c['job'].items()])
    return out + [f"Cold `predict` with W1's model and a CSV of {p['rows']} rows: {st.median(times) * 1e3:.1f} ms (median of {p['runs']}, best {times[0] * 1e3:.1f}), {p['cpu'] * 1e3:.1f} ms of CPU, {p['mb']:.1f} MB resident. "
                  f"The binary{', stripped,' if p['stripped'] else ''} has {p['binary'] / 1e6:.2f} MB.", '']


def scaling(d):
    out = ['## How cost grows', '', 'lstmfc alone, one thread, Adam, best of three; microseconds a window, training. LSTM of 50, one layer, window 60, batch 32 where nothing else is said; the number of windows is chosen '
           'for about a tenth of a second or more. The exponent is the slope of a line through the logarithms; the last one that of the last two points. The first layer has one input and costs about half of another one.', '']
    for key, s in d['scaling'].items():
        if key == 'rows': continue
        out += table([key, *s['values']], [['us a window', *(f"{p['us']:.1f}" for p in s['points'])], ['GFLOP/s', *(f"{p['gflops']:.0f}" for p in s['points'])]])
        out += [f"Exponent {s['exponent']:.2f}, last {s['last']:.2f}; that of the FLOP {s['flop_exponent']:.2f}.", '']
    s = d['scaling'].get('rows')
    if s:
        out += ['Rows: one epoch, LSTM of 8, window 10; the whole process (CSV read, trained, model saved) beside it.', '']
        q = s['points']
        out += table(['rows', *(f'{v:,}' for v in s['values'])], [['training, s', *(f"{p['seconds']:.4f}" for p in q)], ['us a window', *(f"{p['us']:.2f}" for p in q)],
                                                                 ['whole process, s', *(f"{p['whole']:.3f}" for p in q)], ['peak memory, MB', *(f"{p['mb']:.1f}" for p in q)], ['CSV, MB', *(f"{p['csv_mb']:.2f}" for p in q)]])
        grow = (q[-1]['mb'] - q[0]['mb']) * 2 ** 20 / (s['values'][-1] - s['values'][0])
        out += [f"Exponent {s['exponent']:.2f}, last {s['last']:.2f}. Memory grows by {grow:.0f} bytes a row: the raw columns (a date and a double) and what reading and the order of windows take.", '']
    if d.get('inputs'):
        base = d['inputs']['sine']
        out += ['Input that makes denormal numbers, or saturates everything, does not slow it: time of an epoch of W3 on 600 windows, against the sine: '
                + ', '.join(f"{k} {v / base:.2f}" if v else f'{k} refused' for k, v in d['inputs'].items() if k != 'sine') + '.', '']
    return out


def missing(d):
    out = ['## Not measured', '']
    out += [f'- {m}' for m in d['missing']]
    parts = dict(training='training', forward='the forward pass', large='the large network', cold='the whole job', scaling='scaling')
    left = [v for k, v in parts.items() if not d.get(k)]
    if left and not d.get('note'): out += [f"- left out of this run (--only): {', '.join(left)}"]
    return out + ['- the whole job with Keras on TensorFlow (its training is in the tables)', '- energy, GPUs, machines other than this one; more than two threads', '- PyTorch through `torch.compile`, Keras with unrolled cells; GRU forward',
                  '- rolling validation against a peer (the peers here train one network at a time)', '']


def markdown(d):
    out = ['# Benchmarks', '', 'Written by `tests/bench/run.py`; the raw numbers are in `benchmarks.json` beside this file. Virtual machines change their speed from minute to minute: trust ratios and shares of the bound, '
           'which come from one run, more than seconds.', '']
    out += machine(d)
    for part in (training, forward, large, cold, scaling):
        if not d.get(part.__name__): continue
        lines = part(d)
        kept = d.get('kept', {}).get(part.__name__)
        if kept: lines[1:1] = ['', f'*Measured in an earlier run ({kept}), not in this one.*']
        out += lines
    if d.get('note'): out[3:3] = ['', d['note']]
    return '\n'.join(out + missing(d)).rstrip() + '\n'


if __name__ == '__main__':
    print(markdown(json.load(open(sys.argv[1]))), end='')
