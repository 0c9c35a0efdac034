"""Every field of every request of the protocol's own description, with values it cannot take."""

from step import Step
from mlflow.protos import databricks_pb2, model_registry_pb2, service_pb2, webhooks_pb2

SERVICES = (
    service_pb2.DESCRIPTOR.services_by_name["MlflowService"],
    model_registry_pb2.DESCRIPTOR.services_by_name["ModelRegistryService"],
    webhooks_pb2.DESCRIPTOR.services_by_name["WebhookService"],
)
# What is about language models, and about other servers of MLflow's makers, is tried elsewhere.
ELSEWHERE = (
    "traces", "gateway", "scorers", "issues", "datasets/", "label-schemas", "review-queues",
    "prompt-optimization", "unified-traces", "online-trace", "workspaces", "presigned-",
)
GOOD = {
    "experiment_id": "$exp", "run_id": "$run", "run_uuid": "$run", "key": "k", "value": "v", "timestamp": 1,
    "step": 1, "metric_key": "loss", "model_id": "$lm", "experiment_name": "one", "name": "wrong values",
    "version": "1", "alias": "a", "stage": "None", "archive_existing_versions": False, "source": "s3://b/x",
    "tag_key": "t", "status": "LOGGED_MODEL_READY", "url": "https://example.com/", "webhook_id": "nope",
    "events": [{"entity": "REGISTERED_MODEL", "action": "CREATED"}],
}
TEXT, FLAG, WHOLE, NUMBER, NESTED, CHOICE = {9}, {8}, {3, 5}, {1, 2}, {11}, {14}


def wrong_for(field):
    if field.is_repeated:
        return ["text", 7, True, {"a": 1}, [7], [None], [["a"]]]
    if field.type in TEXT:
        return [7, 1.5, True, {"a": 1}, ["a"]]
    if field.type in WHOLE:
        return ["text", 1.5, True, {"a": 1}, [1], 2**63, "1.0"]
    if field.type in NUMBER:
        return ["text", True, {"a": 1}, [1]]
    if field.type in FLAG:
        return ["text", 2, {"a": 1}, []]
    if field.type in CHOICE:
        return ["NO_SUCH_CHOICE", 99, True, {"a": 1}, []]
    return ["text", 7, [1]]


def steps():
    yield Step("POST", "/api/2.0/mlflow/registered-models/create", body={"name": "wrong values"})
    yield Step("POST", "/api/2.0/mlflow/model-versions/create",
               body={"name": "wrong values", "source": "s3://b/x"})
    for service in SERVICES:
        for method in service.methods:
            rpc = method.GetOptions().Extensions[databricks_pb2.rpc]
            for endpoint in rpc.endpoints:
                if not any(word in endpoint.path for word in ELSEWHERE):
                    yield from of_endpoint(method, endpoint)


def of_endpoint(method, endpoint):
    fields = list(method.input_type.fields)
    required = [f for f in fields if f.GetOptions().Extensions[databricks_pb2.validate_required]]
    base = {f.name: GOOD[f.name] for f in required if f.name in GOOD}
    if any(f.name == "run_id" for f in fields):
        base["run_id"] = "$run"
    if method.name == "logMetric":
        base["value"] = 1.5
    path = "/api/2.0/" + endpoint.path.lstrip("/")
    for name in ("model_id", "tag_key", "webhook_id"):
        path = path.replace("{" + name + "}", GOOD[name])
    for field in required:
        left = {k: v for k, v in base.items() if k != field.name}
        yield request(endpoint.method, path, left, f"{method.name} without {field.name}")
    if endpoint.method == "GET":
        return  # What an address holds is text, whatever was meant.
    for field in fields:
        for value in wrong_for(field):
            yield request(endpoint.method, path, {**base, field.name: value},
                          f"{method.name} with {field.name} = {value!r}")
    for body in ([], "text", 7):
        yield request(endpoint.method, path, body, f"{method.name} with the body {body!r}")
    if method.name == "finalizeLoggedModel":
        # A status that was not understood made it pending again.
        yield request(endpoint.method, path, base, "the right status after the wrong ones")


def request(method, path, values, about):
    if method == "GET":
        return Step(method, path, query=values, about=about)
    return Step(method, path, body=values, about=about)
