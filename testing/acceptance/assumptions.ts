import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../local-aws/places';

/** The documents whose tables are the assumptions. */
const DOCUMENTS = ['testing/simulation/assumptions.md', 'testing/bedrock-server/README.md'];

/** A belief about AWS that other tests depend on. */
export interface Assumption {
  /** Never given to another assumption. */
  readonly id: string;
  readonly statement: string;
  /** The document that says it. */
  readonly document: string;
}

/** All assumptions, in the order of the documents: the rows that begin with an ID. */
export const ASSUMPTIONS: readonly Assumption[] = DOCUMENTS.flatMap(document =>
  readFileSync(join(REPOSITORY, document), 'utf8').split('\n').flatMap(line => {
    const [, id, cells] = /^\| ([A-Z]{3}-\d+) \| (.*) \|$/.exec(line) ?? [];
    return id === undefined ? [] : [{ id, statement: statementOf(document, cells.split(' | ')), document }];
  }));

/** A row of the Bedrock server is a question and the choice of an answer; other rows begin with a statement. */
function statementOf(document: string, [first, second]: readonly string[]): string {
  return document === DOCUMENTS[1] ? `${first} ${second}` : first;
}
