using Amazon.CDK;

namespace Chat
{
    internal static class Program
    {
        private const string ParameterName = "/models/llama";

        public static void Main()
        {
            var app = new App();
            string Setting(string name) => (string)app.Node.GetContext(name);
            var env = new Amazon.CDK.Environment { Region = "us-east-1" };

            var models = new ModelsStack(app, "Models", new ModelsStackProps
            {
                Env = env,
                WeightsBucket = Setting("weightsBucket"),
                WeightsPrefix = Setting("weightsPrefix"),
                WeightsVersion = Setting("weightsVersion"),
                ParameterName = ParameterName,
            });
            var chat = new ChatStack(app, "Chat", new ChatStackProps
            {
                Env = env,
                ParameterName = ParameterName,
                ModelKey = models.ModelKey,
            });
            chat.Node.AddDependency(models); // a parameter name is not a reference, so CDK cannot determine the order

            Tags.Of(app).Add("team", "ml-platform");

            app.Synth();
        }
    }
}
