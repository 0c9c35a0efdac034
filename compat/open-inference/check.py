"""Talks to a server with the unmodified tritonclient. Prints one JSON object of what it saw."""

import json
import sys

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException


def main(address, model, width):
    client = triton.InferenceServerClient(address, concurrency=4)
    seen = {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model_ready": client.is_model_ready(model),
        "version_ready": client.is_model_ready(model, "1"),
        "server": client.get_server_metadata(),
        "metadata": client.get_model_metadata(model),
        "index": client.get_model_repository_index(),
    }
    rows = np.linspace(-1, 1, 5 * width).reshape(5, width).astype(np.float32)
    [tensor] = seen["metadata"]["inputs"]
    [answer] = seen["metadata"]["outputs"]

    def ask(binary_in, binary_out, **more):
        given = triton.InferInput(tensor["name"], list(rows.shape), "FP32")
        given.set_data_from_numpy(rows, binary_data=binary_in)
        wanted = None
        if binary_out is not None:
            wanted = [triton.InferRequestedOutput(answer["name"], binary_data=binary_out)]
        result = client.infer(model, [given], outputs=wanted, **more)
        return result.as_numpy(answer["name"]).reshape(-1).tolist(), result.get_response()

    seen["predictions"] = {}
    for binary_in in (True, False):
        for binary_out in (True, False, None):
            values, _ = ask(binary_in, binary_out)
            seen["predictions"][f"{binary_in}-{binary_out}"] = values
    for packing in ("gzip", "deflate"):
        values, _ = ask(True, True, request_compression_algorithm=packing)
        seen["predictions"][packing] = values
        values, _ = ask(True, True, response_compression_algorithm=packing)
        seen["predictions"][f"response-{packing}"] = values
    values, response = ask(True, True, request_id="order-66", model_version="1")
    seen["predictions"]["version"] = values
    seen["id"] = response.get("id")
    seen["model_version"] = response.get("model_version")
    pending = [
        client.async_infer(model, [prepared(tensor, rows)]) for _ in range(8)
    ]
    seen["async"] = [p.get_result().as_numpy(answer["name"]).reshape(-1).tolist() for p in pending]
    seen["rows"] = rows.reshape(-1).tolist()
    seen["errors"] = [failure(client, model, tensor), failure(client, "nothing", tensor)]
    statistics = client.get_inference_statistics(model)
    seen["counted"] = statistics["model_stats"][0]["inference_count"]
    client.close()
    print(json.dumps(seen))


def prepared(tensor, rows):
    given = triton.InferInput(tensor["name"], list(rows.shape), "FP32")
    given.set_data_from_numpy(rows)
    return given


def failure(client, model, tensor):
    wrong = np.zeros((2, 99), dtype=np.float32)
    try:
        client.infer(model, [prepared(tensor, wrong)])
    except InferenceServerException as error:
        return [error.status(), error.message()]
    return None


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
