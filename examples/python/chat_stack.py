from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from cdk_bedrock_model_import import (
    BatchInference,
    BatchLocation,
    IImportedModel,
    ImportedModel,
    ImportedModelAlarms,
    ImportedModelDashboard,
)
from constructs import Construct


class ChatStack(Stack):
    """Uses a model of another stack: a function for one prompt, and batch inference for many."""

    def __init__(
        self, scope: Construct, construct_id: str, *, parameter_name: str, model_key: kms.IKey, **kwargs
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        model = ImportedModel.from_parameter(self, "Llama", parameter_name, encryption_key=model_key)
        self._add_function(model)
        self._add_batch_inference(model)

        ImportedModelDashboard(self, "Dashboard", models=[model])
        ImportedModelAlarms(self, "Alarms", model=model, latency=Duration.seconds(20))

    def _add_function(self, model: IImportedModel) -> None:
        chat = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.NODEJS_22_X,
            code=lambda_.Code.from_asset("../chat-function"),
            handler="index.handler",
            environment={"MODEL_ARN": model.model_arn},
            timeout=Duration.minutes(15),  # a single attempt can take minutes while the model is loaded
        )
        model.grant_invoke(chat)
        CfnOutput(self, "FunctionName", value=chat.function_name)

    def _add_batch_inference(self, model: IImportedModel) -> None:
        data = s3.Bucket(
            self,
            "Data",
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            lifecycle_rules=[s3.LifecycleRule(prefix="answers/_work/", expiration=Duration.days(7))],
        )
        answers = BatchInference(
            self,
            "Answers",
            model=model,
            input=BatchLocation.from_bucket(data, "questions/"),
            output=BatchLocation.from_bucket(data, "answers/"),
            max_concurrency=4,
            tolerated_failure_percentage=1,
        )
        answers.add_failure_alarm("AnswersFailed")
        CfnOutput(self, "DataBucket", value=data.bucket_name)
        CfnOutput(self, "StateMachineArn", value=answers.state_machine.state_machine_arn)
