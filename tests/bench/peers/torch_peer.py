"""PyTorch: one nn.LSTM or nn.GRU a layer, or one for the whole stack where its layers are alike; plain or fused optimizer: the fastest of these, found by trying.

usage: torch_peer.py THREADS                        as a peer (see peer.py)
       torch_peer.py THREADS --job CSV EPOCHS       the whole job: read, scale, train W1, predict the next value, print it
"""
import itertools, sys, time
import torch, torch.nn as nn
from peer import STEPS, Spec, read_close, serve, sine


class Net(nn.Module):
    """x is time first (T, B, 1); the whole stack in one module or a module a layer"""
    def __init__(self, s, whole):
        super().__init__()
        cell, sizes = dict(lstm=nn.LSTM, gru=nn.GRU)[s.cell], [1] + s.units
        if whole:
            self.cells = nn.ModuleList([cell(1, s.units[0], num_layers=len(s.units), dropout=s.dropout[0] if len(s.units) > 1 else 0)])
            self.drops = nn.ModuleList([nn.Dropout(s.dropout[-1])])
        else:
            self.cells = nn.ModuleList(cell(i, o) for i, o in zip(sizes, s.units))
            self.drops = nn.ModuleList(nn.Dropout(p) for p in s.dropout)
        sizes = [s.units[-1]] + s.dense
        self.head = nn.Sequential(*(nn.Linear(i, o) for i, o in zip(sizes, s.dense)))

    def forward(self, x):
        for k, (cell, drop) in enumerate(zip(self.cells, self.drops)):
            x, _ = cell(x)
            x = drop(x[-1] if k == len(self.cells) - 1 else x)
        return self.head(x)


def optimizer(name, weights, fused):
    extra = dict(fused=True) if fused else {}
    if name == 'adam': return torch.optim.Adam(weights, 1e-3, **extra)
    if name == 'sgd': return torch.optim.SGD(weights, .01, momentum=.9, **extra)
    return torch.optim.RMSprop(weights, 1e-3, foreach=fused)  # has no fused form


class Peer:
    def __init__(self, s, threads):
        torch.set_num_threads(threads)
        self.s = s
        x, y = sine(s.windows)
        self.x, self.y = torch.from_numpy(x[:, :, 0]), torch.from_numpy(y)
        alike = len(set(s.units)) == 1 and len(set(s.dropout)) == 1
        best = None
        for whole, fused in itertools.product((False, True) if alike else (False,), (False, True)):
            self.net = Net(s, whole)
            self.opt = optimizer(s.optimizer, self.net.parameters(), fused)
            n = min(s.windows, s.batch * (4 if s.batch > 8 else 40) if s.units[0] < 512 else s.batch)
            self.run(n)
            t = time.perf_counter(); self.run(n); t = time.perf_counter() - t
            if best is None or t < best[0]: best = t, self.net, self.opt, f"{'one module' if whole else 'a module a layer'}, {'fused' if fused else 'plain'} optimizer"
        _, self.net, self.opt, self.note = best

    def run(self, n):
        order, total, b = torch.randperm(n), 0., self.s.batch
        self.net.train()
        for i in range(0, n, b):
            k = order[i:i + b]
            self.opt.zero_grad(set_to_none=True)
            loss = nn.functional.mse_loss(self.net(self.x[k].t().contiguous().unsqueeze(-1)), self.y[k])
            loss.backward()
            self.opt.step()
            total += loss.item() * len(k)
        return total / n

    def epoch(self):
        return self.run(self.s.windows)

    def forward(self, n):
        x = self.x[:n].t().contiguous().unsqueeze(-1)
        self.net.eval()
        def f():
            with torch.inference_mode(): return self.net(x)
        return f


def job(threads, path, epochs):
    torch.set_num_threads(threads)
    values, low, span = read_close(path)
    s = Spec('lstm', '50,50,50,50', '.2,.2,.2,.2', '1', 32, 'rmsprop', len(values) - STEPS)
    v = torch.from_numpy(values)
    peer = Peer.__new__(Peer)
    peer.s, peer.x, peer.y, peer.net = s, v.unfold(0, STEPS, 1)[:-1], v[STEPS:, None], Net(s, True)
    peer.opt = optimizer(s.optimizer, peer.net.parameters(), False)
    for _ in range(epochs): peer.epoch()
    peer.net.eval()
    with torch.inference_mode(): print(float(peer.net(v[-STEPS:, None, None])) * span + low)


if __name__ == '__main__':
    if '--job' in sys.argv: job(int(sys.argv[1]), sys.argv[3], int(sys.argv[4]))
    else: serve('PyTorch', torch.__version__.split('+')[0], Peer)
