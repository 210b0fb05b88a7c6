import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { ImportedModel, ModelFormatCheck } from '../../src';
import { newStack, weights, WEIGHTS_URI } from '../../testing/support/stacks';
import { FORMAT_CHECK, inTemplate, logicalIdOf, madeBefore, resourceFor, resourceOf, resourcesOf, statementsOf } from '../../testing/support/template';

test('the files are checked by default, before the import and with the permissions of the provider', () => {
  const stack = newStack();
  const model = new ImportedModel(stack, 'Llama', { source: weights() });

  const check = resourceOf(stack, FORMAT_CHECK);
  const importing = resourceFor(model.node.findChild('Import'));
  expect(check.Properties).toEqual({
    Link: 'check', ImportLogicalId: importing.id, S3Uri: WEIGHTS_URI, ServiceToken: expect.anything(),
  });
  expect(madeBefore(stack, importing)).toContain(check.id);
  expect(madeBefore(stack, check)).toContain(logicalIdOf(model.provider.node.findChild('RolePolicy')));
  expect(inTemplate(stack, model.filesDigest)).toBe(`\${${check.id}.FilesDigest}`);
});

test('the content of the model, and nothing else, repeats the check', () => {
  const propertiesOf = (props: Partial<ConstructorParameters<typeof ImportedModel>[2]>) => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights(), ...props });
    return resourceOf(stack, FORMAT_CHECK).Properties;
  };

  expect(propertiesOf({ importedModelTags: { team: 'platform' }, importTimeout: Duration.hours(5), removalPolicy: RemovalPolicy.RETAIN, keepPrevious: true }))
    .toEqual(propertiesOf({}));
  expect(propertiesOf({ formatCheck: ModelFormatCheck.enabled({ acknowledge: ['unsupported-architecture'] }) }))
    .toMatchObject({ AcknowledgedRules: ['unsupported-architecture'] });
});

// A mistake in the third of three models must be found before the first of them has been imported.
test('the check does not wait for the turn of its model', () => {
  const stack = newStack();
  const [first, second] = ['First', 'Second'].map(id => new ImportedModel(stack, id, { source: weights() }));

  expect(madeBefore(stack, resourceFor(second.node.findChild('Import')))).toContain(logicalIdOf(first));
  expect(madeBefore(stack, resourceFor(second.node.findChild('Check')))).not.toContain(logicalIdOf(first));
  expect(madeBefore(stack, resourceFor(second.node.findChild('Check')))).not.toContain(logicalIdOf(first.node.findChild('Import')));
});

test('a disabled check has no resource, no attribute and no permission', () => {
  const stack = newStack();
  const model = new ImportedModel(stack, 'Llama', { source: weights(), formatCheck: ModelFormatCheck.disabled() });

  expect(resourcesOf(stack, FORMAT_CHECK)).toEqual([]);
  expect(model.filesDigest).toBeUndefined();
  expect(statementsOf(model.provider.role).flatMap(({ actions }) => actions).filter(action => action.startsWith('s3:'))).toEqual([]);
});

test('an id that is no rule is refused, with the ids that are', () => {
  const formatCheck = ModelFormatCheck.enabled({ acknowledge: ['unsupported-architektur'] });

  expect(() => new ImportedModel(newStack(), 'Llama', { source: weights(), formatCheck })).toThrow(
    /formatCheck\.acknowledge: "unsupported-architektur" must be the id of a rule\. Use the id in square brackets of a finding, one of: .*unsupported-architecture/);
});
