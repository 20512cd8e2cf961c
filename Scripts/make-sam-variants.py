#!/usr/bin/env python3
"""Writes variants of the public SAM cases, with what AWS's own translator makes of each, in the layout of the corpus.

    python3 Scripts/make-sam-variants.py CORPUS OUT COUNT SEED
    SAM_CORPUS=OUT swift test --filter Corpus

A variant is a case with a few random changes (a property dropped, replaced, moved to Globals, two templates joined). What
makes the translator itself fail with an unforeseen exception is left out. Needs `pip install aws-sam-translator`.
"""
import ast
import copy
import json
import os
import random
import sys
from unittest.mock import patch

import samtranslator
from samtranslator.model import Resource, sam_resources
from samtranslator.model.eventsources import cloudwatchlogs, pull, push, scheduler
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.model.stepfunctions import events
from samtranslator.parser.parser import Parser
from samtranslator.plugins.globals.globals import Globals
from samtranslator.translator.transform import transform
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

corpus, out, count, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
context = json.load(open(f"{corpus}/context.json"))
rng = random.Random(seed)


def kinds(*modules):
    """The resource and event types that modules define."""
    found = [each for module in modules for each in vars(module).values() if isinstance(each, type)]
    return [each for each in found if issubclass(each, Resource) and each.__module__ in
            [module.__name__ for module in modules] and each.resource_type]


KINDS = {kind.resource_type: kind for kind in kinds(sam_resources)}
EVENTS = kinds(pull, push, cloudwatchlogs, scheduler)
MACHINE_EVENTS = kinds(events, scheduler)


class Policies:
    def load(self):
        return context["managedPolicies"]


def repository(self, call, logical_id, *args):
    answer = context["applications"].get(args[0])
    if answer and answer.get("error"):
        from samtranslator.model.exceptions import InvalidResourceException
        raise InvalidResourceException(logical_id, answer["error"])
    return {"ApplicationId": args[0], "TemplateId": "id", "Status": "ACTIVE",
            "TemplateUrl": context["applications"]["templateUrl"]}


def key(cause):
    return getattr(cause, "_logical_id", None) or getattr(cause, "_event_id", None) or cause.message


def translated(template):
    with patch("boto3.session.Session.region_name", context["region"]), \
            patch("samtranslator.plugins.application.serverless_app_plugin.ServerlessAppPlugin._sar_service_call", repository), \
            patch("boto3.client"), patch("samtranslator.region_configuration.RegionConfiguration.is_service_supported",
                                         return_value=True):
        try:
            return "success", transform(copy.deepcopy(template), dict(context["parameters"]), Policies())
        except InvalidDocumentException:
            pass
        try:  # the public error cases were made without the dictionaries of Python 2.7, whose texts print as u'...'
            return "success", Translator(None, Parser()).translate(
                copy.deepcopy(template), dict(context["parameters"]), get_managed_policy_map=Policies().load)
        except InvalidDocumentException as error:
            causes = sorted(error.causes, key=lambda cause: str(key(cause)))
            return "error", {"errorMessage": " ".join([error.message] + [cause.message for cause in causes])}


def places(value, path=()):
    yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, path + (name,))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, path + (index,))


VALUES = [None, "", "text", 0, 1, True, False, [], {}, ["a"], {"Ref": "AWS::NoValue"}, {"Ref": "param1"}, {"Ref": "Other"},
          {"Fn::If": ["C1", "x", {"Ref": "AWS::NoValue"}]}, {"Fn::Sub": "${param1}-${AWS::Region}"}, {"a": "b"}, {"a": 1},
          {"Fn::GetAtt": ["Other", "Arn"]}, [{"Ref": "param2"}], "${param1}", 3.5]


def vocabulary():
    """The words of the translator's own source: what its code asks for by name."""
    words = set()
    for folder, _, files in os.walk(os.path.dirname(samtranslator.__file__)):
        for file in files:
            if file.endswith(".py") and "schema_source" not in folder:
                for node in ast.walk(ast.parse(open(os.path.join(folder, file)).read())):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isalnum():
                        words.add(node.value)
    return sorted(word for word in words if len(word) < 40)


WORDS = vocabulary()


def some(depth=2):
    """A value of any kind, with words of the vocabulary in it."""
    kind = rng.random()
    if depth == 0 or kind < 0.4:
        return copy.deepcopy(rng.choice(VALUES))
    if kind < 0.6:
        return rng.choice(WORDS)
    if kind < 0.75:
        return [some(depth - 1) for _ in range(rng.choice([1, 1, 2]))]
    return {rng.choice(WORDS): some(depth - 1) for _ in range(rng.choice([1, 1, 2, 3]))}


def fitting(prop):
    """A value that a property's own rule lets pass, if one is found soon."""
    for _ in range(30):
        value = some()
        if value is not None and prop.validate(value, should_raise=False):
            return value
    return some()


def add_property(template):
    resource = rng.choice(list(template["Resources"].values()))
    kind = KINDS.get(resource.get("Type"))
    if kind is not None:
        name = rng.choice(list(kind.property_types))
        resource.setdefault("Properties", {})[name] = fitting(kind.property_types[name])


def add_event(template):
    owners = [each for each in template["Resources"].values()
              if each.get("Type") in ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")]
    owner = rng.choice(owners)
    kinds = EVENTS if owner["Type"].endswith("Function") else MACHINE_EVENTS
    kind = rng.choice(kinds)
    properties = {}
    for name, prop in kind.property_types.items():
        if rng.random() < (0.97 if prop.required else 0.3):
            properties[name] = fitting(prop)
    other = rng.choice(list(template["Resources"]))
    for name in ("Bucket", "UserPool", "RestApiId", "ApiId"):
        if name in properties and rng.random() < 0.8:
            properties[name] = {"Ref": other}
    if "Path" in properties and isinstance(properties["Path"], str):
        properties["Path"] = rng.choice(["/", "/a", "/a/{b}", "$default", "/a/"])
    if "Method" in properties and isinstance(properties["Method"], str):
        properties["Method"] = rng.choice(["get", "POST", "any", "x"])
    owner.setdefault("Properties", {}).setdefault("Events", {})[rng.choice(["Added", "Api", "Ev"])] = {
        "Type": kind.resource_type, "Properties": properties}


def add_global(template):
    section = rng.choice(list(Globals.supported_properties))
    kind = KINDS[section]
    name = rng.choice(Globals.supported_properties[section])
    shared = template.setdefault("Globals", {}).setdefault(section.split("::")[-1], {})
    shared[name] = fitting(kind.property_types[name])


def add_word(template):
    paths = [path for path in places(template["Resources"]) if len(path) > 2]
    parent = template["Resources"]
    for step in rng.choice(paths):
        parent = parent[step]
    if isinstance(parent, dict):
        parent[rng.choice(WORDS)] = some()
    elif isinstance(parent, list):
        parent.append(some())


def join(template, templates):
    other = rng.choice(list(templates.values()))
    for name, resource in other["Resources"].items():
        template["Resources"].setdefault(name, copy.deepcopy(resource))
    for section in ("Globals", "Conditions", "Parameters", "Mappings"):
        if section in other and section not in template:
            template[section] = copy.deepcopy(other[section])


def change(template, pool, templates):
    kind = rng.random()
    if kind < 0.45:
        shake(template, pool)
    elif kind < 0.6:
        add_property(template)
    elif kind < 0.75:
        add_event(template)
    elif kind < 0.82:
        add_global(template)
    elif kind < 0.95:
        add_word(template)
    else:
        join(template, templates)


def shake(template, pool):
    paths = [path for path in places(template.get("Resources", {})) if len(path) > 2]
    if not paths:
        return
    path = rng.choice(paths)
    parent = template["Resources"]
    for step in path[:-1]:
        parent = parent[step]
    kind = rng.random()
    if kind < 0.35:
        if isinstance(parent, dict):
            del parent[path[-1]]
    elif kind < 0.6:
        parent[path[-1]] = copy.deepcopy(rng.choice(VALUES))
    elif kind < 0.8:
        resource = rng.choice(list(template["Resources"].values()))
        other = rng.choice(pool)
        if isinstance(resource, dict) and isinstance(other, dict) and isinstance(resource.get("Properties"), dict):
            same = [each for each in pool if each.get("Type") == resource.get("Type")]
            for name, value in (rng.choice(same).get("Properties") or {}).items() if same else []:
                if rng.random() < 0.4:
                    resource["Properties"][name] = copy.deepcopy(value)
    else:
        resource = rng.choice(list(template["Resources"].values()))
        if isinstance(resource, dict):
            name, value = rng.choice([
                ("Condition", "C1"), ("DependsOn", "Other"), ("DependsOn", ["Other"]), ("DeletionPolicy", "Delete"),
                ("UpdateReplacePolicy", "Retain"), ("Metadata", {"a": 1}), ("IgnoreGlobals", "*")])
            resource[name] = value


def main():
    names = [name[:-5] for name in sorted(os.listdir(f"{corpus}/input"))]
    templates = {name: json.loads(json.dumps(yaml_parse(open(f"{corpus}/input/{name}.yaml").read()), default=str))
                 for name in names}
    pool = [each for template in templates.values() for each in (template.get("Resources") or {}).values()
            if isinstance(each, dict) and isinstance(each.get("Properties"), dict)]
    os.makedirs(f"{out}/input", exist_ok=True)
    os.makedirs(f"{out}/output", exist_ok=True)
    templates = {name: each for name, each in templates.items() if isinstance(each.get("Resources"), dict)}
    names = list(templates)
    cases, failed = {}, 0
    while len(cases) < count:
        origin = rng.choice(names)
        template = copy.deepcopy(templates[origin])
        if not isinstance(template.get("Resources"), dict) or "0" in template["Resources"]:
            continue
        for _ in range(rng.choice([0, 1, 1, 2, 3, 5]) if len(cases) >= 20 else 0):
            try:
                change(template, pool, templates)
            except (TypeError, KeyError, IndexError, AttributeError, ValueError):
                pass
        try:
            kind, result = translated(template)
        except Exception:
            failed += 1
            continue
        name = f"{len(cases):05}_{origin}"
        cases[name] = {"kind": kind, "needs": []}
        # JSON is YAML, but a tab or a long text would not survive every reader: keep to plain JSON.
        json.dump(template, open(f"{out}/input/{name}.yaml", "w"))
        json.dump(result, open(f"{out}/output/{name}.json", "w"))
    json.dump(cases, open(f"{out}/cases.json", "w"))
    json.dump(context, open(f"{out}/context.json", "w"))
    print(f"{len(cases)} cases, {failed} left out")


main()
