/** What no function can undercut. */
export const isComplete = async (): Promise<object> => ({ IsComplete: false });
