"""JAX and optax by hand: a whole epoch is one jitted lax.scan over batches, the input product of a layer is hoisted out of its scan over time."""
import time
import jax, jax.numpy as jnp, numpy as np, optax
from jax import lax
from peer import serve, sine

jax.config.update('jax_default_prng_impl', 'unsafe_rbg')


def lstm(p, x):
    n = p['u'].shape[0]
    def step(state, z):
        h, c = state
        z = z + h @ p['u']
        i, f, g, o = jax.nn.sigmoid(z[:, :n]), jax.nn.sigmoid(z[:, n:2 * n]), jnp.tanh(z[:, 2 * n:3 * n]), jax.nn.sigmoid(z[:, 3 * n:])
        c = f * c + i * g
        h = o * jnp.tanh(c)
        return (h, c), h
    zero = jnp.zeros((x.shape[1], n), x.dtype)
    return lax.scan(step, (zero, zero), x @ p['w'] + p['b'])[1]


def gru(p, x):
    n = p['u'].shape[0]
    def step(h, z):
        v = h @ p['u'] + p['c']
        r, k = jax.nn.sigmoid(z[:, :n] + v[:, :n]), jax.nn.sigmoid(z[:, n:2 * n] + v[:, n:2 * n])
        h = (1 - k) * jnp.tanh(z[:, 2 * n:] + r * v[:, 2 * n:]) + k * h
        return h, h
    return lax.scan(step, jnp.zeros((x.shape[1], n), x.dtype), x @ p['w'] + p['b'])[1]


def weights(s, rng):
    gates, out, i = dict(lstm=4, gru=3)[s.cell], [], 1
    draw = lambda a, b: jnp.asarray(rng.uniform(-1, 1, (a, b)) * np.sqrt(3 / a), jnp.float32)
    for h in s.units: out.append(dict(w=draw(i, gates * h), u=draw(h, gates * h), b=jnp.zeros(gates * h), c=jnp.zeros(gates * h if s.cell == 'gru' else 0))); i = h
    for o in s.dense: out.append(dict(w=draw(i, o), b=jnp.zeros(o))); i = o
    return out


def outputs(s, p, x, key=None):
    """x (B, T, 1); dropout where there is a key"""
    x, cell = x.transpose(1, 0, 2), dict(lstm=lstm, gru=gru)[s.cell]
    for k, rate in enumerate(s.dropout):
        x = cell(p[k], x)
        if k == len(s.units) - 1: x = x[-1]
        if key is not None and rate > 0:
            key, sub = jax.random.split(key)
            x = jnp.where(jax.random.bernoulli(sub, 1 - rate, x.shape), x / (1 - rate), 0)
    for d in p[len(s.units):]: x = x @ d['w'] + d['b']
    return x


class Peer:
    def __init__(self, s, threads):
        self.s = s
        self.x, self.y = map(jnp.asarray, sine(s.windows))
        self.p, self.key = weights(s, np.random.default_rng(1)), jax.random.key(1)
        opt = dict(adam=lambda: optax.adam(1e-3), rmsprop=lambda: optax.rmsprop(1e-3, decay=.9), sgd=lambda: optax.sgd(.01, momentum=.9))[s.optimizer]()
        self.state, batch = opt.init(self.p), s.batch
        full = s.windows // batch * batch

        def step(carry, xy):
            p, state, key = carry
            key, sub = jax.random.split(key)
            loss, g = jax.value_and_grad(lambda q: jnp.mean((outputs(s, q, xy[0], sub) - xy[1]) ** 2))(p)
            change, state = opt.update(g, state, p)
            return (optax.apply_updates(p, change), state, key), loss * len(xy[1])

        def epoch(p, state, key, x, y):
            key, sub = jax.random.split(key)
            order = jax.random.permutation(sub, s.windows)
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
