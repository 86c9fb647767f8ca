"""PyTorch: an LSTM tuned on one series, what a careful user would do in an afternoon: one step ahead.

usage: lstm_tuned.py < JSON {"x": [values], "n": rows held out at the end}        answers {"rmse", "chosen", "seconds"}

Units 16 or 64, windows of levels or of changes (both standardised on the rows trained on), Adam at 0.003, batch 32, 200 epochs at most. The last fifth of the rows before the held-out ones stops
training early (patience 15, best weights) and chooses among the four; then three networks of the chosen kind are trained from other seeds in the same way, and their mean is scored on the held-out rows.
"""
import json, math, sys, time
import numpy as np
import torch, torch.nn as nn

WINDOW, EPOCHS, PATIENCE, BATCH = 40, 200, 15, 32


class Net(nn.Module):
    def __init__(self, units):
        super().__init__()
        self.cell, self.head = nn.LSTM(1, units, batch_first=True), nn.Linear(units, 1)

    def forward(self, x):
        return self.head(self.cell(x)[0][:, -1])[:, 0]


def windows(v, rows):
    return torch.tensor(np.stack([v[r - WINDOW:r] for r in rows])[..., None], dtype=torch.float32), torch.tensor(v[rows], dtype=torch.float32)


def fit(v, train, val, units, seed):
    """weights with the least validation loss, and that loss"""
    torch.manual_seed(seed)
    net = Net(units); adam = torch.optim.Adam(net.parameters(), 3e-3); (x, y), (xv, yv) = windows(v, train), windows(v, val)
    best, kept, waited = math.inf, None, 0
    for _ in range(EPOCHS):
        order = torch.randperm(len(train))
        for k in range(0, len(order), BATCH):
            i = order[k:k + BATCH]; adam.zero_grad(); nn.functional.mse_loss(net(x[i]), y[i]).backward(); adam.step()
        with torch.no_grad(): loss = nn.functional.mse_loss(net(xv), yv).item()
        if loss < best: best, kept, waited = loss, {k: w.clone() for k, w in net.state_dict().items()}, 0
        elif (waited := waited + 1) >= PATIENCE: break
    net.load_state_dict(kept)
    return net, best


def main():
    d = json.load(sys.stdin); x, n = np.array(d['x'], float), d['n']; end = len(x) - n; begun = time.time()
    torch.set_num_threads(1)
    first = WINDOW + 1; cut = end - max((end - first) // 5, 1); train, val = np.arange(first, cut), np.arange(cut, end)
    if len(train) < 8: print(json.dumps(dict(error='too few rows'))); return
    forms = {}
    for form in ('levels', 'changes'):
        v = x if form == 'levels' else np.concatenate([[0], np.diff(x)])
        mean, sd = (v[:cut].mean(), v[:cut].std()) if form == 'levels' else (0., v[1:cut].std())
        forms[form] = ((v - mean) / sd, sd)
    tried = []
    for form, (v, sd) in forms.items():
        for units in (16, 64): tried.append((fit(v, train, val, units, 1)[1] * sd * sd, form, units))
    _, form, units = min(tried); v, sd = forms[form]; rows = np.arange(end, len(x)); xs, ys = windows(v, rows)
    nets = [fit(v, train, val, units, s)[0] for s in (2, 3, 4)]
    with torch.no_grad(): f = np.mean([net(xs).numpy() for net in nets], axis=0)
    print(json.dumps(dict(rmse=float(np.sqrt(np.mean(((ys.numpy() - f) * sd) ** 2))), chosen=f'{units} units on {form}', seconds=time.time() - begun)))


if __name__ == '__main__':
    main()
