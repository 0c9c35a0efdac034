"""Tracks with the unmodified client, of whatever version, and prints as JSON what came back."""

import json
import math
import os
import tempfile

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException

client = MlflowClient()
seen = {"version": mlflow.__version__}


def refusal(call):
    try:
        call()
    except MlflowException as thrown:
        return [thrown.error_code, thrown.message]
    return None


def experiments():
    created = client.create_experiment("compat / experiments", tags={"team": "a"})
    client.set_experiment_tag(created, "stage", "1")
    client.rename_experiment(created, "compat / renamed")
    by_name = client.get_experiment_by_name("compat / renamed")
    taken = refusal(lambda: client.create_experiment("compat / renamed"))
    client.delete_experiment(created)
    deleted = client.get_experiment(created).lifecycle_stage
    still_taken = refusal(lambda: client.create_experiment("compat / renamed"))
    client.restore_experiment(created)
    found = client.search_experiments(filter_string="name LIKE 'compat%' AND tags.team = 'a'")
    seen["experiments"] = {
        "default": client.get_experiment("0").name,
        "same": by_name.experiment_id == created,
        "tags": by_name.tags,
        "absent": client.get_experiment_by_name("never") is None,
        "taken": [taken[0], still_taken[0]],
        "deleted": deleted,
        "found": [e.name for e in found],
    }


def fluent():
    mlflow.set_experiment("compat / fluent")
    with mlflow.start_run(run_name="parent", description="a note") as parent:
        mlflow.log_params({"depth": 3, "rate": 0.1})
        mlflow.set_tags({"colour": "blue"})
        for step in range(5):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"auc": 0.7, "f1": 0.6}, step=1)
        mlflow.log_metric("odd", math.nan)
        mlflow.log_metric("vast", math.inf)
        mlflow.log_text("hello", "notes/hello.txt")
        mlflow.log_dict({"a": [1, 2]}, "data.json")
        frame = pd.DataFrame({"x": [1.0, 2.0], "y": [0, 1]})
        mlflow.log_input(mlflow.data.from_pandas(frame, name="train"), context="training")
        mlflow.log_input(mlflow.data.from_numpy(np.ones((2, 2)), name="test"), context="testing")
        with mlflow.start_run(run_name="child", nested=True) as child:
            mlflow.log_param("depth", 4)
            mlflow.log_metric("auc", 0.9)
    with mlflow.start_run(run_id=parent.info.run_id):
        mlflow.log_metric("loss", 0.01, step=5)
    run = client.get_run(parent.info.run_id)
    seen["fluent"] = {
        "status": run.info.status,
        "name": run.info.run_name,
        "stage": run.info.lifecycle_stage,
        "artifacts": run.info.artifact_uri.split("/", 1)[0],
        "params": run.data.params,
        "metrics": {k: str(v) if math.isnan(v) else v for k, v in run.data.metrics.items()},
        "tags": {k: v for k, v in run.data.tags.items() if k in ("colour", "mlflow.note.content", "mlflow.runName")},
        "child of": client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == run.info.run_id,
        "history": [[m.step, m.value] for m in client.get_metric_history(run.info.run_id, "loss")],
        "inputs": sorted([d.dataset.name, d.dataset.source_type, d.tags[0].value] for d in run.inputs.dataset_inputs),
        "files": sorted(f.path for f in client.list_artifacts(run.info.run_id)),
        "text": mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes/hello.txt"),
        "dict": mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/data.json"),
    }


def searches():
    experiment = client.create_experiment("compat / searched")
    for number in range(25):
        run = client.create_run(experiment, run_name=f"run {number}", start_time=1_000 + number)
        client.log_batch(
            run.info.run_id,
            metrics=[Metric("score", number / 10, 1_000, 0), Metric("odd key/with:all", 1, 1, 1)],
            params=[Param("kind", "even" if number % 2 == 0 else "odd")],
            tags=[RunTag("n", str(number))],
        )
        client.set_terminated(run.info.run_id, "FAILED" if number == 3 else "FINISHED")

    def names(filter_string="", order_by=None, view=ViewType.ACTIVE_ONLY):
        runs = client.search_runs([experiment], filter_string, view, 100, order_by)
        return [r.info.run_name for r in runs]

    pages, token = [], None
    while True:
        page = client.search_runs([experiment], "params.kind = 'odd'", max_results=5, page_token=token, order_by=["metrics.score ASC"])
        pages.append(len(page))
        token = page.token
        if not token:
            break
    gone = client.search_runs([experiment], "tags.n = '7'")[0]
    client.delete_run(gone.info.run_id)
    seen["searches"] = {
        "pages": pages,
        "best": names("metrics.score > 2.1 AND params.kind = 'even'", ["metrics.score DESC"]),
        "failed": names("attributes.status = 'FAILED'"),
        "quoted": len(names("metrics.`odd key/with:all` = 1")),
        "like": names("tags.n LIKE '1_' AND attributes.run_name ILIKE 'RUN 1%'", ["attributes.start_time ASC"])[:3],
        "deleted": names(view=ViewType.DELETED_ONLY),
        "all": len(names(view=ViewType.ALL)),
        "nothing": names("params.kind = 'neither'"),
        "wrong": refusal(lambda: names("metrics.score is"))[0],
        "frame": len(mlflow.search_runs([experiment])),
    }
    client.restore_run(gone.info.run_id)
    seen["searches"]["restored"] = len(names())


def refusals():
    run = client.create_run("0").info.run_id
    client.log_param(run, "p", "1")
    client.log_param(run, "p", "1")
    client.log_param(run, "long", "x" * 7000)
    client.set_tag(run, "long", "x" * 9000)
    client.set_tag(run, "gone", "soon")
    client.delete_tag(run, "gone")
    many = [Metric(f"m{i}", 1, 1, 1) for i in range(1001)]
    seen["refusals"] = {
        "changed": refusal(lambda: client.log_param(run, "p", "2")),
        "name": refusal(lambda: client.log_metric(run, "a//b", 1)),
        # `log_batch` of the client splits what is too much; what is below it does not.
        "many": refusal(lambda: client._tracking_client.store.log_batch(run, many, [], [])),
        "tag": refusal(lambda: client.delete_tag(run, "gone")),
        "run": refusal(lambda: client.get_run("0" * 32)),
        "cut": [len(client.get_run(run).data.params["long"]), len(client.get_run(run).data.tags["long"])],
        "experiment": refusal(lambda: client.create_run("123456")),
    }
    client.delete_run(run)
    seen["refusals"]["deleted"] = refusal(lambda: client.log_metric(run, "m", 1))
    mlflow.set_experiment("compat / fluent")
    seen["refusals"]["unchanged"] = client.get_run(run).data.params["p"]


def files():
    run = client.create_run("0").info.run_id
    with tempfile.TemporaryDirectory() as directory:
        os.makedirs(f"{directory}/a/b c")
        for path, text in (("root.txt", "1"), ("a/ü.txt", "2"), ("a/b c/100%.csv", "3"), ("empty", "")):
            with open(f"{directory}/{path}", "w") as f:
                f.write(text)
        client.log_artifacts(run, directory, "tree")
        client.log_artifact(run, f"{directory}/root.txt")
    local = client.download_artifacts(run, "tree")
    tree = {}
    for root, _, names in os.walk(local):
        for name in names:
            with open(f"{root}/{name}") as f:
                tree[os.path.relpath(f"{root}/{name}", local)] = f.read()
    seen["files"] = {
        "tree": tree,
        "listed": [[f.path, f.is_dir, f.file_size] for f in client.list_artifacts(run, "tree")],
        "of a file": client.list_artifacts(run, "root.txt"),
        "absent": client.list_artifacts(run, "nothing"),
    }


def registry():
    client.create_registered_model("kept", tags={"team": "a"}, description="what it is")
    taken = refusal(lambda: client.create_registered_model("kept"))
    run = client.create_run("0").info.run_id
    client.log_text(run, "weights", "model/weights.txt")
    first = client.create_model_version("kept", f"runs:/{run}/model", run, description="the first")
    second = client.create_model_version("kept", "s3://bucket/elsewhere")
    client.set_registered_model_alias("kept", "champion", second.version)
    client.set_registered_model_alias("kept", "champion", first.version)
    client.set_model_version_tag("kept", first.version, "checked", "yes")
    client.transition_model_version_stage("kept", second.version, "Staging")
    client.update_model_version("kept", second.version, "the second")
    client.rename_registered_model("kept", "renamed")
    by_alias = client.get_model_version_by_alias("renamed", "champion")
    local = mlflow.artifacts.download_artifacts("models:/renamed@champion")
    with open(os.path.join(local, "weights.txt")) as f:
        weights = f.read()
    client.delete_model_version("renamed", second.version)
    seen["registry"] = {
        "taken": taken[0],
        "versions": [first.version, second.version],
        "alias": [str(by_alias.version), by_alias.description, by_alias.tags],
        "weights": weights,
        "stages": [v.current_stage for v in client.search_model_versions("name = 'renamed'")],
        "found": [m.name for m in client.search_registered_models("tags.team = 'a'")],
        "gone": refusal(lambda: client.get_model_version("renamed", second.version))[0],
        "aliases": {a: str(v) for a, v in client.get_registered_model("renamed").aliases.items()},
    }


for part in (experiments, fluent, searches, refusals, files, registry):
    part()
print(json.dumps(seen))
