"""slipway build run: the build of a folder, here and now, by the real engine."""
import os
import subprocess
import zipfile

import pytest

from conftest import BINARY

GOOD = """version: 0.2
env:
  variables: {GREETING: hello, FROM_FILE: spec}
phases:
  install:
    commands: ['export KEPT=yes', 'mkdir -p out/sub && cd out']
  build:
    commands:
      - echo "$GREETING $KEPT $FROM_FILE $(basename "$PWD")"
      - cp ../data.txt sub/
  post_build:
    commands: ['echo post $CODEBUILD_BUILD_SUCCEEDING']
reports:
  unit: {files: [report.xml]}
artifacts:
  base-directory: out
  files: ['**/*']
  secondary-artifacts:
    docs: {files: ['*.md']}
"""
REPORT = '<testsuite name="s"><testcase name="a"/><testcase name="b"><failure message="no"/></testcase></testsuite>'


@pytest.fixture
def app(tmp_path):
    """A folder with a source to build."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "data.txt").write_text("data\n")
    (folder / "README.md").write_text("# app\n")
    (folder / "report.xml").write_text(REPORT)
    (folder / "buildspec.yml").write_text(GOOD)
    return folder


def run(app, *options, check=None):
    environment = dict(os.environ, NO_COLOR="1", HOME=str(app.parent))
    done = subprocess.run(
        [BINARY, "build", "run", "--local", "-s", str(app), *map(str, options)], env=environment, capture_output=True,
        text=True, timeout=180)
    if check is not None:
        assert done.returncode == check, done.stdout[-3000:] + done.stderr[-3000:]
    return done


def test_a_folder_is_built_and_its_artifacts_brought(app):
    (app.parent / "env").write_text("# set\nFROM_FILE=file\n")
    done = run(app, "-a", app.parent / "result", "-e", app.parent / "env", check=0)
    assert "hello yes file out" in done.stdout and "post 1" in done.stdout
    with zipfile.ZipFile(app.parent / "result" / "artifacts.zip") as artifact:
        assert artifact.read("sub/data.txt") == b"data\n"
    with zipfile.ZipFile(app.parent / "result" / "docs.zip") as artifact:
        assert "README.md" in artifact.namelist()
    assert "local-unit: FAILED, 2 tests" in done.stdout
    assert sorted(path.name for path in app.iterdir()) == ["README.md", "buildspec.yml", "data.txt", "report.xml"]


def test_a_failing_command_fails_the_build_and_post_build_still_runs(app):
    (app / "buildspec.yml").write_text(
        "version: 0.2\nphases:\n  build:\n    commands: ['exit 3']\n  post_build:\n"
        "    commands: ['echo after $CODEBUILD_BUILD_SUCCEEDING']\n")
    done = run(app, check=2)
    assert "after 0" in done.stdout and "exit status 3" in done.stdout + done.stderr


def test_what_is_wrong_is_said_before_anything_runs(app):
    (app / "other.yml").write_text("version: 0.2\nphase:\n  build: {}\n")
    done = run(app, "-b", app / "other.yml", check=1)
    assert "Unknown key 'phase' in the buildspec; did you mean 'phases'? at line 2" in done.stderr
    assert "The buildspec has no 'phases'" in done.stderr and done.stdout == ""
    assert "There is no build specification" in run(app, "-b", app / "none.yml", check=1).stderr
    (app.parent / "env").write_text("no variable\n")
    assert "line 1 is no variable" in run(app, "-e", app.parent / "env", check=1).stderr
