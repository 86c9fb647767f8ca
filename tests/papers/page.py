"""docs/papers.md from the logs alone."""
import json, statistics as st
from jobs import JOBS

IBM_NAIVE = 'one naive rmse'

# system, figure, published, (job, key) of the preset, (job, key) of our recipe, naive's key in the preset's log, or (job, key), what it should hold
ROWS = [
    ('yadav-lstm', 'RMSE, IBM high, 2017', '3.013', ('yadav-lstm', 'one rmse'), ('ours-ibm', 'one rmse'), IBM_NAIVE, 'Keras: 3.01 to 3.76'),
    ('yadav-gru', 'RMSE, the same rows', '3.164', ('yadav-gru', 'one rmse'), ('ours-ibm', 'one rmse'), IBM_NAIVE, 'Keras: 3.16 to 3.35'),
    ('lahore', 'RMSE, the same rows', '1.905', ('lahore', 'one rmse'), ('ours-ibm', 'one rmse'), IBM_NAIVE, 'Keras: 2.95 to 5.40'),
    ('yadav-lstm', 'RMSE of the path of 251 rows', '-', ('yadav-lstm', 'path rmse'), ('ours-ibm', 'path rmse'), 'path naive rmse', 'Keras: 13.9, 26.4'),
    ('yadav-gru', 'RMSE of the path', '9.24 (8 to 11)', ('yadav-gru', 'path rmse'), ('ours-ibm', 'path rmse'), 'path naive rmse', 'Keras: 17.0'),
    ('lahore', 'RMSE of the path', '-', ('lahore', 'path rmse'), ('ours-ibm', 'path rmse'), 'path naive rmse', 'Keras: 13.2, 84.9'),
    ('lahore', 'RMSE, Apple high, 2017', '14.28', None, ('ours-aapl-2017', 'one rmse'), None, 'prices are a quarter of its: times 4'),
    ('tennyson', 'RMSE of validation, mean of 988 splits', '.0182', ('tennyson', 'val rmse'), ('ours-tennyson', 'val rmse'), 'naive rmse', 'PyTorch, warm: .0203'),
    ('tennyson', 'MAE of validation', '.0151', ('tennyson', 'val mae'), ('ours-tennyson', 'val mae'), 'naive mae', '.0171'),
    ('tennyson', 'R2 of validation', '-.744', ('tennyson', 'val r2'), ('ours-tennyson', 'val r2'), 'naive r2', '-1.8'),
    ('tennyson', 'R2 of training', '.941', ('tennyson', 'train r2'), ('ours-tennyson', 'train r2'), None, '.971'),
    ('tennyson', 'forecast for 2024-07-26, rows to the day before', '217.29', ('tennyson-next', 'next'), ('ours-next', 'next'), ('ours-next', 'naive next'), 'it closed at 217.96'),
    ('tennyson', 'forecast of the session behind the file, 2024-07-29', '-', ('tennyson', 'next'), ('ours-tennyson', 'next'), None, 'naive: 217.96'),
    ('tennyson, no leak', 'RMSE of validation', '-', ('tennyson-honest', 'val rmse'), ('ours-tennyson', 'val rmse'), 'naive rmse', ''),
    ('tennyson, no leak', 'R2 of validation', '-', ('tennyson-honest', 'val r2'), ('ours-tennyson', 'val r2'), 'naive r2', ''),
    ('tennyson, expanding', 'RMSE of validation', 'too slow to finish', ('tennyson-expanding', 'val rmse'), None, 'naive rmse', ''),
    ('mishra', 'RMSE, Apple close, last fifth', '3.51 (illustration)', ('mishra', 'one rmse'), ('ours-aapl', 'one rmse'), IBM_NAIVE, 'twice naive: 4.81'),
    ('mishra, last epoch', 'RMSE, the same rows', '-', ('mishra-last', 'one rmse'), ('ours-aapl', 'one rmse'), IBM_NAIVE, 'PyTorch: 12.1'),
    ('mishra, last epoch, in order, as printed', 'RMSE, the same rows', '-', ('mishra-printed', 'one rmse'), ('ours-aapl', 'one rmse'), IBM_NAIVE, 'PyTorch: 51.1, 49.0, 35.6'),
    ('ariyanto', 'RMSE, Tata open, newest 16 rows', '-', ('ariyanto', 'one rmse'), ('ours-tata', 'one rmse'), IBM_NAIVE, ''),
    ('ariyanto, file order', 'RMSE, Tata open, oldest 16 rows', '-', ('ariyanto-file-order', 'one rmse'), None, IBM_NAIVE, ''),
    ('walia', 'RMSE, IBM high, last quarter', '-', ('walia', 'one rmse'), ('ours-ibm-75', 'one rmse'), IBM_NAIVE, ''),
    ('castilla', 'RMSE, IBM high, 2017', '-', ('castilla', 'one rmse'), ('ours-ibm', 'one rmse'), IBM_NAIVE, ''),
    ('castilla', 'will it rise? Brier score', '-', ('castilla-direction', 'one brier'), ('ours-direction', 'one brier'), 'one base brier', 'naive: the base rate'),
    ('castilla', 'will it rise? share that is right', '-', ('castilla-direction', 'one accuracy'), ('ours-direction', 'one accuracy'), 'one base accuracy', 'naive: the commoner side'),
    ('ganegedara', 'mean of 100 rows, RMSE, IBM high, 2017', '-', ('ours-ibm', 'one average-100 rmse'), ('ours-ibm', 'one rmse'), IBM_NAIVE, 'a baseline: no seed'),
    ('ganegedara', 'exponential average', '-', ('ours-ibm', 'one ema rmse'), ('ours-ibm', 'one rmse'), IBM_NAIVE, 'a baseline: no seed'),
    ('ganegedara', 'its smoothed network, the same rows', '-', ('ganegedara', 'one rmse'), ('ours-ibm', 'one rmse'), IBM_NAIVE, ''),
]

TEXT = """## What each paper did, and what we did instead

**yadav-lstm, yadav-gru** (notebook on IBM's daily high, 2006 to 2017). Networks, optimizers, epochs, batches, window and split are the notebook's. It compares its two figures with nothing: repeating the last value has
1.54 on the same 251 rows, half of either. Its sequence is a path: 251 steps fed back in, `evaluate --mode path`; the author reports 8 to 9 twice and 11 at worst of four runs, with a network changed "a little" in a way that is
not told. A path of a network that was trained one step ahead depends on the seed more than on anything else: all seeds stand in the table, and Keras does the same. Flat - the last value of 2016 all year - has 14.66.

**lahore** (student report on IBM, Apple, Amazon and Home Depot). Dropout 0.1, 20 epochs, batch 12, RMSprop as it prints. Its 1.905 is not what this protocol gives: neither our five seeds nor Keras come near it. Each of
its eight figures loses to repeating the last value (1.54 IBM, 1.70 Apple, 12.6 Amazon, 1.21 Home Depot against 1.9 to 160). Its test set is loaded from a file of another company by name (AABA) in the code it prints. Of its other
three tickers we hold Apple from 2015 on, in prices after the split of 2020, four times smaller: our recipe on 2017, multiplied by 4, stands for 14.28 - with two years to train on instead of eleven. Amazon and Home Depot
(140.3 and 18.49) were not tried: the files are not at hand.

**castilla, walia, ganegedara** are known from lahore's review. It prints their layers, castilla's loss and optimizer, walia's split; what it leaves out is that of `classic`. No figure of theirs is given, so none can be met; they
run on lahore's IBM file. Castilla's question, will it rise, is `--objective direction`: the sides of 2017 are forecast no better than by how often the price rises. Ganegedara's two averages are baselines of every `evaluate` (`average-100`, `ema`); both follow
the price at a distance. Its scaling in blocks and smoothing change the training rows only (`--smooth`, `--smooth-block`); in the original the windows at the seam see smoothed rows, too.

**tennyson** (report on Apple's close, five years, rolling 200/10 over windows of 60). Two things flatter it: the scaler is fitted on the whole file, and early stopping chooses its weights by the ten windows
that are scored. Its figures are reached only by one network that is carried on from split to split, which is no leak, but means ten epochs are a thousand. The preset does all of that (`--scale-fit all --stop-on scored --refit warm`) and says so when it runs; *no leak* is the same with a scaler of training rows and early stop on their tail, in units of the whole file's range so that the rows compare. A chain of 988 fits is chaotic: rounding
alone changes what it forecasts in the end, and its last ten networks' mean for one session differs by tens of dollars from seed to seed where the scores do not. R2 is printed without a baseline: naive has RMSE .0138 and
R2 .093 on the same splits, better than every network here. Its text says that the scaler gives a mean of 1 and a standard deviation of 0; it means the reverse, and uses min-max. `--scheme expanding`, which its author found too slow to finish, is one option.

**mishra** (article with PyTorch on Apple's close, 2015 to 2020). The printed errors (12.345678 and 2.345678) and losses are illustrations, no result: they end with a line for epoch 150, which a loop over 150 epochs that begins at 0 never prints. The scaler sees the whole file; the actual prices are "inverse
transformed" though they were never scaled, so the printed code cannot give a meaningful error. Run to its end, the printed loop trains on prices from 23 to 59, one window a step and in order of time, and is scored on prices from 56 to 137. In order, the last windows undo what the others taught: in PyTorch the mean squared error over all
training windows is 4e-2 after the first epoch and 2e-3 after the last, where shuffled windows leave 1e-4 and 3e-5; what comes of it on prices it has never seen changes from epoch to epoch (PyTorch, seed 1: 35.9 after 1, 7.3 after 20, 120.9 after 40, 22.9 after 50, 34.3 after 100, 51.1 after 150). PyTorch itself ends
at 51.1, 49.0 and 35.6 in three seeds, and near that does `--preset mishra --no-shuffle --val-frac 0 --patience 0`, which trains both of PyTorch's biases as the preset does (`--two-biases`; with one bias, as in Keras, the same loop ended at 5.7 to 27 in four seeds). **So the loop as it is printed does not come below twice naive's error, 4.81, in any framework.**
Its test loop also carries the state on from window to window, which we do not: in PyTorch that gives 56.7, 58.1 and 39.9 instead. What the loop lacks is an order of chance and an end: shuffled, ours and PyTorch's end at about 11 and 12, PyTorch's having been at 2.5 to 5.9 from the second epoch to the twentieth. The preset departs from it in these two
points and no other: windows are shuffled, and the weights of the best epoch by the last tenth of the training rows are kept, when twenty more have brought nothing. So all seeds come below 4.81, and none below naive.

**ariyanto** (report on cells by hand, and Tata Global's opening price). The file is newest first and is never turned round: the network reads time backwards and what it forecasts is the past. `ariyanto` runs forwards; `--file-order`
reproduces the mistake and says so. Every row is trained on and 16 rows of another file are scored; that file is not at hand, so the last 16 rows in either order are held out. The LSTM numbers it prints for `dxt` and `da_prev` use the forget
gate's matrix for all gates (true: 3.23056 and -0.06396); our gradients are checked against PyTorch's and by central differences.

**chars**, the character model of ariyanto's second part, has no figure here: `lstmfc chars`.
"""


def load(logs):
    out = {}
    for path in sorted(logs.glob('*.json')):
        d = json.loads(path.read_text())
        out.setdefault(d['job'], []).append(d)
    return {k: sorted(v, key=lambda d: d['seed']) for k, v in out.items()}


def number(x):
    if abs(x) >= 100: return f'{x:.2f}'
    return f'{x:.3f}' if abs(x) >= 1 else f'{x:.4f}'


def figure(all, job, key):
    """median [lowest, highest], seeds"""
    x = [d['figures'][key] for d in all.get(job, []) if d['figures'].get(key) is not None]
    if not x: return '-'
    if len(x) == 1: return f'{number(x[0])} (1 seed)'
    text = number(st.median(x))
    return f'**{text}**' if max(x) - min(x) < 1e-9 * abs(text and st.median(x)) else f'**{text}** [{number(min(x))}, {number(max(x))}] of {len(x)}'


def table(all):
    lines = ['| system | figure | published | preset | our recipe | naive | for comparison |', '|---|---|---:|---:|---:|---:|---|']
    for system, what, published, preset, ours, naive, note in ROWS:
        if preset and preset[0] not in all: continue
        of = preset or ours
        naive = naive or (IBM_NAIVE if not preset else None)
        cells = [figure(all, *preset) if preset else '-', figure(all, *ours) if ours else '-', figure(all, *(naive if isinstance(naive, tuple) else (of[0], naive))).replace('*', '').replace(' (1 seed)', '') if naive else '-']
        if preset and cells[0] == '-': continue
        lines.append(f"| {system} | {what} | {published} | {' | '.join(cells)} | {note} |")
    return lines


def seeds(all):
    lines = ['| figure | seeds 1, 2, ... |', '|---|---|']
    for job, logs in all.items():
        for key in ('one rmse', 'path rmse', 'val rmse', 'one brier'):
            x = [d['figures'][key] for d in logs if key in d['figures']]
            if len(x) > 1: lines.append(f"| {job}, {dict(one='one step', path='path', val='validation')[key.split()[0]]} {key.split()[1].upper() if 'rmse' in key else 'Brier'} | {' '.join(map(number, x))} |")
    return lines


def commands(all):
    lines = []
    for job in JOBS:
        for d in all.get(job, [])[:1]:
            seconds = min(l['seconds'] for l in all[job])
            lines += [f'# {job}, each seed with --seed N; {seconds:.0f} s or more on one busy core', *d['commands']]
    return ['```sh', *lines, '```']


def make(logs):
    all = load(logs)
    versions = sorted({d['version'] for v in all.values() for d in v})
    head = f"""# The papers, rerun

What the source papers report, what their systems give when this program runs them on the same rows - median and range of the seeds where there are several - and what our own recipe and repeating the last
value give there. Made by `tests/papers/run.py --page` from the logs in [papers/](papers); the logs by `tests/papers/run.py build/release/lstmfc DATA`, DATA being a folder with the papers' files, which are not in this repository.
{', '.join(versions)}.

"""
    return head + '\n'.join(table(all)) + """

Tennyson's figures are in units of the column's range over its whole file. Naive repeats the last value; on a path, the last value before it. Where our recipe's figure is naive's to the last digit, rolling origins inside the
training part found nothing to believe, and naive is what it forecasts: it beats every published one-step figure by knowing that.

""" + TEXT + '\n## Every seed\n\n' + '\n'.join(seeds(all)) + '\n\n## Commands\n\n' + '\n'.join(commands(all)) + '\n'
