"""The estimators are scikit-learn's: its own checks pass, and its tools work with them."""

import gc
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from playground import MLPClassifier, MLPRegressor
from playground.datasets.custom import table
from playground.datasets.custom.table import Arrays
from playground.training import train_step

# As small as scikit-learn's thresholds allow.
ESTIMATORS = (
    MLPClassifier((8,), learning_rate=0.01, epochs=40),
    MLPRegressor((8,), learning_rate=0.01, epochs=40),
)
QUICK = {  # they train nothing
    "check_classifiers_one_label", "check_classifiers_regression_target", "check_complex_data",
    "check_estimator_cloneable", "check_estimator_sparse_tag", "check_estimator_tags_renamed",
    "check_estimators_empty_data_messages", "check_estimators_unfitted", "check_fit1d",
    "check_get_params_invariance", "check_mixin_order", "check_no_attributes_set_in_init",
    "check_parameters_default_constructible", "check_requires_y_none", "check_set_params",
    "check_valid_tag_types",
}  # fmt: skip


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("quick", [True, pytest.param(False, marks=pytest.mark.exhaustive)])
@pytest.mark.filterwarnings("ignore")  # some checks are of warnings
def test_the_checks_of_scikit_learn_pass(estimator: Any, quick: bool) -> None:
    passed = 0
    for each, check in estimator_checks_generator(estimator):
        name = check.func.__name__
        if (name in QUICK) == quick and name != "check_array_api_input":
            check(each)
            passed += 1
    assert passed >= (12 if quick else 30)


X, Y = load_iris(return_X_y=True)
MODEL = MLPClassifier((8,), learning_rate=0.01, epochs=20, random_state=0)


@pytest.fixture(scope="module")
def fitted() -> Any:
    return clone(MODEL).fit(X, np.array(["setosa", "versicolor", "virginica"])[Y])


def test_labels_are_those_it_was_given(fitted: Any) -> None:
    assert fitted.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert set(fitted.predict(X)) <= set(fitted.classes_)
    np.testing.assert_allclose(fitted.predict_proba(X).sum(axis=1), 1)
    assert fitted.score(X, fitted.classes_[Y]) > 0.9
    assert [w.shape for w in fitted.coefs_] == [(4, 8), (8, 3)]
    assert [b.shape for b in fitted.intercepts_] == [(8,), (3,)]
    assert (fitted.n_iter_, len(fitted.loss_curve_)) == (20, 20)
    assert fitted.loss_ == fitted.loss_curve_[-1]


def test_equal_seeds_give_equal_networks_and_others_others(fitted: Any) -> None:
    again, other = clone(MODEL).fit(X, Y), clone(MODEL).set_params(random_state=1).fit(X, Y)
    np.testing.assert_array_equal(again.coefs_[0], fitted.coefs_[0])
    assert (other.coefs_[0] != fitted.coefs_[0]).any()


def test_a_fitted_estimator_is_pickled(fitted: Any) -> None:
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))


def test_pipelines_cross_validation_and_grid_search_work() -> None:
    pipeline = make_pipeline(StandardScaler(), clone(MODEL).set_params(standardize=False))
    assert cross_val_score(pipeline, X, Y, cv=2).min() > 0.8
    search = GridSearchCV(MODEL, {"learning_rate": [1e-6, 0.01]}, cv=2, refit=False).fit(X, Y)
    assert search.best_params_ == {"learning_rate": 0.01}


def test_fits_in_threads_are_those_of_one_after_another() -> None:
    models = [clone(MODEL).set_params(epochs=300, learning_rate=rate) for rate in (1e-3, 1e-1)] * 4
    alone = [clone(model).fit(X, Y).loss_ for model in models[:2]] * 4
    with ThreadPoolExecutor(len(models)) as pool:
        assert [model.loss_ for model in pool.map(lambda model: model.fit(X, Y), models)] == alone


def test_fits_of_one_shape_share_a_program(fitted: Any) -> None:
    assert fitted
    before = train_step._program.cache_info().misses
    clone(MODEL).set_params(epochs=1, learning_rate=0.1).fit(X + 1, Y[::-1])
    assert train_step._program.cache_info().misses == before


def test_the_examples_of_a_fit_are_not_kept(fitted: Any) -> None:
    clone(fitted).set_params(epochs=1).fit(X + 2, Y)
    gc.collect()
    assert not any(isinstance(t, Arrays) and len(t.y) > 2 for t in table._live().values())


def test_a_regression_is_in_the_unit_of_its_targets() -> None:
    x = np.linspace(0, 1, 60)[:, None]
    y = 5_000 + 1_000 * x[:, 0]
    model = MLPRegressor((8,), learning_rate=0.01, epochs=60, random_state=0).fit(x, y)
    assert model.score(x, y) > 0.95
    assert abs(model.predict(x).mean() - y.mean()) < 50


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"activation": "nope"}, "activation must be one of .* got nope"),
        ({"epochs": 0}, "epochs must be between 1 and 10,000, got 0"),
        ({"validation_fraction": 1.0, "early_stopping": True}, "validation_fraction must be"),
        ({"hidden": (0,)}, "hidden must be layers of 1 to 1,024 units, got 0"),
    ],
)
def test_invalid_parameters_are_named_when_it_is_fitted(
    changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        clone(MODEL).set_params(**changes).fit(X, Y)


def test_what_is_not_fitted_says_so() -> None:
    for model in (MLPClassifier(), MLPRegressor()):
        with pytest.raises(NotFittedError):
            model.predict(X)
