"""The service's unit tests: python3 -m unittest discover src"""
import json
import unittest

import app

ORDER = {"customer": {"tier": "regular"}, "lines": [{"price": 2.5, "quantity": 4}, {"price": 1, "quantity": 1}]}


class PriceTest(unittest.TestCase):
    def test_price_is_the_sum_of_the_lines(self):
        self.assertEqual(app.price(ORDER), 11)

    def test_answer_carries_the_total(self):
        answer = app.handler({"body": json.dumps(ORDER)}, None)
        self.assertEqual(answer["statusCode"], 200)
        self.assertEqual(json.loads(answer["body"])["total"], 11)


if __name__ == "__main__":
    unittest.main()
