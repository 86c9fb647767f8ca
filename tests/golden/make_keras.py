"""Writes keras.json: initial biases, outputs, gradients and optimizer steps of small networks by Keras 3, in float64.

    python make_keras.py > keras.json          (made with Keras 3.15 on TensorFlow 2.21, the one backend where it computes in float64)

Keras keeps kernels as (inputs, gates * units), the LSTM gates as i,f,c,o, the GRU gates as z,r,h and GRU biases as two rows; all of
it is turned here into the shapes, order and names of the model file. Weights are multiples of 2^-10, so that float32 holds them exactly;
so are momentum and decay, which Keras passes through float32 even here.
"""
import os

os.environ["KERAS_BACKEND"] = "tensorflow"

import json
import textwrap

import keras
import numpy as np
import tensorflow as tf

keras.config.set_floatx("float64")
keras.config.set_dtype_policy("float64")


def blocks(matrix, order):
    """Rows of gates in another order."""
    return np.concatenate([np.split(matrix, len(order))[i] for i in order])


def cell_tensors(cell, arrays, k, suffix):
    kernel, recurrent, bias = arrays
    order = {"LSTMCell": (0, 1, 2, 3), "GRUCell": (1, 0, 2), "SimpleRNNCell": (0,)}[type(cell).__name__]
    two = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
    return {f"{k}.weight_ih_l0{suffix}": blocks(kernel.T, order), f"{k}.weight_hh_l0{suffix}": blocks(recurrent.T, order),
            f"{k}.bias_ih_l0{suffix}": blocks(two[0], order), f"{k}.bias_hh_l0{suffix}": blocks(two[1], order)}


def tensors(model, arrays):
    """`arrays`: one for each trained variable of the model, in its order."""
    out, arrays = {}, list(arrays)
    for k, layer in enumerate(model.layers):
        own = [arrays.pop(0) for _ in layer.trainable_variables]
        if isinstance(layer, keras.layers.Dense):
            out.update({f"{k}.weight": own[0].T, f"{k}.bias": own[1]})
        elif isinstance(layer, keras.layers.Bidirectional):
            out.update(cell_tensors(layer.forward_layer.cell, own[:3], k, ""))
            out.update(cell_tensors(layer.backward_layer.cell, own[3:], k, "_reverse"))
        else:
            out.update(cell_tensors(layer.cell, own, k, ""))
    return out


def layer_of(kind, units, every_step):
    if kind.startswith("bi"):
        return keras.layers.Bidirectional(layer_of(kind[2:], units, every_step))
    make = {"rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "gru-before": keras.layers.GRU}[kind]
    more = {"reset_after": kind == "gru"} if kind.startswith("gru") else {}
    return make(units, return_sequences=every_step, **more)


def build(spec, steps, columns):
    rows = [part.split(":") for part in spec.split(",")]
    recurrent = [kind != "dense" for kind, *_ in rows]
    model = keras.Sequential([keras.Input((steps, columns))])
    for i, (kind, units, *activation) in enumerate(rows):
        if kind == "dense":
            model.add(keras.layers.Dense(int(units), activation=activation[0] if activation else None))
        else:
            model.add(layer_of(kind, int(units), any(recurrent[i + 1:])))
    return model


def grid(rng, shape, span):
    return np.round(rng.uniform(-span, span, shape) * 1024) / 1024


def values(variables):
    return [keras.ops.convert_to_numpy(v) for v in variables]


def flat(named):
    return [float(v) for t in named.values() for v in t.reshape(-1)]


def problem(seed, spec, steps, rows, columns):
    rng = np.random.RandomState(seed)
    model = build(spec, steps, columns)
    biases = {k: [float(x) for x in v] for k, v in tensors(model, values(model.trainable_variables)).items() if ".bias" in k}
    for v in model.trainable_variables:
        v.assign(grid(rng, v.shape, 0.6))
    x = grid(rng, (rows, steps, columns), 1.0)
    return model, x, grid(rng, (rows, model.output_shape[-1]), 2.0), biases


def case(seed, spec, steps, rows, columns):
    model, x, target, biases = problem(seed, spec, steps, rows, columns)
    with tf.GradientTape() as tape:
        y = model(x)
        value = keras.ops.mean(keras.losses.mean_squared_error(target, y))
    gradient = values(tape.gradient(value, [v.value for v in model.trainable_variables]))
    y = keras.ops.convert_to_numpy(y)
    weights = tensors(model, values(model.trainable_variables))
    return {"spec": spec, "steps": steps, "rows": rows, "columns": columns, "outputs": int(y.shape[1]), "loss": "mse",
            "x": [float(v) for v in x.transpose(1, 0, 2).reshape(-1)], "target": [float(v) for v in target.reshape(-1)],
            "names": list(weights), "weights": flat(weights), "y": [float(v) for v in y.reshape(-1)],
            "value": float(value), "gradient": flat(tensors(model, gradient)),
            "initial_biases": [v for t in biases.values() for v in t]}


SPEC, STEPS, ROWS, COLUMNS = "lstm:6,lstm:5,lstm:4,lstm:3,dense:1", 8, 5, 2


def run(kind, lr, momentum=0.0, nesterov=False, weight_decay=0.0, clip_norm=0.0, clip_value=0.0):
    model, x, target, _ = problem(9, SPEC, STEPS, ROWS, COLUMNS)
    more = {"weight_decay": weight_decay or None, "global_clipnorm": clip_norm or None, "clipvalue": clip_value or None}
    if kind == "rmsprop":
        optimizer = keras.optimizers.RMSprop(lr, momentum=momentum, **more)
    else:
        optimizer = keras.optimizers.SGD(lr, momentum=momentum, nesterov=nesterov, **more)
    model.compile(optimizer=optimizer, loss="mse")
    after, losses = {}, []
    for step in range(1, 21):
        losses.append(float(model.train_on_batch(x, target)))
        if step in (1, 20):
            after[step] = flat(tensors(model, values(model.trainable_variables)))
    return {"optimizer": kind, "lr": lr, "momentum": momentum, "nesterov": int(nesterov), "weight_decay": weight_decay, "decoupled": 1,
            "clip_norm": clip_norm, "clip_value": clip_value, "losses": losses, "after1": after[1], "after20": after[20]}


def main():
    cases = [
        case(1, "rnn:5,dense:1", 4, 3, 2), case(2, "lstm:7,dense:1", 5, 3, 3), case(3, "gru:6,dense:2", 5, 4, 2),
        case(4, "gru-before:6,dense:2", 5, 4, 2), case(5, "gru-before:5,lstm:4,dense:3:tanh,dense:1", 5, 4, 2),
        case(6, "bilstm:5,dense:2", 5, 3, 2), case(7, "bigru:4,birnn:3,dense:1", 5, 3, 2), case(9, SPEC, STEPS, ROWS, COLUMNS),
    ]
    runs = [
        run("rmsprop", 0.001), run("rmsprop", 0.01, momentum=0.875), run("rmsprop", 0.01, weight_decay=0.0625),
        run("rmsprop", 0.01, clip_value=0.0625), run("rmsprop", 0.01, clip_norm=0.25),
        run("sgd", 0.1), run("sgd", 0.1, momentum=0.875), run("sgd", 0.05, momentum=0.875, nesterov=True), run("sgd", 0.1, clip_norm=0.25),
    ]
    training = {k: v for k, v in cases[-1].items() if k not in ("y", "value", "gradient", "initial_biases")}
    print(encode({"cases": cases, "training": {**training, "runs": runs}}))


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
