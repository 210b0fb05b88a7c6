"""Errors that `localstack-core` does not name as AWS does, or for which it fails itself."""

from botocore.exceptions import BotoCoreError
from localstack.services.stepfunctions.asl.component.common.error_name.error_name import ErrorName
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration import iteration_worker
from localstack.services.stepfunctions.asl.component.state.state_execution.state_parallel import branches_decl
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.state_task_service_aws_sdk import (
    StateTaskServiceAwsSdk,
)
from localstack.services.stepfunctions.asl.component.state.state_fail import state_fail

# An error such as States.Timeout can be passed on, from a branch or by a Fail state with an ErrorPath.
for module in (state_fail, iteration_worker, branches_decl):
    module.CustomErrorName = ErrorName

_from_error = StateTaskServiceAwsSdk._from_error


def _from_any_error(self, env, ex):
    if isinstance(ex, BotoCoreError):  # such as a broken connection
        error = f"{self._normalise_service_error_name(self.resource.api_name)}.SdkClientException"
        return self._get_task_failure_event(env=env, error=error, cause=str(ex))
    if metadata := getattr(ex, "response", {}).get("ResponseMetadata"):
        metadata.setdefault("RequestId", "none")
    return _from_error(self, env, ex)


StateTaskServiceAwsSdk._from_error = _from_any_error
