/** A folder that cannot be read: nothing is known about its model. The message ends with the repair. */
export class FolderError extends Error {
  constructor(problem: string, remedy: string, cause?: unknown) {
    super(`${problem.replace(/\.$/, '')}. ${remedy}.`, { cause });
    this.name = 'FolderError';
  }
}
