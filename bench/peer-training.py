"""Trains the peers' trees on raw files: `peer-training.py COLUMNS.f32 LABELS.u8 FEATURES`.

Prints {name: {version, seconds}} of those that are installed; the same trees, depth and bins as ours,
one thread, the median of three fits.
"""

import json
import statistics
import sys
import time

import numpy

columns, labels, features = sys.argv[1], sys.argv[2], int(sys.argv[3])
x = numpy.fromfile(columns, dtype=numpy.float32).reshape(features, -1).T.copy()
y = numpy.fromfile(labels, dtype=numpy.uint8)


def timed(fit):
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        fit()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


results = {}
try:
    import sklearn
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    def fit_sklearn():
        model = HistGradientBoostingClassifier(
            max_iter=100,
            max_depth=6,
            max_leaf_nodes=64,
            max_bins=64,
            min_samples_leaf=20,
            l2_regularization=1.0,
            early_stopping=False,
        )
        with threadpool_limits(limits=1):
            model.fit(x, y)

    results["scikit-learn"] = {"version": sklearn.__version__, "seconds": timed(fit_sklearn)}
except ImportError:
    pass
try:
    import lightgbm

    def fit_lightgbm():
        parameters = {
            "objective": "binary",
            "num_leaves": 64,
            "max_depth": 6,
            "max_bin": 64,
            "min_data_in_leaf": 20,
            "lambda_l2": 1.0,
            "learning_rate": 0.1,
            "num_threads": 1,
            "verbose": -1,
        }
        lightgbm.train(parameters, lightgbm.Dataset(x, label=y), num_boost_round=100)

    results["lightgbm"] = {"version": lightgbm.__version__, "seconds": timed(fit_lightgbm)}
except ImportError:
    pass
print(json.dumps(results))
