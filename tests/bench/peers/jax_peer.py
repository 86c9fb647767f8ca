"""JAX and optax by hand: a whole epoch is one jitted lax.scan over batches, the input product of a layer is hoisted out of its scan over time.

Gates stand as i, f, o, g, so that one sigmoid serves three of them. Dropout masks are a hash of a counter: jax.random costs a third of an epoch here.
"""
import time
import jax, jax.numpy as jnp, numpy as np, optax
from jax import lax
from peer import serve, sine

UNROLL = 4  # of the scan over time: fewer turns of XLA's loop


def hashed(x):
    """uint32 well mixed (the finalizer of MurmurHash3)"""
    x = (x ^ (x >> 16)) * np.uint32(0x85ebca6b)
    x = (x ^ (x >> 13)) * np.uint32(0xc2b2ae35)
    return x ^ (x >> 16)


def kept(seed, shape, rate):
    return hashed(lax.iota(np.uint32, int(np.prod(shape))) * np.uint32(0x9e3779b9) + seed).reshape(shape) >= np.uint32(rate * 2 ** 32)


def lstm(p, x):
    n = p['u'].shape[0]
    def step(state, z):
        h, c = state
        z = z + h @ p['u']
        s, g = jax.nn.sigmoid(z[:, :3 * n]), jnp.tanh(z[:, 3 * n:])
        c = s[:, n:2 * n] * c + s[:, :n] * g
        h = s[:, 2 * n:] * jnp.tanh(c)
        return (h, c), h
    zero = jnp.zeros((x.shape[1], n), x.dtype)
    return lax.scan(step, (zero, zero), x @ p['w'] + p['b'], unroll=UNROLL)[1]


def gru(p, x):
    n = p['u'].shape[0]
    def step(h, z):
        v = h @ p['u'] + p['c']
        s = jax.nn.sigmoid(z[:, :2 * n] + v[:, :2 * n])
        h = (1 - s[:, n:]) * jnp.tanh(z[:, 2 * n:] + s[:, :n] * v[:, 2 * n:]) + s[:, n:] * h
        return h, h
    return lax.scan(step, jnp.zeros((x.shape[1], n), x.dtype), x @ p['w'] + p['b'], unroll=UNROLL)[1]


def weights(s, rng):
    gates, out, i = dict(lstm=4, gru=3)[s.cell], [], 1
    draw = lambda a, b: jnp.asarray(rng.uniform(-1, 1, (a, b)) * np.sqrt(3 / a), jnp.float32)
    for h in s.units: out.append(dict(w=draw(i, gates * h), u=draw(h, gates * h), b=jnp.zeros(gates * h), c=jnp.zeros(gates * h if s.cell == 'gru' else 0))); i = h
    for o in s.dense: out.append(dict(w=draw(i, o), b=jnp.zeros(o))); i = o
    return out


def outputs(s, p, x, seed=None):
    """x (B, T, 1); dropout where there is a seed"""
    x, cell = x.transpose(1, 0, 2), dict(lstm=lstm, gru=gru)[s.cell]
    for k, rate in enumerate(s.dropout):
        x = cell(p[k], x)
        if k == len(s.units) - 1: x = x[-1]
        if seed is not None and rate > 0: x = jnp.where(kept(hashed(seed + np.uint32(k)), x.shape, rate), x / (1 - rate), 0)
    for d in p[len(s.units):]: x = x @ d['w'] + d['b']
    return x


class Peer:
    def __init__(self, s, threads):
        self.s = s
        self.x, self.y = map(jnp.asarray, sine(s.windows))
        self.p, self.key = weights(s, np.random.default_rng(1)), jnp.uint32(1)
        opt = dict(adam=lambda: optax.adam(1e-3), rmsprop=lambda: optax.rmsprop(1e-3, decay=.9), sgd=lambda: optax.sgd(.01, momentum=.9))[s.optimizer]()
        self.state, batch = opt.init(self.p), s.batch
        full = s.windows // batch * batch

        def step(carry, xy):
            p, state, key = carry
            loss, g = jax.value_and_grad(lambda q: jnp.mean((outputs(s, q, xy[0], key) - xy[1]) ** 2))(p)
            change, state = opt.update(g, state, p)
            return (optax.apply_updates(p, change), state, key + np.uint32(len(s.dropout))), loss * len(xy[1])

        def epoch(p, state, key, x, y):
            order = jax.random.permutation(jax.random.key(key), s.windows)
            cut = lambda a: a[order[:full]].reshape(full // batch, batch, *a.shape[1:])
            carry, losses = lax.scan(step, (p, state, key), (cut(x), cut(y)))
            total = losses.sum()
            if full < s.windows: carry, loss = step(carry, (x[order[full:]], y[order[full:]])); total += loss
            return *carry, total / s.windows

        t = time.perf_counter()
        self.run = jax.jit(epoch).lower(self.p, self.state, self.key, self.x, self.y).compile()
        self.note = f'compiled in {time.perf_counter() - t:.1f} s'

    def epoch(self):
        self.p, self.state, self.key, loss = self.run(self.p, self.state, self.key, self.x, self.y)
        return loss

    def forward(self, n):
        x, f = self.x[:n], jax.jit(lambda p, x: outputs(self.s, p, x))
        return lambda: f(self.p, x).block_until_ready()


if __name__ == '__main__':
    serve('JAX', f'{jax.__version__} optax {optax.__version__}', Peer)
