"""Two kinds of users at a server with users: who made things, and guests with one permission each.

    permissions.py URL ADMIN_TOKEN

Prints what each guest could do, as JSON: "ok", a count, or the code of the refusal.
"""

import json
import os
import sys
import tempfile

import mlflow
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.utils.credentials import read_mlflow_creds

url, admin_token = sys.argv[1:]
mlflow.set_tracking_uri(url)
PASSWORD = "a password for everybody"
LEVELS = ("nothing", "READ", "EDIT", "MANAGE", "NO_PERMISSIONS")


def be(name):
    for variable in ("TOKEN", "USERNAME", "PASSWORD"):
        os.environ.pop(f"MLFLOW_TRACKING_{variable}", None)
    if name is None:
        os.environ["MLFLOW_TRACKING_TOKEN"] = admin_token
    else:
        os.environ["MLFLOW_TRACKING_USERNAME"] = name
        os.environ["MLFLOW_TRACKING_PASSWORD"] = PASSWORD


def tried(work):
    try:
        result = work()
    except MlflowException as e:
        return e.error_code
    except requests.HTTPError as e:
        return e.response.status_code
    return result if isinstance(result, int) else "ok"


def ask(method, path, version=3, **fields):
    """The calls of `mlflow.server.auth.client`, which needs more than a client has installed."""
    creds = read_mlflow_creds()
    answer = requests.request(
        method, f"{url}/api/{version}.0/mlflow/{path}",
        **({"params": fields} if method == "GET" else {"json": fields}),
        **({"auth": (creds.username, creds.password)} if creds.username else
           {"headers": {"authorization": f"Bearer {admin_token}"}}),
        timeout=60,
    )
    answer.raise_for_status()
    return answer.json()


def grant(name, kind, thing, permission):
    ask("POST", "users/permissions/grant", username=name, resource_type=kind, resource_id=thing, permission=permission)


def permission_of(name, kind, thing):
    return ask("GET", "users/permissions/get", username=name, resource_type=kind, resource_id=thing)["permission"]


def own_api(name, path, body):
    answer = requests.post(f"{url}/api/v1/projects/default/{path}", json=body, auth=(name, PASSWORD), timeout=60)
    answer.raise_for_status()
    return answer.json()


def get(name, path, params):
    answer = requests.get(url + path, params=params, auth=(name, PASSWORD), timeout=60)
    answer.raise_for_status()
    return answer


def furnish(client):
    """One visible experiment and model, with something of everything in them."""
    experiment = client.create_experiment("theirs")
    run = client.create_run(experiment).info.run_id
    client.log_metric(run, "loss", 0.5)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "note.txt")
        with open(path, "w") as file:
            file.write("hello")
        client.log_artifact(run, path)
    logged = client.create_logged_model(experiment, name="lm", source_run_id=run)
    span = client.start_trace("asked", experiment_id=experiment)
    client.end_trace(span.trace_id)
    mlflow.flush_trace_async_logging()
    client.create_registered_model("theirs")
    client.create_model_version("theirs", f"runs:/{run}/model", run_id=run)
    return {"experiment": experiment, "run": run, "logged": logged.model_id, "trace": span.trace_id}


def what_can(name, client, made):
    e, run = made["experiment"], made["run"]
    reads = {
        "get experiment": lambda: client.get_experiment(e),
        "by name": lambda: client.get_experiment_by_name("theirs"),
        "experiments": lambda: len([x for x in client.search_experiments() if x.name == "theirs"]),
        "get run": lambda: client.get_run(run),
        "runs": lambda: len(client.search_runs([e])),
        "history": lambda: len(client.get_metric_history(run, "loss")),
        "files": lambda: len(client.list_artifacts(run)),
        "download": lambda: client.download_artifacts(run, "note.txt", tempfile.mkdtemp()),
        "get-artifact": lambda: get(name, "/get-artifact", {"run_id": run, "path": "note.txt"}),
        "proxy": lambda: get(name, f"/api/2.0/mlflow-artifacts/artifacts/{e}/{run}/artifacts/note.txt", {}),
        "logged model": lambda: client.get_logged_model(made["logged"]),
        "logged models": lambda: len(client.search_logged_models([e])),
        "trace": lambda: client.get_trace(made["trace"]),
        "traces": lambda: len(client.search_traces(locations=[e])),
        "sql": lambda: len(own_api(name, "runs-sql", {"sql": f"select run_id from runs where run_id = '{run}'"})["rows"]),
        "own api": lambda: get(name, f"/api/v1/projects/default/runs/{run}", {}),
        "model": lambda: client.get_registered_model("theirs"),
        "version": lambda: client.get_model_version("theirs", "1"),
        "models": lambda: len(client.search_registered_models("name = 'theirs'")),
        "versions": lambda: len(client.search_model_versions("name = 'theirs'")),
    }
    writes = {
        "create run": lambda: client.create_run(e),
        "log metric": lambda: client.log_metric(run, "loss", 0.25, step=1),
        "log param": lambda: client.log_param(run, "p", "1"),
        "set tag": lambda: client.set_tag(run, "t", "1"),
        "log text": lambda: client.log_text(run, "x", "x.txt"),
        "tag trace": lambda: client.set_trace_tag(made["trace"], "k", "v"),
        "rename": lambda: client.set_experiment_tag(e, "k", "v"),
        "create version": lambda: client.create_model_version("theirs", "s3://bucket/x"),
        "tag model": lambda: client.set_registered_model_tag("theirs", "k", "v"),
    }
    manages = {
        "alias": lambda: client.set_registered_model_alias("theirs", "blue", "1"),
        "grant": lambda: grant("guest-READ", "experiment", e, "READ"),
        "delete run": lambda: client.delete_run(run),
        "restore run": lambda: client.restore_run(run),
        "delete model": lambda: client.delete_model_version("theirs", max(
            (v.version for v in client.search_model_versions("name = 'theirs'")), default="1")),
    }
    return {kind: {what: tried(work) for what, work in each.items()}
            for kind, each in (("read", reads), ("write", writes), ("manage", manages))}


def main():
    be(None)
    for name in ["owner", *(f"guest-{level}" for level in LEVELS)]:
        ask("POST", "users/create", version=2, username=name, password=PASSWORD)
    grant("owner", "workspace", "*", "USE")
    grant("guest-NO_PERMISSIONS", "workspace", "*", "MANAGE")
    be("owner")
    client = MlflowClient()
    made = furnish(client)
    seen = {"owner": permission_of("owner", "experiment", made["experiment"])}
    for level in LEVELS[1:]:
        for kind, thing in (("experiment", made["experiment"]), ("registered_model", "theirs")):
            grant(f"guest-{level}", kind, thing, level)
    for level in LEVELS:
        be(f"guest-{level}")
        seen[level] = what_can(f"guest-{level}", MlflowClient(), made)
    be("owner")
    client.rename_registered_model("theirs", "renamed")
    seen["renamed"] = permission_of("owner", "registered_model", "renamed")
    client.delete_registered_model("renamed")
    be(None)
    left = ask("GET", "users/permissions/list", username="guest-READ")["permissions"]
    seen["left"] = [each["resource_type"] for each in left]
    json.dump(seen, sys.stdout)


main()
