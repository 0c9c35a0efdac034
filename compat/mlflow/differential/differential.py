"""Asks two servers the same and prints, as JSON, how many requests and each difference.

    differential.py MLFLOW_URL GYRE_URL
"""

import json
import sys

import story
import wrong_values
from exchange import Server, compare


def main(their_url, our_url):
    theirs, ours = Server(their_url), Server(our_url)
    asked, differences = 0, []
    for step in [*story.steps(), *wrong_values.steps()]:
        asked += 1
        difference = compare(theirs, ours, step)
        if difference is not None:
            what, a, b = difference
            differences.append({
                "request": f"{step.method} {step.path}", "about": step.about, "what": what,
                "body": step.body if step.body is not None else step.query, "mlflow": a, "gyre": b,
            })
    json.dump({"asked": asked, "differences": differences}, sys.stdout, ensure_ascii=False, indent=1)


main(*sys.argv[1:])
