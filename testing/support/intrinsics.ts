/** Evaluates a value like CloudFormation, with the given values of references. */
export function evaluated(value: unknown, references: { readonly [id: string]: string }): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const [[name, argument]] = Object.entries(value);
  const of = (inner: unknown) => evaluated(inner, references);
  switch (name) {
    case 'Ref': return references[argument as string] ?? argument as string;
    case 'Fn::GetAtt': return references[(argument as string[]).join('.')] ?? (argument as string[]).join('.');
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map(of).join(separator);
    }
    case 'Fn::Select': {
      const [index, from] = argument as [number, { 'Fn::Split': [string, unknown] }];
      const [separator, text] = from['Fn::Split'];
      return of(text).split(separator)[Number(index)] ?? '';
    }
    default: throw new Error(`${name} is not supported`);
  }
}
