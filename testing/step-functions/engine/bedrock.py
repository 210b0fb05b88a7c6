"""The integrations with Bedrock: `bedrock:invokeModel`; and timestamps in results as text."""

import json
from datetime import datetime, timezone
from urllib.parse import urlsplit

from endpoints import client
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service import state_task_service_factory
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.state_task_service import StateTaskService
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.state_task_service_aws_sdk import (
    StateTaskServiceAwsSdk,
)

_PARAMETERS = {"ModelId", "Body", "ContentType", "Accept", "Input", "Output"}


class InvokeModel(StateTaskServiceAwsSdk):
    """The optimized integration. The prefix of its errors is `Bedrock`, that of the SDK integration is `BedrockRuntime`."""

    def from_state_props(self, state_props):
        super().from_state_props(state_props)
        if self.resource.resource_arn != "arn:aws:states:::bedrock:invokeModel":
            raise ValueError(f"{self.resource.resource_arn} is not supported")

    def _get_sfn_resource_type(self):
        return "bedrock"

    def _normalise_parameters(self, parameters, *_):
        if unknown := parameters.keys() - _PARAMETERS:
            raise ValueError(f"unknown parameters of invokeModel: {sorted(unknown)}")

    def _normalise_response(self, response, *_):
        pass

    def _eval_service_task(self, env, resource_runtime_part, normalised_parameters, state_credentials):
        parameters = normalised_parameters
        if source := parameters.get("Input"):
            body = client("s3").get_object(**_location(source["S3Uri"]))["Body"].read()
        else:
            body = json.dumps(parameters["Body"], separators=(",", ":"), ensure_ascii=False).encode()
        request = {"modelId": parameters["ModelId"], "body": body}
        request |= {name[0].lower() + name[1:]: parameters[name] for name in ("ContentType", "Accept") if name in parameters}
        response = client("bedrock-runtime").invoke_model(**request)
        text = response["body"].read()
        if target := parameters.get("Output"):
            client("s3").put_object(**_location(target["S3Uri"]), Body=text)
            result = target["S3Uri"]
        else:
            result = json.loads(text)
        env.stack.append({"Body": result, "ContentType": response["contentType"]})


def _location(uri):
    parts = urlsplit(uri)
    return {"Bucket": parts.netloc, "Key": parts.path[1:]}


def _from_boto_response_value(value):
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return _boto_response_value(value)


_boto_response_value = StateTaskService._from_boto_response_value
StateTaskService._from_boto_response_value = staticmethod(_from_boto_response_value)
StateTaskService._SERVICE_NAME_SFN_TO_BOTO_OVERRIDES["bedrockruntime"] = "bedrock-runtime"
state_task_service_factory.StateTaskServiceUnsupported = InvokeModel
