import { type Findings, Report } from '../findings';
import type { Probe } from './probe';
import type { World } from '../world';

/** Runs a probe. Returns its error, if it ended with one. */
export async function runProbe(probe: Probe, world: World, findings: Findings): Promise<Error | undefined> {
  const report = new Report(findings, probe.name, probe.ids);
  try {
    await probe.run(world, report);
    report.end('the probe has not come to it');
    return undefined;
  } catch (error) {
    report.end(`the probe ended before: ${(error as Error).name}: ${(error as Error).message}`);
    return error as Error;
  }
}
