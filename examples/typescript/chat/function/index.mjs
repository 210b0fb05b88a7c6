import { BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime'; // Lambda has it

// After five idle minutes Bedrock unloads a model: the next calls get ModelNotReadyException (HTTP 429) until it is loaded again. By
// default the SDK makes three attempts, within seconds. These are spread over two and a half minutes on average, about five at most.
const bedrock = new BedrockRuntimeClient({ maxAttempts: 20 });

/** Answers a prompt, given as `{ "prompt": "..." }`, with what the model says: how that looks depends on the model. */
export async function handler({ prompt }) {
  const { body } = await bedrock.send(new InvokeModelCommand({
    modelId: process.env.MODEL_ARN,
    contentType: 'application/json',
    body: JSON.stringify({ prompt, max_tokens: 200 }),
  }));
  return JSON.parse(new TextDecoder().decode(body));
}
