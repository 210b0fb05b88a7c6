"""The time of the engine: waits and retry intervals are shortened, and times in the context object advance accordingly."""

import os
import time
import types
from datetime import datetime, timezone

from localstack.services.stepfunctions.asl.component.common.retry import retrier_decl
from localstack.services.stepfunctions.asl.component.state.state import CommonStateField
from localstack.services.stepfunctions.asl.component.state.state_choice.comparison.operator.implementations.is_operator import IsTimestamp
from localstack.services.stepfunctions.asl.component.state.state_wait.wait_function.wait_function import WaitFunction
from localstack.services.stepfunctions.backend.execution import Execution

_SCALE = float(os.environ["WAIT_SCALE"])
_ORIGIN = float(os.environ["CLOCK_ORIGIN"])  # the real time at which this clock was right, in seconds


def virtual(real):
    """A time in the format of AWS."""
    now = _ORIGIN + (real.timestamp() - _ORIGIN) / _SCALE
    return datetime.fromtimestamp(now, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now():
    return virtual(datetime.now(timezone.utc))


def _wait(self, env, wait_seconds):
    deadline = time.monotonic() + wait_seconds * _SCALE
    while env.is_running() and (rest := deadline - time.monotonic()) > 0:
        env.program_state_event.wait(rest)


_eval_state_input = CommonStateField._eval_state_input


def _eval_state_input_on_time(self, env):
    env.states.context_object.context_object_data["State"]["EnteredTime"] = now()
    _eval_state_input(self, env)


def _timestamp(text):
    try:
        return datetime.fromisoformat(text) if text.endswith("Z") else None
    except (AttributeError, ValueError):
        return None


WaitFunction._wait_interval = _wait
IsTimestamp.string_to_timestamp = staticmethod(_timestamp)
CommonStateField._eval_state_input = _eval_state_input_on_time
Execution._to_serialized_date = staticmethod(virtual)
retrier_decl.time = types.SimpleNamespace(sleep=lambda seconds: time.sleep(seconds * _SCALE))
