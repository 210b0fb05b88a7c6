from aws_cdk import App, Environment, Tags

from chat_stack import ChatStack
from models_stack import ModelsStack

app = App()
env = Environment(region="us-east-1")
parameter_name = "/models/llama"

models = ModelsStack(
    app,
    "Models",
    env=env,
    weights_bucket=app.node.get_context("weightsBucket"),
    weights_prefix=app.node.get_context("weightsPrefix"),
    weights_version=app.node.get_context("weightsVersion"),
    parameter_name=parameter_name,
)
chat = ChatStack(app, "Chat", env=env, parameter_name=parameter_name, model_key=models.model_key)
chat.node.add_dependency(models)  # a parameter name is not a reference, so CDK cannot determine the order

Tags.of(app).add("team", "ml-platform")

app.synth()
