"""What the Python peers share: the workload they are told, the data, and the protocol with run.py.

A peer is a program started as `PEER THREADS`. It prints '@ready NAME VERSION', then answers each line of standard input with one line that starts with '@':
    load CELL UNITS DROPOUT DENSE BATCH OPTIMIZER WINDOWS    build the network and the data, warm up (compile)    @ok NOTE
    epoch                                                    train one epoch, shuffled                            @SECONDS LOSS
    forward WINDOWS REPEATS                                  outputs of so many windows at once                   @SECONDS of each repeat
    quit
What it cannot do it answers with '@no REASON'. Lists are joined by commas. Windows have 60 rows of one column, a sine scaled to [0, 1]; loss is MSE on the next
value. Optimizers: adam and rmsprop with learning rate 1e-3, sgd with .01 and momentum .9.
"""
import math, sys, time

STEPS = 60


class Spec:
    def __init__(self, cell, units, dropout, dense, batch, optimizer, windows):
        self.cell, self.optimizer, self.batch, self.windows = cell, optimizer, int(batch), int(windows)
        self.units, self.dense = ([int(v) for v in s.split(',')] for s in (units, dense))
        self.dropout = [float(v) for v in dropout.split(',')]


def sine(n):
    """inputs (n, STEPS, 1) and targets (n, 1), float32"""
    import numpy as np
    s = ((1 + np.sin(.05 * np.arange(n + STEPS))) / 2).astype(np.float32)
    return np.stack([s[i:i + STEPS] for i in range(n)])[:, :, None], s[STEPS:, None].copy()


def read_close(path):
    """the second column of a CSV, scaled to [0, 1]: values, lowest, range"""
    import numpy as np
    v = np.loadtxt(path, delimiter=',', skiprows=1, usecols=1)
    low, span = v.min(), v.max() - v.min()
    return ((v - low) / span).astype(np.float32), float(low), float(span)


def timed(f, repeats):
    out = []
    for _ in range(repeats):
        t = time.perf_counter(); f(); out.append(time.perf_counter() - t)
    return out


def serve(name, version, load):
    """load(spec, threads) gives an object with epoch() -> loss, forward(windows) -> a function to call, and note"""
    threads, net = int(sys.argv[1]), None
    say = lambda *a: print('@' + ' '.join(map(str, a)), flush=True)
    say('ready', name, version)
    for line in sys.stdin:
        verb, *args = line.split()
        try:
            if verb == 'quit': return
            elif verb == 'load': net = None; net = load(Spec(*args), threads); say('ok', getattr(net, 'note', ''))
            elif verb == 'epoch':
                t = time.perf_counter(); loss = float(net.epoch()); t = time.perf_counter() - t
                say(t, loss) if math.isfinite(loss) else say('no', 'loss is not finite')
            elif verb == 'forward': f = net.forward(int(args[0])); timed(f, 3); say(*timed(f, int(args[1])))
            else: say('no', f'no such command: {verb}')
        except Exception as e:
            say('no', f'{type(e).__name__}: {e}'.replace('\n', ' ')[:300])
