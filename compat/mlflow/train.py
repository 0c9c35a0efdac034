"""Trains with autologging, logs models and loads them back, with the unmodified client."""

import json

import lightgbm
import mlflow
import numpy as np
from mlflow import MlflowClient
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

client = MlflowClient()
x, y = make_classification(n_samples=120, n_features=5, random_state=1)
seen = {}


def describe(run):
    run = client.get_run(run.info.run_id)
    return {
        "status": run.info.status,
        "params": len(run.data.params) > 5,
        "metrics": sorted(k for k in run.data.metrics if "training" in k or "auc" in k or "logloss" in k),
        "files": sorted(f.path for f in client.list_artifacts(run.info.run_id)),
        "outputs": len(run.outputs.model_outputs),
        "inputs": sorted(i.tags[0].value for i in run.inputs.dataset_inputs),
    }


def autolog_sklearn():
    mlflow.set_experiment("compat / sklearn")
    mlflow.sklearn.autolog()
    with mlflow.start_run() as run:
        LogisticRegression(max_iter=50).fit(x, y)
    # A model's requirements are found out by loading it in a process of its own: once is enough.
    mlflow.sklearn.autolog(log_models=False)
    with mlflow.start_run() as search:
        GridSearchCV(LogisticRegression(max_iter=50), {"C": [0.1, 1.0]}, cv=2).fit(x, y)
    mlflow.sklearn.autolog(disable=True)
    seen["sklearn"] = describe(run)
    children = client.search_runs(
        [run.info.experiment_id], f"tags.`mlflow.parentRunId` = '{search.info.run_id}'"
    )
    seen["children"] = sorted(child.data.params["C"] for child in children)


def autolog_lightgbm():
    mlflow.set_experiment("compat / lightgbm")
    mlflow.lightgbm.autolog(log_models=False)
    data = lightgbm.Dataset(x, label=y)
    with mlflow.start_run() as run:
        lightgbm.train(
            {"objective": "binary", "metric": "binary_logloss", "verbose": -1, "num_threads": 1},
            data,
            num_boost_round=5,
            valid_sets=[data],
        )
    mlflow.lightgbm.autolog(disable=True)
    seen["lightgbm"] = describe(run)
    history = client.get_metric_history(run.info.run_id, "training-binary_logloss")
    seen["rounds"] = [point.step for point in history]


def log_and_load():
    mlflow.set_experiment("compat / models")
    model = LogisticRegression(max_iter=50).fit(x, y)
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(
            model,
            name="classifier",
            input_example=x[:2],
            registered_model_name="compat",
            pip_requirements=["scikit-learn"],
        )
        mlflow.log_metric("auc", 0.8, model_id=info.model_id)
    expected = model.predict(x).tolist()
    client.set_registered_model_alias("compat", "best", 1)
    loaded = {
        "by uri": info.model_uri,
        "by run": f"runs:/{run.info.run_id}/classifier",
        "by version": "models:/compat/1",
        "by alias": "models:/compat@best",
    }
    seen["loaded"] = {
        how: mlflow.pyfunc.load_model(uri).predict(x).tolist() == expected for how, uri in loaded.items()
    }
    logged = client.get_logged_model(info.model_id)
    seen["logged"] = {
        "status": str(logged.status),
        "metrics": [[m.key, m.value] for m in logged.metrics],
        "run": logged.source_run_id == run.info.run_id,
        "found": len(client.search_logged_models([run.info.experiment_id])),
        "version": client.get_model_version("compat", "1").run_id == run.info.run_id,
    }


for part in (autolog_sklearn, autolog_lightgbm, log_and_load):
    part()
print(json.dumps(seen))
