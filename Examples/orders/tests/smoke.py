"""Asks a deployed service for the price of an order: python3 tests/smoke.py URL. Exit code 1 when the answer is wrong."""
import json
import sys
import urllib.request

ORDER = {"customer": {"tier": "regular"}, "lines": [{"price": 5, "quantity": 2}]}

request = urllib.request.Request(
    sys.argv[1], data=json.dumps(ORDER).encode(), headers={"Content-Type": "application/json"})
answer = json.load(urllib.request.urlopen(request, timeout=10))
print(f"{sys.argv[1]} answers {answer}")
sys.exit(0 if answer["total"] == 10 else 1)
