// Identities, decisions and their account book.
export { Authorizer } from './authorizer.ts';
export type { AuthorizerWorld } from './authorizer.ts';
export { authenticator } from './authenticator.ts';
export { Credentials, OPERATOR_KEY } from './credentials.ts';
export type { AccessKey } from './credentials.ts';
export { IamModel } from './iam-model.ts';
export { Identities } from './identities.ts';
export { Ledger } from './ledger.ts';
export type { DenialRow, GrantRow, LedgerReport } from './ledger.ts';
export { roleSession, StsModel } from './sts-model.ts';
