"""Fills a tracking server with a bit of everything, as its users do. Argument: artifact scratch."""

import math

import mlflow
import pandas as pd
from mlflow.entities import Metric, Param, RunTag

client = mlflow.MlflowClient()

mlflow.set_experiment("flights")
mlflow.set_experiment_tag("owner", "Ada")
with mlflow.start_run(run_name="ünïcode / run", description="what it is") as parent:
    mlflow.log_params({"learner": "trees", "long": "x" * 5000, "empty": ""})
    for step in range(250):
        mlflow.log_metric("loss", 1 / (1 + step), step=step)
    client.log_batch(
        parent.info.run_id,
        metrics=[
            Metric("odd", value, 1_700_000_000_000 + i, -i)
            for i, value in enumerate([math.nan, math.inf, -math.inf, 0.1, 1e-300])
        ],
        params=[Param("batch", "1")],
        tags=[RunTag("note", "first\nsecond")],
    )
    data = mlflow.data.from_pandas(pd.DataFrame({"x": [1.0, 2.0]}), name="rows")
    mlflow.log_input(data, context="training", tags={"part": "a"})
    mlflow.log_text("hello", "notes/one.txt")
    mlflow.log_dict({"a": [1, 2]}, "deep/er/file name.json")
    with mlflow.start_run(nested=True, run_name="child"):
        mlflow.log_metric("score", 0.5, timestamp=1_600_000_000_000)
with mlflow.start_run(run_name="failed") as failed:
    mlflow.set_tag("mlflow.source.git.commit", "0123456789abcdef0123456789abcdef01234567")
client.set_terminated(failed.info.run_id, "FAILED", end_time=1_700_000_000_000)
with mlflow.start_run(run_name="removed") as removed:
    mlflow.log_metric("m", 1.0)
client.delete_run(removed.info.run_id)
client.create_run(parent.info.experiment_id, run_name="still running", start_time=1_500_000_000_000)
gone = client.create_experiment("gone", tags={"k": "v"})
client.create_run(gone, run_name="in the deleted one")
client.delete_experiment(gone)
client.create_experiment("elsewhere", artifact_location="s3://bucket/elsewhere")
with mlflow.start_run(experiment_id="0", run_name="in default"):
    mlflow.log_param("p", "1")

with mlflow.start_span(name="asked", span_type="CHAIN", attributes={"ünï": [1, 2.5, "x"], "deep": {"a": None}}) as span:
    span.set_inputs({"q": 1})
    with mlflow.start_span(name="inner", span_type="LLM") as inner:
        inner.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12})
        inner.set_outputs("text with \"quotes\"")
        inner.add_event(mlflow.entities.SpanEvent("seen", attributes={"n": 3, "f": 1.0}))
    mlflow.update_current_trace(tags={"colour": "blue"}, metadata={"mlflow.trace.session": "s1"})
mlflow.flush_trace_async_logging()
asked = span.trace_id
mlflow.log_feedback(trace_id=asked, name="good", value=True, rationale="because", metadata={"k": "v"})
mlflow.log_expectation(trace_id=asked, name="answer", value={"x": [1]})
try:
    with mlflow.start_span(name="fails"):
        raise ValueError("no")
except ValueError:
    mlflow.flush_trace_async_logging()

with mlflow.start_run(experiment_id=parent.info.experiment_id, run_name="trained") as trained:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
    logged = mlflow.sklearn.log_model(
        fitted,
        name="model",
        params={"c": "1"},
        tags={"made": "here"},
        registered_model_name="churn",
        input_example=[[0.0]],
    )
    mlflow.log_metric("auc", 0.9, step=3, model_id=logged.model_id)
    mlflow.log_metric("auc", 0.95, step=4, model_id=logged.model_id, dataset=data)
client.set_registered_model_tag("churn", "team", "growth")
client.update_registered_model("churn", "who leaves")
client.set_model_version_tag("churn", "1", "checked", "yes")
client.update_model_version("churn", "1", "the first")
second = client.create_model_version(
    "churn", f"models:/{logged.model_id}", model_id=logged.model_id, tags={"again": "1"}
)
client.set_registered_model_alias("churn", "champion", "1")
client.set_registered_model_alias("churn", "next", second.version)
client.transition_model_version_stage("churn", "1", "Production")
client.create_model_version("churn", f"models:/{logged.model_id}", model_id=logged.model_id)
client.delete_model_version("churn", "3")
client.create_registered_model("empty ünïcode", description="no version")
elsewhere = client.create_model_version("empty ünïcode", "s3://bucket/models/one")
