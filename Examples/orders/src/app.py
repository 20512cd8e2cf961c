"""Prices an order: the sum of its lines."""
import json

VERSION = 1


def price(order):
    return sum(line["price"] * line["quantity"] for line in order["lines"])


def handler(event, context):
    order = json.loads(event["body"])
    total = price(order)
    print(f"order of {len(order['lines'])} lines: {total:.2f}")
    return {"statusCode": 200, "body": json.dumps({"total": total, "version": VERSION})}
