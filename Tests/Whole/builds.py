"""Builds for tests: a role, projects with inline buildspecs, waiting, logs."""
import json
import textwrap

from conftest import eventually

TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


class Builds:
    """CodeBuild of one server, as a client uses it."""

    def __init__(self, server):
        self.server = server
        self.api = server.client("codebuild")
        self.logs = server.client("logs")
        self.s3 = server.client("s3")
        iam = server.client("iam")
        try:
            self.role = iam.create_role(
                RoleName="builds", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
            iam.put_role_policy(RoleName="builds", PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
        except iam.exceptions.EntityAlreadyExistsException:
            self.role = iam.get_role(RoleName="builds")["Role"]["Arn"]

    def project(self, name, spec=None, **settings):
        source = settings.pop("source", {"type": "NO_SOURCE"})
        if spec is not None:
            source["buildspec"] = textwrap.dedent(spec)
        environment = {"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0",
                       "computeType": "BUILD_GENERAL1_SMALL"} | settings.pop("environment", {})
        return self.api.create_project(
            name=name, source=source, artifacts=settings.pop("artifacts", {"type": "NO_ARTIFACTS"}),
            environment=environment, serviceRole=settings.pop("serviceRole", self.role), **settings)["project"]

    def start(self, name, **overrides):
        return self.api.start_build(projectName=name, **overrides)["build"]["id"]

    def get(self, build):
        return self.api.batch_get_builds(ids=[build])["builds"][0]

    def wait(self, build, within=60):
        return eventually(
            f"the end of {build}", lambda: (lambda b: b if b["buildComplete"] else None)(self.get(build)), within)

    def run(self, name, spec=None, within=60, **settings):
        """Makes a project, builds it, and returns the build and its log."""
        overrides = settings.pop("overrides", {})
        self.project(name, spec, **settings)
        build = self.wait(self.start(name, **overrides), within)
        return build, self.log(build)

    def log(self, build):
        place = build["logs"]
        if "groupName" not in place:
            return ""
        lines, token = [], None
        while True:
            more = {"nextToken": token} if token else {}
            page = self.logs.get_log_events(
                logGroupName=place["groupName"], logStreamName=place["streamName"], startFromHead=True, **more)
            # What is said of a command of several lines is one event.
            lines += [m.replace("\n", " ") if m.startswith("[Container]") else m
                      for m in (event["message"] for event in page["events"])]
            if not page["events"] or page["nextForwardToken"] == token:
                return "\n".join(lines)
            token = page["nextForwardToken"]


def phases(build):
    """The phases of a build that a buildspec can have a say in, with their status."""
    return {p["phaseType"]: p.get("phaseStatus") for p in build["phases"]}


def why(build):
    """What the phases that failed say."""
    return " ".join(c["message"] for p in build["phases"] for c in p.get("contexts", []) if c["message"])


def printed(log):
    """What commands printed, without what is said around it."""
    return [line for line in log.splitlines() if not line.startswith("[Container]")]
