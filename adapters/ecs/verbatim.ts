// Calls ECS without losing what this SDK does not know. The SDK drops members its schemas lack, in answers and in requests;
// a service or task definition that uses a newer feature would be put back without it. So what must survive is read from
// the answer's own JSON, and written into the request's own JSON.
type Handler = (args: unknown) => Promise<unknown>;

/** The part of the SDK's middleware stack that is used here, without its types for each operation's input and output. */
interface Stack {
  add(middleware: (next: Handler) => Handler, options: { step: 'build' | 'deserialize'; priority: 'high' | 'low'; name: string }): void;
}

interface HttpMessage {
  body?: unknown;
}

/** Rewrites the JSON of a request. */
type ReplaceBody = (body: Record<string, unknown>) => Record<string, unknown>;

/** Sends a command through `send` and answers the response body as JSON, exactly as ECS wrote it (so times are numbers). */
export async function sendVerbatim<Command extends { middlewareStack: object }>(
  command: Command,
  send: (command: Command) => Promise<unknown>,
  replaceBody?: ReplaceBody,
): Promise<Record<string, unknown>> {
  let answer: Record<string, unknown> = {};
  const middlewareStack = command.middlewareStack as Stack;
  middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = (result as { response?: HttpMessage }).response;
      if (response) {
        const bytes = await collect(response.body);
        response.body = bytes;
        answer = parseObject(bytes);
      }
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'keepAnswerVerbatim' },
  );
  if (replaceBody) {
    middlewareStack.add(
      (next) => async (args) => {
        const request = (args as { request?: HttpMessage }).request;
        if (request) request.body = JSON.stringify(replaceBody(parseObject(await collect(request.body))));
        return next(args);
      },
      // Before `build`, where the content length is counted, and before signing.
      { step: 'build', priority: 'high', name: 'writeRequestVerbatim' },
    );
  }
  await send(command);
  return answer;
}

async function collect(body: unknown): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  if (typeof body === 'string') return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  if (body !== null && typeof body === 'object' && Symbol.asyncIterator in body) {
    for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  try {
    // A plain view: the SDK hands over bytes that warn when they are read as text.
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8') || '{}');
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // The SDK's own parsing reports what is wrong with the body.
  }
}
