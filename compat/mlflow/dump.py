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


def describe_logged(model):
    return {
        "experiment": model.experiment_id,
        "name": model.name,
        "artifacts": model.artifact_location,
        "type": model.model_type,
        "run": model.source_run_id,
        "status": str(model.status),
        "created": model.creation_timestamp,
        "updated": model.last_updated_timestamp,
        "params": model.params,
        "tags": model.tags,
        "metrics": sorted(
            [m.key, m.value, m.timestamp, m.step, m.run_id, m.dataset_name, m.dataset_digest]
            for m in model.metrics or []
        ),
        "files": files(model.artifact_location),
    }


def describe_version(version):
    return {
        "description": version.description or "",
        "stage": version.current_stage,
        "source": version.source,
        "uri": client.get_model_version_download_uri(version.name, version.version),
        "run": version.run_id,
        "created": version.creation_timestamp,
        "updated": version.last_updated_timestamp,
        "tags": version.tags,
        "aliases": sorted(version.aliases),
        "status": version.status,
    }


def describe_registered(model):
    return {
        "description": model.description,
        "created": model.creation_timestamp,
        "tags": model.tags,
        "aliases": client.get_registered_model(model.name).aliases,
        "versions": {
            str(v.version): describe_version(client.get_model_version(v.name, v.version))
            for v in client.search_model_versions(f"name='{model.name}'")
        },
    }


def describe_trace(trace):
    info = trace.info
    return {
        "experiment": info.experiment_id,
        "state": info.state,
        "when": [info.request_time, info.execution_duration],
        "previews": [info.request_preview, info.response_preview],
        "tags": {k: v for k, v in info.tags.items() if k not in ("mlflow.artifactLocation", "mlflow.trace.spansLocation")},
        "metadata": {k: json.loads(v) if k == "mlflow.trace.tokenUsage" else v for k, v in info.trace_metadata.items()},
        "said": sorted(
            [a.assessment_id, a.name, str(a.value), a.rationale, a.metadata, a.source.source_type, a.valid, a.create_time_ms]
            for a in info.assessments
        ),
        "spans": [
            [s.span_id, s.parent_id, s.name, s.span_type, s.start_time_ns, s.end_time_ns, s.inputs, s.outputs,
             s.status.status_code, s.status.description, s.attributes, [[e.name, e.timestamp, e.attributes] for e in s.events]]
            for s in trace.data.spans
        ],
    }


predicted = mlflow.sklearn.load_model("models:/churn@champion").predict([[0.0], [3.0]])
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
        "logged": {
            m.model_id: describe_logged(m)
            for m in client.search_logged_models([e.experiment_id for e in experiments])
        },
        "registered": {m.name: describe_registered(m) for m in client.search_registered_models()},
        "traces": {
            t.info.trace_id: describe_trace(t)
            for t in client.search_traces(locations=[e.experiment_id for e in experiments if e.lifecycle_stage == "active"])
        },
        "predicted": [int(y) for y in predicted],
    },
    sys.stdout,
    default=str,
)
