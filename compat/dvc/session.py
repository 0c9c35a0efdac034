"""The real dvc, by its Python API, for as many repositories as the test asks for: starting its
command line takes longer than what it does to a small tree. One JSON request a line, one answer."""

import json
import os
import sys
import traceback

from dvc.repo import Repo


def status(repo, targets):
    """What `dvc status` would tell, by path from the repository's root."""
    found = {}
    for entries in repo.status(targets=targets or None).values():
        for entry in entries:
            if isinstance(entry, dict):
                found.update(entry.get("changed outs", {}))
    return found


def perform(request):
    os.chdir(request["directory"])
    operation = request["operation"]
    if operation == "init":
        Repo.init(".", no_scm=request.get("noScm", False)).close()
        return None
    repo = Repo(".")
    try:
        if operation == "add":
            repo.add(request["targets"])
            return None
        if operation == "commit":
            repo.commit(force=True)
            return None
        if operation == "status":
            return status(repo, request.get("targets"))
        if operation == "checkout":
            repo.checkout(targets=request.get("targets") or None, force=True)
            return None
        if operation == "push":
            return repo.push(targets=request.get("targets") or None, remote=request.get("remote"))
        if operation == "pull":
            return repo.pull(targets=request.get("targets") or None, remote=request.get("remote"))
        if operation == "fetch":
            return repo.fetch(targets=request.get("targets") or None, remote=request.get("remote"))
        if operation == "import":
            repo.imp(
                request["source"], request["path"], out=request["out"], rev=request["revision"]
            )
            return None
        raise ValueError(operation)
    finally:
        repo.close()


answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
for line in sys.stdin:
    try:
        answer = {"result": perform(json.loads(line))}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()}
    answers.write(json.dumps(answer, default=str) + "\n")
    answers.flush()
