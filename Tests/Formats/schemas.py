"""Schemas of an OpenAPI document, as validators."""

from jsonschema import Draft202012Validator


def validator(document: dict, component: str) -> Draft202012Validator:
    """The validator of one component; references point into the document."""
    schema = {"$ref": f"#/components/schemas/{component}", "components": document["components"]}
    return Draft202012Validator(schema)


def problems(document: dict, component: str, answer: object) -> list[str]:
    """What does not fit, a line each."""
    return [f"{error.json_path}: {error.message}" for error in validator(document, component).iter_errors(answer)]
