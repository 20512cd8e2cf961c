#!/usr/bin/env python3
"""Writes variants of the public SAM cases, with what AWS's own translator makes of each, in the layout of the corpus.

    python3 Scripts/make-sam-variants.py CORPUS OUT COUNT SEED
    SAM_CORPUS=OUT swift test --filter Corpus

A variant is a case with a few random changes (a property dropped, replaced, moved to Globals, two templates joined). What
makes the translator itself fail with an unforeseen exception is left out. Needs `pip install aws-sam-translator`.
"""
import copy
import json
import os
import random
import sys
from unittest.mock import patch

import yaml
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

corpus, out, count, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
context = json.load(open(f"{corpus}/context.json"))
rng = random.Random(seed)


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


def change(template, pool):
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
            if isinstance(each, dict) and isinstance(each.get("Properties"), dict)] if True else []
    os.makedirs(f"{out}/input", exist_ok=True)
    os.makedirs(f"{out}/output", exist_ok=True)
    cases, failed = {}, 0
    while len(cases) < count:
        origin = rng.choice(names)
        template = copy.deepcopy(templates[origin])
        if not isinstance(template.get("Resources"), dict):
            continue
        for _ in range(rng.choice([0, 1, 1, 2, 3, 5]) if len(cases) >= len(names) else 0):
            try:
                change(template, pool)
            except (TypeError, KeyError, IndexError, AttributeError):
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
