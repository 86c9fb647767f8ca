"""Writes cells.json: the inputs of the cell experiments in I. Ariyanto's report, and the numbers it prints for them.

    python make_cells.py > cells.json          (made with NumPy 2.4)

I. Ariyanto, "Pattern Recognition Report Paper Regarding Analysis of Recurrent Neural Network (RNN) and Long Short Term Memory (LSTM)",
Institut Teknologi Bandung, section 4.1. Inputs are numpy.random.randn after numpy.random.seed(1) (MT19937, legacy), drawn in the report's
order. Arrays of the report are (rows of the vector, batch, steps); here x, a and their gradients are (steps, batch, vector).
`expected` holds what the report prints and nothing computed here, but for the two values marked in ERRATA: the report multiplies the gradient of
each gate by the forget gate's instead, so its dxt and da_prev of the LSTM cell are wrong (-0.00059484 and -0.58670254).
`digits` are the decimals printed. The RNN cell backward runs with the bias that the RNN forward over four steps left behind, as its numbers show;
one numeral of dWaa[1][2] in the RNN backward (2.30333...) is lost in print and restored here.
"""
import json
import textwrap

import numpy as np

N_X, N_A, N_Y, M = 3, 5, 2, 10


def draw(shapes):
    np.random.seed(1)
    return {name: np.random.randn(*shape) for name, shape in shapes}


def time_first(array):
    return array.T if array.ndim == 2 else array.transpose(2, 1, 0)


def rnn(order, steps, gradient, bias=None):
    x = (N_X, M, steps) if steps else (N_X, M)
    shapes = {"x": x, "a0": (N_A, M), "Waa": (N_A, N_A), "Wax": (N_A, N_X), "Wya": (N_Y, N_A), "ba": (N_A, 1), "by": (N_Y, 1)}
    d = draw([(k, shapes[k]) for k in order] + ([("da", (N_A, M, steps) if steps else (N_A, M))] if gradient else []))
    if bias is not None:
        d["ba"] = bias
    return d, {"weight_ih": d["Wax"], "weight_hh": d["Waa"], "bias": d["ba"], "dense": d["Wya"], "dense_bias": d["by"]}


def lstm(steps, gradient):
    x = (N_X, M, steps) if steps else (N_X, M)
    shapes = [("x", x), ("a0", (N_A, M))] + ([] if steps else [("c0", (N_A, M))])
    for gate in "fioc":
        shapes += [("W" + gate, (N_A, N_A + N_X)), ("b" + gate, (N_A, 1))]
    shapes += [("Wy", (N_Y, N_A)), ("by", (N_Y, 1))]
    d = draw(shapes + ([("da", (N_A, M)), ("dc", (N_A, M))] if gradient else []))
    stacked = np.concatenate([d["W" + g] for g in "ifco"])  # the model file's order; columns are [a, x]
    return d, {"weight_ih": stacked[:, N_A:], "weight_hh": stacked[:, :N_A], "bias": np.concatenate([d["b" + g] for g in "ifco"]),
               "dense": d["Wy"], "dense_bias": d["by"]}


def row(what, index, printed):
    """Where in our arrays the report's number stands: printed as text, so that its last digit is known."""
    return {"what": what, "index": index, "digits": len(printed.split(".")[1]), "value": printed}


def rows(what, first, step, printed):
    return [row(what, first + step * i, value) for i, value in enumerate(printed.split())]


def cell(name, kind, steps, drawn, expected):
    d, weights = drawn
    out = {"name": name, "kind": kind, "steps": steps or 1, "rows": M, "inputs": N_X, "units": N_A, "outputs": N_Y}
    for k in ("x", "a0", "c0", "da", "dc"):
        if k in d:
            out[k] = [float(v) for v in time_first(d[k]).reshape(-1)]
    out.update({k: [float(v) for v in w.reshape(-1)] for k, w in weights.items()})
    return {**out, "expected": expected}


def language():
    """Section 4.2: one step of the character model on six letters, gradients clipped to 5 (the loss is a sum, not a mean)."""
    vocabulary, n_a, letters, answers = 27, 100, [12, 3, 5, 11, 22, 3], [4, 14, 11, 22, 25, 26]
    d = draw([("a0", (n_a, 1)), ("Wax", (n_a, vocabulary)), ("Waa", (n_a, n_a)), ("Wya", (vocabulary, n_a)), ("b", (n_a, 1)), ("by", (vocabulary, 1))])
    names = {"a0": "a0", "weight_ih": "Wax", "weight_hh": "Waa", "dense": "Wya", "bias": "b", "dense_bias": "by"}
    return {"name": "language model", "kind": "rnn", "steps": len(letters), "rows": 1, "inputs": vocabulary, "units": n_a, "outputs": vocabulary,
            "x": [float(i == letter) for letter in letters for i in range(vocabulary)], "answers": answers,
            **{ours: [float(v) for v in d[theirs].reshape(-1)] for ours, theirs in names.items()},
            "largest_dweight_ih": 93, "loss": row("loss", 0, "126.5039757216538"), "ddense": row("ddense", 1 * n_a + 2, "-0.007773876032002955"),
            "ddense_bias": row("ddense_bias", 1, "0.01538192"),
            "expected": [row("dweight_hh", 1 * n_a + 2, "0.19470931534716257"), row("dbias", 4, "-0.06809825"), row("y", 5 * n_a + 4, "-1.00000000")]}


def at(unit, row, step=0, width=N_A):
    return (step * M + row) * width + unit


def main():
    forward, backward = ("x", "a0", "Waa", "Wax", "Wya", "ba", "by"), ("x", "a0", "Wax", "Waa", "Wya", "ba", "by")
    gates = dict(zip("ifco", range(4)))

    def gate(letter, unit, column):
        """Place of dW<letter>[unit][column] in the stacked (4H, H + I) matrix: in weight_hh or weight_ih."""
        r = gates[letter] * N_A + unit
        return ("dweight_hh", r * N_A + column) if column < N_A else ("dweight_ih", r * N_X + column - N_A)

    cells = [
        cell("rnn cell forward", "rnn", 0, rnn(forward, 0, False),
             rows("y", at(4, 0), N_A, "0.59584544 0.18141802 0.61311866 0.99808218 0.85016201 0.99980978 -0.18887155 0.99815551 0.6531151 0.82872037")
             + rows("softmax", at(1, 0, 0, N_Y), N_Y,
                    "0.9888161 0.01682021 0.21140899 0.36817467 0.98988387 0.88945212 0.36920224 0.9966312 0.9982559 0.17746526")),
        cell("rnn forward", "rnn", 4, rnn(forward, 4, False),
             rows("y", at(4, 1), M * N_A, "-0.99999375 0.77911235 -0.99861469 -0.99833267")
             + rows("softmax", at(1, 3, 0, N_Y), M * N_Y, "0.79560373 0.86224861 0.11118257 0.81515947")
             + rows("x", at(1, 3, 0, N_X), M * N_X, "-1.1425182 -0.34934272 -0.20889423 0.58662319")),
        cell("lstm cell forward", "lstm", 0, lstm(0, False),
             rows("y", at(4, 0), N_A,
                  "-0.66408471 0.0036921 0.02088357 0.22834167 -0.85575339 0.00138482 0.76566531 0.34631421 -0.00215674 0.43827275")
             + rows("c", at(2, 0), N_A,
                    "0.63267805 1.00570849 0.35504474 0.20690913 -1.64566718 0.11832942 0.76449811 -0.0981561 -0.74348425 -0.26810932")
             + rows("softmax", at(1, 0, 0, N_Y), N_Y,
                    "0.79913913 0.15986619 0.22412122 0.15606108 0.97057211 0.31146381 0.00943007 0.12666353 0.39380172 0.07828381")),
        cell("lstm forward", "lstm", 7, lstm(7, False),
             [row("y", at(4, 3, 6), "0.17211776753291672"), row("softmax", at(1, 4, 3, N_Y), "0.9508734618501101"),
              row("c", at(1, 2, 1), "-0.8555449167181982")]
             + rows("x", at(1, 1, 0, N_X), M * N_X,
                    "0.82797464 0.23009474 0.76201118 -0.22232814 -0.20075807 0.18656139 0.41005165")),
        cell("rnn cell backward", "rnn", 0, rnn(backward, 0, True, rnn(forward, 4, False)[0]["ba"]),
             [row("dx", at(1, 2, 0, N_X), "-0.4605641030588796"), row("da0", at(2, 3), "0.08429686538067718"),
              row("dweight_ih", 3 * N_X + 1, "0.3930818739219304"), row("dweight_hh", 1 * N_A + 2, "-0.2848395578696067"),
              row("dbias", 4, "0.80517166")]),
        cell("rnn backward", "rnn", 4, rnn(backward, 4, True),
             rows("dx", at(1, 2, 0, N_X), M * N_X, "-2.07101689 -0.59255627 0.02466855 0.01483317")
             + [row("da0", at(2, 3), "-0.31494237512664996"), row("dweight_ih", 3 * N_X + 1, "11.264104496527777"),
                row("dweight_hh", 1 * N_A + 2, "2.303333126579893"), row("dbias", 4, "-0.74747722")]),
        cell("lstm cell backward", "lstm", 0, lstm(0, True),
             [row("dc0", at(2, 3), "0.7975220387970015")]
             + [row(*gate(*place), printed) for place, printed in
                ((("f", 3, 1), "-0.1479548381644968"), (("i", 1, 2), "1.0574980552259903"), (("c", 3, 1), "2.304562163687667"),
                 (("o", 1, 2), "0.3313115952892109"))]
             + [row("dbias", gates[g] * N_A + 4, v) for g, v in
                (("f", "0.18864637"), ("i", "-0.40142491"), ("c", "0.25587763"), ("o", "0.13893342"))]),
    ]
    errata = [{**row("dx", at(1, 2, 0, N_X), "3.23056"), "printed": -0.0005948426375572136},
              {**row("da0", at(2, 3), "-0.06396"), "printed": -0.5867025381982609}]
    print(encode({"cells": cells, "errata": errata, "language": language()}))


def encode(value, depth=0):
    """JSON with every number as %.17g, one member of an object a line."""
    pad = " " * depth
    if isinstance(value, dict):
        if set(value) >= {"what", "digits"}:
            return "{" + ", ".join(f'{json.dumps(k)}: {v if k == "value" else encode(v)}' for k, v in value.items()) + "}"
        return "{\n" + ",\n".join(f'{pad} {json.dumps(k)}: {encode(v, depth + 1)}' for k, v in value.items()) + f"\n{pad}}}"
    if isinstance(value, list):
        if value and isinstance(value[0], dict):
            return "[" + ",\n".join(encode(v, depth + 1) for v in value) + "]"
        return textwrap.fill("[" + ", ".join(encode(v) for v in value) + "]", 130, break_long_words=False, break_on_hyphens=False)
    return json.dumps(value) if isinstance(value, str) else "%.17g" % value


if __name__ == "__main__":
    main()
