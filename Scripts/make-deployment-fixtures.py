#!/usr/bin/env python3
"""Writes templates with REST APIs, and the deployment ids that AWS's translator gives them, as fixtures for Slipway's tests.

    python3 Scripts/make-sam-variants.py CORPUS VARIANTS 3000 1
    python3 Scripts/make-deployment-fixtures.py VARIANTS COUNT > Tests/SAMTransformTests/Api/DeploymentFixtures.swift

Takes the smallest templates of the variants, one for each set of API properties and events used.
"""
import json
import sys

folder, count = sys.argv[1], int(sys.argv[2])
cases = json.load(open(f"{folder}/cases.json"))


def deployments(template):
    return sorted(name for name, each in template["Resources"].items() if each["Type"] == "AWS::ApiGateway::Deployment")


def traits(template):
    found = set()
    for each in template["Resources"].values():
        properties = each.get("Properties") or {}
        if each["Type"].startswith("AWS::Serverless::Api"):
            found |= {name for name, value in properties.items() if value}
        found |= {event["Type"] + "." + name for event in (properties.get("Events") or {}).values()
                  for name in (event.get("Properties") or {})}
    return frozenset(found)


chosen = {}
for name, case in cases.items():
    if case["kind"] != "success":
        continue
    template = json.load(open(f"{folder}/input/{name}.yaml"))
    expected = deployments(json.load(open(f"{folder}/output/{name}.json")))
    text = json.dumps([template, expected], separators=(",", ":"))
    key = traits(template)
    if expected and len(text) < 2500 and (key not in chosen or len(text) < len(chosen[key])):
        chosen[key] = text

print("// Made by Scripts/make-deployment-fixtures.py with aws-sam-translator. Do not edit.\n")
print("/// Templates with REST APIs, and the ids of their deployments.")
print("enum DeploymentFixtures {\n    static let cases = #\"\"\"\n    [")
rows = sorted(chosen.values(), key=len)
for index, text in enumerate(rows[:: max(1, len(rows) // count)][:count]):
    if index:
        print("    ,")
    while len(text) > 112:
        cut = max(text.rfind(mark, 0, 112) for mark in ('",', "],", "},", "{", "["))
        if cut <= 0:
            break
        cut += 2 if text[cut + 1] == "," else 1
        print("    " + text[:cut])
        text = text[cut:]
    print("    " + text)
print("    ]\n    \"\"\"#\n}")
