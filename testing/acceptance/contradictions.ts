import { Findings, type Finding } from './findings';
import { LocalAccount } from './local-account';
import { PROBES } from './probes';
import { runProbe } from './run-probe';
import { type Remedy, SWITCHES } from './switches';

/**
 * Shows that the probes tell: on the local AWS, each probe confirms what the Bedrock server assumes, and contradicts it when its switch is turned.
 *
 *   npx tsx testing/acceptance/contradictions.ts [id...]
 */
async function main(only: readonly string[]): Promise<boolean> {
  const account = await LocalAccount.open();
  try {
    const assumed = await verdicts(account, {}, PROBES.filter(({ ids }) => ids.some(id => isSwitched(SWITCHES[id] ?? {}))).map(({ name }) => name));
    let failed = 0;
    let passed = 0;
    console.log('| id | as assumed | contradicted by | then |\n|---|---|---|---|');
    for (const [id, remedy] of Object.entries(SWITCHES)) {
      if (!isSwitched(remedy) || only.length > 0 && !only.includes(id)) continue;
      const probes = PROBES.filter(({ ids }) => ids.includes(id)).map(({ name }) => name);
      const then = (await verdicts(account, remedy, probes)).get(id)!;
      const before = assumed.get(id)!;
      const good = before.verdict === 'confirmed' && then.verdict === 'contradicted';
      if (good) passed += 1; else failed += 1;
      console.log(`| ${id} | ${before.verdict} | ${Object.entries({ ...remedy.server, ...remedy.iam }).map(setting => `\`${setting.join('=')}\``).join(', ')} | ${then.verdict}${good ? '' : ` **wrong**: ${before.evidence} / ${then.evidence}`} |`);
    }
    console.log(`\n${passed} passed, ${failed} failed`);
    return failed === 0;
  } finally {
    await account.close();
  }
}

function isSwitched({ iam, server }: Remedy): boolean {
  return server !== undefined || iam !== undefined;
}

async function verdicts(account: LocalAccount, { iam, server = {} }: Remedy, probes: readonly string[]): Promise<Map<string, Finding>> {
  const findings = new Findings();
  for (const probe of PROBES.filter(({ name }) => probes.includes(name))) {
    await account.with(server, async (world) => {
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
