import { documentsOf, type NamedDocument, type Reduced, withoutOneCondition, withoutOnePermission } from './documents';
import { type Enforcement, isAllowed } from './enforcement';
import type { AuthorizationRequest, Policies, PolicyDocument } from './engine';
import type { Forbidden } from './forbidden';
import type { SynthesizedAccount } from './synthesized-account';

/** What was played, and what must be denied. */
export interface Evidence {
  readonly account: SynthesizedAccount;
  readonly enforcement: Enforcement;
  readonly forbidden: readonly Forbidden[];
  /** Whether a request is refused, and goes on without. @default - all requests are allowed */
  readonly mayBeRefused?: (request: AuthorizationRequest) => boolean;
  /** Whether a policy is written by the library. */
  readonly isOurs: (document: NamedDocument) => boolean;
  /** Permissions that are not needed, and why they are there. */
  readonly unneeded?: readonly Exception[];
}

export interface Exception {
  readonly what: RegExp;
  readonly reason: string;
}

/** An authorization request and the policies to evaluate. */
interface Question {
  readonly what: string;
  readonly request: AuthorizationRequest;
  readonly policies: Policies;
}

/** Permissions that CDK adds. */
const OF_CDK: readonly Exception[] = [
  { what: /: kms:\* on \*$/, reason: 'the administration of a key by its account' },
  { what: /: lambda:InvokeFunction on .*:\*$/, reason: 'the invocation of function versions, which do not exist here' },
];

const describeRequest = ({ principal, action, resource }: AuthorizationRequest) => `${principal} does ${action} on ${resource}`;

const uses = ({ identity, resource }: Policies, document: PolicyDocument) => identity.includes(document) || resource === document;

/** Evaluates a request with one of its policies replaced. */
function allowedWith({ request, policies: { identity, resource } }: Question, { document, by }: Reduced): Promise<boolean> {
  const swap = <T extends PolicyDocument | undefined>(one: T) => one === document ? by : one;
  return isAllowed(request, { identity: identity.map(swap), resource: swap(resource) });
}

/** Defines the tests that the policies of an app are sufficient, and no wider than needed. */
export function testPolicies(collect: () => Promise<Evidence>): void {
  let evidence: Evidence;
  let needed: Question[];
  let forbidden: Question[];
  const isExcepted = (what: string, exceptions: readonly Exception[] = []) => exceptions.some(exception => exception.what.test(what));

  beforeAll(async () => {
    evidence = await collect();
    const { enforcement } = evidence;
    needed = await Promise.all(enforcement.decisions.filter(({ allowed }) => allowed).map(async request => (
      { what: describeRequest(request), request, policies: await enforcement.policiesFor(request) })));
    forbidden = await Promise.all(evidence.forbidden.map(async ({ what, principal, ask, policies }) => {
      const request = enforcement.requestOf(principal, ask);
      return { what, request, policies: { ...await enforcement.policiesFor(request), ...policies } };
    }));
  }, 60_000);

  test('has sufficient permissions', () => {
    const { enforcement, mayBeRefused = () => false } = evidence;
    const refused = enforcement.decisions.filter(({ allowed }) => !allowed);
    expect(refused.filter(request => !mayBeRefused(request)).map(describeRequest)).toEqual([]);
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
    const { account, isOurs, unneeded = [] } = evidence;
    const found: string[] = [];
    for (const reduced of documentsOf(account).filter(isOurs).flatMap(withoutOnePermission)) {
      const what = `${reduced.name}: ${reduced.without}`;
      if (isExcepted(what, OF_CDK)) continue;
      const [service] = reduced.without.split(':');
      let isNeeded = false;
      for (const question of needed) {
        if (isNeeded) break;
        if (!question.request.action.startsWith(`${service}:`) || !uses(question.policies, reduced.document)) continue;
        isNeeded = !await allowedWith(question, reduced);
      }
      if (!isNeeded) found.push(what);
    }
    expect(found.filter(what => !isExcepted(what, unneeded))).toEqual([]);
    expect(unneeded.filter(({ what }) => !found.some(one => what.test(one)))).toEqual([]);
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
    for (const reduced of documentsOf(evidence.account).filter(evidence.isOurs).flatMap(withoutOneCondition)) {
      const decidedByIt = forbidden.filter(({ policies }) => uses(policies, reduced.document));
      const results = await Promise.all(decidedByIt.map(question => allowedWith(question, reduced)));
      if (!results.includes(true)) useless.push(`${reduced.name}: ${reduced.without}`);
    }
    expect(useless).toEqual([]);
  }, 60_000);
}
