// What a load balancer answers by itself: error pages, fixed responses, redirects.
import { STATUS_CODES } from 'node:http';
import type { FixedResponseActionConfig, RedirectActionConfig } from '@aws-sdk/client-elastic-load-balancing-v2';

export interface OwnAnswer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

const TITLES: Record<number, string> = { 503: 'Service Temporarily Unavailable', 504: 'Gateway Time-out' };

export function errorPage(statusCode: number): OwnAnswer {
  const title = `${statusCode} ${TITLES[statusCode] ?? STATUS_CODES[statusCode] ?? ''}`.trim();
  const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
  return { statusCode, headers: { server: 'awselb/2.0', 'content-type': 'text/html' }, body };
}

export const fixedResponse = (config: FixedResponseActionConfig): OwnAnswer => ({
  statusCode: Number(config.StatusCode),
  headers: { server: 'awselb/2.0', 'content-type': config.ContentType ?? 'text/plain' },
  body: config.MessageBody ?? '',
});

/** Fills `#{protocol}`, `#{host}`, `#{port}`, `#{path}` (without its leading slash) and `#{query}` from the request. */
export function redirect(config: RedirectActionConfig, request: { host: string; port: number; url: string }): OwnAnswer {
  const [path = '/', query = ''] = splitOnce(request.url, '?');
  const original: Record<string, string> = { protocol: 'HTTP', host: request.host.replace(/:\d+$/, ''), port: String(request.port), path: path.replace(/^\//, ''), query };
  const fill = (template: string | undefined) => (template ?? '').replace(/#\{(\w+)\}/g, (whole, name: string) => original[name] ?? whole);
  const newQuery = fill(config.Query);
  const location = `${fill(config.Protocol).toLowerCase()}://${fill(config.Host)}:${fill(config.Port)}${fill(config.Path)}${newQuery ? `?${newQuery}` : ''}`;
  return { statusCode: config.StatusCode === 'HTTP_301' ? 301 : 302, headers: { server: 'awselb/2.0', location }, body: '' };
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
