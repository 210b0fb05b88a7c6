declare module 'asl-validator' {
  function validate(definition: object): { readonly errors: readonly object[] };
  export = validate;
}
