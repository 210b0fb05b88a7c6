import { documentsOf, type NamedDocument, type Reduced, withoutOneCondition, withoutOnePermission } from './documents';
import { isAllowed } from './enforcement';
import type { AuthorizationRequest, Policies, PolicyDocument } from './engine';
import { forbiddenIn } from './forbidden';
import { type Played, play } from './play';
import { SCENES } from './scenes';
import { newApp } from '../support/stacks';

/** An authorization request and the policies to evaluate. */
interface Question {
  readonly what: string;
  readonly request: AuthorizationRequest;
  readonly policies: Policies;
}

const describeRequest = ({ principal, action, resource }: AuthorizationRequest) => `${principal} does ${action} on ${resource}`;

const uses = ({ identity, resource }: Policies, document: PolicyDocument) => identity.includes(document) || resource === document;

/** Evaluates a request with one of its policies replaced. */
function allowedWith({ request, policies: { identity, resource } }: Question, { document, by }: Reduced): Promise<boolean> {
  const swap = <T extends PolicyDocument | undefined>(one: T) => one === document ? by : one;
  return isAllowed(request, { identity: identity.map(swap), resource: swap(resource) });
}

/** Permissions that CDK adds: key administration by the account, and invocation of function versions, which do not exist here. */
const IS_OF_CDK = /^kms:\* on \*$|^lambda:InvokeFunction on .*:\*$/;

describe.each(SCENES)('$name', ({ build, unconditionalGrants, written }) => {
  // The trust policy of a consumer's role is defined by the user.
  const isOurs = ({ name }: NamedDocument) => !/Consumer.*AssumeRolePolicyDocument/.test(name) && !written?.test(name);
  let played: Played;
  let needed: Question[];
  let forbidden: Question[];

  beforeAll(async () => {
    const app = newApp({ 'aws:cdk:enable-asset-metadata': true });
    played = await play(app, build(app) ?? {});
    const { enforcement } = played;
    needed = await Promise.all(enforcement.decisions.map(async request => (
      { what: describeRequest(request), request, policies: await enforcement.policiesFor(request) })));
    forbidden = await Promise.all((await forbiddenIn(played, unconditionalGrants)).map(async ({ what, principal, ask, policies }) => {
      const request = enforcement.requestOf(principal, ask);
      return { what, request, policies: { ...await enforcement.policiesFor(request), ...policies } };
    }));
  }, 60_000);

  test('has sufficient permissions to create, update and delete', () => {
    expect(played.failures).toEqual([]);
    expect(played.imports).not.toEqual([]);
    expect(played.enforcement.decisions.filter(({ allowed }) => !allowed).map(describeRequest)).toEqual([]);
  });

  // The next tests use the final policies. Check that these still allow all requests.
  test('allows the same requests with the final policies', async () => {
    const denied: string[] = [];
    for (const { what, request, policies } of needed) {
      if (!await isAllowed(request, policies)) denied.push(what);
    }
    expect(denied).toEqual([]);
  });

  test('needs every permission', async () => {
    const unneeded: string[] = [];
    for (const reduced of documentsOf(played.account).filter(isOurs).flatMap(withoutOnePermission)) {
      if (IS_OF_CDK.test(reduced.without)) continue;
      const [service] = reduced.without.split(':');
      let isNeeded = false;
      for (const question of needed) {
        if (isNeeded) break;
        if (!question.request.action.startsWith(`${service}:`) || !uses(question.policies, reduced.document)) continue;
        isNeeded = !await allowedWith(question, reduced);
      }
      if (!isNeeded) unneeded.push(`${reduced.name}: ${reduced.without}`);
    }
    expect(unneeded).toEqual([]);
  }, 60_000);

  test('allows nothing else', async () => {
    const allowed: string[] = [];
    for (const { what, request, policies } of forbidden) {
      if (await isAllowed(request, policies)) allowed.push(what);
    }
    expect(allowed).toEqual([]);
  });

  test('needs every condition', async () => {
    const useless: string[] = [];
    for (const reduced of documentsOf(played.account).filter(isOurs).flatMap(withoutOneCondition)) {
      const decidedByIt = forbidden.filter(({ policies }) => uses(policies, reduced.document));
      const results = await Promise.all(decidedByIt.map(question => allowedWith(question, reduced)));
      if (!results.includes(true)) useless.push(`${reduced.name}: ${reduced.without}`);
    }
    expect(useless).toEqual([]);
  }, 60_000);
});
