"""All that a client reads of a tracking server, as JSON."""

import hashlib
import json
import sys

import mlflow
from mlflow.entities import ViewType
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

client = mlflow.MlflowClient()


def files(root):
    repository = get_artifact_repository(root)
    found, waiting = {}, [None]
    while waiting:
        for info in repository.list_artifacts(waiting.pop()):
            if info.is_dir:
                waiting.append(info.path)
                continue
            with open(repository.download_artifacts(info.path), "rb") as content:
                found[info.path] = [info.file_size, hashlib.sha256(content.read()).hexdigest()]
    return found


def describe(run):
    info, data = run.info, run.data
    return {
        "name": info.run_name,
        "experiment": info.experiment_id,
        "user": info.user_id,
        "status": info.status,
        "stage": info.lifecycle_stage,
        "start": info.start_time,
        "end": info.end_time,
        "artifacts": info.artifact_uri,
        "params": data.params,
        "tags": data.tags,
        "latest": {key: str(value) for key, value in data.metrics.items()},
        "history": {
            key: [
                [str(p.value), p.timestamp, p.step]
                for p in client.get_metric_history(info.run_id, key)
            ]
            for key in data.metrics
        },
        "inputs": [
            [d.dataset.to_dictionary(), sorted((t.key, t.value) for t in d.tags)]
            for d in run.inputs.dataset_inputs
        ],
        "outputs": [[m.model_id, m.step] for m in run.outputs.model_outputs] if run.outputs else [],
        "files": files(info.artifact_uri) if info.artifact_uri.startswith("mlflow-artifacts:") else {},
    }


experiments = client.search_experiments(view_type=ViewType.ALL)
runs = client.search_runs(
    [e.experiment_id for e in experiments], run_view_type=ViewType.ALL, max_results=1000
)
json.dump(
    {
        "experiments": {
            e.experiment_id: {
                "name": e.name,
                "stage": e.lifecycle_stage,
                "artifacts": e.artifact_location,
                "tags": e.tags,
                "created": e.creation_time,
                "updated": e.last_update_time,
            }
            for e in experiments
        },
        "runs": {run.info.run_id: describe(run) for run in runs},
    },
    sys.stdout,
)
