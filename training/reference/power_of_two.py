"""Fits the polynomial of the kernels' power_of_two: 2^r for |r| ≤ ½, least squares at Chebyshev nodes, weighted so that the
relative error is even; prints coefficients and the error in single precision."""
import numpy as np

DEGREE = 5
r = np.cos(np.pi * (np.arange(4000) + 0.5) / 4000) / 2
weight = np.exp2(-r) / (1 - 4 * r * r) ** 0.25
fit = np.polynomial.chebyshev.Chebyshev.fit(r, np.exp2(r), DEGREE, w=weight)
coefficients = fit.convert(kind=np.polynomial.Polynomial).coef.astype(np.float32)
points = np.linspace(-0.5, 0.5, 100_001).astype(np.float32)
value = np.full_like(points, coefficients[-1])
for coefficient in coefficients[-2::-1]:
    value = value * points + coefficient
print([float(c) for c in coefficients])
print("highest relative error", np.abs(value / np.exp2(points.astype(np.float64)) - 1).max())
