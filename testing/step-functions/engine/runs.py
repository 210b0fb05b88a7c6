"""
Executions and the child executions of Distributed Maps, each with its own ARN, context object and history, as on AWS.
`localstack-core` has only the former. A run knows how far it has come, which is what a redrive needs.
"""

import copy
import types
from threading import Thread

import clock
from localstack.aws.api.stepfunctions import (
    ExecutionNotRedrivable,
    ExecutionRedrivenEventDetails,
    ExecutionStatus,
    HistoryEventType,
)
from localstack.services.stepfunctions.asl.component.program.program import Program
from localstack.services.stepfunctions.asl.component.state.state import CommonStateField
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.services.stepfunctions.backend.execution_worker import ExecutionWorker

RUNS = {}  # by ARN


class Run:
    def __init__(self, arn, name, input):
        self.arn = arn
        self.name = name
        self.input = input
        self.env = None  # of the current attempt
        self.status = "PENDING"
        self.start = self.stop = None
        self.output = self.error = self.cause = None
        self.redrives = 0
        self._state = None  # the last one entered: its name and input
        self._maps = {}  # of that state: the Distributed Map and its children
        self._interrupted = {}  # those of the attempt before a redrive
        self._resuming = False
        RUNS[arn] = self

    def begin(self):
        self._resuming = self._state is not None
        self._interrupted, self._maps = self._maps, {}
        self.status = "RUNNING"
        self.start = self.start or clock.now()
        return self._state

    def enter(self, name, input):
        if not self._resuming:
            self._interrupted, self._maps = {}, {}
        self._resuming = False
        self._state = name, input

    def map(self, name, create):
        """The Distributed Map of the current state. A redrive continues that of the attempt before."""
        self._maps[name] = self._interrupted.pop(name, None) or create()
        return self._maps[name]


def run_of(env):
    return RUNS[env.states.context_object.context_object_data["Execution"]["Id"]]


_environment = ExecutionWorker._get_evaluation_environment


def _get_evaluation_environment(self):
    env = _environment(self)
    execution = env.states.context_object.context_object_data["Execution"]
    run = RUNS.get(execution["Id"]) or Run(execution["Id"], execution["Name"], execution["Input"])
    run.env = env
    return env


_eval = Program.eval


def _eval_program(self, env):
    run = run_of(env)
    if run.env is env and (state := run.begin()):
        name, input = state
        env.states.reset(input)
        self = copy.copy(self)
        self.start_at = types.SimpleNamespace(start_at_name=name)
    _eval(self, env)


_eval_state = CommonStateField._eval_body


def _enter_state(self, env):
    run = run_of(env)
    if run.env is env:  # not in the branch of a Parallel state or in an inline Map
        run.enter(self.name, env.states.get_input())
    _eval_state(self, env)


def redrive(execution):
    """Continues an execution where it failed: from its last state, and in a Distributed Map only the children without a result."""
    if execution.exec_status not in (ExecutionStatus.FAILED, ExecutionStatus.ABORTED, ExecutionStatus.TIMED_OUT):
        raise ExecutionNotRedrivable(f"Execution is {execution.exec_status} and cannot be redriven")
    worker, run = execution.exec_worker, RUNS[execution.exec_arn]
    before, env = worker.env, worker._get_evaluation_environment()
    env.event_manager = before.event_manager
    env.event_history_context = before.event_history_context
    env.map_run_record_pool_manager = before.map_run_record_pool_manager
    worker.env = env
    run.redrives += 1
    execution.exec_status = ExecutionStatus.RUNNING
    execution.stop_date = execution.error = execution.cause = None
    details = EventDetails(executionRedrivenEventDetails=ExecutionRedrivenEventDetails(redriveCount=run.redrives))
    env.event_manager.add_event(env.event_history_context, HistoryEventType.ExecutionRedriven, details)

    def work():
        worker._get_evaluation_entrypoint().eval(env)
        worker._execution_communication.terminated()

    Thread(target=work, daemon=True).start()


ExecutionWorker._get_evaluation_environment = _get_evaluation_environment
Program.eval = _eval_program
CommonStateField._eval_body = _enter_state
