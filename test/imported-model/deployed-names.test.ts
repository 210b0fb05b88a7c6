import { Template } from 'aws-cdk-lib/assertions';
import { ImportedModel } from '../../src';
import { NOT_CHECKED, REPLACED_BY_TAG, VERIFICATION_TAG } from '../../src/imported-model/provider/contract';
import { newStack, weights } from '../../testing/support/stacks';

// docs/operations/compatibility.md: these literals are part of deployed stacks and of models.
test('the names of the check', () => {
  const stack = newStack();
  const model = new ImportedModel(stack, 'Llama', { source: weights() });

  expect(model.node.findChild('Check').node.path).toBe(`${stack.node.path}/Llama/Check`);
  expect(Object.keys(Template.fromStack(stack).findResources('Custom::BedrockModelFormatCheck'))).toEqual([expect.stringMatching(/^LlamaCheck[0-9A-F]{8}$/)]);
  expect(JSON.stringify(stack.resolve(model.filesDigest))).toContain('"FilesDigest"');
  expect(NOT_CHECKED).toBe('NOT_CHECKED');
});

test('the tags of models', () => {
  expect(VERIFICATION_TAG).toEqual({ key: 'cdk-bedrock-model-import:verification', pending: 'PENDING', passed: 'PASSED' });
  expect(REPLACED_BY_TAG).toEqual({
    key: 'cdk-bedrock-model-import:replaced-by', none: 'NONE', returned: 'RETURNED', replacing: 'REPLACING', kept: 'KEPT',
  });
});
