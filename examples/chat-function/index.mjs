import { BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime'; // included in the Lambda runtime

// Bedrock unloads a model after five idle minutes. The next calls fail with ModelNotReadyException (HTTP 429) until it is loaded again. By
// default, the SDK makes three attempts within seconds. 20 attempts take two and a half minutes on average, and about five at most.
const bedrock = new BedrockRuntimeClient({ maxAttempts: 20 });

/** Invokes the model with a prompt, given as `{ "prompt": "..." }`. The format of the response depends on the model. */
export async function handler({ prompt }) {
  const { body } = await bedrock.send(new InvokeModelCommand({
    modelId: process.env.MODEL_ARN,
    contentType: 'application/json',
    body: JSON.stringify({ prompt, max_tokens: 200 }),
  }));
  return JSON.parse(new TextDecoder().decode(body));
}
