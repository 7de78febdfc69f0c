"""Fits the polynomial of the kernels' error_function: erf(z) / z over u = z² / 8 - 1 for |z| ≤ 4, least squares at Chebyshev
nodes, weighted by z so that the error of erf itself is even; prints coefficients and the error in single precision."""
import math

import numpy as np

LIMIT, DEGREE = 4.0, 12
erf = np.vectorize(math.erf)
u = np.cos(np.pi * (np.arange(4000) + 0.5) / 4000)
z = np.sqrt((u + 1) / 2) * LIMIT
target = erf(z) / z
fit = np.polynomial.chebyshev.Chebyshev.fit(u, target, DEGREE, w=np.maximum(z, 0.05) / (1 - u * u) ** 0.25)
coefficients = fit.convert(kind=np.polynomial.Polynomial).coef.astype(np.float32)
points = np.linspace(0, 6, 200_001).astype(np.float32)
clamped = np.minimum(points, np.float32(LIMIT))
square = clamped * clamped * np.float32(2 / LIMIT / LIMIT) - np.float32(1)
value = np.full_like(square, coefficients[-1])
for coefficient in coefficients[-2::-1]:
    value = value * square + coefficient
print([float(c) for c in coefficients])
print("highest error", np.abs(value * clamped - erf(points)).max())
