"""
The Distributed Map as AWS documents it: reads JSON Lines, limits concurrency, enforces the tolerated failures, and writes the
results and their manifest to S3. `localstack-core` ignores failed children and writes an empty manifest.
"""

import enum
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from functools import partial

import clock
from botocore.exceptions import ClientError
from endpoints import client
from localstack.aws.api.stepfunctions import (
    HistoryEventType,
    MapRunFailedEventDetails,
    MapRunStatus,
)
from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name import StatesErrorName
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.item_reader.reader_config import input_type

# Bound by name where it is used, so this comes before the imports that do so.
input_type.InputTypeValue = enum.Enum("InputTypeValue", {name: name for name in ("CSV", "JSON", "JSONL")})

from localstack.services.stepfunctions.asl.component.state.state_execution.state_map import state_map  # noqa: E402
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.item_reader import item_reader_decl  # noqa: E402
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.item_reader.resource_eval.resource_output_transformer.resource_output_transformer import (  # noqa: E402, E501
    ResourceOutputTransformer,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.distributed_iteration_component import (  # noqa: E402, E501
    DistributedIterationComponent,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.itemprocessor.map_run_record import (  # noqa: E402, E501
    ExecutionCounter,
    ItemCounter,
    MapRunRecord,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.result_writer.result_writer_decl import (  # noqa: E402, E501
    ResultWriter,
)
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails  # noqa: E402
from localstack.services.stepfunctions.asl.eval.event.event_manager import EventHistoryContext, EventManager  # noqa: E402
from localstack.services.stepfunctions.asl.eval.program_state import (  # noqa: E402
    ProgramEnded,
    ProgramError,
    ProgramStopped,
)
from localstack.services.stepfunctions.asl.parse.asl_parser import AmazonStateLanguageParser  # noqa: E402
from result_files import encode, to_json  # noqa: E402
from runs import RUNS, Run  # noqa: E402

_UNLIMITED = 200  # threads; 10000 on AWS

# The reader.


class _JsonLines(ResourceOutputTransformer):
    def _eval_body(self, env):
        config, text = env.stack.pop(), env.stack.pop()
        lines = [line for line in text.split("\n") if line.strip()]
        env.stack.append([json.loads(line) for line in lines[: config["MaxItemsValue"]]])


_transformer_for = item_reader_decl.resource_output_transformer_for
item_reader_decl.resource_output_transformer_for = lambda input_type: (
    _JsonLines() if input_type.input_type_value.name == "JSONL" else _transformer_for(input_type)
)


def _failing_as(error, eval_body):
    """The failures of a reader or writer have one name, whatever the reason."""

    def eval(self, env):
        try:
            eval_body(self, env)
        except (ClientError, json.JSONDecodeError) as ex:
            raise _failure(env, error, str(ex)) from ex

    return eval


def _failure(env, error, cause):
    details = MapRunFailedEventDetails(error=error.to_name(), cause=cause)
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=StatesErrorName(typ=error),
            event_type=HistoryEventType.MapRunFailed,
            event_details=EventDetails(mapRunFailedEventDetails=details),
        )
    )


# The children.

_LAST_EVENT = {
    "SUCCEEDED": HistoryEventType.ExecutionSucceeded,
    "FAILED": HistoryEventType.ExecutionFailed,
    "ABORTED": HistoryEventType.ExecutionAborted,
    "TIMED_OUT": HistoryEventType.ExecutionTimedOut,
}

class Child(Run):
    def __init__(self, record, index, item):
        self.record = record
        self.index = index
        self.item = item
        name = str(uuid.uuid4())
        self.events = EventManager()
        super().__init__(f"{record.map_state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}", name, None)

    def run(self, env, eval_input, program):
        frame = env.open_inner_frame(EventHistoryContext.of_program_start())
        try:
            context = frame.states.context_object.context_object_data
            if self.env is None:
                self.input = self._input(frame, env, eval_input)
            context.pop("Map", None)
            context.pop("State", None)
            context["Execution"] = {**context["Execution"], "Id": self.arn, "Name": self.name, "Input": self.input, "StartTime": clock.now()}
            context["StateMachine"] = {"Id": self.record.map_state_machine_arn, "Name": self.record.map_state_machine_arn.split(":")[-1]}
            frame.event_manager = self.events
            frame.states.reset(self.input)
            self.env = frame
            self._record(HistoryEventType.ExecutionRedriven if self.redrives else HistoryEventType.ExecutionStarted)
            program.eval(frame)
            self._end(frame)
            self._record(_LAST_EVENT[self.status])
        finally:
            env.delete_frame(frame)

    def _input(self, frame, env, eval_input):
        selector = eval_input.item_selector or eval_input.parameters
        if selector is None:
            return self.item
        frame.states.reset(env.states.get_input())
        frame.states.context_object.context_object_data["Map"] = {"Item": {"Index": self.index, "Value": self.item}}
        frame.stack.append(env.states.get_input())
        selector.eval(frame)
        output = frame.stack.pop()
        frame.stack.clear()
        return output

    def _end(self, frame):
        self.stop = clock.now()
        end = frame.program_state()
        if isinstance(end, ProgramEnded):
            self.status = "SUCCEEDED"
            self.output = frame.states.get_input()
        elif isinstance(end, ProgramError):
            self.status = "FAILED"
            self.error, self.cause = end.error.get("error"), end.error.get("cause")
        else:
            self.status = "ABORTED" if isinstance(end, ProgramStopped) else "TIMED_OUT"

    def _record(self, event_type):
        self.events.add_event(self.env.event_history_context, event_type)

    def describe(self):
        """The record of a child in a result file, and in DescribeExecution."""
        failed = {"Error": self.error, "Cause": self.cause} if self.status == "FAILED" else {}
        succeeded = {"Output": to_json(self.output), "OutputDetails": {"Included": True}} if self.status == "SUCCEEDED" else {}
        return {
            "ExecutionArn": self.arn, "Input": to_json(self.input), "InputDetails": {"Included": True}, "Name": self.name,
            **succeeded, **failed, "RedriveCount": self.redrives, "StartDate": self.start, "StateMachineArn": self.record.map_state_machine_arn,
            "Status": self.status, "StopDate": self.stop,
        }  # fmt: skip


def _map_run(self, env, eval_input):
    items, record = env.stack.pop(), eval_input.map_run_record
    env.map_run = record  # for the writer
    program = self._get_iteration_program()
    if not record.children:
        record.children = [Child(record, index, item) for index, item in enumerate(items)]
    children = record.children
    record.execution_counter.total.count(len(children))
    record.item_counter.total.count(len(children))

    def run(child):
        if record.exceeded or not env.is_running():
            return
        child.redrives += child.env is not None
        _count(record, "running")
        try:
            child.run(env, eval_input, program)
        except FailureEventException as ex:  # of the ItemSelector
            child.status = "FAILED"
            child.error, child.cause = ex.extract_error_cause_pair()
        _count(record, "running", -1)
        if child.status == "FAILED" and _exceeded(children, eval_input):
            record.exceeded = True
            for other in children:
                if other.status == "RUNNING" and other.env:
                    other.env.set_stop(stop_date=datetime.now(timezone.utc), cause=None, error=None)

    rest = [child for child in children if child.status != "SUCCEEDED"]
    with ThreadPoolExecutor(min(max(len(rest), 1), record.max_concurrency or _UNLIMITED)) as pool:
        list(pool.map(run, rest))

    for child in children:
        if child.status != "PENDING":
            _count(record, child.status.lower())
    if not env.is_running():  # stopped, which the caller does not notice
        record.set_stop = lambda _: MapRunRecord.set_stop(record, MapRunStatus.ABORTED)
    if record.exceeded:
        raise _failure(env, StatesErrorNameType.StatesExceedToleratedFailureThreshold, "The specified tolerated failure threshold was exceeded")
    env.stack.append([child.output if child.status == "SUCCEEDED" else child.describe() for child in children])


def _exceeded(children, eval_input):
    count, percentage = eval_input.tolerated_failure_count, eval_input.tolerated_failure_percentage
    failed = sum(child.status == "FAILED" for child in children)
    return (failed > count and (count or not percentage)) or bool(percentage and 100 * failed > percentage * len(children))


def _count(record, name, by=1):
    for counter in (record.execution_counter, record.item_counter):
        getattr(counter, name).count(by)


def _record(**arguments):
    """A new record of a Map Run, or that of the attempt before a redrive."""
    label = arguments["label"]

    def create():
        record = MapRunRecord(**arguments)
        record.children = []
        return record

    record = RUNS[arguments["execution_arn"]].map(label, create)
    record.execution_counter, record.item_counter = ExecutionCounter(), ItemCounter()
    record.status, record.stop_date, record.exceeded = MapRunStatus.RUNNING, None, False
    record.set_stop = partial(MapRunRecord.set_stop, record)
    return record


# The writer.


def _write_results(self, env):
    env.stack.append(env.states.get_input())  # what the parameters refer to
    self.parargs.eval(env)
    parameters, record = env.stack.pop(), env.map_run
    bucket = parameters["Bucket"]
    folder = "/".join(part for part in (parameters.get("Prefix", "").strip("/"), record.map_run_arn.split(":")[-1]) if part)
    # AWS does not document an order, so it is not that of the items.
    results = [(child.status, child.output, child.describe()) for child in reversed(record.children)]
    files, listing = encode(results, parameters.get("WriterConfig", {}), folder)
    manifest = {"DestinationBucket": bucket, "MapRunArn": record.map_run_arn, "ResultFiles": listing}
    key = f"{folder}/manifest.json"
    for name, body in {**files, key: to_json(manifest).encode()}.items():
        client("s3").put_object(Bucket=bucket, Key=name, Body=body)
    env.stack.append({"MapRunArn": record.map_run_arn, "ResultWriterDetails": {"Bucket": bucket, "Key": key}})


# The grammar of the engine has no WriterConfig, which is read as one more parameter of the ResultWriter; and no whole percentages.


def _parse(definition):
    return _parse_asl(json.dumps(json.loads(definition, object_hook=_adapt)))


def _adapt(member):
    if isinstance(percentage := member.get("ToleratedFailurePercentage"), int):
        member["ToleratedFailurePercentage"] = float(percentage)
    writer = member.get("ResultWriter")
    if isinstance(writer, dict) and "WriterConfig" in writer:
        if "Resource" not in writer:
            raise ValueError("a ResultWriter without a Resource is not supported")
        writer["Parameters"]["WriterConfig"] = writer.pop("WriterConfig")
    return member


_parse_asl = AmazonStateLanguageParser.parse
AmazonStateLanguageParser.parse = staticmethod(_parse)
DistributedIterationComponent._map_run = _map_run
item_reader_decl.ItemReader._eval_body = _failing_as(StatesErrorNameType.StatesItemReaderFailed, item_reader_decl.ItemReader._eval_body)
ResultWriter._eval_body = _failing_as(StatesErrorNameType.StatesResultWriterFailed, _write_results)
state_map.MapRunRecord = _record
