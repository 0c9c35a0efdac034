"""One request of the story."""

from dataclasses import dataclass, field


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
