"""64 processes log into one run at once, as the ranks of a distributed training do.

    many_processes.py URL

Prints what the run holds in the end.
"""

import json
import multiprocessing
import os
import sys

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

PROCESSES, STEPS = 64, 10


def rank(number, run, begin):
    client = MlflowClient()
    begin.wait()
    client.log_param(run, f"rank {number}", number)
    client.log_param(run, "world", PROCESSES)  # the same of all
    for step in range(STEPS):
        client.log_metric(run, f"loss {number}", number + step / 100, step=step, timestamp=1000 + step)
        if step % 5 == 0:  # one series that all write to, each at steps of its own
            shared = [Metric("shared", number, 1000 + i, step * PROCESSES + number + i * PROCESSES) for i in range(5)]
            client.log_batch(run, shared, [Param(f"p {number} {step}", "x")], [RunTag(f"t {number}", str(step))])
    client.log_text(run, f"of rank {number}", f"ranks/{number}.txt")
    # Ends at once, without what a parent that was forked would clean up.
    os._exit(0)


def main(url):
    mlflow.set_tracking_uri(url)
    client = MlflowClient()
    run = client.create_run("0").info.run_id
    context = multiprocessing.get_context("fork")
    begin = context.Event()
    ranks = [context.Process(target=rank, args=(number, run, begin)) for number in range(PROCESSES)]
    for each in ranks:
        each.start()
    begin.set()
    for each in ranks:
        each.join()
    data = client.get_run(run).data
    shared = client.get_metric_history(run, "shared")
    json.dump({
        "failed": [each.exitcode for each in ranks if each.exitcode != 0],
        "params": len(data.params),
        "world": data.params.get("world"),
        "tags": {data.tags.get(f"t {number}") for number in range(PROCESSES)} == {"5"},
        "points": [len(client.get_metric_history(run, f"loss {number}")) for number in range(PROCESSES)],
        "last": all(data.metrics[f"loss {n}"] == n + (STEPS - 1) / 100 for n in range(PROCESSES)),
        "shared": [len(shared), len({(m.step, m.value) for m in shared})],
        "files": len(client.list_artifacts(run, "ranks")),
        "text": mlflow.artifacts.load_text(f"{client.get_run(run).info.artifact_uri}/ranks/63.txt"),
    }, sys.stdout)


main(*sys.argv[1:])
