"""Checks JSON answers against the schemas of an OpenAPI document.

usage: validate_answers.py openapi.json SCHEMA answer.json...

Prints what does not fit and exits with 1; prints how many fit otherwise.
"""

import json
import sys

from jsonschema import Draft202012Validator


def main() -> int:
    document_path, schema_name, *answer_paths = sys.argv[1:]
    with open(document_path, encoding="utf-8") as file:
        document = json.load(file)
    # References point into the document, so it is the schema, narrowed to one component.
    schema = {"$ref": f"#/components/schemas/{schema_name}", "components": document["components"]}
    validator = Draft202012Validator(schema)
    problems = 0
    for path in answer_paths:
        with open(path, encoding="utf-8") as file:
            answer = json.load(file)
        for error in validator.iter_errors(answer):
            print(f"{path}: {error.json_path}: {error.message}")
            problems += 1
    if problems == 0:
        print(f"{len(answer_paths)} answers fit {schema_name}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
