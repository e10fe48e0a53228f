"""Fits the linear models, and calibrates them on servers they have not seen."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from classifier.model.capability_features import PREFIX
from classifier.model.features import Features
from classifier.model.labels import LabelledRow
from classifier.model.scorer import Array, Scorer, log_odds, margin, softmax
from classifier.records import CAPABILITIES, CATEGORIES

CATEGORY_C = 0.3  # inverse strength of the regularisation, chosen by grouped cross-validation
CAPABILITY_C = 0.3
CATEGORY_RARITY = 0.7  # how much more a rare feature may weigh than a common one, as in text retrieval: an exponent
CAPABILITY_RARITY = 1.0
DOUBT_C = 0.05
MIN_ROWS = 2  # a feature seen in fewer rows is left out
HELD_WEIGHT = 2.0  # capabilities are rare, and missing one costs more than naming one too many
HELD_FROM = 0.33  # one threshold for all: a threshold per capability fits the few positives, not the future
UNSURE_WEIGHT = 0.7  # how unsure rows lean is worth learning, a little less than what is clear
TYPICAL_SIZE = 12  # rows of a server whose rows count fully
CROWD_POWER = 0.4  # how much the rows of larger servers lose: 0 nothing, 1 all servers count alike
CROWD_LIMIT = 1.5  # the most a row of a small server gains
OWN_WEIGHT = 2.0  # rows written for the project state one clear point each
COLUMNS = len(CATEGORIES) + len(CAPABILITIES) + 1
REVIEW_SHARE = 0.092  # the share of answers that may be sent to a person


@dataclass(slots=True)
class Fitted:
    """The scikit-learn estimators and their vocabulary."""

    vectorizer: DictVectorizer
    category: LogisticRegression
    capabilities: list[LogisticRegression]
    doubt: LogisticRegression


def fit(features: Sequence[Features], rows: Sequence[LabelledRow]) -> Fitted:
    """Fits category, capabilities and doubt; only the capabilities see what `capability_features` makes."""
    seen = Counter(name for row in features for name in row)
    vectorizer = DictVectorizer(dtype=np.float32)
    matrix = vectorizer.fit_transform([{k: v for k, v in row.items() if seen[k] >= MIN_ROWS} for row in features])
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)  # liblinear's width
    general = np.array([not name.startswith(PREFIX) for name in vectorizer.get_feature_names_out()], dtype=bool)
    common = matrix[:, general]
    weight = np.array(row_weights(rows))
    target = np.array([CATEGORIES.index(row.category) for row in rows])
    rarity = _rarity(common, CATEGORY_RARITY)
    category = LogisticRegression(C=CATEGORY_C, max_iter=300, tol=1e-3)
    category.fit(_scaled(common, rarity), target, sample_weight=weight)
    _set_weights(category, category.coef_ * rarity)
    unsure = np.array([row.unsure for row in rows])
    doubt = _fit_binary(common, unsure, np.ones(len(rows)), DOUBT_C)
    for model in (category, doubt):
        wide = np.zeros((len(model.coef_), len(general)))
        wide[:, general] = model.coef_
        _set_weights(model, wide)
    return Fitted(vectorizer, category, _fit_capabilities(matrix, rows), doubt)


def _fit_capabilities(matrix: Any, rows: Sequence[LabelledRow]) -> list[LogisticRegression]:
    """One yes-or-no model per capability."""
    rarity = _rarity(matrix, CAPABILITY_RARITY)
    scaled = _scaled(matrix, rarity)
    own = np.array([OWN_WEIGHT if row.is_own else 1.0 for row in rows])
    models = []
    for capability in CAPABILITIES:
        sure = np.array([0.2 if capability in row.maybe else 1.0 for row in rows])
        held = np.array([capability in row.capabilities for row in rows])
        sure = sure * np.where(held, HELD_WEIGHT, 1.0) * own
        model = _fit_binary(scaled, held, sure, CAPABILITY_C)
        _set_weights(model, model.coef_ * rarity)
        models.append(model)
    return models


def _rarity(matrix: Any, exponent: float) -> NDArray[np.float64]:
    """How much each column may weigh, (features,): 0.1 to about 2.4 and more the fewer rows have it."""
    weights = np.log(matrix.shape[0] / np.maximum(1, matrix.getnnz(axis=0))) / 4 + 0.1
    return np.asarray(weights**exponent, dtype=np.float64)


def _scaled(matrix: Any, weights: NDArray[np.float64]) -> Any:
    """The matrix with its columns multiplied; its index stays as narrow as liblinear wants it."""
    scaled = matrix @ sparse.diags(weights.astype(np.float32))
    scaled.indices, scaled.indptr = scaled.indices.astype(np.int32), scaled.indptr.astype(np.int32)
    return scaled


def _set_weights(model: LogisticRegression, weights: Any) -> None:
    """Puts weights for all columns in place of those that were fitted on some of them, or on scaled ones."""
    model.coef_ = weights
    model.n_features_in_ = weights.shape[1]


def _fit_binary(matrix: Any, held: Any, weight: Any, strength: float) -> LogisticRegression:
    """A yes-or-no model; where all rows say the same, one row of no weight says the other."""
    if held.all() or not held.any():
        held, weight = held.copy(), weight.copy()
        held[0], weight[0] = not held[0], 1e-6
    model = LogisticRegression(C=strength, solver="liblinear", dual=True, tol=1e-2, random_state=0)
    return model.fit(matrix, held, sample_weight=weight)


def row_weights(rows: Sequence[LabelledRow]) -> list[float]:
    """How much each row counts when the category is fitted.

    A server of fifty tools repeats its author's habits, so each of its rows counts less than one of a server of five.
    """
    size = Counter(row.group for row in rows)
    weights: list[float] = []
    for row in rows:
        if row.is_own:
            weights.append(OWN_WEIGHT)
        else:
            crowd = min(CROWD_LIMIT, (TYPICAL_SIZE / size[row.group]) ** CROWD_POWER)
            weights.append(crowd * (UNSURE_WEIGHT if row.unsure else 1.0))
    return weights


def raw_scorer(fitted: Fitted) -> Scorer:
    """The fitted weights as a scorer without calibration."""
    models = [fitted.category, *fitted.capabilities, fitted.doubt]
    weights = np.vstack([m.coef_ for m in models]).T.astype(np.float32)
    bias = np.concatenate([m.intercept_ for m in models]).astype(np.float32)
    scorer = identity_scorer()
    scorer.vocabulary = {name: int(i) for name, i in fitted.vectorizer.vocabulary_.items()}
    scorer.weights, scorer.bias = weights, bias
    return scorer


def make_folds(groups: Sequence[str], folds: int, seed: int) -> list[int]:
    """A fold number per row; all rows of a group share one, and folds have about the same number of rows."""
    sizes = Counter(groups)
    order = sorted(sizes)
    random.Random(seed).shuffle(order)
    order.sort(key=lambda group: -sizes[group])
    load = [0] * folds
    place: dict[str, int] = {}
    for group in order:
        place[group] = min(range(folds), key=lambda k: (load[k], k))
        load[place[group]] += sizes[group]
    return [place[group] for group in groups]


def fold_numbers(rows: Sequence[LabelledRow], folds: int, seed: int) -> list[int]:
    """The fold of each row; all rows of a server share one."""
    return make_folds([row.group for row in rows], folds, seed)


def identity_scorer() -> Scorer:
    """A scorer without features: only for calibrating logits that were made elsewhere."""
    n = len(CAPABILITIES)
    identity = np.tile(np.array([1.0, 0.0, 0.0, 0.0], dtype=np.float32), (n, 1))
    nothing = np.zeros((0, COLUMNS), dtype=np.float32)
    zero = np.zeros(COLUMNS, dtype=np.float32)
    certain = np.array([1.0, 0.0, 0.0], dtype=np.float32)
    return Scorer({}, nothing, zero, 1.0, identity, np.full(n, 0.5, dtype=np.float32), certain, 0.5, "")


def cross_logits(
    features: Sequence[Features], rows: Sequence[LabelledRow], *, folds: int, seed: int, extra: int = 0
) -> Array:
    """Logits of each row from a model that saw no row of its server. The last `extra` rows are only trained on."""
    tested = len(rows) - extra
    fold_of = fold_numbers(rows[:tested], folds, seed)
    out = np.zeros((len(rows), COLUMNS), dtype=np.float32)
    for k in range(folds):
        train = [i for i in range(len(rows)) if i >= tested or fold_of[i] != k]
        test = [i for i in range(tested) if fold_of[i] == k]
        if test:
            scorer = raw_scorer(fit([features[i] for i in train], [rows[i] for i in train]))
            out[test] = scorer.logits([features[i] for i in test])
    return out


def calibrate(scorer: Scorer, logits: Array, rows: Sequence[LabelledRow]) -> Scorer:
    """Sets temperature, capability calibration, thresholds and the review limit from out-of-fold logits."""
    n = len(CATEGORIES)
    target = np.array([CATEGORIES.index(row.category) for row in rows])
    index = np.arange(len(rows))

    def loss(temperature: float) -> float:
        return float(-np.log(softmax(logits[:, :n] / temperature)[index, target] + 1e-9).mean())

    scorer.temperature = min((float(t) for t in np.geomspace(0.3, 3.0, 60)), key=loss)
    certain = softmax(logits[:, :n] / scorer.temperature)
    right = certain.argmax(axis=1) == target
    seen = np.column_stack([margin(certain), logits[:, -1]])
    if 0 < right.sum() < len(right):
        trust = LogisticRegression(C=1.0).fit(seen, right)
        scorer.trust_scale = np.array([*trust.coef_[0], trust.intercept_[0]], dtype=np.float32)
    confidence = scorer.calibrated(logits).trust
    scorer.review_below = float(np.quantile(confidence, REVIEW_SHARE))
    for c, capability in enumerate(CAPABILITIES):
        agreed = np.array([capability not in row.maybe for row in rows])  # doubtful rows would push every score down
        held = np.array([capability in row.capabilities for row in rows])[agreed]
        if 0 < held.sum() < len(held):
            seen = np.column_stack([logits[agreed, n + c], log_odds(certain[agreed][:, [0, 2]])])
            model = LogisticRegression(C=10.0).fit(seen, held)
            slope, read, destructive = model.coef_[0]
            scorer.capability_scale[c] = (slope, model.intercept_[0], read, destructive)
    scorer.capability_threshold[:] = HELD_FROM
    return scorer
