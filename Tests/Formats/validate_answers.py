"""Checks JSON answers against a schema of an OpenAPI document.

usage: validate_answers.py openapi.json COMPONENT answer.json...

Prints what does not fit and exits with 1; prints how many fit otherwise.
"""

import json
import sys

from schemas import problems


def main() -> int:
    document_path, component, *answer_paths = sys.argv[1:]
    with open(document_path, encoding="utf-8") as file:
        document = json.load(file)
    found = []
    for path in answer_paths:
        with open(path, encoding="utf-8") as file:
            found += [f"{path}: {problem}" for problem in problems(document, component, json.load(file))]
    print("\n".join(found) if found else f"{len(answer_paths)} answers fit {component}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
