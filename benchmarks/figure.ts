/** A row by its name: the values by their columns. All rows have the same columns. */
export interface Table {
  readonly [row: string]: { readonly [column: string]: number | string };
}

/** What a chart shows of a table: a bar for each row and each of these columns. */
export interface Chart {
  readonly title: string;
  readonly bars: { readonly [column: string]: string };
}

export interface Measured {
  /** The conditions, in one sentence. */
  readonly how: string;
  readonly table: Table;
}

export interface Options {
  /** As little as shows that a figure can be measured. */
  readonly tiny?: boolean;
  /** A commit to compare with. */
  readonly against?: string;
}

export interface Figure {
  readonly chart?: Chart;
  /** Not measured unless it is named, because of what it needs. */
  readonly byNameOnly?: boolean;
  measure(options: Options): Promise<Measured>;
}

export function median(numbers: readonly number[]): number {
  return [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)];
}

/** Three digits, and no more than two of them after the point. */
export function rounded(number: number): number {
  const digits = Math.min(2, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(number) || 1))));
  return Number(number.toFixed(digits));
}
