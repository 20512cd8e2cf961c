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
import types
import typing

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
    """Per partition: name to what stands between `policy/` and the name in its ARN."""
    data = json.load(open(ROOT + "/internal/data/aws_managed_policies.json"))
    result = {}
    for partition, arns in data.items():
        for name, arn in arns.items():
            start = f"arn:{partition}:iam::aws:policy/"
            assert arn.startswith(start) and arn.endswith(name), arn
            result.setdefault(partition, {})[name] = arn[len(start):len(arn) - len(name)]
    return result


MODELS = {
    "GraphQLApi": "aws_serverless_graphqlapi.Properties",
    "CapacityProvider": "aws_serverless_capacity_provider.Properties",
    "CapacityProviderConfig": "aws_serverless_function.CapacityProviderConfig",
}


def kind_of(hint):
    """A type hint in the notation of Core/Model.swift."""
    from samtranslator.internal.schema_source.common import PassThroughProp
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is PassThroughProp or hint is typing.Any:
        return "any"
    if origin in (typing.Union, types.UnionType):
        kinds = [kind_of(each) for each in args if each is not type(None)]
        return kinds[0] if len(kinds) == 1 else {"union": kinds}
    if origin is typing.Literal:
        return {"literal": list(args)}
    if origin is list:
        return {"list": kind_of(args[0])}
    if origin is dict:
        return "dict" if args[1] is typing.Any else {"map": kind_of(args[1])}
    if hasattr(hint, "__fields__"):
        return fields_of(hint)
    return hint.__name__


def fields_of(model):
    hints = typing.get_type_hints(model)
    return {"fields": {name: [bool(field.required), kind_of(hints[name])] for name, field in model.__fields__.items()}}


def models():
    result = {}
    for name, path in MODELS.items():
        module, kind = path.split(".")
        module = importlib.import_module("samtranslator.internal.schema_source." + module)
        result[name] = fields_of(getattr(module, kind))
    return result


def write(name, what, value):
    lines = [""]
    for piece in json.JSONEncoder(separators=(",", ":")).iterencode(value):  # never breaks inside a string
        assert '"#' not in piece and '"""' not in piece
        if lines[-1] and len(lines[-1]) + len(piece) > WIDTH:
            lines.append("")
        lines[-1] += piece
    body = "\n".join("        " + line for line in lines)
    with open(f"{OUT}/Facts+{name}.swift", "w") as out:
        out.write(f"// Made by Scripts/import-sam-facts.py from AWS's public aws-sam-translator. Do not edit.\n\n")
        out.write(f"extension Facts {{\n    /// {what}\n    static let {name[0].lower() + name[1:]}Text = #\"\"\"\n")
        out.write(body + "\n        \"\"\"#\n}\n")


os.makedirs(OUT, exist_ok=True)
write("PropertyTables", "Per type, its properties and their rules.", property_tables())
write("Models", "What the properties of some types look like below the first level.", models())
write("PolicyTemplates", "SAM's policy templates: parameters and definition.", policy_templates())
profiles = json.load(open(ROOT + "/model/connector_profiles/profiles.json"))
write("ConnectorProfiles", "Which permissions a connector makes, by source and destination type.", profiles)
write("ManagedPolicies", "Per partition, AWS's managed policies: name to the path before it in the ARN.", managed_policies())
