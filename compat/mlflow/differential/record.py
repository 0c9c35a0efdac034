"""Asks a fresh `mlflow server` everything and writes what it answers, one exchange a line.

    record.py MLFLOW_URL > mlflow-3.17.2.jsonl
"""

import json
import re
import sys
from urllib.parse import urlencode

import requests
import story
import wrong_values


def main(url):
    session, known = requests.Session(), {}
    for step in [*story.steps(), *wrong_values.steps(), *story.kept_by_one_only()]:
        exchange = asked(step)
        answer = session.request(
            step.method,
            url + filled(exchange["path"], known),
            data=filled(exchange["body"], known).encode() if "body" in exchange else None,
            headers={"content-type": "application/json"} if "body" in exchange else {},
            timeout=60,
        )
        content = content_of(answer)
        for name, path in step.keep.items():
            known[name] = reach(content, path)
        told = {**exchange, "status": answer.status_code, "answer": content}
        print(json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace(url, "<server>"))


def asked(step):
    """The request with `$names` still in it, its body and query as they are sent."""
    query = urlencode(step.query or {}, doseq=True, safe="$")
    exchange = {"method": step.method, "path": step.path + ("?" + query if query else "")}
    if step.body is not None:
        exchange["body"] = json.dumps(step.body)
    if step.keep:
        exchange["keep"] = step.keep
    if step.about:
        exchange["about"] = step.about
    return exchange


def filled(text, known):
    return re.sub(r"\$(\w+)", lambda m: str(known.get(m[1], m[0])), text)


def content_of(answer):
    try:
        return answer.json()
    except ValueError:
        # Its pages for people say nothing beyond the status.
        return "<page>" if answer.text.startswith("<!doctype html>") else answer.text


def reach(content, path):
    for part in path.split("."):
        try:
            content = content[int(part)] if isinstance(content, list) else content[part]
        except (KeyError, IndexError, TypeError):
            return f"(no {path})"
    return content


main(*sys.argv[1:])
