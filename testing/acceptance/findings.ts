import { ASSUMPTIONS } from './assumptions';

export const VERDICTS = ['contradicted', 'confirmed', 'not observed'] as const;

export type Verdict = (typeof VERDICTS)[number];

/** What was seen of an assumption. */
export interface Finding {
  readonly id: string;
  readonly verdict: Verdict;
  /** What AWS did, as literally as possible, or the reason why nothing was seen. */
  readonly evidence: string;
  /** The probe or story that saw it. */
  readonly seenBy: string;
}

/** The evidence of an assumption whose probe was not chosen. */
export const NOT_RUN = 'its probe was not run';

const IDS: ReadonlySet<string> = new Set(ASSUMPTIONS.map(({ id }) => id));

/** Collects what probes and stories see. */
export class Findings {
  private readonly all: Finding[] = [];

  /** Whether an assumption holds, and what was seen. */
  public add(seenBy: string, id: string, verdict: Verdict, evidence: string): void {
    if (!IDS.has(id)) throw new Error(`${seenBy} reports ${id}, which is no assumption`);
    this.all.push({ id, verdict, evidence, seenBy });
  }

  /** One finding for each assumption: a contradiction counts more than a confirmation, and that more than nothing. */
  public result(reasons: { readonly [id: string]: string }): Finding[] {
    return ASSUMPTIONS.map(({ id }) => {
      const seen = this.all.filter(finding => finding.id === id);
      const [verdict] = VERDICTS.filter(one => seen.some(finding => finding.verdict === one));
      if (verdict === undefined) return { id, verdict: 'not observed', evidence: reasons[id] ?? NOT_RUN, seenBy: '' };
      const decisive = seen.filter(finding => finding.verdict === verdict);
      const joined = (member: 'evidence' | 'seenBy') => [...new Set(decisive.map(finding => finding[member]))].join('; ');
      return { id, verdict, evidence: joined('evidence'), seenBy: joined('seenBy') };
    });
  }
}

/** The findings of one probe. */
export class Report {
  private readonly reported = new Set<string>();

  constructor(private readonly findings: Findings, private readonly probe: string, private readonly ids: readonly string[]) {}

  /** Whether an assumption holds. The evidence is what AWS did. */
  public judge(id: string, holds: boolean, evidence: string): void {
    this.add(id, holds ? 'confirmed' : 'contradicted', evidence);
  }

  public notObserved(id: string, reason: string): void {
    this.add(id, 'not observed', reason);
  }

  /** Reports what the probe has not come to. */
  public end(reason: string): void {
    for (const id of this.ids) {
      if (!this.reported.has(id)) this.notObserved(id, reason);
    }
  }

  private add(id: string, verdict: Verdict, evidence: string): void {
    if (!this.ids.includes(id)) throw new Error(`${this.probe} does not declare ${id}`);
    this.reported.add(id);
    this.findings.add(this.probe, id, verdict, evidence);
  }
}
