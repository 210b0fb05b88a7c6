/** The name of the stack. */
export const STACK = 'Batches';

/** The batches of the stack. The ARNs of their state machines are outputs, like `ImportedStateMachine`. */
export const BATCHES = ['Imported', 'Served', 'Hurried'] as const;
