import { Findings, type Finding, NOT_RUN } from '../findings';
import { LocalAccount } from './local-account';
import type { Behaviour } from '../../bedrock-server/behaviour';
import type { EnforcementOptions } from '../../iam/enforcement';
import { PROBES } from '../probes';
import { permissions } from '../probes/bedrock/permissions';
import { runProbe } from '../probes/run-probe';
import { SWITCHES, waysOf } from '../switches';

/**
 * Shows that the probes tell: on the local AWS, each probe confirms what the Bedrock server assumes, and contradicts it when its switch is turned.
 *
 *   npx tsx testing/acceptance/rehearsal/contradictions.ts [id...]
 *   npx tsx testing/acceptance/rehearsal/contradictions.ts cloudformation services     what these probes say of the local AWS as it is
 */
async function main(only: readonly string[]): Promise<boolean> {
  const account = await LocalAccount.open();
  try {
    if (PROBES.some(({ name }) => only.includes(name))) {
      for (const { id, verdict, evidence } of (await verdicts(account, {}, {}, only)).values()) {
        if (evidence !== NOT_RUN) console.log(`${id.padEnd(8)} ${verdict.padEnd(13)} ${evidence}`);
      }
      return true;
    }
    const isSwitched = (id: string) => waysOf(SWITCHES[id] ?? {}).length > 0 && (only.length === 0 || only.includes(id));
    const assumed = await verdicts(account, {}, {}, PROBES.filter(({ ids }) => ids.some(isSwitched)).map(({ name }) => name));
    let failed = 0;
    let passed = 0;
    console.log('| id | as assumed | contradicted by | then |\n|---|---|---|---|');
    for (const [id, remedy] of Object.entries(SWITCHES)) {
      if (!isSwitched(id)) continue;
      const probes = PROBES.filter(({ ids }) => ids.includes(id)).map(({ name }) => name);
      for (const behaviour of waysOf(remedy)) {
        const then = (await verdicts(account, behaviour, remedy.iam, probes)).get(id)!;
        const before = assumed.get(id)!;
        const good = before.verdict === 'confirmed' && then.verdict === 'contradicted';
        if (good) passed += 1; else failed += 1;
        const settings = Object.entries({ ...behaviour, ...remedy.iam }).map(setting => `\`${setting.join('=')}\``).join(', ');
        console.log(`| ${id} | ${before.verdict} | ${settings} | ${then.verdict}${good ? '' : ` **wrong**: ${before.evidence} / ${then.evidence}`} |`);
      }
    }
    console.log(`\n${passed} passed, ${failed} failed`);
    return failed === 0;
  } finally {
    await account.close();
  }
}

async function verdicts(
  account: LocalAccount, behaviour: Partial<Behaviour>, iam: EnforcementOptions | undefined, probes: readonly string[],
): Promise<Map<string, Finding>> {
  const findings = new Findings();
  for (const probe of PROBES.filter(({ name }) => probes.includes(name))) {
    const enforced = probe === permissions ? iam ?? {} : undefined; // which takes longer
    await account.with(behaviour, async (world) => {
      await runProbe(probe, world, findings);
      const remaining = await world.made.clear(world);
      if (remaining.length > 0) throw new Error(`${probe.name} has left ${JSON.stringify(remaining)}`);
    }, enforced);
  }
  return new Map(findings.result({}).map(finding => [finding.id, finding]));
}

main(process.argv.slice(2)).then(
  (good) => process.exit(good ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
