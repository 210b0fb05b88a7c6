/** A state of a definition in the Amazon States Language, with the members that are about other services. */
export interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Label?: string;
  readonly ItemProcessor?: Definition & { readonly ProcessorConfig: { readonly Mode: string } };
  readonly ItemReader?: Pick<State, 'Resource' | 'Parameters'>;
  readonly ResultWriter?: Pick<State, 'Resource' | 'Parameters'>;
}

export interface Definition {
  readonly States: { readonly [name: string]: State };
}

/** All states, including those of maps. */
export function statesOf({ States }: Definition): State[] {
  return Object.values(States).flatMap(state => [state, ...state.ItemProcessor ? statesOf(state.ItemProcessor) : []]);
}

/** The integration of a task, like `lambda:invoke`. */
export function integrationOf({ Resource = '' }: Pick<State, 'Resource'>): string {
  return Resource.replace(/^arn:[^:]+:states:::/, '');
}

/** The value of a payload template: members whose name ends with `.$` are paths in the input, in the context object with `$$`, or texts of these. */
export function valueOf(template: unknown, input: object, context: object = {}): unknown {
  if (Array.isArray(template)) return template.map(one => valueOf(one, input, context));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([name, value]) =>
    name.endsWith('.$') ? [name.slice(0, -2), at(String(value), input, context)] : [name, valueOf(value, input, context)]));
}

/** The intrinsic function that this library uses in requests to other services. */
const FORMAT = /^States\.Format\('(.*?)', (.*)\)$/;

function at(path: string, input: object, context: object): unknown {
  const [, format, values = ''] = FORMAT.exec(path) ?? [];
  if (format !== undefined) {
    const texts = values.split(', ').map(value => value.startsWith('$') ? String(at(value, input, context)) : value.slice(1, -1));
    return format.split('{}').reduce((text, next, index) => `${text}${texts[index - 1]}${next}`);
  }
  if (!path.startsWith('$')) throw new Error(`The intrinsic function ${path} is not known`);
  const [root, ...names] = path.split('.');
  return names.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], root === '$$' ? context : input);
}
