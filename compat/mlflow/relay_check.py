"""What the server has, as JSON: read with the real client, past the relay."""

import json
import sys

import mlflow

client = mlflow.MlflowClient()
experiments = [e for e in client.search_experiments() if e.name == "relayed"]
runs = client.search_runs([e.experiment_id for e in experiments], max_results=5000)


def describe(run):
    run_id = run.info.run_id
    files = {}
    for path in ("notes/notes.txt", "same.txt"):
        if any(f.path == path for f in client.list_artifacts(run_id, "notes" if "/" in path else "")):
            files[path] = mlflow.artifacts.load_text(f"{run.info.artifact_uri}/{path}")
    return {
        "id": run_id,
        "name": run.info.run_name,
        "status": run.info.status,
        "params": run.data.params,
        "tags": {k: v for k, v in run.data.tags.items() if k in ("seen", "mlflow.parentRunId")},
        "steps": {
            key: sorted(p.step for p in client.get_metric_history(run_id, key))
            for key in run.data.metrics
        },
        "values": [p.value for p in client.get_metric_history(run_id, "loss")],
        "files": files,
        "outputs": len(run.outputs.model_outputs) if run.outputs else 0,
    }


models = client.search_logged_models([e.experiment_id for e in experiments])
versions = client.search_model_versions("name='relayed'")
predicted = None
if versions:
    loaded = mlflow.sklearn.load_model("models:/relayed@champion")
    predicted = [int(y) for y in loaded.predict([[0.0], [3.0]])]
json.dump(
    {
        "experiments": len(experiments),
        "runs": [describe(run) for run in runs],
        "models": [{"run": m.source_run_id, "status": str(m.status)} for m in models],
        "versions": [{"run": v.run_id, "version": v.version} for v in versions],
        "predicted": predicted,
    },
    sys.stdout,
)
