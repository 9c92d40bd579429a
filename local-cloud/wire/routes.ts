// Pages and facts of the local cloud itself, beside the AWS protocols: `/_local/health`, `/_local/ledger`, a dashboard ...
// Only this machine's own pages may use them: another site's script, open in the same browser, must not.
import { jsonResponse } from './http.ts';
import type { WireRequest, WireResponse } from './http.ts';

export type RouteHandler = (request: WireRequest) => WireResponse | Promise<WireResponse>;

const LOOPBACK = /^(https?:\/\/)?(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

export class Routes {
  private readonly handlers = new Map<string, RouteHandler>();

  /** `path` is exact, or ends in `/*` for everything below it. */
  add(method: 'GET' | 'POST', path: string, handler: RouteHandler): void {
    const key = `${method} ${path}`;
    if (this.handlers.has(key)) throw new Error(`the route ${key} is already taken`);
    this.handlers.set(key, handler);
  }

  /** Undefined when no route is meant, and the request is for an AWS service. */
  find(request: WireRequest): Promise<WireResponse> | undefined {
    const handler = this.handlerOf(request);
    if (handler) {
      if (!fromThisMachine(request)) return Promise.resolve(jsonResponse(403, { message: 'Only pages of this machine may ask the local cloud.' }));
      return Promise.resolve().then(() => handler(request));
    }
    if (!request.path.startsWith('/_local/')) return undefined;
    return Promise.resolve(jsonResponse(404, { message: `No ${request.method} ${request.path} here.`, routes: [...this.handlers.keys()] }));
  }

  private handlerOf({ method, path, headers }: WireRequest): RouteHandler | undefined {
    if (headers['x-amz-target'] !== undefined || headers['authorization']?.startsWith('AWS4-')) return undefined;
    const exact = this.handlers.get(`${method} ${path}`);
    if (exact) return exact;
    for (let end = path.lastIndexOf('/'); end >= 0; end = path.lastIndexOf('/', end - 1)) {
      const below = this.handlers.get(`${method} ${path.slice(0, end)}/*`);
      if (below) return below;
      if (end === 0) break;
    }
    return undefined;
  }
}

const fromThisMachine = ({ headers }: WireRequest): boolean =>
  [headers['host'], headers['origin']].every((name) => name === undefined || LOOPBACK.test(name));
