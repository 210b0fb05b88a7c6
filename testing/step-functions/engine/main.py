"""Serves the Step Functions of `localstack-core` on a loopback port, without the rest of LocalStack."""

import json
import re
import sys
import time
from collections import deque
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

if sys.version_info < (3, 11):
    sys.exit("the engine of Step Functions requires Python 3.11 or newer")

from localstack.utils import threads  # noqa: E402

threads.TMP_THREADS = deque(maxlen=0)  # would grow with each task
# The integration with AWS Batch needs these two names of the package moto, which is not installed.
sys.modules["moto.batch.utils"] = SimpleNamespace(JobStatus=SimpleNamespace(SUCCEEDED="SUCCEEDED", FAILED="FAILED"))

import endpoints  # noqa: F401, E402
import clock  # noqa: F401, E402
import runs  # noqa: E402
import errors  # noqa: F401, E402
import speed  # noqa: F401, E402
import distributed_map  # noqa: E402
import bedrock  # noqa: F401, E402
from localstack.aws.api import ServiceException  # noqa: E402
from localstack.aws.api.stepfunctions import StepfunctionsApi  # noqa: E402
from localstack.services.stepfunctions.backend.execution import Execution  # noqa: E402
from localstack.services.stepfunctions.provider import StepFunctionsProvider  # noqa: E402

ACCOUNT, REGION = "000000000000", "us-east-1"
Execution.publish_execution_status_change_event = lambda self: None  # no EventBridge


class Provider(StepFunctionsProvider):
    """Adds the calls about child executions, and RedriveExecution."""

    def start_execution(self, context, **kwargs):
        output = super().start_execution(context, **kwargs)
        worker = self._get_execution(context, output["executionArn"]).exec_worker
        while worker.env is None or worker.env.program_state() is None:
            time.sleep(0.005)  # cannot be described or stopped before
        return output

    def describe_execution(self, context, execution_arn, **kwargs):
        if child := _child(execution_arn):
            return {name[0].lower() + name[1:]: _timestamp(value) if name.endswith("Date") else value for name, value in child.describe().items()}
        output = super().describe_execution(context, execution_arn, **kwargs)
        return {**output, "redriveCount": runs.RUNS[execution_arn].redrives}

    def get_execution_history(self, context, execution_arn, **kwargs):
        if child := _child(execution_arn):
            return {"events": child.events.get_event_history()}
        return super().get_execution_history(context, execution_arn, **kwargs)

    def list_executions(self, context, map_run_arn=None, **kwargs):
        if map_run_arn is None:
            return super().list_executions(context, **kwargs)
        children = [run for run in runs.RUNS.values() if _child(run.arn) and run.record.map_run_arn == map_run_arn]
        return {"executions": [{"executionArn": child.arn, "name": child.name, "status": child.status} for child in children]}

    def list_map_runs(self, context, execution_arn, **kwargs):
        records = {run.record.map_run_arn: run.record for run in list(runs.RUNS.values()) if _child(run.arn)}.values()
        return {"mapRuns": [record.list_item() for record in records if record.execution_arn == execution_arn]}

    def redrive_execution(self, context, execution_arn, **kwargs):
        runs.redrive(self._get_execution(context=context, execution_arn=execution_arn))
        return {"redriveDate": datetime.now()}


def _timestamp(text):
    return text and datetime.fromisoformat(text.replace("Z", "+00:00"))


def _child(arn):
    run = runs.RUNS.get(arn)
    return run if isinstance(run, distributed_map.Child) else None


provider = Provider()


def call(action, request):
    context = SimpleNamespace(account_id=ACCOUNT, region=REGION, partition="aws")
    method = getattr(provider, _snake(action))
    if not getattr(getattr(StepfunctionsApi, _snake(action)), "expand_parameters"):
        return method(context, request)
    return method(context, **{_snake(name): value for name, value in request.items()})


def _snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        action = self.headers["X-Amz-Target"].split(".")[1]
        try:
            self._respond(200, call(action, request))
        except ServiceException as error:
            self._respond(400, {"__type": error.code, "message": error.message})
        except Exception as error:
            self._respond(500, {"__type": type(error).__name__, "message": str(error)})

    def _respond(self, status, body):
        data = json.dumps(body, default=lambda value: value.timestamp() if isinstance(value, datetime) else str(value)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"listening http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
