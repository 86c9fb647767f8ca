"""Keras 3 on the backend that KERAS_BACKEND names: Sequential, compile, fit, as its users write it.

usage: keras_peer.py THREADS                        as a peer (see peer.py)
       keras_peer.py THREADS --job CSV EPOCHS       the whole job: read, scale, train W1, predict the next value, print it
"""
import os, sys
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
if os.environ.get('KERAS_BACKEND') == 'tensorflow':
    import tensorflow
    tensorflow.config.threading.set_intra_op_parallelism_threads(int(sys.argv[1]))
    tensorflow.config.threading.set_inter_op_parallelism_threads(int(sys.argv[1]))
import keras
from peer import STEPS, Spec, read_close, serve, sine


def build(s):
    cell = dict(lstm=keras.layers.LSTM, gru=keras.layers.GRU)[s.cell]
    stack = [keras.Input((STEPS, 1))]
    for k, (units, p) in enumerate(zip(s.units, s.dropout)):
        stack.append(cell(units, return_sequences=k < len(s.units) - 1))
        if p > 0: stack.append(keras.layers.Dropout(p))
    stack += [keras.layers.Dense(units) for units in s.dense]
    net = keras.Sequential(stack)
    opt = dict(adam=lambda: keras.optimizers.Adam(1e-3), rmsprop=lambda: keras.optimizers.RMSprop(1e-3), sgd=lambda: keras.optimizers.SGD(.01, momentum=.9))
    net.compile(loss='mse', optimizer=opt[s.optimizer]())
    return net


class Peer:
    def __init__(self, s, threads):
        self.s, self.net, self.note = s, build(s), ''
        self.x, self.y = sine(s.windows)
        n = min(s.windows, s.windows % s.batch + 2 * s.batch)  # both sizes of batch are compiled
        for _ in range(2): self.net.fit(self.x[:n], self.y[:n], batch_size=s.batch, verbose=0)

    def epoch(self):
        return self.net.fit(self.x, self.y, batch_size=self.s.batch, verbose=0).history['loss'][-1]

    def forward(self, n):
        x = self.x[:n]
        return lambda: self.net.predict_on_batch(x)


def job(path, epochs):
    import numpy as np
    values, low, span = read_close(path)
    x, y = np.lib.stride_tricks.sliding_window_view(values, STEPS)[:-1, :, None], values[STEPS:, None]
    net = build(Spec('lstm', '50,50,50,50', '.2,.2,.2,.2', '1', 32, 'rmsprop', len(y)))
    net.fit(x, y, batch_size=32, epochs=epochs, verbose=0)
    print(float(net.predict(values[None, -STEPS:, None], verbose=0)[0, 0]) * span + low)


if __name__ == '__main__':
    if '--job' in sys.argv: job(sys.argv[3], int(sys.argv[4]))
    else: serve('Keras', keras.__version__, Peer)
