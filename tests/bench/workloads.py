"""The workloads, what they cost at the least, and the synthetic series they run on."""
import datetime as dt, math

STEPS, WINDOWS = 60, 2709


class Workload:
    def __init__(self, what, cell, units, dropout, dense, batch, optimizer, windows=WINDOWS):
        self.what, self.cell, self.units, self.dropout, self.dense, self.batch, self.optimizer, self.windows = what, cell, units, dropout, dense, batch, optimizer, windows

    def layers(self):
        """as --layers wants it"""
        out = []
        for u, p in zip(self.units, self.dropout): out += [f'{self.cell}:{u}'] + ([f'dropout:{p}'] if p else [])
        return ','.join(out + [f'dense:{d}' for d in self.dense])

    def flags(self):
        f = ['--layers', self.layers(), '--batch', self.batch, '--optimizer', self.optimizer]
        return f + (['--lr', .01, '--momentum', .9] if self.optimizer == 'sgd' else [])

    def spec(self, windows=None):
        """as the peers want it (peers/peer.py)"""
        j = lambda v: ','.join(map(str, v))
        return f'{self.cell} {j(self.units)} {j(self.dropout)} {j(self.dense)} {self.batch} {self.optimizer} {windows or self.windows}'

    def cost(self, steps=STEPS):
        """FLOP of one window, forward and with backward; the part of the latter that streams recurrent weights; transcendentals"""
        gates, forward, both, stream, tanhs, inputs = dict(lstm=4, gru=3)[self.cell], 0, 0, 0, 0, 1
        for k, h in enumerate(self.units):
            product = 2 * gates * h * (inputs + h) * steps
            forward += product
            both += 3 * product - (2 * gates * h * inputs * steps if k == 0 else 0)
            stream += 2 * 2 * gates * h * h * steps
            tanhs += (gates + 1 if self.cell == 'lstm' else gates) * h * steps
            inputs = h
        for d in self.dense: forward += 2 * inputs * d; both += 6 * inputs * d; inputs = d
        return dict(forward=forward, both=both, stream=stream, tanhs=tanhs)

    def bound(self, peak, windows=None, l2=False, forward=False):
        """seconds of one core: FLOP over FMA peak + transcendentals over tanh rate; l2: products by the recurrent weights at the rate with an operand from L2"""
        c, n = self.cost(), windows or self.windows
        flop = c['forward'] if forward else c['both']
        slow = c['stream'] / (2 if forward else 1) if l2 else 0
        return n * ((flop - slow) / peak['fma'] + slow / peak['l2'] + c['tanhs'] / peak['tanh']) / 1e9


W = dict(
    W1=Workload('4 x (LSTM 50, dropout .2), dense 1, batch 32, RMSprop', 'lstm', [50] * 4, [.2] * 4, [1], 32, 'rmsprop'),
    W2=Workload('4 x (GRU 50, dropout .2), dense 1, batch 150, SGD with momentum', 'gru', [50] * 4, [.2] * 4, [1], 150, 'sgd'),
    W3=Workload('LSTM 50, dropout .3, LSTM 50, dropout .2, dense 25, dense 1, batch 10, Adam', 'lstm', [50] * 2, [.3, .2], [25, 1], 10, 'adam'),
    W4=Workload('LSTM 100, dense 1, batch 1, Adam', 'lstm', [100], [0], [1], 1, 'adam'))
LARGE = Workload('4 x LSTM 512, dense 1, batch 256, RMSprop', 'lstm', [512] * 4, [0] * 4, [1], 256, 'rmsprop', 512)


def write_csv(path, rows, value=None):
    """Date,Close: a sine on weekdays (every day where there are too many), or value(k)"""
    day, step, value = dt.date(1900, 1, 1), dt.timedelta(1), value or (lambda k: f'{100 + 50 * math.sin(.05 * k):.6f}')
    with open(path, 'w') as f:
        f.write('Date,Close\n')
        for k in range(rows):
            f.write(f'{day},{value(k)}\n')
            day += step
            while rows < 100000 and day.weekday() > 4: day += step
    return path


def exponent(points):
    """slope of log y over log x, least squares"""
    x, y = ([math.log(p[k]) for p in points] for k in (0, 1)); n = len(points); mx, my = sum(x) / n, sum(y) / n
    return sum((a - mx) * (b - my) for a, b in zip(x, y)) / sum((a - mx) ** 2 for a in x)
