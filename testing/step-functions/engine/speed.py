"""The things that take nearly all the time of a state, and always have the same result, are done once."""

import functools

import jsonpath_ng
from localstack.services.stepfunctions.asl.component.common.path import result_path
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service import state_task_service
from localstack.services.stepfunctions.asl.utils import json_path

json_path.parse = functools.cache(json_path.parse)
result_path.parse = functools.cache(jsonpath_ng.parse)
state_task_service.load_service = functools.cache(state_task_service.load_service)
