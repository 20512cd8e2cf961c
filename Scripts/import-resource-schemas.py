#!/usr/bin/env python3
"""Imports the facts of CloudFormation's public resource schemas that templates are checked against.

Reads the schemas that the cfn-lint package (MIT-0) ships, keeps names, kinds, required, create-only and read-only
properties and which lists have no order - no prose - and writes Sources/CloudFormationTemplate/Schema/PublicSchemas+Facts.swift.

Run: python3 Scripts/import-resource-schemas.py
"""

import importlib.metadata
import json
import os
import pathlib

import cfnlint

SCHEMAS = pathlib.Path(os.path.dirname(cfnlint.__file__)) / "data" / "schemas"
TARGET = pathlib.Path(__file__).parent.parent / "Sources/CloudFormationTemplate/Schema/PublicSchemas+Facts.swift"
SCALARS = {"string": "s", "integer": "i", "number": "n", "boolean": "b"}
TYPES_A_LINE = 8


def types():
    names = {}
    exec((SCHEMAS / "providers" / "us_east_1.py").read_text(), names)
    return names["types"]


def members(schema):
    """Members by kind: names of scalars with spaces between ("s", "i", "n", "b"), lists of strings ("l"), the rest under "p"."""
    groups, others = {}, {}
    for name, value in sorted(schema.get("properties", {}).items()):
        kind = shape(value)
        if kind == ["s"]:
            kind = "l"
        if isinstance(kind, str) and len(kind) == 1:
            groups.setdefault(kind, []).append(name)
        else:
            others[name] = kind
    facts = {kind: " ".join(names) for kind, names in groups.items()}
    if others:
        facts["p"] = others
    if schema.get("required"):
        facts["r"] = " ".join(sorted(schema["required"]))
    if schema.get("patternProperties") or schema.get("additionalProperties", False) is not False:
        facts["x"] = 1
    return facts


def shape(schema):
    if not isinstance(schema, dict):
        return "*"
    if "$ref" in schema:
        return "#" + schema["$ref"].rsplit("/", 1)[-1]
    kind = schema.get("type")
    if isinstance(kind, list):
        return "*"
    if kind in SCALARS:
        return SCALARS[kind]
    if kind == "array" or (kind is None and "items" in schema):
        return [shape(schema.get("items", {}))]
    if schema.get("properties"):
        return members(schema)
    patterns = list(schema.get("patternProperties", {}).values())
    if len(patterns) == 1:
        kinds = patterns[0].get("type")
        # "Any kind" is how cfn-lint says that CloudFormation makes texts of them, as in a function's variables.
        return {"m": "s" if isinstance(kinds, list) and "string" in kinds and "boolean" in kinds else shape(patterns[0])}
    return "*"


def paths(schema, key):
    found = [path.removeprefix("/properties/").replace("/properties/", "/") for path in schema.get(key, [])]
    # The parts of an identifier have an order; the others are sets.
    return found if key == "primaryIdentifier" else sorted({path.replace("/items/", "/*/") for path in found})


def unordered(schema, place=()):
    """Where lists lie whose elements have no order, below properties ("Dimensions") or definitions ("#Metric/Dimensions")."""
    if not isinstance(schema, dict):
        return []
    found = ["/".join(place)] if schema.get("insertionOrder") is False and ("items" in schema or schema.get("type") == "array") else []
    for name, value in sorted(schema.get("properties", {}).items()):
        found += unordered(value, (*place, name))
    return found + unordered(schema.get("items"), (*place, "*"))


def facts(schema):
    result = {"t": schema["typeName"], **members(schema)}
    result.pop("x", None)
    definitions = {name: shape(value) for name, value in sorted(schema.get("definitions", {}).items())}
    text = json.dumps(result) + json.dumps(definitions)
    definitions = {name: value for name, value in definitions.items() if f'"#{name}"' in text}
    if definitions:
        result["d"] = definitions
    for short, key in (("c", "createOnlyProperties"), ("k", "conditionalCreateOnlyProperties"),
                       ("o", "readOnlyProperties"), ("id", "primaryIdentifier")):
        if paths(schema, key):
            result[short] = " ".join(paths(schema, key))
    sets = unordered({"properties": schema.get("properties", {})})
    for name in definitions:
        sets += unordered(schema["definitions"][name], ("#" + name,))
    if sets:
        result["u"] = " ".join(sorted(sets))
    return json.dumps(result, separators=(",", ":"))


def main():
    """One entry a type: t name, s i n b l * p r as above, d definitions, c create-only, k conditionally so, o read-only, id identifier, u lists without an order."""
    lines = []
    for name, digest in sorted(types().items()):
        schema = json.loads((SCHEMAS / "resources" / f"{digest}.json").read_text())
        if name.startswith(("Module", "AWS::CloudFormation::CustomResource")):
            continue
        lines.append(facts(schema))
    version = importlib.metadata.version("cfn-lint")
    rows = ["\t".join(lines[i:i + TYPES_A_LINE]) for i in range(0, len(lines), TYPES_A_LINE)]
    body = "\n".join(rows)
    assert '"""###' not in body
    TARGET.write_text(
        f"// Generated by Scripts/import-resource-schemas.py from the schemas in cfn-lint {version}. Do not edit.\n\n"
        f'extension PublicSchemas {{\n    static let facts = ###"""\n{body}\n"""###\n}}\n')
    print(f"{len(lines)} types, {len(body)} bytes")


if __name__ == "__main__":
    main()
