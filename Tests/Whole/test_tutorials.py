"""The tutorials, run as they stand: every command block, in one shell, by somebody with an empty home."""
import os
import re
import subprocess

import pytest

from conftest import BINARY, ROOT, VENV, Slipway

PAGES = ["first-release.md", "first-deployment.md"]
# What a test has done already: the program is built, the server runs.
DONE = re.compile(r"^(make build|slipway serve .*&|slipway serve &)$")


def commands(page):
    """The indented blocks of the page, as one script that stops at the first command that fails."""
    lines = (ROOT / "docs/tutorial" / page).read_text().splitlines()
    own = [line[4:] for line in lines if line.startswith("    ")]
    kept = [line for line in own if not DONE.match(line)]
    assert len(kept) < len(own), "the page starts a server"
    return "\n".join(kept)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_the_page_works(page, folder):
    server = Slipway(folder / ".slipway", "--build-tools", VENV.parent).start()
    try:
        environment = {
            "HOME": str(folder), "PATH": f"{BINARY.parent}:{VENV}:{os.environ['PATH']}", "NO_COLOR": "1", "AWS_PAGER": "",
            "SAM_CLI_TELEMETRY": "0", "TERM": "dumb"}
        # The page works in the sample's folder: a copy, so that the repository stays as it is.
        script = f"cp -r '{ROOT}/Examples' '{folder}/Examples'; cd '{folder}'; set -eo pipefail; set -x\n" + commands(page)
        done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}\n{server.tail()}"
        assert "KeyError" in done.stdout  # slipway why has named the cause
    finally:
        server.stop()
