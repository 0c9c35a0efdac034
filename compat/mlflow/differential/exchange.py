"""Sends one request to two servers and says in what their answers differ."""

import json
import re
from dataclasses import dataclass, field

import requests


@dataclass
class Step:
    """A request. `$name` in its texts stands for what an earlier answer of the same server gave."""

    method: str
    path: str
    body: object = None
    query: object = None
    # Where in the answer to find what later steps name: {"run": "run.info.run_id"}.
    keep: dict = field(default_factory=dict)
    # Says in a report what is tried.
    about: str = ""


class Server:
    def __init__(self, url):
        self.url = url
        self.known = {}
        self.session = requests.Session()

    def filled(self, value):
        if isinstance(value, str):
            return re.sub(r"\$(\w+)", lambda m: str(self.known.get(m[1], m[0])), value)
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        if isinstance(value, dict):
            return {self.filled(key): self.filled(each) for key, each in value.items()}
        return value

    def send(self, step):
        answer = self.session.request(
            step.method,
            self.url + self.filled(step.path),
            params=self.filled(step.query),
            data=None if step.body is None else json.dumps(self.filled(step.body)),
            headers={} if step.body is None else {"content-type": "application/json"},
            timeout=60,
        )
        try:
            content = answer.json()
        except ValueError:
            content = answer.text
        for name, path in step.keep.items():
            self.known[name] = reach(content, path)
        return answer.status_code, content

    def plain(self, value, key=""):
        """The answer without what must differ: ids that the server made, moments, who runs it."""
        if isinstance(value, dict):
            if value.get("key") == "mlflow.runName" and re.fullmatch(RANDOM_NAME, str(value.get("value"))):
                value = {**value, "value": "<made>"}
            return {k: self.plain(v, k) for k, v in sorted(value.items())}
        if isinstance(value, list):
            plain = [self.plain(each, key) for each in value]
            # These are sets, which SQL gives in any order.
            return sorted(plain, key=json.dumps) if key in UNORDERED else plain
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 1.5e12:
            return "<moment>" if key in MOMENTS else value
        if isinstance(value, str):
            return self.plain_text(value, key)
        return value

    def plain_text(self, text, key):
        if key in MADE or (key == "name" and re.fullmatch(RANDOM_NAME, text)):
            return "<made>"
        ours = sorted(self.known.items(), key=lambda item: -len(str(item[1])))
        for name, value in ours:
            if isinstance(value, str) and len(value) > 8:
                text = text.replace(value, f"<{name}>")
        text = text.replace(self.url, "<server>")
        text = re.sub(r"\(?(raised as a result|sqlite3|psycopg2).*", "<database error>", text, flags=re.DOTALL)
        text = re.sub(r"\b[0-9a-f]{32}\b", "<id>", text)
        text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<id>", text)
        return re.sub(r"\{('[^']*'(, )?)+\}?", lambda m: sorted_set(m[0]), text)


def sorted_set(text):
    """Python prints the members of a set in any order."""
    return "{" + ", ".join(sorted(re.findall(r"'[^']*'", text))) + "}"


RANDOM_NAME = r"[a-z]+-[a-z]+-\d+"
UNORDERED = {"params", "metrics", "tags", "aliases", "registered_model_aliases"}
MOMENTS = {
    "creation_time", "last_update_time", "creation_timestamp", "last_updated_timestamp",
    "start_time", "end_time", "creation_timestamp_ms", "last_updated_timestamp_ms", "timestamp",
}
MADE = {"run_name", "user_id", "webhook_id"}


def reach(content, path):
    for part in path.split("."):
        try:
            content = content[int(part)] if isinstance(content, list) else content[part]
        except (KeyError, IndexError, TypeError):
            return f"(no {path})"
    return content


def compare(theirs, ours, step):
    """None, or what differs: (what, theirs, ours)."""
    their_status, their_content = theirs.send(step)
    our_status, our_content = ours.send(step)
    a, b = theirs.plain(their_content), ours.plain(our_content)
    if their_status != our_status:
        return "status", [their_status, a], [our_status, b]
    if a != b:
        return "content", a, b
    return None
