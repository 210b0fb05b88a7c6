import { Findings, type Finding } from './findings';
import { LocalAccount } from './local-account';
import { PROBES } from './probes';
import { runProbe } from './run-probe';
import { SWITCHES, waysOf } from './switches';
import type { Behaviour } from '../bedrock-server/behaviour';
import type { EnforcementOptions } from '../iam/enforcement';

/**
 * Shows that the probes tell: on the local AWS, each probe confirms what the Bedrock server assumes, and contradicts it when its switch is turned.
 *
 *   npx tsx testing/acceptance/contradictions.ts [id...]
 */
async function main(only: readonly string[]): Promise<boolean> {
  const account = await LocalAccount.open();
  try {
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
    await account.with(behaviour, async (world) => {
      await runProbe(probe, world, findings);
      const remaining = await world.made.clear(world);
      if (remaining.length > 0) throw new Error(`${probe.name} has left ${JSON.stringify(remaining)}`);
    }, iam);
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
