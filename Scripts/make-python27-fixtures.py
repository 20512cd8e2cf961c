# -*- coding: utf-8 -*-
"""Writes what Python 2.7 itself does with dictionaries and texts, as fixtures for the tests of Slipway's own emulation.

    python2.7 Scripts/make-python27-fixtures.py > Tests/SAMTransformTests/Api/Python27Fixtures.swift
"""
import copy
import json
import random

rng = random.Random(27)
WORDS = [u"paths", u"get", u"responses", u"x-amazon-apigateway-integration", u"Ref", u"Fn::Sub", u"/orders/{id}", u"200",
         u"security", u"info", u"type", u"uri", u"", u"\u00e9t\u00e9", u"\u65e5\u672c", u"a", u"b", u"title", u"in", u"name"]
TEXTS = [u"", u"plain", u"it's", u'say "it"', u"both ' and \"", u"back\\slash", u"tab\tline\nreturn\r", u"\x00\x1f\x7f",
         u"caf\u00e9", u"\u65e5\u672c", u"\u2028", u"~ }{"]


def word():
    return rng.choice(WORDS) + (unicode(rng.randrange(40)) if rng.random() < 0.7 else u"")


def scenario(length):
    value, steps = {}, []
    for _ in range(length):
        kind = rng.random()
        if kind < 0.6:
            step = [u"set", word()]
            value[step[1]] = 0
        elif kind < 0.75 and value:
            step = [u"remove", rng.choice(list(value))]
            del value[step[1]]
        elif kind < 0.88:
            step = [u"update"] + [word() for _ in range(rng.randrange(9))]
            other = {}
            for key in step[1:]:
                other[key] = 0
            value.update(other)
        elif kind < 0.94:
            step = [u"copy"]
            value = value.copy()
        else:
            step = [u"deepcopy"]
            value = copy.deepcopy(value)
        steps.append(step)
    return {u"steps": steps, u"keys": list(value)}


def literal(name, doc, rows):
    print("    /// " + doc)
    print('    static let %s = #"""' % name)
    for row in rows:
        text = json.dumps(row, sort_keys=True, separators=(",", ":"))
        while len(text) > 114:
            cut = text.rfind(",", 0, 114) + 1
            if cut == 0:
                break
            print("    " + text[:cut])
            text = text[cut:]
        print("    " + text + ",")
    print('    null')
    print('    """#')


print("// Made by Scripts/make-python27-fixtures.py with Python 2.7.18 on 64 bits. Do not edit.")
print("")
print("/// What Python 2.7 itself does.")
print("enum Python27Fixtures {")
literal("dictionaries", "Steps taken on a dictionary, and the order of its names after them.",
        [scenario(n) for n in [1, 3, 5, 6, 8, 10, 12, 15, 20, 25, 30] * 4 + [60, 120]])
print("")
literal("hashes", "Texts and their hashes, as unsigned numbers of 64 bits.",
        [[w, str(hash(w) & 0xFFFFFFFFFFFFFFFF)] for w in WORDS + TEXTS[1:] + [u"a" * 60]])
print("")
literal("prints", "Texts, and how they are printed inside of others.", [[t, repr(t)] for t in TEXTS])
print("}")
