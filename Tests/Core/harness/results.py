"""The result of a test, and the sum of the witnesses' results."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Result:
    passed: bool
    sentence: str
    reason: str = ""
    witness: dict = field(default_factory=dict)

    def line(self, test):
        head = "ok" if self.passed else "not ok"
        text = f"{head} - {test}: {self.sentence}"
        if self.reason and not self.passed:
            text += "\n    " + self.reason.strip().replace("\n", "\n    ")
        return text


@dataclass
class Test:
    name: str
    run: Callable


def parse_lines(output):
    """The results in a test program's output; notes (#) belong to the failure before them."""
    results = []
    for line in output.splitlines():
        match = re.match(r"(ok|not ok) - (.*)", line)
        if match and match[1] == "ok":
            results.append(Result(True, match[2]))
        elif match:
            sentence, _, reason = match[2].partition(": ")
            results.append(Result(False, sentence, reason))
        elif line.startswith("#") and results and not results[-1].passed:
            results[-1].reason += "\n" + line
    return results


def parse_witness(text):
    """Adds up the report lines of all processes of one test."""
    total = {}
    for line in text.splitlines():
        if not line.startswith("witness "):
            continue
        for key, value in re.findall(r"(\w+)=(\d+)", line):
            if key != "pid":
                total[key] = total.get(key, 0) + int(value)
    return total


def witness_summary(results):
    total = {}
    for result in results:
        for key, value in result.witness.items():
            total[key] = total.get(key, 0) + value
    if not total.get("stacks"):
        return []
    share = 100 * total["agreed"] / (total["stacks"] - total["undecided"])
    return [
        f"# stacks compared frame by frame: {total['stacks']} ({total['distinct']} distinct); {share:.4f} % agree, "
        f"{total['second']} of them only with libgcc's unwinder; claimed exact and wrong: {total['exact_wrong']}; "
        f"undecided between the referees {total['undecided']}, truncated {total['truncated']}, "
        f"guessed {total['guessed']}, async {total['async']}"
    ]
