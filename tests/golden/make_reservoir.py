"""Writes reservoir.json: spectral radii, norms, a leaky reservoir's states and a ridge regression, by NumPy in float64.

    python make_reservoir.py > reservoir.json          (made with NumPy 2.4)

Weights and inputs are multiples of 2^-10, so that float32 holds them exactly. A matrix comes row by row; the states' weights stand in the order of the model file.
"""
import numpy as np

from make_torch import encode, grid


def flat(a):
    return [float(v) for v in np.asarray(a).reshape(-1)]


def matrix(rng, n, density):
    w = grid(rng, (n, n), 1.0).numpy() * (rng.rand(n, n) < density)
    return {"n": n, "w": flat(w), "radius": float(np.abs(np.linalg.eigvals(w)).max()), "norm": float(np.linalg.svd(w, compute_uv=False)[0])}


def states(rng, steps, rows, columns, units, leak):
    wx, wh, b = grid(rng, (units, columns), 0.5).numpy(), grid(rng, (units, units), 0.6).numpy(), grid(rng, (units,), 0.5).numpy()
    head, bias = grid(rng, (2, units), 0.5).numpy(), grid(rng, (2,), 0.5).numpy()
    x, h = grid(rng, (steps, rows, columns), 1.0).numpy(), np.zeros((rows, units))
    for step in x:
        h = (1 - leak) * h + leak * np.tanh(step @ wx.T + h @ wh.T + b)
    return {"spec": f"esn:{units},dense:2", "steps": steps, "rows": rows, "columns": columns,
            "weights": flat(wx) + flat(wh) + flat(b) + [0.0] * units + [leak] + flat(head) + flat(bias), "x": flat(x), "h": flat(h), "y": flat(h @ head.T + bias)}


def ridge(rng, n, k, windows, strength):
    h, y = rng.randn(windows, n), rng.randn(windows, k)
    a = np.hstack([h, np.ones((windows, 1))])
    held = np.diag([strength] * n + [0.0])
    return {"n": n, "k": k, "windows": windows, "strength": strength, "states": flat(h), "targets": flat(y),
            "solution": flat(np.linalg.solve(a.T @ a / windows + held, a.T @ y / windows))}


def main():
    rng = np.random.RandomState(11)
    print(encode({"matrices": [matrix(rng, 5, 1), matrix(rng, 20, 0.3), matrix(rng, 40, 0.1)],
                  "states": [states(rng, 7, 3, 2, 5, 0.25), states(rng, 4, 9, 1, 17, 1.0)],
                  "ridge": [ridge(rng, 4, 2, 30, 0.125), ridge(rng, 12, 1, 60, 0.001)]}))


if __name__ == "__main__":
    main()
