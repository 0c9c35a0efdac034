"""A training script as people write it: it knows nothing of the relay."""

import json
import sys

import mlflow

name, points, with_model = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "model"

mlflow.set_experiment("relayed")
with mlflow.start_run(run_name=name) as run:
    mlflow.log_params({"learner": name, "depth": 4})
    mlflow.set_tag("seen", "first")
    for step in range(points):
        mlflow.log_metric("loss", 1 / (1 + step), step=step)
        mlflow.log_metrics({"rate": step * 0.5, "odd": float("nan")}, step=step)
    mlflow.set_tag("seen", "last")
    mlflow.log_text("notes of " + name, "notes/notes.txt")
    mlflow.log_text("the same everywhere", "same.txt")
    assert mlflow.get_run(run.info.run_id).data.params["learner"] == name
    if with_model:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
        logged = mlflow.sklearn.log_model(model, name="model", registered_model_name="relayed")
        mlflow.MlflowClient().set_registered_model_alias(
            "relayed", "champion", logged.registered_model_version
        )
    with mlflow.start_run(run_name=name + "-child", nested=True):
        mlflow.log_metric("child", 1.0)
print(json.dumps({"name": name, "run": run.info.run_id}))
