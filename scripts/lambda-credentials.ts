/*
 * What the bundles of the functions have instead of `@aws-sdk/credential-provider-node`: Lambda passes credentials in environment variables, which
 * stay the same for the life of an execution environment. The chain of the SDK reads them first as well, and never needs its other providers
 * (profiles, SSO, web identity, processes, containers, instances), which are a quarter of the code.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
