"""What linear models say of texts that they have not learnt from, so that networks learn what is still missing.

Of texts that it has learnt from, a linear model is sure and right; networks trained on top of that would have nothing left to add.
"""

from __future__ import annotations

import numpy as np

import corpus
import features
import model
import unsure
from corpus import Text

FOLDS = 4


def scores(items: list[Text], prompts: list[Text], none: list[Text], others: list[Text], seed: int) -> list[np.ndarray]:
    """Scores of items, prompts, texts of no domain and others, [text, label] each: a text's are those of a model that has learnt from
    the items and prompts of the other folds, and as *other* from greetings and replies of the other folds, as the shipped model has.
    Texts of a group share a fold."""
    settings = model.Settings()
    parts = [items, prompts, none, others]
    texts = [t for part in parts for t in part]
    # The group of a text of no domain is its kind, which is no fold.
    keys = [t.group for t in items + prompts] + [t.text for t in none + others]
    names = sorted(set(keys))
    folds = dict(zip(names, np.random.default_rng(seed).integers(0, FOLDS, len(names))))
    fold = np.array([folds[key] for key in keys])
    design = model.Design([t.text for t in texts], settings, features.Extractor(settings.shortest_gram, settings.longest_gram))
    labels = np.array([t.label for t in texts])
    weights = np.array([1.0] * len(items) + [settings.topic_weight] * (len(prompts) + len(none)) + [0.0] * len(others))
    start = len(items) + len(prompts)
    taught = {t.text for t in unsure.as_other(none)}
    for place, text in enumerate(none, start):
        labels[place] = corpus.LABELS.index("other")
        weights[place] *= text.text in taught
    found = np.zeros((len(texts), len(corpus.LABELS)))
    for index in range(FOLDS):
        learnt, judged = np.flatnonzero((fold != index) & (weights > 0)), np.flatnonzero(fold == index)
        fitted = model.fit(design.part(learnt), labels[learnt], weights[learnt], settings, "unseen", corpus.LABELS)
        found[judged] = fitted.scores(design.part(judged))
        print(f"linear model {index + 1} of {FOLDS}", flush=True)
    return np.split(found, np.cumsum([len(part) for part in parts])[:-1])
