"""Multinomial logistic regression by L-BFGS, on sparse rows of hashed features or on dense vectors."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix


def softmax(scores: np.ndarray) -> np.ndarray:
    e = np.exp(scores - scores.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def fit(x, y: np.ndarray, labels: int, penalty: float, steps: int, weights: np.ndarray | None = None) -> np.ndarray:
    """Weights of columns × labels that minimise the mean negative log likelihood plus penalty/2 · ‖w‖²."""
    n, d = x.shape
    weights = np.ones(n, np.float32) if weights is None else weights
    weights = weights / weights.sum()
    target = np.zeros((n, labels), np.float32)
    target[np.arange(n), y] = 1
    transposed = x.T.tocsr() if hasattr(x, "tocsr") else x.T

    def loss(flat: np.ndarray):
        w = flat.reshape(d, labels).astype(np.float32)
        p = softmax(np.asarray(x @ w))
        value = -(weights * np.log(np.maximum(p[np.arange(n), y], 1e-12))).sum() + penalty / 2 * (flat**2).sum()
        gradient = np.asarray(transposed @ ((p - target) * weights[:, None])) + penalty * w
        return float(value), gradient.ravel().astype(np.float64)

    result = minimize(loss, np.zeros(d * labels), jac=True, method="L-BFGS-B", options={"maxiter": steps, "maxcor": 8})
    return result.x.reshape(d, labels).astype(np.float32)


def design(rows: np.ndarray, buckets: int) -> csr_matrix:
    n, slots = rows.shape
    return csr_matrix((np.ones(n * slots, np.float32), rows.ravel(), np.arange(0, n * slots + 1, slots)), (n, buckets))
