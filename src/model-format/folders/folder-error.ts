/** A folder that cannot be read: nothing is known about its model. The message ends with the repair. */
export class FolderError extends Error {
  constructor(problem: string, remedy: string) {
    super(`${problem.replace(/\.$/, '')}. ${remedy}.`);
    this.name = 'FolderError';
  }
}
