"""Models in ONNX, both ways.

    onnx_models.py URL

Loads the version `ours` 1, which Gyre registered, as a function of Python, and logs a network of its own as `theirs`,
with MLflow's default of weights in a file beside the model. Prints what both predict for the same rows.
"""

import json
import sys

import mlflow
import numpy as np
import onnx
import pandas as pd
from onnx import TensorProto, helper, numpy_helper

FEATURES, ROWS = 64, 3


def network():
    """A layer of 64 weights by 8, so that they are too many to stay in the model itself, and their mean."""
    weights = (np.arange(FEATURES * 8, dtype=np.float32).reshape(FEATURES, 8) % 7) / 10
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "weights"], ["layer"]),
         helper.make_node("ReduceMean", ["layer"], ["y"], axes=[1], keepdims=1)],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, FEATURES])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    return model, weights


def main(url):
    mlflow.set_tracking_uri(url)
    ours = mlflow.pyfunc.load_model("models:/ours/1")
    named = mlflow.pyfunc.load_model("models:/named so, by 雪@best")
    rows = pd.DataFrame({"b": [0.5, 1.0, -2.0], "a": [1.0, 2.0, 3.0]})
    model, weights = network()
    with mlflow.start_run():
        logged = mlflow.onnx.log_model(model, name="model", registered_model_name="theirs")
    inputs = np.arange(ROWS * FEATURES, dtype=np.float32).reshape(ROWS, FEATURES) / 100
    json.dump({
        "ours": [float(v) for v in np.ravel(np.asarray(ours.predict(rows)))],
        "columns": ours.metadata.signature.inputs.input_names(),
        "named": [float(v) for v in np.ravel(np.asarray(named.predict(rows)))],
        "beside": len(mlflow.artifacts.list_artifacts(artifact_uri=logged.model_uri)) > 0,
        "input": inputs.tolist(),
        "theirs": (inputs @ weights).mean(axis=1).tolist(),
    }, sys.stdout)


main(*sys.argv[1:])
