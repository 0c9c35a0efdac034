"""What people do, and get wrong, in the order in which they do it."""

from step import Step

API = "/api/2.0/mlflow"


def post(path, body, about="", **keep):
    return Step("POST", f"{API}/{path}", body=body, keep=keep, about=about)


def get(path, query=None, about="", **keep):
    return Step("GET", f"{API}/{path}", query=query, keep=keep, about=about)


def other(method, path, body, about="", **keep):
    return Step(method, f"{API}/{path}", body=body, keep=keep, about=about)


def experiments():
    yield get("experiments/get", {"experiment_id": "0"})
    yield get("experiments/get-by-name", {"experiment_name": "Default"})
    yield get("experiments/get-by-name", {"experiment_name": "nope"})
    yield post("experiments/create", {"name": "one", "tags": [{"key": "a", "value": "1"}]},
               exp="experiment_id")
    yield post("experiments/create", {"name": "one"}, "the same name again")
    for name in ("", None, "x" * 501, 7, ["a"]):
        yield post("experiments/create", {"name": name}, "a bad name")
    for location in ("s3://bucket/p", "file:///tmp/x", "x" * 3000, "s3://b/p?x=1", "s3://b#frag"):
        yield post("experiments/create", {"name": f"at {location[:20]}", "artifact_location": location},
                   "a location")
    yield post("experiments/create", {"name": "zwei – 雪", "tags": [{"key": "k" * 251, "value": "v"}]})
    yield post("experiments/create", {"name": "zwei – 雪", "tags": [{"key": "lang", "value": "de"}]},
               exp2="experiment_id")
    yield get("experiments/get", {"experiment_id": "$exp"})
    for wrong in ("99999", "abc", "", "-1", "1e3"):
        yield get("experiments/get", {"experiment_id": wrong}, "no such experiment")
    yield post("experiments/set-experiment-tag", {"experiment_id": "$exp", "key": "k", "value": "v"})
    yield post("experiments/set-experiment-tag", {"experiment_id": "$exp", "key": "k", "value": "v2"})
    yield post("experiments/set-experiment-tag", {"experiment_id": "$exp", "key": "", "value": "v"})
    yield post("experiments/set-experiment-tag", {"experiment_id": "$exp", "key": "a/../b", "value": "v"})
    yield post("experiments/set-experiment-tag",
               {"experiment_id": "$exp", "key": "long", "value": "v" * 5001})
    yield post("experiments/delete-experiment-tag", {"experiment_id": "$exp", "key": "k"})
    yield post("experiments/delete-experiment-tag", {"experiment_id": "$exp", "key": "k"}, "twice")
    yield post("experiments/update", {"experiment_id": "$exp2", "new_name": "one"}, "a taken name")
    yield post("experiments/update", {"experiment_id": "$exp2", "new_name": "two"})
    yield post("experiments/update", {"experiment_id": "$exp2"})
    for body in (
        {"max_results": 10}, {}, {"max_results": 0}, {"max_results": -1}, {"max_results": 50001},
        {"max_results": 10, "view_type": "ALL"}, {"max_results": 10, "view_type": "NOPE"},
        {"max_results": 10, "filter": "name = 'one'"}, {"max_results": 10, "filter": "name LIKE 'o%'"},
        {"max_results": 10, "filter": "name ILIKE 'O%'"}, {"max_results": 10, "filter": "name > 'a'"},
        {"max_results": 10, "filter": "tags.a = '1'"}, {"max_results": 10, "filter": "tags.`a` != '1'"},
        {"max_results": 10, "filter": "attribute.name = 'two'"},
        {"max_results": 10, "filter": "creation_time > 0"}, {"max_results": 10, "filter": "creation_time > 'x'"},
        {"max_results": 10, "filter": "nope = 'x'"}, {"max_results": 10, "filter": "name = one"},
        {"max_results": 10, "filter": "name = 'one' OR name = 'two'"}, {"max_results": 10, "filter": "name ="},
        {"max_results": 10, "filter": "name = 'one' AND tags.a = '1'"},
        {"max_results": 10, "order_by": ["name ASC"]}, {"max_results": 10, "order_by": ["name desc"]},
        {"max_results": 10, "order_by": ["experiment_id"]}, {"max_results": 10, "order_by": ["nope"]},
        {"max_results": 10, "order_by": ["name ASCENDING"]}, {"max_results": 10, "order_by": ["creation_time"]},
        {"max_results": 2, "order_by": ["name"]}, {"max_results": 10, "page_token": "nonsense"},
    ):
        yield post("experiments/search", body, "search")
    yield get("experiments/search", {"max_results": 3, "order_by": "name"})
    yield post("experiments/delete", {"experiment_id": "$exp2"})
    yield post("experiments/delete", {"experiment_id": "$exp2"}, "twice")
    yield get("experiments/get", {"experiment_id": "$exp2"}, "a deleted one")
    yield get("experiments/get-by-name", {"experiment_name": "two"}, "a deleted one")
    yield post("experiments/create", {"name": "two"}, "the name of a deleted one")
    yield post("runs/create", {"experiment_id": "$exp2", "start_time": 1}, "in a deleted experiment")
    yield post("experiments/search", {"max_results": 10, "view_type": "DELETED_ONLY"})
    yield post("experiments/restore", {"experiment_id": "$exp2"})
    yield post("experiments/restore", {"experiment_id": "$exp2"}, "twice")


def runs():
    yield post("runs/create", {"experiment_id": "$exp", "start_time": 1000, "run_name": "first",
                               "tags": [{"key": "t", "value": "1"}]}, run="run.info.run_id")
    yield post("runs/create", {"experiment_id": "$exp", "start_time": 2000}, run2="run.info.run_id")
    yield post("runs/create", {}, "in the default experiment", run0="run.info.run_id")
    yield post("runs/create", {"experiment_id": "$exp", "run_name": "a",
                               "tags": [{"key": "mlflow.runName", "value": "b"}]}, "two names")
    yield post("runs/create", {"experiment_id": "$exp", "start_time": "3000", "user_id": "me",
                               "tags": [{"key": "mlflow.runName", "value": "named by tag"},
                                        {"key": "mlflow.parentRunId", "value": "$run"}]},
               run3="run.info.run_id")
    yield post("runs/create", {"experiment_id": "777"})
    yield post("runs/create", {"experiment_id": "abc"})
    yield get("runs/get", {"run_id": "$run"})
    yield get("runs/get", {"run_uuid": "$run"})
    yield get("runs/get", {"run_id": "0" * 32})
    yield get("runs/get", {"run_id": "../etc"})
    yield get("runs/get", {})
    for key, value in (("p", "1"), ("p", "1"), ("p", "2"), ("", "x"), ("a b/c.d-e:f", "x"), ("a..b", "x"),
                       ("../x", "x"), ("/x", "x"), ("a//b", "x"), ("é", "ü"), ("k" * 251, "x"),
                       ("big", "v" * 6001), ("empty", ""), ("bad*", "x")):
        yield post("runs/log-parameter", {"run_id": "$run", "key": key, "value": value}, f"param {key[:12]}")
    for key, value in (("t", "2"), ("long", "v" * 8001), ("", "x"), ("mlflow.note.content", "hello"),
                       ("mlflow.runName", "renamed"), ("a\nb", "x")):
        yield post("runs/set-tag", {"run_id": "$run", "key": key, "value": value}, f"tag {key[:12]}")
    yield post("runs/delete-tag", {"run_id": "$run", "key": "t"})
    yield post("runs/delete-tag", {"run_id": "$run", "key": "t"}, "twice")
    for value in (1, 0.5, "1.5", "NaN", "Infinity", "-Infinity", -0.0, 1e300, "abc", None, {}, []):
        yield post("runs/log-metric", {"run_id": "$run", "key": f"m {value}", "value": value,
                                       "timestamp": 5, "step": 0}, f"metric {value}")
    for step in (0, 1, -3, "7", 2**40, "x"):
        yield post("runs/log-metric", {"run_id": "$run", "key": "steps", "value": 1.25, "timestamp": 10,
                                       "step": step}, f"step {step}")
    for stamp in (0, -5, "20", "x", None):
        yield post("runs/log-metric", {"run_id": "$run", "key": "stamps", "value": 2, "timestamp": stamp},
                   f"timestamp {stamp}")
    yield post("runs/log-metric", {"run_id": "$run", "key": "bad/../key", "value": 1, "timestamp": 1})
    yield post("runs/log-metric", {"run_id": "$run", "key": "k" * 251, "value": 1, "timestamp": 1})
    yield post("runs/log-metric", {"run_uuid": "$run", "key": "by uuid", "value": 1, "timestamp": 1})
    metrics = [{"key": "loss", "value": 1 / (i + 1), "timestamp": 100 + i, "step": i} for i in range(50)]
    yield post("runs/log-batch", {"run_id": "$run", "metrics": metrics})
    yield post("runs/log-batch", {"run_id": "$run", "metrics": metrics}, "the same again")
    same = {"key": "loss", "value": 9.0, "timestamp": 149, "step": 49}
    yield post("runs/log-batch", {"run_id": "$run", "metrics": [same, same]}, "a later value at the same step")
    yield post("runs/log-batch", {"run_id": "$run", "params": [{"key": "q", "value": "1"}, {"key": "q", "value": "1"}]})
    yield post("runs/log-batch", {"run_id": "$run", "params": [{"key": "q", "value": "1"}, {"key": "q", "value": "2"}]})
    yield post("runs/log-batch", {"run_id": "$run", "params": [{"key": "p", "value": "other"}]})
    yield post("runs/log-batch", {"run_id": "$run", "tags": [{"key": "x", "value": "1"}, {"key": "x", "value": "2"}]})
    yield post("runs/log-batch", {"run_id": "$run"}, "nothing")
    many = [{"key": f"k{i}", "value": 1, "timestamp": 1, "step": 0} for i in range(1001)]
    yield post("runs/log-batch", {"run_id": "$run", "metrics": many}, "too many metrics")
    yield post("runs/log-batch", {"run_id": "$run", "params": [{"key": f"k{i}", "value": "1"} for i in range(101)]})
    yield post("runs/log-batch", {"run_id": "$run", "tags": [{"key": f"k{i}", "value": "1"} for i in range(101)]})
    yield post("runs/log-batch", {"run_id": "$run", "metrics": many[:950],
                                  "params": [{"key": f"k{i}", "value": "1"} for i in range(60)]}, "too much in all")
    yield post("runs/log-batch", {"run_id": "$run", "metrics": [{"key": "loss", "value": 1, "step": 1}]})
    yield post("runs/log-batch", {"run_id": "$run", "metrics": [{"key": "loss", "timestamp": 1, "step": 1}]})
    yield post("runs/log-batch", {"run_id": "$run", "metrics": [{"value": 1, "timestamp": 1, "step": 1}]})
    yield get("runs/get", {"run_id": "$run"}, "after all of that")
    yield get("metrics/get-history", {"run_id": "$run", "metric_key": "loss"})
    yield get("metrics/get-history", {"run_id": "$run", "metric_key": "loss", "max_results": 7},
              history="next_page_token")
    yield get("metrics/get-history", {"run_id": "$run", "metric_key": "loss", "max_results": 7,
                                      "page_token": "$history"})
    yield get("metrics/get-history", {"run_id": "$run", "metric_key": "nope"})
    yield get("metrics/get-history", {"run_id": "$run"})
    yield get("metrics/get-history", {"run_id": "0" * 32, "metric_key": "loss"})
    yield get("metrics/get-history", {"run_id": "$run", "metric_key": "m NaN"})
    yield get("metrics/get-history", {"run_id": "$run", "metric_key": "m Infinity"})
    yield get("metrics/get-history", {"run_id": "$run", "metric_key": "steps"})
    for query in ({"max_results": 10}, {"max_results": 10, "start_step": 5, "end_step": 30}, {},
                  {"max_results": 0}, {"max_results": 2501}, {"start_step": 5}, {"start_step": 9, "end_step": 2}):
        yield get("metrics/get-history-bulk-interval",
                  {"run_ids": ["$run", "$run2"], "metric_key": "loss", **query}, "interval")
    yield get("metrics/get-history-bulk-interval", {"metric_key": "loss", "max_results": 10})
    yield Step("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk",
               query={"run_id": ["$run", "$run2"], "metric_key": "loss", "max_results": 5})
    yield Step("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk", query={"run_id": ["$run"]})
    dataset = {"dataset": {"name": "d", "digest": "abc", "source_type": "local", "source": "{}",
                           "schema": "{}", "profile": "{}"},
               "tags": [{"key": "mlflow.data.context", "value": "training"}]}
    yield post("runs/log-inputs", {"run_id": "$run", "datasets": [dataset]})
    yield post("runs/log-inputs", {"run_id": "$run", "datasets": [dataset]}, "twice")
    for change in ({"name": "x" * 501}, {"digest": "x" * 37}):
        wrong = {**dataset, "dataset": {**dataset["dataset"], **change}}
        yield post("runs/log-inputs", {"run_id": "$run", "datasets": [wrong]}, f"dataset {list(change)}")
    yield Step("POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", body={"experiment_ids": ["$exp"]})
    yield Step("POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", body={"experiment_ids": []})
    for status in ("FINISHED", "RUNNING", "SCHEDULED", "FAILED", "KILLED", 3, "3"):
        yield post("runs/update", {"run_id": "$run2", "status": status, "end_time": 9000}, f"status {status}")
    yield post("runs/update", {"run_id": "$run2", "run_name": "second"})
    yield post("runs/update", {"run_id": "$run2", "run_name": ""})
    yield get("runs/get", {"run_id": "$run2"})
    yield post("runs/delete", {"run_id": "$run3"})
    yield post("runs/delete", {"run_id": "$run3"}, "twice")
    yield post("runs/log-metric", {"run_id": "$run3", "key": "a", "value": 1, "timestamp": 1}, "to a deleted run")
    yield post("runs/set-tag", {"run_id": "$run3", "key": "a", "value": "1"}, "to a deleted run")
    yield post("runs/update", {"run_id": "$run3", "status": "FINISHED"}, "a deleted run")
    yield get("runs/get", {"run_id": "$run3"})
    yield post("runs/restore", {"run_id": "$run3"})
    yield post("runs/restore", {"run_id": "$run3"}, "twice")
    yield get("artifacts/list", {"run_id": "$run"})
    yield get("artifacts/list", {"run_id": "$run", "path": "../x"})
    yield get("artifacts/list", {"run_id": "$run", "path": "/etc"})
    yield get("artifacts/list", {"run_id": "$run", "path": "nothing/there"})


FILTERS = [
    "", "metrics.loss < 10", "metrics.loss > 8.5", "metric.loss >= 9", "metrics.`loss` = 9", 'metrics."loss" = 9',
    "metrics.loss = 'x'", "metrics.loss LIKE 'x'", "params.p = '1'", "parameters.p = '1'", "param.p != '1'",
    "params.p LIKE '%'", "params.p ILIKE '1%'", "params.p > '1'", "params.p = 1", "params.nope = '1'",
    "tags.x = '2'", "tag.x = '2'", "tags.`mlflow.runName` LIKE '%'", "tags.t IS NULL", "tags.t IS NOT NULL",
    "params.q IS NULL", "params.q IS NOT NULL", "metrics.loss IS NULL", "attributes.status = 'RUNNING'",
    "attr.status = 'RUNNING'", "attribute.status != 'RUNNING'", "status = 'RUNNING'", "run.status = 'RUNNING'",
    "attributes.start_time > 1500", "start_time <= 1000", "attributes.start_time = 'x'", "end_time > 0",
    "attributes.run_name = 'second'", "run_name LIKE 'sec%'", "`Run Name` = 'second'", "attributes.`Run name` = 'second'",
    "attributes.user_id = 'me'", "attributes.run_id = '$run'", "run_id IN ('$run', '$run2')", "run_id NOT IN ('$run')",
    "run_id IN ()", "run_id IN ('$run',)", "attributes.status IN ('RUNNING')", "attributes.artifact_uri LIKE '%'",
    "datasets.name = 'd'", "dataset.digest = 'abc'", "datasets.context = 'training'", "datasets.name IN ('d')",
    "datasets.nope = 'd'", "created > 0", "attributes.nope = 'x'", "nope.x = 'y'", "metrics.loss", "metrics.loss <",
    "metrics.loss < 10 AND params.p = '1'", "metrics.loss < 10 and params.p = '1'", "metrics.loss < 10 OR params.p = '1'",
    "(metrics.loss < 10)", "metrics.loss < 10 AND", "AND metrics.loss < 10", "metrics.loss < 10; drop table runs",
    "params.`a b/c.d-e:f` = 'x'", "params.é = 'ü'", "params.`é` = 'ü'", "params.p = \"1\"", "params.p = '1", "'1' = params.p",
    "metrics.loss < 1e1", "metrics.loss < -1", "metrics.loss == 9", "metrics.loss <> 9", "  metrics.loss   <   10  ",
    "metrics.`m NaN` > 0", "metrics.`m Infinity` > 1e300", "tags.x = 'it''s'", "params.p != 'zzz'", "tags.nope != 'x'",
    "attributes.lifecycle_stage = 'active'", "attributes.experiment_id = '1'", "params.empty = ''",
]

ORDERS = [
    ["metrics.loss"], ["metrics.loss DESC"], ["metrics.`loss` asc"], ["params.p"], ["params.p DESC", "start_time ASC"],
    ["attributes.start_time DESC"], ["start_time"], ["tags.x desc"], ["attribute.status"], ["run_name"], ["end_time DESC"],
    ["nope"], ["metrics.loss UP"], ["attributes.nope"], ["metrics.loss,"], [""], ["created DESC"], ["dataset.name"],
    ["metrics.`m NaN`"], ["metrics.nope DESC"], ["Run Name"], ["attributes.`Run Name`"], ["metrics.loss DESC NULLS LAST"],
]


def searches():
    ids = ["$exp"]
    for text in FILTERS:
        yield post("runs/search", {"experiment_ids": ids, "filter": text, "max_results": 20}, f"filter {text}")
    for order in ORDERS:
        yield post("runs/search", {"experiment_ids": ids, "order_by": order, "max_results": 20}, f"order {order}")
    for body in ({}, {"experiment_ids": []}, {"experiment_ids": ids}, {"experiment_ids": ids, "max_results": 0},
                 {"experiment_ids": ids, "max_results": 50001}, {"experiment_ids": ids, "max_results": -1},
                 {"experiment_ids": ids, "run_view_type": "ALL"}, {"experiment_ids": ids, "run_view_type": "DELETED_ONLY"},
                 {"experiment_ids": ids, "run_view_type": "NOPE"}, {"experiment_ids": ["abc"]}, {"experiment_ids": ["999"]},
                 {"experiment_ids": ids, "page_token": "nonsense"}):
        yield post("runs/search", body, f"search {body}")
    yield post("runs/search", {"experiment_ids": ids, "max_results": 1}, runs_page="next_page_token")
    yield post("runs/search", {"experiment_ids": ids, "max_results": 1, "page_token": "$runs_page"})


def registry():
    yield post("registered-models/create", {"name": "m", "description": "d", "tags": [{"key": "a", "value": "1"}]})
    yield post("registered-models/create", {"name": "m"}, "twice")
    for name in ("", None, "a/b", "a:b", "雪 model", " ", 7):
        yield post("registered-models/create", {"name": name}, f"name {str(name)[:12]}")
    yield get("registered-models/get", {"name": "m"})
    yield get("registered-models/get", {"name": "nope"})
    yield other("PATCH", "registered-models/update", {"name": "m", "description": "new"})
    yield other("PATCH", "registered-models/update", {"name": "m"})
    yield post("registered-models/set-tag", {"name": "m", "key": "k", "value": "v" * 5001})
    yield post("registered-models/set-tag", {"name": "m", "key": "k" * 251, "value": "v"})
    yield post("registered-models/set-tag", {"name": "m", "key": "k", "value": "v"})
    yield other("DELETE", "registered-models/delete-tag", {"name": "m", "key": "k"})
    yield other("DELETE", "registered-models/delete-tag", {"name": "m", "key": "k"}, "twice")
    yield post("model-versions/create", {"name": "m", "source": "s3://bucket/one", "description": "v1",
                                         "tags": [{"key": "t", "value": "1"}]})
    yield post("model-versions/create", {"name": "m", "source": "s3://bucket/two", "run_link": "http://x/y"})
    for source in ("", None, "/local/path", "file:///x", "runs:/$run/model", "runs:/$run2/model",
                   "mlflow-artifacts:/x/../y", "models:/m/1", "models:/nope/1", "s3://b/../x", "s3://b/%2e%2e/x"):
        yield post("model-versions/create", {"name": "m", "source": source, "run_id": "$run"}, f"source {source}")
    yield post("model-versions/create", {"name": "nope", "source": "s3://bucket/one"})
    yield get("model-versions/get", {"name": "m", "version": "1"})
    for version in ("9", "x", "", "-1", "1.5"):
        yield get("model-versions/get", {"name": "m", "version": version}, f"version {version}")
    yield get("model-versions/get-download-uri", {"name": "m", "version": "1"})
    yield other("PATCH", "model-versions/update", {"name": "m", "version": "1", "description": "changed"})
    yield post("model-versions/set-tag", {"name": "m", "version": "1", "key": "t", "value": "2"})
    yield other("DELETE", "model-versions/delete-tag", {"name": "m", "version": "1", "key": "t"})
    for stage in ("Staging", "production", "NOPE", "", "Archived", "None"):
        for archive in (False, True):
            yield post("model-versions/transition-stage", {"name": "m", "version": "2", "stage": stage,
                                                           "archive_existing_versions": archive}, f"stage {stage}")
    yield post("model-versions/transition-stage", {"name": "m", "version": "1", "stage": "Production",
                                                   "archive_existing_versions": False})
    for stages in (None, ["Production"], ["None"], ["nope"], []):
        yield post("registered-models/get-latest-versions",
                   {"name": "m"} if stages is None else {"name": "m", "stages": stages}, f"latest {stages}")
    yield get("registered-models/get-latest-versions", {"name": "m", "stages": ["Production", "None"]})
    for alias in ("blue", "latest", "v1", "V12", "", "a/b", "x" * 256, "ünder_score-1"):
        yield post("registered-models/alias", {"name": "m", "alias": alias, "version": "1"}, f"alias {alias[:9]}")
    yield post("registered-models/alias", {"name": "m", "alias": "blue", "version": "2"}, "moved")
    yield post("registered-models/alias", {"name": "m", "alias": "blue", "version": "77"}, "to nothing")
    yield get("registered-models/alias", {"name": "m", "alias": "blue"})
    yield get("registered-models/alias", {"name": "m", "alias": "nope"})
    yield get("registered-models/get", {"name": "m"})
    for query in ({}, {"filter": "name = 'm'"}, {"filter": "name LIKE 'm%'"}, {"filter": "name ILIKE 'M%'"},
                  {"filter": "tags.a = '1'"}, {"filter": "tags.a != '1'"}, {"filter": "nope = 'x'"}, {"filter": "name > 'a'"},
                  {"max_results": 1}, {"max_results": 0}, {"max_results": 1001}, {"order_by": "name DESC"},
                  {"order_by": "last_updated_timestamp ASC"}, {"order_by": "nope"}, {"page_token": "nonsense"}):
        yield get("registered-models/search", query, f"models {query}")
    for query in ({}, {"filter": "name = 'm'"}, {"filter": "version_number = 1"}, {"filter": "version_number > 1"},
                  {"filter": "run_id = '$run'"}, {"filter": "run_id IN ('$run')"}, {"filter": "source_path = 's3://bucket/one'"},
                  {"filter": "source_path LIKE 's3%'"}, {"filter": "tags.t = '2'"}, {"filter": "nope = 'x'"},
                  {"filter": "version_number = 'x'"}, {"order_by": "version_number DESC"}, {"order_by": "name ASC"},
                  {"order_by": "creation_timestamp"}, {"max_results": 1}, {"max_results": 200001}):
        yield get("model-versions/search", query, f"versions {query}")
    yield other("DELETE", "registered-models/alias", {"name": "m", "alias": "blue"})
    yield other("DELETE", "registered-models/alias", {"name": "m", "alias": "blue"}, "twice")
    yield post("registered-models/rename", {"name": "m", "new_name": "雪 model"}, "to a taken name")
    yield post("registered-models/rename", {"name": "m", "new_name": "n"})
    yield post("registered-models/rename", {"name": "m", "new_name": "x"}, "the old name")
    yield post("registered-models/rename", {"name": "n"})
    yield get("model-versions/get", {"name": "n", "version": "1"})
    yield other("DELETE", "model-versions/delete", {"name": "n", "version": "1"})
    yield other("DELETE", "model-versions/delete", {"name": "n", "version": "1"}, "twice")
    yield get("model-versions/get", {"name": "n", "version": "1"}, "deleted")
    yield post("model-versions/create", {"name": "n", "source": "s3://bucket/three"}, "after a deletion")
    yield other("DELETE", "registered-models/delete", {"name": "n"})
    yield get("registered-models/get", {"name": "n"}, "deleted")
    yield post("registered-models/create", {"name": "n"}, "the name of a deleted one")


def logged_models():
    yield post("logged-models", {"experiment_id": "$exp", "name": "lm", "model_type": "agent", "source_run_id": "$run",
                                 "params": [{"key": "a", "value": "1"}], "tags": [{"key": "t", "value": "1"}]},
               lm="model.info.model_id")
    yield post("logged-models", {"experiment_id": "$exp", "name": "lm2"}, lm2="model.info.model_id")
    for name in ("a/b", "a:b", "a.b", "a%b", "a'b", 'a"b', "x" * 300):
        yield post("logged-models", {"experiment_id": "$exp", "name": name}, f"name {name[:9]}")
    yield post("logged-models", {"name": "x"})
    yield get("logged-models/$lm")
    yield get("logged-models/m-nope")
    for status in ("LOGGED_MODEL_PENDING", "LOGGED_MODEL_UPLOAD_FAILED", "LOGGED_MODEL_READY", None):
        yield other("PATCH", "logged-models/$lm", {"model_id": "$lm", "status": status}, f"status {status}")
    yield other("PATCH", "logged-models/$lm/tags", {"tags": [{"key": "t", "value": "2"}, {"key": "u", "value": "3"}]})
    yield other("DELETE", "logged-models/$lm/tags/u", None)
    yield other("DELETE", "logged-models/$lm/tags/u", None, "twice")
    yield post("logged-models/$lm/params", {"model_id": "$lm", "params": [{"key": "b", "value": "2"}]})
    yield post("runs/log-metric", {"run_id": "$run", "key": "acc", "value": 0.5, "timestamp": 1, "step": 1, "model_id": "$lm",
                                   "dataset_name": "d", "dataset_digest": "abc"})
    yield post("runs/outputs", {"run_id": "$run", "models": [{"model_id": "$lm", "step": 3}]})
    yield get("logged-models/$lm")
    yield get("runs/get", {"run_id": "$run"}, "with outputs")
    for body in ({}, {"experiment_ids": ["$exp"]}, {"experiment_ids": ["$exp"], "filter": "name = 'lm'"},
                 {"experiment_ids": ["$exp"], "filter": "metrics.acc > 0.1"},
                 {"experiment_ids": ["$exp"], "filter": "metrics.acc > 0.9"},
                 {"experiment_ids": ["$exp"], "filter": "params.a = '1'"}, {"experiment_ids": ["$exp"], "filter": "tags.t = '2'"},
                 {"experiment_ids": ["$exp"], "filter": "model_type = 'agent'"}, {"experiment_ids": ["$exp"], "filter": "nope = 1"},
                 {"experiment_ids": ["$exp"], "filter": "metrics.acc > 0.1", "datasets": [{"dataset_name": "d"}]},
                 {"experiment_ids": ["$exp"], "order_by": [{"field_name": "metrics.acc", "ascending": False}]},
                 {"experiment_ids": ["$exp"], "order_by": [{"field_name": "name"}]},
                 {"experiment_ids": ["$exp"], "order_by": [{"field_name": "nope"}]},
                 {"experiment_ids": ["$exp"], "max_results": 1}, {"experiment_ids": ["$exp"], "max_results": 51}):
        yield post("logged-models/search", body, f"logged models {body}")
    yield other("DELETE", "logged-models/$lm2", None)
    yield get("logged-models/$lm2", about="deleted")
    yield post("logged-models", {"experiment_id": "$exp"}, "without a name")
    yield post("logged-models", {"experiment_id": "$exp", "name": ""}, "an empty name")


def kept_by_one_only():
    """What one server keeps and another may refuse stands last, where no later answer shows it."""
    yield post("experiments/create", {"name": " "}, "a blank name")
    yield post("runs/create", {"experiment_id": "$exp2", "start_time": 1}, odd="run.info.run_id")
    yield post("runs/log-metric", {"run_id": "$odd", "key": "m", "value": True, "timestamp": 5}, "metric True")
    yield post("runs/log-metric", {"run_id": "$odd", "key": "m", "value": 1, "timestamp": 5, "step": 1.5}, "step 1.5")
    yield post("runs/log-metric", {"run_id": "$odd", "key": "m", "value": 1, "timestamp": 1.7}, "timestamp 1.7")
    for absent in ("name", "digest", "source_type", "source"):
        dataset = {"name": "d", "digest": "abc", "source_type": "local", "source": "{}", absent: None}
        yield post("runs/log-inputs", {"run_id": "$odd", "datasets": [{"dataset": dataset}]}, f"dataset without {absent}")
    yield post("runs/update", {"run_id": "$odd", "status": "NOPE", "end_time": 9000}, "status NOPE")
    yield post("registered-models/create", {"name": "x" * 300}, "a long name")
    yield post("registered-models/create", {"name": "odd"})
    yield post("model-versions/create", {"name": "odd", "source": "s3://bucket/one"})
    yield post("registered-models/alias", {"name": "odd", "alias": "1", "version": "1"}, "alias 1")
    yield other("PATCH", "logged-models/$lm", {"model_id": "$lm", "status": "NOPE"}, "status NOPE")


def steps():
    for chapter in (experiments, runs, searches, registry, logged_models):
        yield from chapter()
