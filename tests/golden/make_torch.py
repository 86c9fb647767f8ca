"""Writes torch.json: outputs, losses, gradients and optimizer steps of small networks by PyTorch, in float64.

    python make_torch.py > torch.json          (made with PyTorch 2.15, NumPy 2.4)

Weights, inputs and targets are multiples of 2^-10, so that float32 holds them exactly. Every tensor stands in the order and
shape of the model file. `lstm` and `rnn` train one bias: bias_hh is zero and frozen here, and its gradient is not written. Under `twins` both are trained,
and their sum stands for the one.
`gru-before` (Cho et al. 2014, the reset gate before the product) PyTorch lacks: it is written out below and autograd does the rest.
RMSprop and clipping are written out too: PyTorch puts RMSprop's epsilon outside the root and adds 1e-6 to the clipped norm.
"""
import json
import math
import textwrap

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
CELLS = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid, "linear": lambda x: x}


class GruBefore(torch.nn.Module):
    """h = z h' + (1 - z) tanh(W x + U (r h') + b), gates in the order r, z, n."""

    def __init__(self, inputs, units):
        super().__init__()
        self.units = units
        self.weight_ih_l0 = torch.nn.Parameter(torch.zeros(3 * units, inputs))
        self.weight_hh_l0 = torch.nn.Parameter(torch.zeros(3 * units, units))
        self.bias_ih_l0 = torch.nn.Parameter(torch.zeros(3 * units))
        self.bias_hh_l0 = torch.nn.Parameter(torch.zeros(3 * units))

    def forward(self, x):
        n = self.units
        h, all_steps = x.new_zeros(x.shape[1], n), []
        for step in x:
            a = step @ self.weight_ih_l0.T + self.bias_ih_l0
            gates = torch.sigmoid(a[:, :2 * n] + h @ self.weight_hh_l0[:2 * n].T)
            r, z = gates[:, :n], gates[:, n:]
            h = z * h + (1 - z) * torch.tanh(a[:, 2 * n:] + (r * h) @ self.weight_hh_l0[2 * n:].T)
            all_steps.append(h)
        return torch.stack(all_steps), h.unsqueeze(0)


class Attention(torch.nn.Module):
    """Steps weighted by the softmax of v tanh(W x + b): Yang et al. 2016."""

    def __init__(self, inputs, units, activation):
        super().__init__()
        self.hidden = torch.nn.Linear(inputs, units)
        self.score = torch.nn.Linear(units, 1, bias=False)
        self.activation = activation

    def forward(self, x):
        weights = torch.softmax(self.score(self.activation(self.hidden(x))), dim=0)
        return (weights * x).sum(dim=0)


class Stack(torch.nn.Module):
    """A --layers SPEC; the recurrent layer before the first dense one hands on its final state (of both directions), or every step."""

    def __init__(self, spec, columns, every_step=False):
        super().__init__()
        self.every_step = every_step
        self.rows = [part.split(":") for part in spec.split(",")]
        self.steps = torch.nn.ModuleList()
        width = columns
        for kind, units, *activation in self.rows:
            units, two = int(units), kind.startswith("bi")
            cell = kind[2:] if two else kind
            if cell == "dense":
                layer = torch.nn.Linear(width, units)
            elif cell == "attention":
                layer = Attention(width, units, ACTIVATIONS[activation[0] if activation else "tanh"])
            elif cell == "gru-before":
                layer = GruBefore(width, units)
            else:
                more = {"nonlinearity": activation[0]} if activation else {}
                layer = CELLS[cell](width, units, bidirectional=two, **more)
            if cell in ("rnn", "lstm", "gru-before"):
                for name, p in layer.named_parameters():
                    if name.startswith("bias_hh"):
                        p.requires_grad_(False)
            self.steps.append(layer)
            width = width if cell == "attention" else units * (2 if two else 1)

    def forward(self, x):
        last = max((i for i, row in enumerate(self.rows) if row[0] != "dense"), default=-1)
        for i, (row, layer) in enumerate(zip(self.rows, self.steps)):
            if row[0] == "attention":
                x = layer(x)
                continue
            if row[0] == "dense":
                x = ACTIVATIONS[row[2] if len(row) > 2 else "linear"](layer(x))
                continue
            y, state = layer(x)
            final = state[0] if isinstance(state, tuple) else state
            x = torch.cat(list(final), dim=-1) if i == last and not self.every_step else y
        return x


def grid(rng, shape, span):
    return torch.tensor(np.round(rng.uniform(-span, span, shape) * 1024) / 1024)


def names(net):
    return [(name[len("steps."):], p) for name, p in net.named_parameters()]


def fill(net, rng):
    with torch.no_grad():
        for name, p in names(net):
            if p.requires_grad:
                p.copy_(grid(rng, p.shape, 0.6))
            else:
                p.zero_()


def flat(t):
    return t.detach().reshape(-1).tolist()


def loss_of(kind, y, target):
    return {"mse": torch.nn.functional.mse_loss, "mae": torch.nn.functional.l1_loss,
            "huber": torch.nn.functional.huber_loss}[kind](y, target)


def problem(seed, spec, steps, rows, columns):
    rng = np.random.RandomState(seed)
    net = Stack(spec, columns)
    fill(net, rng)
    x = grid(rng, (steps, rows, columns), 1.0)
    with torch.no_grad():
        outputs = net(x).shape[1]
    return net, x, grid(rng, (rows, outputs), 2.0)


def case(seed, spec, steps, rows, columns, loss="mse"):
    net, x, target = problem(seed, spec, steps, rows, columns)
    y = net(x)
    value = loss_of(loss, y, target)
    value.backward()
    return {"spec": spec, "steps": steps, "rows": rows, "columns": columns, "outputs": y.shape[1], "loss": loss,
            "x": flat(x), "target": flat(target), "names": [n for n, _ in names(net)],
            "weights": [v for _, p in names(net) for v in flat(p)],
            "y": flat(y), "value": value.item(),
            "gradient": [v for _, p in names(net) for v in (flat(p.grad) if p.requires_grad else [0.0] * p.numel())]}


def sequence(seed, spec, steps, rows, columns, classes):
    """Many-to-many: the cross-entropy summed over steps and rows."""
    rng = np.random.RandomState(seed)
    net = Stack(spec, columns, every_step=True)
    fill(net, rng)
    x = grid(rng, (steps, rows, columns), 1.0)
    target = torch.tensor(rng.randint(0, classes, (steps, rows)))
    z = net(x)
    value = torch.nn.functional.cross_entropy(z.reshape(-1, classes), target.reshape(-1), reduction="sum")
    value.backward()
    return {"spec": spec, "steps": steps, "rows": rows, "columns": columns, "classes": classes, "x": flat(x), "target": flat(target.double()),
            "weights": [v for _, p in names(net) for v in flat(p)], "y": flat(z), "probability": flat(torch.softmax(z, -1)), "value": value.item(),
            "gradient": [v for _, p in names(net) for v in (flat(p.grad) if p.requires_grad else [0.0] * p.numel())]}


def clip(parameters, norm, value):
    if norm:
        length = math.sqrt(sum(float((p.grad ** 2).sum()) for p in parameters))
        for p in parameters:
            p.grad *= min(1.0, norm / length)
    if value:
        for p in parameters:
            p.grad.clamp_(-value, value)


class KerasRmsprop:
    def __init__(self, parameters, lr, momentum=0.0, weight_decay=0.0):
        self.parameters, self.lr, self.momentum, self.decay = parameters, lr, momentum, weight_decay
        self.v = [torch.zeros_like(p) for p in parameters]
        self.u = [torch.zeros_like(p) for p in parameters]

    @torch.no_grad()
    def step(self):
        for p, v, u in zip(self.parameters, self.v, self.u):
            g = p.grad + self.decay * p
            v.mul_(0.9).add_(0.1 * g * g)
            u.mul_(self.momentum).add_(self.lr * g / torch.sqrt(v + 1e-7))
            p -= u


def maker(kind, lr, momentum, nesterov, decay, decoupled):
    l2 = 0.0 if decoupled else decay
    if kind == "adam" and decoupled:
        return lambda ps: torch.optim.AdamW(ps, lr=lr, weight_decay=decay)
    if kind == "adam":
        return lambda ps: torch.optim.Adam(ps, lr=lr, weight_decay=l2)
    if kind == "sgd":
        return lambda ps: torch.optim.SGD(ps, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=l2)
    return lambda ps: KerasRmsprop(ps, lr, momentum, l2)


def summed(net):
    """The names with the two biases of an lstm as their sum and zeros."""
    biases = dict(names(net))
    for name, p in biases.items():
        twin = name.replace("bias_ih", "bias_hh")
        if name.startswith("0.bias_ih"):
            p = p + biases[twin]
        elif name.startswith("0.bias_hh"):
            p = torch.zeros_like(p)
        yield name, p


def run(kind, lr, momentum=0.0, nesterov=False, decay=0.0, decoupled=False, clip_norm=0.0, clip_value=0.0, both=False):
    net, x, target = problem(77, "lstm:4,gru:3,dense:2", 5, 6, 2)
    if both:
        for p in net.parameters():
            p.requires_grad_(True)
    parameters = [p for p in net.parameters() if p.requires_grad]
    optimizer = maker(kind, lr, momentum, nesterov, decay, decoupled)(parameters)
    after, losses = {}, []
    for step in range(1, 21):
        for p in parameters:
            p.grad = None
        value = loss_of("mse", net(x), target)
        value.backward()
        losses.append(value.item())
        clip(parameters, clip_norm, clip_value)
        if decoupled and kind != "adam":
            with torch.no_grad():
                for p in parameters:
                    p *= 1 - lr * decay
        optimizer.step()
        if step in (1, 20):
            after[step] = [v for _, p in (summed(net) if both else names(net)) for v in flat(p)]
    return {"optimizer": kind, "lr": lr, "momentum": momentum, "nesterov": int(nesterov), "weight_decay": decay,
            "decoupled": int(decoupled), "clip_norm": clip_norm, "clip_value": clip_value,
            "losses": losses, "after1": after[1], "after20": after[20]}


def main():
    cases = [
        case(1, "rnn:5", 4, 3, 2), case(2, "lstm:7", 5, 3, 3), case(3, "gru:6", 5, 4, 2), case(4, "gru-before:6", 5, 4, 2),
        case(5, "rnn:5:relu", 4, 3, 2), case(6, "rnn:5,rnn:4", 6, 2, 1), case(7, "lstm:7,lstm:5", 6, 1, 1),
        case(8, "gru:5,gru:6", 6, 9, 1), case(9, "gru-before:5,gru-before:3,dense:1", 6, 2, 3),
        case(10, "lstm:7,gru:5,dense:4,dense:2", 7, 5, 3), case(11, "gru:17,lstm:9,dense:3:tanh,dense:1", 3, 9, 2),
        case(12, "lstm:7,gru:5,dense:4:sigmoid,dense:2", 7, 5, 3, "mae"), case(13, "gru:5,rnn:3,dense:4:relu,dense:2", 7, 5, 3, "huber"),
        case(14, "bilstm:5,dense:2", 5, 3, 2), case(15, "bigru:4,birnn:3,dense:1", 5, 3, 2), case(16, "bigru:5", 4, 2, 3),
        case(17, "lstm:33,dense:1", 12, 2, 1), case(18, "lstm:5,attention:7,dense:2", 6, 3, 2), case(19, "attention:4,dense:1", 5, 2, 3),
        case(20, "bigru:3,dense:6:tanh,attention:17:relu,dense:2", 19, 9, 1), case(21, "gru:17,attention:3", 1, 2, 2),
    ]
    net, x, target = problem(77, "lstm:4,gru:3,dense:2", 5, 6, 2)
    runs = [
        run("sgd", 0.1), run("sgd", 0.1, momentum=0.9), run("sgd", 0.05, momentum=0.9, nesterov=True), run("sgd", 0.1, decay=0.05),
        run("sgd", 0.1, momentum=0.5, decay=0.05, decoupled=True), run("sgd", 0.1, clip_norm=0.25), run("sgd", 0.1, clip_value=0.0625),
        run("adam", 0.01), run("adam", 0.01, decay=0.05), run("adam", 0.01, decay=0.05, decoupled=True),
        run("adam", 0.01, clip_norm=0.25, clip_value=0.0625, decay=0.01), run("adam", 0.01, clip_norm=1000.0),
        run("rmsprop", 0.001), run("rmsprop", 0.001, momentum=0.9), run("rmsprop", 0.001, decay=0.05),
        run("rmsprop", 0.001, decay=0.5, decoupled=True), run("rmsprop", 0.001, clip_value=0.0625),
    ]
    twins = [run("adam", 0.01, both=True), run("adam", 0.01, decay=0.05, decoupled=True, both=True), run("sgd", 0.1, both=True),
             run("sgd", 0.05, momentum=0.9, nesterov=True, both=True), run("rmsprop", 0.001, momentum=0.9, both=True), run("rmsprop", 0.001, clip_value=0.0625, both=True)]
    training = {"spec": "lstm:4,gru:3,dense:2", "steps": 5, "rows": 6, "columns": 2, "outputs": 2, "loss": "mse",
                "x": flat(x), "target": flat(target), "names": [n for n, _ in names(net)],
                "weights": [v for _, p in names(net) for v in flat(p)], "runs": runs, "twins": twins}
    sequences = [sequence(31, "rnn:5,dense:4", 6, 1, 4, 4), sequence(32, "lstm:17,dense:27", 9, 3, 27, 27), sequence(33, "gru:6,lstm:5,dense:7:tanh,dense:3", 5, 2, 2, 3)]
    print(encode({"cases": cases, "training": training, "sequences": sequences}))


def encode(value, depth=0):
    """JSON with every number as %.17g, one member of an object a line."""
    pad = " " * depth
    if isinstance(value, dict):
        return "{\n" + ",\n".join(f'{pad} {json.dumps(k)}: {encode(v, depth + 1)}' for k, v in value.items()) + f"\n{pad}}}"
    if isinstance(value, list):
        if value and isinstance(value[0], dict):
            return "[" + ",\n".join(encode(v, depth + 1) for v in value) + "]"
        return textwrap.fill("[" + ", ".join(encode(v) for v in value) + "]", 130, break_long_words=False, break_on_hyphens=False)
    return json.dumps(value) if isinstance(value, str) else "%.17g" % value


if __name__ == "__main__":
    main()
