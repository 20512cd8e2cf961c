#!/usr/bin/env python3
"""Imports the facts of AWS SAM that are tables, not rules, as compact JSON literals into Sources/SAMTransform/Facts.

Needs the public package aws-sam-translator (`pip install aws-sam-translator`). Run from the package's root:

    python3 Scripts/import-sam-facts.py

Tables: which properties a type has and what may stand in them; policy templates; connector profiles; the ARNs of AWS's
managed policies. No code of that package is taken over.
"""
import importlib
import inspect
import json
import os
import pkgutil

import samtranslator
import samtranslator.model
from samtranslator.model import Resource

ROOT = os.path.dirname(samtranslator.__file__)
OUT = "Sources/SAMTransform/Facts"
WIDTH = 110
LETTERS = {str: "s", dict: "m", bool: "b", list: "l", int: "i"}


def closure(function):
    names = function.__code__.co_freevars
    return dict(zip(names, [cell.cell_contents for cell in function.__closure__ or ()]))


def notation(validate):
    """A validator in our notation: s m b l i, [item], {value}, (a|b), <Word,Word>, * for anything."""
    if hasattr(validate, "enum_values"):
        return "<" + ",".join(validate.enum_values) + ">"
    held = closure(validate)
    if "valid_type" in held:
        return LETTERS[held["valid_type"]]
    if "validate_key" in held:
        return "{" + notation(held["validate_item"]) + "}"
    if "validate_item" in held:
        return "[" + notation(held["validate_item"]) + "]"
    if "validators" in held:
        return "(" + "|".join(notation(each) for each in held["validators"]) + ")"
    return "*"


def rule(prop):
    """`!` required, `~` a function such as Ref is judged like any other value."""
    return ("!" if prop.required else "") + ("" if prop.supports_intrinsics else "~") + notation(prop.validate)


def classes():
    for module in pkgutil.walk_packages(samtranslator.__path__, "samtranslator."):
        if not module.name.startswith(("samtranslator.model", "samtranslator.internal.model")):
            continue
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(kind, Resource) and kind.resource_type and kind.property_types is not None:
                yield kind


def property_tables():
    tables = {}
    for kind in classes():
        name = kind.resource_type
        if "::" not in name:
            machine = "stepfunctions" in kind.__module__
            name = ("StateMachine." if machine else "Function.") + name
        tables[name] = {key: rule(prop) for key, prop in kind.property_types.items()}
    return tables


def policy_templates():
    data = json.load(open(ROOT + "/policy_templates_data/policy_templates.json"))
    return {
        name: {"Parameters": list(value.get("Parameters", {})), "Definition": value["Definition"]}
        for name, value in data["Templates"].items()
    }


def managed_policies():
    data = json.load(open(ROOT + "/internal/data/aws_managed_policies.json"))
    return data["aws"]


def write(name, what, value):
    text = json.dumps(value, separators=(",", ":"), sort_keys=False)
    assert '"#' not in text and '"""' not in text
    lines = []
    while text:  # break only after a comma between members, never inside a string
        if len(text) <= WIDTH:
            lines.append(text)
            break
        cut = text.rfind('","', 0, WIDTH)
        cut = cut + 2 if cut > 0 else max(text.find(",\"") + 1, 0) or len(text)
        lines.append(text[:cut])
        text = text[cut:]
    body = "\n".join("        " + line for line in lines)
    with open(f"{OUT}/Facts+{name}.swift", "w") as out:
        out.write(f"// Made by Scripts/import-sam-facts.py from AWS's public aws-sam-translator. Do not edit.\n\n")
        out.write(f"extension Facts {{\n    /// {what}\n    static let {name[0].lower() + name[1:]}Text = #\"\"\"\n")
        out.write(body + "\n        \"\"\"#\n}\n")


os.makedirs(OUT, exist_ok=True)
write("PropertyTables", "Per type, its properties and their rules.", property_tables())
write("PolicyTemplates", "SAM's policy templates: parameters and definition.", policy_templates())
profiles = json.load(open(ROOT + "/model/connector_profiles/profiles.json"))
write("ConnectorProfiles", "Which permissions a connector makes, by source and destination type.", profiles)
write("ManagedPolicies", "Names and ARNs of AWS's managed policies in the partition aws.", managed_policies())
