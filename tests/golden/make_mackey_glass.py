"""Writes the Mackey-Glass series (tau 17) as a CSV of dates and values.

    python make_mackey_glass.py [ROWS] > mackey-glass.csv          (plain Python, 6000 rows)

dx/dt = 0.2 x(t - 17) / (1 + x(t - 17)^10) - 0.1 x(t), one row a unit of time: Runge-Kutta of fourth order with steps of 0.1 from x = 1.2, the past between two steps
by cubic interpolation, the first 1000 units left out. As H. Jaeger and H. Haas, "Harnessing nonlinearity", Science 304 (2004), whose task is to forecast 84 units ahead.
"""
import datetime
import sys

TAU, STEPS, SKIPPED = 17, 10, 1000


def slope(x, past):
    return 0.2 * past / (1 + past ** 10) - 0.1 * x


def series(rows):
    lag, h = TAU * STEPS, 1 / STEPS
    x = [1.2] * (lag + 2)  # one more than the lag: interpolation looks to both sides
    for _ in range((rows + SKIPPED) * STEPS):
        p, a, b, q = x[-lag - 2], x[-lag - 1], x[-lag], x[-lag + 1]
        middle = (9 * (a + b) - p - q) / 16
        now = x[-1]
        k1 = slope(now, a)
        k2 = slope(now + h / 2 * k1, middle)
        k3 = slope(now + h / 2 * k2, middle)
        k4 = slope(now + h * k3, b)
        x.append(now + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4))
    return x[lag + 2 + SKIPPED * STEPS::STEPS][:rows]


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 6000
    day = datetime.date(2000, 1, 1)
    print("Date,Close")
    for i, value in enumerate(series(rows)):
        print(f"{day + datetime.timedelta(days=i)},{value:.12g}")


if __name__ == "__main__":
    main()
