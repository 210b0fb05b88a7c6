/** Why no probe can see an assumption in an account. */
export const NOT_OBSERVABLE: { readonly [id: string]: string } = {
};
