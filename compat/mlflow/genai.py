"""Traces, evaluates and configures AI endpoints with the unmodified client; prints what came back."""

import json

import mlflow
from mlflow import MlflowClient
from mlflow.entities import SpanEvent
from mlflow.entities.gateway_endpoint import (
    GatewayEndpointModelConfig,
    GatewayModelLinkageType,
    GatewayResourceType,
)
from mlflow.exceptions import MlflowException

client = MlflowClient()
store = client._tracking_client.store
seen = {}


def refusal(call):
    try:
        call()
    except MlflowException as thrown:
        return thrown.error_code
    return None


@mlflow.trace(span_type="TOOL")
def add(a, b):
    return a + b


def traces():
    with mlflow.start_span("root") as root:
        root.set_inputs({"messages": [{"role": "user", "content": "hi ünïcode"}]})
        root.set_outputs({"x": 1.0, "big": 9007199254740993})
        root.add_event(SpanEvent("event", timestamp=99999, attributes={"foo": "bar"}))
        add(1, 2)
        mlflow.update_current_trace(tags={"colour": "blue"}, metadata={"who": "me"})
    mlflow.flush_trace_async_logging()
    trace = client.get_trace(root.trace_id)
    kept = {span.name: span.to_dict() for span in trace.data.spans}
    feedback = mlflow.log_feedback(trace_id=root.trace_id, name="good", value="yes")
    mlflow.log_expectation(trace_id=root.trace_id, name="answer", value={"a": [1]})
    mlflow.override_feedback(
        trace_id=root.trace_id, assessment_id=feedback.assessment_id, value="no"
    )
    assessments = client.get_trace(root.trace_id).info.assessments

    def count(text):
        return len(client.search_traces(locations=["0"], filter_string=text))

    seen["traces"] = {
        "same": kept["root"] == root.to_dict(),
        "spans": sorted(kept),
        "state": trace.info.state.value,
        "tag": trace.info.tags["colour"],
        "metadata": trace.info.trace_metadata["who"],
        "assessments": sorted([a.name, a.value, a.valid] for a in assessments),
        "found": [
            count("status = 'OK'"),
            count("trace.text LIKE '%ünïco%'"),
            count("span.name = 'add' AND span.type = 'TOOL'"),
            count("span.attributes.mlflow.spanInputs LIKE '%\"a\": 1%'"),
            count("tag.colour = 'blue' AND metadata.who RLIKE '^m'"),
            count("feedback.good = 'no'"),
            count("expectation.answer IS NOT NULL"),
        ],
        "not found": [
            count("span.name = 'root' AND span.type = 'TOOL'"),
            count("feedback.good IS NULL"),
        ],
        "wrong": refusal(lambda: count("nothing.x = 'y'")),
        "frame": len(mlflow.search_traces(locations=["0"])),
    }
    client.delete_traces("0", trace_ids=[root.trace_id])
    seen["traces"]["deleted"] = count("")


def evaluation():
    experiment = client.create_experiment("evaluated")
    dataset = mlflow.genai.create_dataset(name="questions", experiment_id=experiment)
    dataset.merge_records([{"inputs": {"q": 1}, "expectations": {"a": "b"}}])
    dataset.merge_records([{"inputs": {"q": 1}, "expectations": {"c": "d"}}])
    frame = mlflow.genai.get_dataset(name="questions").to_df()
    scorer = store.register_scorer(experiment, "judge", json.dumps({"name": "judge"}))
    issue = store.create_issue(experiment_id=experiment, name="n", description="d")
    seen["evaluation"] = {
        "records": [frame["inputs"].tolist(), frame["expectations"].tolist()],
        "scorers": [[s.scorer_name, s.scorer_version] for s in store.list_scorers(experiment)],
        "scorer": scorer.scorer_version,
        "issue": store.get_issue(issue.issue_id).status.value,
    }
    mlflow.genai.delete_dataset(dataset_id=dataset.dataset_id)
    seen["evaluation"]["deleted"] = refusal(lambda: client.get_dataset(dataset.dataset_id))


def gateway():
    secret = store.create_gateway_secret("key", {"api_key": "sk-test-12345"}, provider="openai")
    model = store.create_gateway_model_definition("gpt", secret.secret_id, "openai", "gpt-4")
    config = GatewayEndpointModelConfig(
        model_definition_id=model.model_definition_id,
        linkage_type=GatewayModelLinkageType.PRIMARY,
        weight=1.0,
    )
    endpoint = store.create_gateway_endpoint(name="chat", model_configs=[config])
    store.create_endpoint_binding(endpoint.endpoint_id, GatewayResourceType.SCORER, "judge")
    seen["gateway"] = {
        "masked": "12345" not in json.dumps(secret.masked_values)
        and "sk-test" not in json.dumps(secret.masked_values),
        "models": [
            m.model_definition.model_name
            for m in store.get_gateway_endpoint(endpoint.endpoint_id).model_mappings
        ],
        "bindings": len(store.list_endpoint_bindings(endpoint_id=endpoint.endpoint_id)),
        "in use": refusal(
            lambda: store.delete_gateway_model_definition(model.model_definition_id)
        ),
        "taken": refusal(lambda: store.create_gateway_secret("key", {"a": "b"})),
        "absent": refusal(lambda: store.get_gateway_endpoint("nothing")),
    }


traces()
evaluation()
gateway()
print(json.dumps(seen))
