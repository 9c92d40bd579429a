// From a request to its caller: which key signed it, and does the signature hold?
import type { Caller } from '../kernel/service.ts';
import type { Credentials } from './credentials.ts';
import { readAuthorization, verifySignature } from './signature.ts';
import type { SignedRequest } from './signature.ts';

export interface AuthenticatorOptions {
  /** Signers use the machine's own time, whatever time the modelled world has. */
  wallClockMs: () => number;
  /** Looks up the key but does not check the arithmetic: for simulations, whose clients are in this process. */
  trustSignatures?: boolean;
}

/** Answers the caller of a signed request; throws an `AwsError` for everything else. */
export const authenticator =
  (credentials: Credentials, { wallClockMs, trustSignatures = false }: AuthenticatorOptions) =>
  (request: SignedRequest): Caller => {
    const authorization = readAuthorization(request.headers);
    const { caller, secretAccessKey } = credentials.find(authorization.accessKeyId, request.headers['x-amz-security-token']);
    if (!trustSignatures) verifySignature(request, authorization, secretAccessKey, wallClockMs());
    return caller;
  };
